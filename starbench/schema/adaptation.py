"""What was changed about what is sent because of what a model can take, and what could not be asked at all."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from starbench.schema import version_1
from starbench.schema.base import Bool, Float, Frozen, Int

AdaptationKind = Literal["resampled", "silent-clip", "split", "mono", "concat", "other"]


class Adaptation(Frozen):
    """One kind of change, and how many trials (or clips, in a file of captions) it was made to."""

    kind: AdaptationKind
    trials: Int | None = None
    """How many were changed; None: all."""
    of: Int | None = None
    """Of how many with sound."""
    clips: Int | None = None
    """``concat``: clips that became one."""
    gap_s: Float | None = None
    """``concat``: silence between them, s."""
    rate_hz: Int | None = None
    """``resampled``: to what, Hz; ``concat``: to what, where their rates differed."""
    on_request: Bool = False
    """``resampled``: as ``--rate`` asks, and not for want of a rate that the model reads."""
    seconds: Float | None = None
    """``silent-clip``: its length, s."""
    conditions: tuple[str, ...] = ()
    """``silent-clip``: the conditions that it was sent under."""
    text: str | None = None
    """``other``: the words of whoever recorded it."""

    @model_validator(mode="before")
    @classmethod
    def _of_version_1(cls, data: Any) -> Any:
        return version_1.adaptation(data)


class Inapplicable(Frozen):
    """Items that no trial was made from, and why: a code with its values (:mod:`starbench.planning.reasons`)."""

    suite: str
    condition: str | None = None
    """None: under any condition."""
    items: Int
    code: str
    values: dict[str, Int | Float | str] = Field(default_factory=dict)
    fixes: tuple[str, ...] = ()
    """Options under which they could be asked."""


class MissingCaptions(Frozen):
    """Clips of a suite without a caption by the model that was to describe them, and how each ended."""

    suite: str
    clips: Int
    of: Int
    reason: str
    """An outcome, or ``not asked``."""
