"""Scores as ``.eval_results/*.yaml``, which a model's repository on the Hugging Face hub shows on its page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starbench.errors import InputError
from starbench.interchange.files import yaml_text
from starbench.interchange.samples import HARNESS, SuiteOfRun, hub_dataset, suites_of
from starbench.reporting.files import write_file
from starbench.runs.load import LoadedRun
from starbench.schema.score import Headline
from starbench.text import slug

FOLDER = ".eval_results"
#: The hub shows one figure of a data set.
CONDITION = "audio"


def write(data: LoadedRun, out: Path, options: Mapping[str, Any]) -> tuple[str, ...]:
    """Write a file for each suite into the repository ``out``: accuracy in percent, with sound.

    Raises :class:`InputError` if a suite has no data set on the hub, was not asked with sound, or not to its end.
    """
    suites = suites_of(data)
    if options.get("dataset") and len(suites) > 1:
        raise InputError(
            f"--dataset names one data set, and {data.path} has {len(suites)} suites: export runs of one each"
        )
    documents = {
        out / FOLDER / f"{HARNESS}-{slug(suite.entry.suite.name)}.yaml": _document(
            suite, options.get("dataset"), data
        )
        for suite in suites
    }
    for path, text in documents.items():
        write_file(path, text, new_folder=True)
    return tuple(f"1 figure: {path}" for path in documents)


def _document(suite: SuiteOfRun, dataset: str | None, data: LoadedRun) -> str:
    """The one entry of a suite."""
    name = suite.entry.suite.name
    known = hub_dataset(suite.entry)
    if dataset is None and known is None:
        raise InputError(f"{name} is not known on the hub: say where it is with --dataset OWNER/NAME")
    headline = next((one for one in suite.scores.headlines if one.condition == CONDITION), None)
    if headline is None:
        raise InputError(f"{name} was not asked under condition {CONDITION}, and the hub shows no other")
    if not headline.complete:
        raise InputError(
            f"trials of {name} are missing or in error: starbench run with --out {data.path} finishes it"
        )
    rows = {"id": dataset or (known and known[0]), "task_id": "default"}
    if known is not None and dataset in (None, known[0]):
        rows["revision"] = known[1]
    lines = [f"    {field}: {yaml_text(str(value))}" for field, value in rows.items()]
    return "\n".join(
        [
            "- dataset:",
            *lines,
            f"  value: {100 * headline.aa:.2f}",
            f"  date: {yaml_text(data.run.created)}",
            f"  notes: {yaml_text(_notes(suite, headline))}",
            "",
        ]
    )


def _notes(suite: SuiteOfRun, headline: Headline) -> str:
    low, high = headline.aa_ci
    return ", ".join(
        [
            f"{HARNESS}: % of {headline.n_trials} trials right ({headline.n_items} items)",
            f"95 % interval {100 * low:.2f} to {100 * high:.2f}",
            f"chance {100 * headline.chance:.2f}",
            f"answered {100 * headline.coverage:.2f} %",
            f"protocol {suite.scores.protocol}",
            f"suite {suite.entry.suite.name} {suite.scores.digest[:12]}",
            *([] if suite.entry.run_by_us else [f"replies imported, not asked by {HARNESS}"]),
        ]
    )
