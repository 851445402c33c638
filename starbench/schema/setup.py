"""How questions are put: every option that changes what a model is asked, declared once."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from starbench.schema.base import Bool, Float, Frozen, Int, hertz
from starbench.schema.capabilities import AnswerMode

#: What may become of a prompt with more clips than the model takes.
ClipPolicy = Literal["refuse", "concat"]
#: What may become of a clip with more channels than the model takes.
ChannelPolicy = Literal["refuse", "split", "mono"]


class Setup(Frozen):
    """How questions are put: part of a request, of a run's identity and of a leaderboard entry.

    A new option is one field here and its declaration in ``cli/options.py``.
    """

    protocol: str | None = None
    """None: each suite's own. An entry, which is of one suite, names it."""
    prompt_version: str | None = None
    """The protocol's; None as long as the protocol is."""
    conditions: tuple[str, ...] = ("audio",)
    rotations: str = "default"
    """``default``, ``all`` or a number."""
    limit: Annotated[int, Field(ge=1)] | None = None
    """Items of a stratified sample of each suite; None: all."""
    limit_seed: Int = Field(default=0, ge=0)
    rate: str = Field(default="native", pattern=r"^(native|[1-9]\d{3,6})$")
    """``native``, or the rate in Hz that every clip is resampled to."""
    text_only: Literal["refuse", "silent-clip"] = "refuse"
    """What is sent where a model takes no prompt without a clip."""
    skip_bad: Bool = False
    clips: ClipPolicy = "refuse"
    gap_s: Float | None = Field(default=None, ge=0)
    """Silence between clips that were joined, s; None where none are."""
    channels: ChannelPolicy = "refuse"
    answer_mode: AnswerMode = "text"
    captions: str | None = None
    """Digest of the file of captions that condition ``caption`` shows; None: the suite's own."""

    @property
    def rate_hz(self) -> int | None:
        """The rate that every clip is resampled to, Hz; None: each clip's own."""
        return hertz(self.rate)

    def comparable_key(self) -> tuple[Any, ...]:
        """What must be equal for two results to stand in one table.

        Conditions are no part of it, since each is a row of its own; nor is ``skip_bad``, since what is left out
        changes the questions; nor the seed of a sample nobody drew.
        """
        fields = {name: value for name, value in self if name not in ("conditions", "skip_bad")}
        return tuple({**fields, "limit_seed": None if self.limit is None else self.limit_seed}.items())
