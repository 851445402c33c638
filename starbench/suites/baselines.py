"""The baselines of a suite, in ``baselines.json`` beside its manifest: no part of the suite, nor of its digest."""

from __future__ import annotations

from pathlib import Path

from starbench.errors import SuiteError
from starbench.schema.baselines import SuiteBaselines
from starbench.storage.atomic import write_lines
from starbench.storage.records import as_json

BASELINES = "baselines.json"


def write_baselines(root: Path, found: SuiteBaselines) -> Path:
    """Write them into the suite's directory ``root``; raises :class:`SuiteError` if the disk refuses them."""
    path = root / BASELINES
    try:
        write_lines(path, [as_json(found, indent=1)])
    except OSError as error:
        raise SuiteError(f"{path} cannot be written ({error.strerror}): make room") from error
    return path
