"""The baselines of a suite that asks for the order of clips: measured, written beside it, shown."""

from __future__ import annotations

from starbench.cli.commands.progress import counting
from starbench.cli.output import echo
from starbench.reporting.baselines import table
from starbench.reporting.tables import new_console, show_table
from starbench.suites.baselines import write_baselines
from starbench.suites.suite import Suite
from starbench.verify.baselines import asks_for_an_order, baselines
from starbench.verify.remeasure import measure_all


def show_baselines(suite: Suite, workers: int) -> None:
    """Do so; nothing for a suite that asks for no order."""
    if not asks_for_an_order(suite):
        return
    with counting("measuring baselines") as on_item:
        found, _ = baselines(suite, measure_all(suite, workers, on_item, claims=False))
    if found is not None:
        show_table(new_console(), table(found))
        echo(f"written to {write_baselines(suite.root, found)}")
