"""Runs over small suites that were really built, and the report of one run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import starbench
from starbench.reporting.site.write import write_report
from starbench.runs.load import LoadedRun, load

PITCH_LISTENER = Path(__file__).parents[2] / "adaptive" / "pitch_listener.py"
#: What the noisy listener hears with d' = 1, in JND.
THETA = 4.0


def build_suites(root: Path) -> list[Path]:
    """Two attributes with levels, enough of each for a conclusion, and scenes with places."""
    attributes = ["pitch", "gap"]
    starbench.build_suite(
        "perception", root / "perception", attributes=attributes, size=50, seed=7, workers=1
    )
    starbench.build_suite("spatial", root / "spatial", size=20, seed=7, workers=1)
    return [root / "perception", root / "spatial"]


def build_plain_pitch(root: Path) -> Path:
    """Pairs of plain tones, which the noisy listener can measure."""
    out = root / "pitch"
    starbench.build_suite(
        "perception", out, attributes="pitch", profile="default-1", size=120, seed=7, workers=1
    )
    return out


def run_and_report(model: Any, suites: list[Path], root: Path, options: Mapping[str, Any]) -> LoadedRun:
    """Run a model below ``root``, and write the report of its run there as a reader gets it."""
    starbench.run(model, suites, root / "run", **options)
    run = load(root / "run")
    write_report([run], root / "report", suites=[str(path) for path in suites], workers=0)
    return run
