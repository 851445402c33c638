"""The diagnosis of a run as data: every record in its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from starbench.diagnose.records import FOLDER, SUMMARY, read_record
from starbench.schema.audit import Audit
from starbench.schema.base import Frozen
from starbench.schema.diagnosis import Diagnosis, NotTried
from starbench.schema.probe import ProbeRecord
from starbench.schema.sae import SaeReport
from starbench.schema.separation import Separation
from starbench.schema.tokens import Tokens

_Record = TypeVar("_Record", bound=Frozen)


@dataclass(frozen=True)
class LoadedDiagnosis:
    """What was found out about a run; each record may be of a suite of its own."""

    audits: tuple[Audit, ...]
    probes: tuple[ProbeRecord, ...]
    separations: tuple[Separation, ...]
    dictionaries: tuple[SaeReport, ...]
    tokenizers: tuple[Tokens, ...]
    not_tried: tuple[NotTried, ...]


def load_diagnosis(run: Path) -> LoadedDiagnosis | None:
    """Read the folder ``diagnosis`` of a run, if it has one; raises :class:`InputError` if a file is damaged.

    What a file holds is told by the beginning of its name: ``audit-``, ``probe-``, ``separation-``, ``sae-``,
    ``tokens-``.
    """
    folder = run / FOLDER
    if not folder.is_dir():
        return None
    summary = folder / SUMMARY
    return LoadedDiagnosis(
        _records(Audit, folder, "audit"),
        _records(ProbeRecord, folder, "probe"),
        _records(Separation, folder, "separation"),
        _records(SaeReport, folder, "sae"),
        _records(Tokens, folder, "tokens"),
        read_record(Diagnosis, summary).not_tried if summary.is_file() else (),
    )


def _records(kind: type[_Record], folder: Path, name: str) -> tuple[_Record, ...]:
    return tuple(read_record(kind, path) for path in sorted(folder.glob(f"{name}-*.json")))
