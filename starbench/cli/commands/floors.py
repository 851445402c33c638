"""``starbench floors``: what listeners with less than two ears reach in a suite."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from starbench.cli.commands.baselines import show_baselines
from starbench.cli.commands.progress import counting
from starbench.cli.output import echo
from starbench.execution.processes import available_cpus
from starbench.floors.suite import floors_of, require_classifiers
from starbench.reporting.floors import show
from starbench.suites import suite as suites
from starbench.suites.floors import write_floors


def floors(root: Path, others: Sequence[Path], workers: int | None) -> None:
    """Measure, write and show the floors of the suite in the directory ``root``, with the items of ``others``."""
    require_classifiers()
    with counting("measuring", first="reading the suite") as on_item:
        suite = suites.read(root)
        found = floors_of(suite, workers or available_cpus(), on_item, [suites.read(one) for one in others])
    path = write_floors(root, found)
    show(found)
    echo(f"written to {path}; the suite's digest stays {suite.digest[:12]}")
    show_baselines(suite, workers or available_cpus())
