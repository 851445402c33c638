"""The canary: what probes found out about the way to a model before it was asked anything."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from starbench.schema.base import Frozen, Int
from starbench.schema.response import Usage

ProbeSet = Literal["basic", "all"]


class Canary(Frozen):
    """Verdicts, each with the evidence for it. Only ``dropped`` stops a run.

    A verdict is ``unknown`` unless something that must be true of it was seen, or where it was not probed.
    """

    transport: Literal["arrived", "dropped", "unknown"]
    """Delivery: whether sound reaches the model at all."""
    hearing: Literal["heard", "not heard", "unknown"]
    """Discrimination: whether its replies distinguish two plain sounds rightly."""
    ears: Literal["kept", "folded", "unknown"]
    """Whether the two channels arrive separately."""
    length: Literal["whole", "cut", "unknown"]
    """Whether the end of a long clip arrives."""
    band: Literal["kept", "narrowed", "unknown"]
    """Whether high frequencies of the rate that is sent arrive."""
    evidence: dict[str, str] = Field(default_factory=dict)
    """Verdict's name -> the reason for it, a sentence."""
    probe: ProbeSet = "all"
    """Which probes were sent: ``basic`` ones leave ``length`` and ``band`` out (``--probe``)."""
    served_by: str | None = None
    """Where the probes went: the server's address without any secret."""
    requests: Int = Field(ge=0)
    """Probes that were sent, in all canaries of the run together; the verdicts are the last one's."""
    usage: Usage | None = None
    """Tokens of all canaries together, as far as the server reported them."""
    unproven: Int = Field(default=0, ge=0)
    """Trials of the run that were asked without a canary."""
    at: str
    """When, UTC, ISO 8601."""
