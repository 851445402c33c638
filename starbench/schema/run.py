"""What a run is: the record that lets it be repeated, resumed, and told from every other."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from starbench.schema.base import Frozen, hertz
from starbench.schema.capabilities import AnswerMode, Capabilities
from starbench.schema.caption import Captioner
from starbench.schema.prices import Prices


class SuiteIdentity(Frozen):
    """Which questions were asked: a name is not enough, the digest is."""

    name: str
    digest: str
    profile: str | None = None
    protocol: str
    prompt_version: str
    rotations: str
    """``default``, ``all`` or a number."""


class Identity(Frozen):
    """Everything that must be equal for two runs to be the same run (docs/architecture.md)."""

    suites: tuple[SuiteIdentity, ...]
    conditions: tuple[str, ...]
    limit: int | None
    limit_seed: int
    model: str
    model_args: dict[str, Any]
    rate: str
    """``native``, or the rate in Hz that every clip is resampled to."""
    text_only: str
    """``refuse`` or ``silent-clip``: what is sent where a model takes no prompt without a clip."""
    skip_bad: bool
    clips: str = "refuse"
    """``refuse`` or ``concat``: what becomes of prompts with more clips than the model takes."""
    gap_s: float | None = None
    """Silence between clips that were joined, s."""
    channels: str = "refuse"
    """``refuse``, ``split`` or ``mono``: what becomes of clips with more channels than the model takes."""
    answer_mode: AnswerMode = "text"
    captions: str | None = None
    """Digest of the file of captions (``--captions``)."""

    @property
    def rate_hz(self) -> int | None:
        """The rate that every clip is resampled to, Hz; None: each clip's own."""
        return hertz(self.rate)


class Run(Frozen):
    """``run.json``: an identity, and what else a reader of the results should know."""

    schema_version: int = 1
    identity: Identity
    capabilities: Capabilities
    served_by: str | None = None
    """Where the questions went when the run was begun: the server's address without any secret."""
    adaptations: tuple[str, ...] = ()
    """Every change made to what is sent because of what the model can take."""
    notes: tuple[str, ...] = ()
    captioner: Captioner | None = None
    """Who wrote the captions of ``--captions``."""
    inapplicable: dict[str, int] = Field(default_factory=dict)
    """Reason -> number of items that no trial was made from."""
    skipped: tuple[str, ...] = ()
    """Items left out as damaged, each with its reason (``--skip-bad``)."""
    sources: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Suite -> how it was built, or where it came from."""
    versions: dict[str, str] = Field(default_factory=dict)
    prices: Prices | None = None
    """What tokens cost when the run was begun."""
    created: str
