"""Scores as they stand in files: fractions from 0 to 1, 95 % intervals as ``[low, high]``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from starbench.schema.base import Bool, Facts, Float, Frozen, Int, Interval
from starbench.schema.conclusion import Conclusion
from starbench.schema.floors import Floors
from starbench.schema.official import OfficialScores
from starbench.schema.response import Usage
from starbench.schema.threshold import Threshold


class BestConstant(Frozen):
    """What always choosing the same content would have got: the best such strategy for ``aa``."""

    aa: Float
    acr: Float
    oa: Float | None = None
    """None in scores of version 0.1, as ``chance_oa``."""
    content: str


class Score(Frozen):
    """The figures of one group of trials.

    ``aa`` is right / planned trials, ``aa_answered`` right / answered, ``acr`` the share of items with
    every planned rotation right, ``oa`` the mean over items of each one's own accuracy. ``outcomes``
    counts every planned trial once; ``missing`` are those not asked yet.
    """

    n_items: Int
    n_trials: Int
    aa: Float
    aa_answered: Float | None
    acr: Float
    oa: Float
    aa_ci: Interval
    acr_ci: Interval
    oa_ci: Interval
    chance: Float
    chance_acr: Float
    chance_oa: Float | None = None
    best_constant: BestConstant
    coverage: Float
    """Answered / planned trials."""
    outcomes: dict[str, Int]
    abstained: Int = 0
    """Answered trials that chose the option that declines."""
    truncated: Int = 0
    """Trials whose text was cut, whatever was read in it."""
    false_alarms: Float | None = None
    """Of the answered catch trials, those in which something was said to be there; None where there are none.

    With it belongs the criterion of the threshold of the same name: accuracy alone also follows how readily "the
    same" is said.
    """
    floors: Floors | None = None
    """What listeners reach that lack what is asked about, averaged as ``aa`` is; None: not measured, no sound was
    sent, or a level's own is not known."""


class PartScore(Score):
    """The score of a part of a task: a category, a sub-category or a level."""

    name: str
    level: Float | None = None
    level_unit: str | None = None
    catch: Bool = False
    """Catch trials: what is not right here is a false alarm."""


class Macro(Frozen):
    """An unweighted mean of parts."""

    parts: tuple[str, ...]
    aa: Float
    acr: Float
    aa_ci: Interval
    acr_ci: Interval
    chance: Float
    best_constant: Float | None
    """The best constant strategy's AA, averaged as ``aa`` is, as is ``chance``; None where a part has so few
    items that the best is an accident."""


class TaskScore(Score):
    """One task under one condition."""

    task: str
    condition: str
    extension: Bool = False
    """The protocol's original evaluator has no such condition."""
    ma: Macro | None = None
    """Mean of the sub-categories, where the task has any."""
    categories: tuple[PartScore, ...] = ()
    sub_categories: tuple[PartScore, ...] = ()
    levels: tuple[PartScore, ...] = ()


class FactorScore(Score):
    """The score of a task, or of one of its sub-categories, over the items with one value of a factor.

    A factor is varied on purpose and not asked about, such as the head that sounds are heard with. An item states
    its own in ``truth.factors``.
    """

    task: str
    condition: str
    extension: Bool = False
    """The protocol's original evaluator has no such condition."""
    sub_category: str | None = None
    """None: the whole task."""
    factor: str
    value: str


class PairedDifference(Frozen):
    """Two conditions over the items that both apply to, paired by item; ``diff`` = condition − base."""

    task: str
    base: str
    condition: str
    extension: Bool = False
    n_items: Int
    base_aa: Float
    aa: Float
    diff: Float
    diff_ci: Interval


class PartItems(Frozen):
    """What each item of a part of a task got, in the order of their ids: a digit of base 36 for each."""

    task: str
    part: str | None
    """Sub-category, None where the task has none."""
    ids: str
    """Digest of the ids: equal where the items are the same."""
    right: str = Field(pattern=r"^[0-9a-z]+$")
    """Right trials of each item."""
    planned: str = Field(pattern=r"^[0-9a-z]+$")
    """Planned trials of each."""


class LetterScore(Frozen):
    """How one letter was used: chosen whatever is right, and right whatever is chosen."""

    letter: str = Field(pattern=r"^[A-Z]$")
    chosen: Int
    """Answered trials that chose it."""
    planned: Int
    """Planned trials in which it is right."""
    right: Int
    """Of these, trials that are right."""


class Headline(Score):
    """One condition over all items of a suite; MA is the mean of its tasks, each by its own if it has one."""

    condition: str
    extension: Bool = False
    """The protocol's original evaluator has no such condition for some item."""
    ma: Macro
    complete: Bool
    """Whether every planned trial ended, none in an error."""
    items: tuple[PartItems, ...] = ()
    """By task and sub-category, so that two entries can be compared item by item; empty in entries of before."""
    letters: tuple[LetterScore, ...] = ()
    """Letter bias; empty in entries of before."""


class SuiteScore(Frozen):
    """All scores of one suite in one run."""

    suite: str
    digest: str
    n_items: Int
    """Items of which any trial was planned."""
    protocol: str
    tasks: tuple[TaskScore, ...]
    headlines: tuple[Headline, ...] = ()
    paired: tuple[PairedDifference, ...] = ()
    factors: tuple[FactorScore, ...] = ()
    """By each factor that the items of a task state, where it has several values."""
    thresholds: tuple[Threshold, ...] = ()
    """Of sub-categories whose items state a level, under every condition that sends clips."""
    conclusions: tuple[Conclusion, ...] = ()
    """What the answers to each part show under condition ``audio``, or the first one asked that sends sound."""
    official: Annotated[OfficialScores | Facts, Field(union_mode="left_to_right")] = Field(
        default_factory=dict
    )
    """Under protocol star-bench: the figures as the official evaluator prints them. Under another benchmark's official
    protocol: what its own scorer makes of the replies, beside our reading."""


class RunScore(Frozen):
    """What ``starbench score RUN --json`` prints."""

    run: str
    model: str
    served_as: tuple[str, ...] = ()
    complete: Bool
    delivered: Int
    """Trials that ended in anything but an error."""
    usage: Usage | None = None
    """Tokens over the whole run, as far as the server reported them."""
    cost_usd: Float | None = None
    """What the whole run cost, US dollars; None where its prices, or the tokens of a reply, are not known."""
    suites: tuple[SuiteScore, ...]
