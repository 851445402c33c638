"""One module a verdict: which probes it needs, and how their replies decide it."""

from typing import NamedTuple

UNKNOWN = "unknown"


class Verdict(NamedTuple):
    """One field of a :class:`starbench.schema.Canary`, and a clause that says why."""

    value: str
    evidence: str
