"""``starbench power``: what a suite can show, or how many items it takes to show a difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from starbench.cli.commands.shared import loading_of
from starbench.errors import InputError
from starbench.reporting import power as tables
from starbench.reporting.files import write_file
from starbench.runs import directory
from starbench.schema import Item
from starbench.scoring.power import items_for_change, items_for_independent
from starbench.scoring.suite_power import suite_power
from starbench.suites.open import open_suite
from starbench.text import visible_json

#: What is shown where nothing is asked for: points, and factors of a threshold.
_POINTS, _FACTORS = (2.0, 5.0, 10.0, 20.0), (1.25, 1.5, 2.0)


def power(
    target: str | None,
    points: Sequence[float],
    factors: Sequence[float],
    accuracy: float,
    json: Path | None,
    options: Mapping[str, Any],
) -> None:
    """Show what ``target``, a suite or a run, can show; without one, how many items show each difference."""
    if target is None:
        if json is not None:
            raise InputError("--json: it is for a suite's table: name a suite or a run")
        asked = bool(points or factors)
        points, factors = (points, factors) if asked else (_POINTS, _FACTORS)
        differences = {one / 100: items_for_independent(one / 100, accuracy) for one in points}
        tables.show_items(differences, {one: items_for_change(one) for one in factors}, accuracy)
        return
    if points or factors:
        raise InputError(
            "--points and --factor ask for a number of items: leave the suite out, or leave them out"
        )
    for name, items in _suites(target, loading_of(options)).items():
        found = suite_power(items, accuracy)
        tables.show(name, found)
        if json is not None:
            write_file(json, visible_json(found.model_dump_json(indent=1)) + "\n", new_folder=True)


def _suites(target: str, loading: Mapping[str, Any]) -> dict[str, list[Item]]:
    """The items of each suite of a run, or those of a suite."""
    path = Path(target)
    if not directory.is_run(path):
        suite = open_suite(target, loading=loading)
        return {suite.name: list(suite.items)}
    suites: dict[str, list[Item]] = {}
    for (name, _), item in directory.read_items(path).items():
        suites.setdefault(name, []).append(item)
    return suites
