"""The baselines of a suite, in ``baselines.json`` beside its manifest: no part of the suite, nor of its digest."""

from __future__ import annotations

from pathlib import Path

from starbench.schema.baselines import SuiteBaselines
from starbench.storage.records import write_beside_suite

BASELINES = "baselines.json"


def write_baselines(root: Path, found: SuiteBaselines) -> Path:
    """Write them into the suite's directory ``root``; raises :class:`SuiteError` if the disk refuses them."""
    return write_beside_suite(root / BASELINES, found)
