"""A file of captions as an attempt adds to it; see :class:`starbench.runs.attempt_record.AttemptRecord`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starbench.planning.captions import CaptionPlan
from starbench.runs.attempt_record import Beginning, PlannedAhead
from starbench.runs.ownership import hold, refuse_other, write_errors
from starbench.schema import Canary, Trial
from starbench.schema.caption import CaptionLine
from starbench.storage.atomic import write_lines
from starbench.storage.json_lines import whole_lines
from starbench.storage.records import as_json
from starbench.suites import captions
from starbench.suites.clip_info import has_two_channels


@dataclass(frozen=True)
class CaptionRecord(PlannedAhead):
    """The file of captions at ``lines_path``, and the clips that it is to hold in the end."""

    workload: CaptionPlan
    lines_path: Path

    @property
    def trials(self) -> Sequence[Trial]:
        return self.workload.trials

    @property
    def rate_hz(self) -> int | None:
        return self.workload.header.identity.rate_hz

    @property
    def has_two_channels(self) -> bool:
        sources = ((trial, *self.workload.sources[trial.item_id]) for trial in self.trials)
        return any(has_two_channels(trial.parts, item, store.clips) for trial, item, store in sources)

    @property
    def versions(self) -> Mapping[str, str]:
        return self.workload.header.versions

    def hold(self) -> AbstractContextManager[None]:
        return hold(self.lines_path, self.lines_path.with_name(f".{self.lines_path.name}.lock"))

    def begin(self) -> Beginning:
        """Write the header, or check that the file holds such captions; suites that it does not name are added."""
        path, planned = self.lines_path, self.workload.header
        with write_errors(path):
            if not path.exists() or not path.stat().st_size:
                write_lines(path, [as_json(planned)])
                return Beginning(False, planned.served_by, planned.versions)
        header = captions.read(path).header
        refuse_other(path, "other captions", header.identity, planned.identity)
        if not planned.suites.items() <= header.suites.items():
            self._amend(suites={**header.suites, **planned.suites})
        return Beginning(True, header.served_by, header.versions)

    def discard(self) -> None:
        self.lines_path.unlink(missing_ok=True)

    def lines(self) -> Iterator[CaptionLine]:
        return captions.lines(self.lines_path)

    def canary(self) -> Canary | None:
        return captions.read(self.lines_path).header.canary

    def write_canary(self, canary: Canary) -> None:
        self._amend(canary=canary)

    def _amend(self, **changes: Any) -> None:
        """Change the header, whole or not at all; the captions stay as they are."""
        path = self.lines_path
        header = captions.read(path).header.model_copy(update=changes)
        with write_errors(path):
            _, *lines = whole_lines(path)
            write_lines(path, [as_json(header), *(line.decode() for line in lines)])
