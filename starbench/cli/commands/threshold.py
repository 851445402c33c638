"""``starbench threshold``: a threshold measured by choosing each next level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from itertools import chain, cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from starbench.adaptive.plan import AdaptiveRequest, check, plan_questions, refuse_unheard, usual_task
from starbench.adaptive.procedure import Procedure
from starbench.adaptive.record import AdaptiveRecord
from starbench.adaptive.stimuli import Stimuli
from starbench.canary.arrival import are_ears_apart
from starbench.cli.commands.shared import (
    drive,
    error_lines,
    key_values,
    model_of,
    names_in,
    say_before,
    settings_of,
    setup_of,
)
from starbench.cli.exits import DONE, INCOMPLETE
from starbench.cli.output import echo
from starbench.engine.settings import Settings
from starbench.models.adapter import Model
from starbench.planning.plan import RunPlan
from starbench.reporting.dry_run import show_plan
from starbench.reporting.scores import show_thresholds
from starbench.reporting.words import adaptation_sentence, notes
from starbench.runs import directory
from starbench.runs.attempt import AttemptStart, ask_all
from starbench.runs.load import load
from starbench.runs.ownership import refuse_other
from starbench.synthesis import BuildSpec


def threshold(options: Mapping[str, Any]) -> int:
    """Ask until the thresholds are known, or show what that would cost at most; returns the exit code."""
    model = model_of(options)
    request = _request(options)
    settings = settings_of(model, options)
    procedures = request.procedures()
    with TemporaryDirectory() as folder:
        # The first questions show what the model can take; those that are asked are made anew.
        empty = Stimuli.open(Path(folder), request.name, request.design)
        first = [[procedure.draft(step) for step in procedure.next_batch((), 0)] for procedure in procedures]
        stimuli = empty.render(chain.from_iterable(first))
        plan = plan_questions(request, stimuli, model)
        refuse_unheard(procedures, plan)
        if options["dry_run"]:
            _show_cost(request, procedures, stimuli, model, settings, options["out"])
            return DONE
    plan = replace(plan, run=plan.run.model_copy(update={"prices": settings.prices}))
    path: Path = options["out"] or directory.default_path(options["model"], [request.name])
    record = AdaptiveRecord(request, plan, model, path.absolute())
    return drive(
        partial(ask_all, record, model, settings, retry_permanent=options["retry_permanent"]),
        path,
        partial(_announce, plan, model, path),
        partial(_report, record, path),
        apart=are_ears_apart(plan.run.adaptations),
    )


def _request(options: Mapping[str, Any]) -> AdaptiveRequest:
    task_options = dict(key_values("--option", options["option"] or ()))
    spec = BuildSpec(
        names_in([options["attributes"]]), options["profile"], options["seed"], options=task_options
    )
    request = AdaptiveRequest(
        options["task"] or usual_task(),
        spec,
        setup_of(options),
        options["precision"],
        options["max_questions"],
        options["batch"],
        options["label"],
    ).resolved()
    check(request)
    return request


def _show_cost(
    request: AdaptiveRequest,
    procedures: tuple[Procedure, ...],
    stimuli: Stimuli,
    model: Model,
    settings: Settings,
    out: Path | None,
) -> None:
    """Show what the longest run would ask: as many questions as may be, with the sounds of the first ones."""
    made: list[str | None] = []
    if out is not None:
        directory.refuse_foreign(out.absolute())
        if directory.is_run(out):
            identity = plan_questions(request, stimuli, model).run.identity
            refuse_other(out, "another run", directory.read(out).identity, identity)
            made = [item.sub_category for item in directory.read_items(out).values()]
    items = []
    for procedure in procedures:
        name = procedure.design.sub_category
        examples = [item for item in stimuli.suite.items if item.sub_category == name]
        n_left = max(request.max_questions - made.count(name), 0)
        items += [
            item.model_copy(update={"id": f"{name}_{number:04d}"})
            for number, item in enumerate(islice(cycle(examples), n_left))
        ]
    if made:
        echo(f"{out} is resumed: {len(made)} questions of it are made")
    echo(
        f"at most {request.max_questions} questions an attribute, fewer where ±{request.precision:.0%} is reached "
        "before; the counts below are the most that it can be"
    )
    if items:
        longest = replace(stimuli, suite=replace(stimuli.suite, items=tuple(items)))
        show_plan(plan_questions(request, longest, model), model, settings)


def _announce(plan: RunPlan, model: Model, path: Path, start: AttemptStart) -> None:
    done = start.planned - start.waiting
    state = f"resumed, {done} questions finished, " if start.resumed else ""
    lines = [f"note: {note}" for note in (*map(adaptation_sentence, plan.run.adaptations), *notes(plan.run))]
    say_before(start, model, f"run: {path} ({state}at most {start.waiting} questions)", lines)


def _report(record: AdaptiveRecord, path: Path) -> int:
    """Write and show what was found; returns the exit code."""
    result = record.write_result()
    for line in error_lines(load(path)):
        echo(line, err=True)
    show_thresholds(result.thresholds)
    for row in result.thresholds:
        why = "answers are missing" if row.stop is None else row.stop.value.replace("_", " ")
        echo(f"{row.attribute}: {row.n_questions} questions ({why})")
    echo(f"thresholds and courses: {path}/adaptive.json")
    return DONE if result.complete else INCOMPLETE
