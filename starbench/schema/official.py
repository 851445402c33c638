"""What a benchmark's own scorer makes of a run, beside our reading of the same replies."""

from __future__ import annotations

from enum import StrEnum

from starbench.schema.base import Float, Frozen, Int, Interval


class OfficialGap(StrEnum):
    """Why a run has no official figure: what was asked is not what the benchmark asks, or nothing can score it."""

    NO_SCORER = "no-scorer"
    SCORER_STOPS = "scorer-stops"
    NOT_AUDIO = "not-audio"
    SAMPLE = "sample"
    ROTATIONS = "rotations"
    LEFT_OUT = "left-out"
    ANSWER_MODE = "answer-mode"
    UNFINISHED = "unfinished"


class OfficialRow(Frozen):
    """One line of the benchmark's own report, and our reading of the same items."""

    group: str | None = None
    """What its items share, as the benchmark names it (``task``, ``difficulty``); None: all items."""
    name: str
    n_items: Int
    correct: Int | None
    """Replies that the scorer counts as right; None where its report has no such line."""
    counted: Int | None
    """The scorer's denominator."""
    aa: Float
    aa_ci: Interval
    coverage: Float

    @property
    def official(self) -> float | None:
        """The scorer's share of right replies, None where it counts none."""
        return self.correct / self.counted if self.correct is not None and self.counted else None


class OfficialDefect(Frozen):
    """A known defect of the scorer, in its plug-in's words."""

    text: str
    n_replies: Int = 0
    """Replies of this run that it decided."""


class OfficialScores(Frozen):
    """The official figures of a run, or why there are none."""

    n_replies: Int
    """Replies to the sounds themselves."""
    scorer: str | None = None
    """Whose scorer: repository, file, commit."""
    rows: tuple[OfficialRow, ...] = ()
    left_out: Int = 0
    """Replies that the scorer leaves out of its denominator."""
    only_official: Int = 0
    """Replies that only the scorer counts as right."""
    only_ours: Int = 0
    """Replies that only our reading counts as right."""
    always_first: Float | None = None
    """What the scorer gives a model that always replies with the text of the first option."""
    always_a: Float | None = None
    """What it gives a model that always replies ``A``."""
    defects: tuple[OfficialDefect, ...] = ()
    gap: OfficialGap | None = None
    """Why there are no rows; None where there are."""
    gap_detail: str | None = None
    """The plug-in's words for it."""
