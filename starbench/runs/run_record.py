"""A run's directory as an attempt adds to it; see :class:`starbench.runs.attempt_record.AttemptRecord`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from starbench.planning.plan import RunPlan
from starbench.planning.workload import Questions
from starbench.runs import directory, journal
from starbench.runs.attempt_record import Beginning, PlannedAhead
from starbench.schema import Canary, JournalLine, Trial
from starbench.suites.clip_info import has_two_channels


@dataclass
class RunRecord(PlannedAhead):
    """The run in the directory ``path``, and the trials that it is to hold in the end."""

    plan: RunPlan
    path: Path

    @property
    def trials(self) -> Sequence[Trial]:
        return self.plan.trials

    @property
    def workload(self) -> Questions:
        return self.plan.questions

    @property
    def lines_path(self) -> Path:
        return self.path / journal.NAME

    @property
    def rate_hz(self) -> int | None:
        return self.plan.run.identity.setup.rate_hz

    @property
    def has_two_channels(self) -> bool:
        questions = self.workload
        return any(
            has_two_channels(
                trial.parts, questions.items[trial.suite, trial.item_id], questions.stores[trial.suite].clips
            )
            for trial in self.trials
        )

    @property
    def versions(self) -> Mapping[str, str]:
        return self.plan.run.versions

    def hold(self) -> AbstractContextManager[None]:
        return directory.hold(self.path)

    def begin(self) -> Beginning:
        resumed = directory.begin(self.path, self.plan.run, self.plan.items, self.plan.trials)
        begun = directory.read(self.path)
        return Beginning(resumed, begun.served_by, begun.versions)

    def discard(self) -> None:
        directory.discard(self.path)

    def lines(self) -> Iterator[JournalLine]:
        return journal.read(self.path)

    def canary(self) -> Canary | None:
        return directory.read_canary(self.path)

    def write_canary(self, canary: Canary) -> None:
        directory.write_canary(self.path, canary)
