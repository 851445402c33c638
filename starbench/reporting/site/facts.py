"""What pages are made from: runs with their scores, every trial with how it ended, and shares of groups of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from starbench.planning.conditions import is_soundless
from starbench.runs.load import LoadedRun
from starbench.schema import Item
from starbench.schema.base import Interval
from starbench.schema.score import RunScore, SuiteScore, TaskScore
from starbench.scoring.accuracy import chance, grouped, tally
from starbench.scoring.intervals import rate
from starbench.scoring.observations import Observation, observe
from starbench.scoring.run import BASE
from starbench.scoring.run import score as score_run
from starbench.text import printable

#: Conditions that send sounds, but none of the item's.
_WITHOUT_ITS_SOUND = ("silence", "noise")


@dataclass(frozen=True, eq=False)
class RunFacts:
    """A run, what it is called on the pages, its scores, and how every planned trial ended."""

    name: str
    data: LoadedRun
    score: RunScore
    observations: Sequence[Observation]

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions that it was asked under."""
        return self.data.run.identity.setup.conditions

    @property
    def hearing(self) -> str | None:
        """The condition that shows what is heard: ``audio``, or the first that sends the item's sound, if any."""
        if BASE in self.conditions:
            return BASE
        sounding = (c for c in self.conditions if not is_soundless(c) and c not in _WITHOUT_ITS_SOUND)
        return next(sounding, None)

    def heard(self) -> list[Observation]:
        """The trials under the condition that shows what is heard."""
        return [o for o in self.observations if o.trial.condition == self.hearing]

    def tasks(self) -> list[tuple[SuiteScore, TaskScore]]:
        """The scores of each task under the condition that shows what is heard."""
        return [
            (suite, task)
            for suite in self.score.suites
            for task in suite.tasks
            if task.condition == self.hearing
        ]


class ShareRight(NamedTuple):
    """How much of a group of trials is right; ``interval`` respects that the trials of an item belong together."""

    value: float
    interval: Interval
    n_items: int
    n_trials: int
    chance: float


def facts_of(runs: Sequence[LoadedRun]) -> list[RunFacts]:
    """Score every run, and give each a name that no other has."""
    return [
        RunFacts(name, data, score_run(data), observe(data))
        for name, data in zip(_names(runs), runs, strict=True)
    ]


def _names(runs: Sequence[LoadedRun]) -> list[str]:
    plain = [printable(data.run.label or data.run.identity.model) for data in runs]
    counts = Counter(plain)
    full = [
        name if counts[name] == 1 else f"{name} ({printable(data.path.name)})"
        for name, data in zip(plain, runs, strict=True)
    ]
    counts = Counter(full)
    return [
        name if counts[name] == 1 else f"{name}, run {number}" for number, name in enumerate(full, start=1)
    ]


def share(observations: Sequence[Observation]) -> ShareRight:
    """The share of a group of trials that is right; the group must not be empty."""
    counts = tally(observations)
    interval = rate(counts.right, counts.planned)
    return ShareRight(counts.aa, interval, len(counts.right), len(observations), chance(observations))


def shares(
    observations: Iterable[Observation], key: Callable[[Item], Any], *, in_order: bool = True
) -> dict[Any, ShareRight]:
    """The share of each group that ``key`` makes of the items, in the order of the keys; None makes no group."""
    groups = grouped(observations, lambda o: key(o.item))
    names = sorted(groups) if in_order else groups
    return {name: share(groups[name]) for name in names}


def shown_name(name: str | None) -> str:
    """The name of a sub-category or task as it is read: ``range_pitch_loudness`` is "range pitch loudness"."""
    return printable((name or "").replace("_", " "))
