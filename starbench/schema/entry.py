"""A leaderboard entry: one model on one suite, ours to have run or somebody's to have published."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from starbench.schema import version_1
from starbench.schema.adaptation import Adaptation, Inapplicable
from starbench.schema.base import Bool, Facts, Float, Frozen, Int
from starbench.schema.canary import Canary
from starbench.schema.capabilities import Capabilities
from starbench.schema.caption import Captioner
from starbench.schema.imported import Imported
from starbench.schema.response import Usage
from starbench.schema.score import SuiteScore
from starbench.schema.setup import Setup


class ModelRecord(Frozen):
    """The model as it was asked for, and as the server named it."""

    name: str
    arguments: Facts = Field(default_factory=dict)
    served_as: tuple[str, ...] = ()
    capabilities: Capabilities | None = None


class SuiteRecord(Frozen):
    """The questions. Two entries are comparable only if the digest is the same."""

    name: str
    digest: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    version: str | None = None
    profile: str | None = None
    n_items: Int | None = None
    source: Facts = Field(default_factory=dict)


class Published(Frozen):
    """Figures that somebody published, as fractions, in the table's own order and names."""

    source: str
    figures: dict[str, Float]


class LeaderboardEntry(Frozen):
    """One model and one suite: scores with intervals, coverage, controls, versions, digests."""

    schema_version: Literal[2] = 2
    run_by_us: Bool
    label: str | None = None
    model: ModelRecord
    suite: SuiteRecord
    setup: Setup
    adaptations: tuple[Adaptation, ...] = ()
    scores: SuiteScore | None = None
    published: Published | None = None
    complete: Bool
    usage: Usage | None = None
    canary: Canary | None = None
    captioner: Captioner | None = None
    cost_usd: Float | None = None
    imported: Imported | None = None
    """Where the replies came from, where they are scored by us and were asked for by others."""
    inapplicable: tuple[Inapplicable, ...] = ()
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    versions: dict[str, str] = Field(default_factory=dict)
    created: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_version_1(cls, data: Any) -> Any:
        return version_1.entry(data)

    @model_validator(mode="after")
    def _has_figures(self) -> Self:
        if (self.scores is None) == (self.published is None):
            raise ValueError("an entry holds scores of a run, or published figures, and not both")
        if self.run_by_us != (self.scores is not None and self.imported is None):
            raise ValueError(
                "run_by_us: is true for scores of a run that is not imported, and for nothing else"
            )
        if self.scores is not None and (self.suite.digest is None or self.suite.n_items is None):
            raise ValueError("suite: a run knows the digest and the number of items")
        return self
