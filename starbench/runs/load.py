"""A run as data: everything its directory holds, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from starbench.errors import RunError
from starbench.execution.garbage import paused_collector
from starbench.runs import directory, journal
from starbench.runs.directory import ItemKey, PlannedTrial
from starbench.schema import Canary, Failure, Item, JournalLine, Outcome, Run, Stop, Usage
from starbench.schema.latest import latest_lines
from starbench.schema.trial import TrialKey


class TrialEnd(NamedTuple):
    """What counts of a trial's journal line; a hundred thousand whole ones would fill half a gigabyte."""

    outcome: Outcome
    """As it was read when it was asked, as is the letter; scores read the response afresh."""
    letter: str | None
    response: str | None
    stop: Stop
    error: Failure | None
    attempts: int
    latency_s: float
    usage: Usage | None
    served_model: str | None
    at: str

    @classmethod
    def of(cls, line: JournalLine) -> TrialEnd:
        return cls._make(_what_counts(line))


_what_counts = attrgetter(*TrialEnd._fields)


@dataclass(frozen=True, eq=False)
class LoadedRun:
    """A run: its record, its canary, its questions, every planned trial, and how each asked one ended."""

    path: Path
    run: Run
    canary: Canary | None
    items: Mapping[ItemKey, Item]
    plan: tuple[PlannedTrial, ...]
    ends: Mapping[TrialKey, TrialEnd]
    """Trial's key -> how it ended, by the newest line, except that an error never replaces an answer."""

    @property
    def failures(self) -> list[Failure]:
        return [end.error for end in self.ends.values() if end.error is not None]


@paused_collector()
def load(path: Path) -> LoadedRun:
    """Read the run at ``path``; raises :class:`starbench.errors.RunError` if there is none, or it is damaged."""
    run = directory.read(path)
    directory.refuse_changed(path, run)
    data = LoadedRun(
        path=path,
        run=run,
        canary=directory.read_canary(path),
        items=directory.read_items(path),
        plan=tuple(directory.read_plan(path)),
        ends=latest_lines(journal.read(path), TrialEnd.of),
    )
    _refuse_inconsistent(data)
    return data


def _refuse_inconsistent(data: LoadedRun) -> None:
    """Raise :class:`RunError` if a planned trial does not fit the run's record, its questions or another trial."""
    protocols = {suite.name: suite.protocol for suite in data.run.identity.suites}
    conditions = frozenset(data.run.identity.setup.conditions)
    known: set[TrialKey] = set()
    for number, trial in enumerate(data.plan, 1):
        item = data.items.get((trial.suite, trial.item_id))
        if protocols.get(trial.suite) != trial.protocol:
            problem = f"{directory.RUN} has no suite {trial.suite!r} under protocol {trial.protocol!r}"
        elif trial.condition not in conditions:
            problem = f"{directory.RUN} has no condition {trial.condition!r}"
        elif item is None:
            problem = f"{directory.ITEMS} has no question {trial.item_id!r} of suite {trial.suite!r}"
        elif trial.key in known:
            problem = "it plans a trial again"
        elif not _fits(trial, item):
            problem = f"its options do not fit question {trial.item_id!r} in {directory.ITEMS}"
        else:
            known.add(trial.key)
            continue
        raise RunError(
            f"{data.path / directory.PLAN}:{number}: does not fit the run: {problem}; restore the run's files"
        )


def _fits(trial: PlannedTrial, item: Item) -> bool:
    """Whether a trial shows options that its item has, and its right letter shows one that can be right."""
    contents, n_options = trial.contents, len(item.options)
    if (
        not contents
        or len(set(contents)) < len(contents)
        or not 0 <= min(contents) <= max(contents) < n_options
    ):
        return False
    if ord(trial.answer_letter) - ord("A") >= len(contents):
        return False
    right = item.options[trial.right_content]
    return item.answer is None or right in (item.answer, (item.mirror or {}).get(item.answer))
