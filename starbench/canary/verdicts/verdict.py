"""A verdict and the evidence for it."""

from __future__ import annotations

from typing import NamedTuple

UNKNOWN = "unknown"


class Verdict(NamedTuple):
    """One field of a :class:`starbench.schema.Canary`, and a clause that says why."""

    value: str
    evidence: str
