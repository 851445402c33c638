"""A run's directory as an attempt adds to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from starbench.planning.plan import RunPlan
from starbench.planning.questions import Questions
from starbench.runs import directory, journal
from starbench.runs.attempt import Beginning
from starbench.schema import Canary, JournalLine, Trial


@dataclass(frozen=True)
class RunRecord:
    """The run in the directory ``path``, and the trials that it is to hold in the end."""

    plan: RunPlan
    path: Path

    @property
    def trials(self) -> Sequence[Trial]:
        """What the run is to ask."""
        return self.plan.trials

    @property
    def workload(self) -> Questions:
        """The prompts of the trials."""
        return self.plan.questions

    @property
    def lines_path(self) -> Path:
        """The journal."""
        return self.path / journal.NAME

    @property
    def rate_hz(self) -> int | None:
        """The rate that all clips are sent at, Hz; None: each clip's own."""
        return self.plan.run.identity.setup.rate_hz

    @property
    def versions(self) -> Mapping[str, str]:
        """Versions of the software, and digests of the plug-ins, of this attempt."""
        return self.plan.run.versions

    def hold(self) -> AbstractContextManager[None]:
        """Keep the directory to this process."""
        return directory.hold(self.path)

    def begin(self) -> Beginning:
        """Write what is to be asked, or check that an earlier attempt set out to ask the same."""
        resumed = directory.begin(self.path, self.plan.run, self.plan.items, self.plan.trials)
        begun = directory.read(self.path)
        return Beginning(resumed, begun.served_by, begun.versions)

    def discard(self) -> None:
        """Remove what a run writes, and the directory if nothing else is in it."""
        directory.discard(self.path)

    def lines(self) -> Iterator[JournalLine]:
        """Every line in the order of writing, those that a later one replaced included."""
        return journal.read(self.path)

    def canary(self) -> Canary | None:
        """The record of the canary, if one was run."""
        return directory.read_canary(self.path)

    def write_canary(self, canary: Canary) -> None:
        """Replace the record of the canary."""
        directory.write_canary(self.path, canary)
