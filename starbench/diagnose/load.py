"""The diagnosis of a run as data: its summary, and the records that it names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from starbench.diagnose.records import FOLDER, SUMMARY, read_record
from starbench.schema.audit import Audit
from starbench.schema.base import Frozen
from starbench.schema.diagnosis import Diagnosis
from starbench.schema.probe import Probe
from starbench.schema.separation import Separation

_Record = TypeVar("_Record", bound=Frozen)


@dataclass(frozen=True)
class LoadedDiagnosis:
    """What was found out about a run, a record for each of its suites."""

    summary: Diagnosis
    audits: tuple[Audit, ...]
    probes: tuple[Probe, ...]
    separations: tuple[Separation, ...]


def load_diagnosis(run: Path) -> LoadedDiagnosis | None:
    """Read the diagnosis of the run at ``run``, if there is one; raises :class:`InputError` if it is damaged."""
    folder = run / FOLDER
    if not (folder / SUMMARY).is_file():
        return None
    summary = read_record(Diagnosis, folder / SUMMARY)
    return LoadedDiagnosis(
        summary,
        _records(Audit, folder, summary.done.get("audit", ())),
        _records(Probe, folder, summary.done.get("probe", ())),
        _records(Separation, folder, summary.done.get("separation", ())),
    )


def _records(kind: type[_Record], folder: Path, names: Sequence[str]) -> tuple[_Record, ...]:
    return tuple(read_record(kind, folder / Path(name).name) for name in names)
