"""``starbench run``: put a suite to a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from starbench.canary.arrival import are_ears_apart
from starbench.cli.commands.report_line import command_for
from starbench.cli.commands.shared import (
    drive,
    error_lines,
    loading_of,
    model_of,
    names_in,
    say_before,
    settings_of,
    setup_of,
)
from starbench.cli.exits import DONE, INCOMPLETE
from starbench.cli.output import echo
from starbench.engine.settings import Settings
from starbench.errors import InputError
from starbench.models.adapter import Model
from starbench.planning.plan import Request, RunPlan, plan_run
from starbench.reporting.dry_run import show_plan
from starbench.reporting.entries import write_entries
from starbench.reporting.scores import show
from starbench.reporting.words import adaptation_sentence, inapplicable_sentence, notes
from starbench.runs import directory
from starbench.runs.attempt import AttemptStart, ask_all
from starbench.runs.load import load
from starbench.runs.run_record import RunRecord
from starbench.scoring.run import score
from starbench.text import printable


def run(options: Mapping[str, Any]) -> int:
    """Ask what the run still lacks, or show what would be asked; returns the exit code."""
    options = {**options, "conditions": _conditions(options)}
    model = model_of(options)
    request = Request(
        tuple(options["suite"]),
        setup_of(options),
        options["captions_file"],
        options["label"],
        loading_of(options),
    )
    plan = plan_run(request, model)
    settings = settings_of(model, options)
    plan = replace(plan, run=plan.run.model_copy(update={"prices": settings.prices}))
    out, retry_permanent = options["out"], options["retry_permanent"]
    if options["dry_run"]:
        show_plan(plan, model, settings, out, retry_permanent=retry_permanent)
        return DONE
    path = out or directory.default_path(options["model"], [s.name for s in plan.run.identity.suites])
    return evaluate(plan, model, path, settings, retry_permanent=retry_permanent)


def _conditions(options: Mapping[str, Any]) -> Sequence[str]:
    """Those that were given, or those of the run at ``--out`` with what ``--add-condition`` adds."""
    given: Sequence[str] = options["conditions"]
    added = names_in(options["add_condition"] or ())
    if not added:
        return given
    if options["out"] is None:
        raise InputError("--add-condition adds to a run that was begun: name its directory with --out")
    if given != ["audio"]:
        raise InputError("--add-condition: the run has its own conditions: leave --condition out")
    return (*directory.read(options["out"]).identity.setup.conditions, *added)


def evaluate(
    plan: RunPlan, model: Model, path: Path, settings: Settings, *, retry_permanent: bool = False
) -> int:
    """Ask what ``path`` still lacks, show the scores, write the entries; returns the exit code."""
    return drive(
        partial(ask_all, RunRecord(plan, path.absolute()), model, settings, retry_permanent=retry_permanent),
        path,
        partial(_announce, plan, model, path),
        partial(_report, path),
        apart=are_ears_apart(plan.run.adaptations),
    )


def _report(path: Path) -> int:
    """Show the scores of the run at ``path`` and write its entries; returns the exit code."""
    data = load(path)
    scores = score(data)
    for line in error_lines(data):
        echo(line, err=True)
    if not scores.delivered:
        echo(f"no trial was answered; the journal is {path}/trials.jsonl", err=True)
        return INCOMPLETE
    entries = write_entries(data, scores)  # whether or not the terminal takes what is shown
    show(scores, data)
    for entry in entries:
        echo(f"entry: {entry}")
    echo(f"report: {command_for(path)}")
    if not any(row.coverage for suite in scores.suites for row in suite.headlines):
        echo(f"no reply held an answer: starbench check-model {printable(scores.model)} says why", err=True)
    return DONE if scores.complete else INCOMPLETE


def _announce(plan: RunPlan, model: Model, path: Path, start: AttemptStart) -> None:
    record = plan.run
    done = start.planned - start.waiting
    state = (
        f"resumed, {done} of {start.planned} trials finished" if start.resumed else f"{start.waiting} trials"
    )
    lines = [f"note: {note}" for note in (*map(adaptation_sentence, record.adaptations), *notes(record))]
    lines += [
        f"not applicable: {one.items} item(s): {inapplicable_sentence(one)}" for one in record.inapplicable
    ]
    if record.skipped:
        lines.append(f"left out as damaged: {len(record.skipped)} problem(s), listed in {path}/run.json")
    say_before(start, model, f"run: {path} ({state})", lines)
