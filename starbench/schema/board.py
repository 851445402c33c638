"""The leaderboard as it stands in ``leaderboard.json``: tables of rows that may be compared, best first."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_serializer

from starbench.schema.base import Bool, Facts, Float, Frozen, Int, Interval
from starbench.schema.entry import SuiteRecord
from starbench.schema.floors import Floors
from starbench.schema.score import LetterScore
from starbench.schema.setup import Setup


class TaskCell(Frozen):
    """One task's figures, each with the chance and the best constant strategy of that very figure."""

    n_items: Int
    aa: Float
    acr: Float
    aa_ci: Interval
    acr_ci: Interval
    chance: Float
    coverage: Float
    best_constant: Float | None
    """None: of so few items the best constant strategy is an accident."""
    false_alarms: Float | None = None
    """In catch trials, where a task has any."""
    criteria: dict[str, Float] = Field(default_factory=dict)
    """Sub-category whose options have a "same" -> half its width, sd of the difference heard."""
    floors: Floors | None = None
    """Averaged as ``aa`` is."""


class RowCaptioner(Frozen):
    """The model that wrote the captions that a row's condition shows."""

    model: str
    adaptations: tuple[str, ...]
    canary: str | None


class RunRow(Frozen):
    """One condition of one run."""

    label: str | None
    model: str
    arguments: Facts
    adaptations: tuple[str, ...]
    changed_by: tuple[str, ...] = Field(default=(), exclude=True)
    """The policies (``clips``, ``channels``) that changed what was sent."""
    entry: str
    """Digest of the entry that it is of."""
    condition: str
    extension: Bool
    rank: tuple[Int, Int]
    """Best and worst rank by MA among the rows of its condition, as far as differences are clear (paired by item)."""
    n_items: Int
    ma: Float
    ma_ci: Interval
    ma_acr: Float
    ma_acr_ci: Interval
    oa: Float
    oa_ci: Interval
    chance_oa: Float | None = None
    constant_oa: Float | None = None
    tasks: dict[str, TaskCell]
    coverage: Float
    chance: Float
    best_constant: Float | None
    complete: Bool
    channels_kept: Bool | None
    cost_usd: Float | None
    folded: Bool
    """The model is declared to mix the ears before it listens."""
    canary: str | None
    """``sound/hearing/ears``; None where no canary ran, or no sound was sent."""
    captioner: RowCaptioner | None
    outcomes: dict[str, Int] = Field(default_factory=dict)
    """How planned trials ended -> trials, of imported rows."""
    letters: tuple[LetterScore, ...] = ()
    """Letter bias, of imported rows."""


class PublishedRow(Frozen):
    """Figures that somebody published, as fractions, in the publication's own order and names."""

    model: str
    condition: str
    ma: Float | None
    figures: dict[str, Float]
    complete: Bool


class _Table(Frozen):
    suite: SuiteRecord
    setup: Setup
    run_by_us: Bool
    source: str | None

    @field_serializer("suite")
    def _questions(self, suite: SuiteRecord) -> dict[str, Any]:
        return suite.model_dump(mode="json", exclude={"source"})

    @field_serializer("setup")
    def _shared_setup(self, setup: Setup) -> dict[str, Any]:
        # Each condition is a row of its own, and what was left out is said there.
        return setup.model_dump(mode="json", exclude={"conditions", "skip_bad"})


class RunTable(_Table):
    """Runs that may be compared with each other: ours, or of replies that were imported from one source."""

    run_by_us: Bool = True
    rows: tuple[RunRow, ...]


class PublishedTable(_Table):
    """Rows of one publication."""

    run_by_us: Literal[False] = False
    rows: tuple[PublishedRow, ...]


BoardTable = RunTable | PublishedTable


class Board(Frozen):
    """Every table: our runs first, then what others published."""

    schema_version: Literal[1] = 1
    tables: tuple[BoardTable, ...]
