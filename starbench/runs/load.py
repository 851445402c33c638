"""A run as data: everything its directory holds, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from starbench.runs import directory, journal
from starbench.runs.directory import ItemKey, PlannedTrial
from starbench.schema import Canary, Failure, Item, JournalLine, Outcome, Run, Stop, Usage
from starbench.schema.latest import latest_lines
from starbench.schema.trial import TrialKey


class TrialEnd(NamedTuple):
    """What counts of a trial's journal line; a hundred thousand whole ones would fill half a gigabyte."""

    outcome: Outcome
    """As it was read when it was asked; scores read the response afresh."""
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


def load(path: Path) -> LoadedRun:
    """Read the run at ``path``; raises :class:`starbench.errors.RunError` if there is none, or it is damaged."""
    return LoadedRun(
        path=path,
        run=directory.read(path),
        canary=directory.read_canary(path),
        items=directory.read_items(path),
        plan=tuple(directory.read_plan(path)),
        ends=latest_lines(journal.read(path), TrialEnd.of),
    )
