"""``starbench import``: predictions of others as runs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from starbench.cli.commands.shared import loading_of
from starbench.cli.exits import DONE, INCOMPLETE
from starbench.cli.output import echo
from starbench.errors import InputError
from starbench.execution.processes import available_cpus, map_items
from starbench.importing.formats import read_predictions
from starbench.importing.run import write_run
from starbench.reporting.entries import write_entries
from starbench.reporting.words import imported_lines
from starbench.runs.load import load
from starbench.schema.imported import PredictionSet
from starbench.scoring.run import score
from starbench.suites.open import open_suite
from starbench.suites.suite import Suite
from starbench.text import printable, slug


def import_(options: Mapping[str, Any]) -> int:
    """Write a run for each system, and say what was read; returns the exit code."""
    name, path, out = options["prediction_format"], options["path"], options["out"]
    found = [_as_said(one, options) for one in read_predictions(name, path)]
    suite = open_suite(options["suite"], loading=loading_of(options)) if options["suite"] else None
    if not all(one.model for one in found):
        raise InputError(f"{path} does not name the system whose replies it holds: name it by --model")
    if suite is None and not all(one.items for one in found):
        raise InputError(f"format {name!r} has no questions of its own: name them by --suite")
    places = {one.model: out if len(found) == 1 else out / slug(one.model) for one in found}
    if len(set(places.values())) < len(found):
        raise InputError(f"{path}: two systems have one name: import them one by one, with --model")
    jobs = [(one, places[one.model]) for one in found]
    written: dict[Path, _Written] = {}
    with closing(map_items(partial(_write, suite=suite), jobs, _workers(len(jobs)))) as finished:
        for one in finished:
            written[one.place] = one
    for _, place in jobs:
        for line in written[place].lines:
            echo(line)
    return DONE if all(one.complete for one in written.values()) else INCOMPLETE


class _Written(NamedTuple):
    place: Path
    complete: bool
    lines: tuple[str, ...]


def _write(job: tuple[PredictionSet, Path], suite: Suite | None) -> _Written:
    """Write the run of one system and its entry."""
    one, place = job
    write_run(one, place, suite)
    data = load(place)
    scores = score(data)
    write_entries(data, scores)
    about = (f"  {line}" for line in imported_lines(data.run, scores))
    return _Written(place, scores.complete, (f"run: {place} ({printable(one.model)})", *about))


def _workers(n_jobs: int) -> int:
    """Processes for so many runs: none for one, which takes a second or two."""
    return 0 if n_jobs == 1 else min(n_jobs, available_cpus())


def _as_said(one: PredictionSet, options: Mapping[str, Any]) -> PredictionSet:
    """The predictions with what the user says of them in place of what the file says."""
    imported = {name: options[name] for name in ("source", "licence", "date") if options[name]}
    model = {"model": options["model"]} if options["model"] else {}
    return one.model_copy(update={"imported": one.imported.model_copy(update=imported), **model})
