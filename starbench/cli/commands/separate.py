"""``starbench separate``: separators scored, and a model asked behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from starbench.cli.commands.shared import arguments_of, drive, error_lines, say_before, settings_of
from starbench.cli.exits import BAD_INPUT, DONE, INCOMPLETE
from starbench.cli.output import echo
from starbench.diagnose.records import check_writable, write_record
from starbench.diagnose.separation.answers import NONE, ORACLE, cascades
from starbench.diagnose.separation.record import separation
from starbench.errors import ConditionError, InputError, NotApplicableError
from starbench.models.adapter import Model
from starbench.planning.plan import Request, plan_run
from starbench.reporting.separation import show
from starbench.runs.attempt import AttemptStart, ask_all
from starbench.runs.load import LoadedRun, load
from starbench.runs.run_record import RunRecord
from starbench.schema import Setup
from starbench.schema.separation import Separation
from starbench.suites.open import open_suite
from starbench.suites.stems import StemLibrary
from starbench.suites.suite import Suite
from starbench.text import sentence, slug

RECORD = "separation.json"


def separate(options: Mapping[str, Any]) -> int:
    """Ask the model where one is named, score the separators, show and write what is found; returns the exit code."""
    separators, out = tuple(options["separator"] or (NONE,)), options["out"]
    if options["model"] is not None and out is None:
        raise InputError("with --model, name the folder of its runs with --out")
    check_writable(out and out / RECORD)
    suite = open_suite(options["suite"], skip_bad=options["skip_bad"])
    library = StemLibrary(suite)
    runs, code = _runs(options, suite, separators) if options["model"] is not None else ({}, DONE)
    if code == BAD_INPUT:
        return code
    record: Separation = separation(
        library,
        separators,
        seed=options["seed"],
        model=options["model"],
        sources=options["sources"],
        runs=runs,
    )
    show(record)
    if out is not None:
        write_record(record, out / RECORD)
        echo(f"record: {out / RECORD}")
    return max(code, _exit_code(record))


def _exit_code(record: Separation) -> int:
    """Whether separators failed, in some scenes or wherever they were for."""
    rows = [row for row in record.rows if row.factor is None]
    if not any(row.failed for row in rows):
        return DONE
    return INCOMPLETE if any(row.scenes for row in rows) else BAD_INPUT


def _runs(
    options: Mapping[str, Any], suite: Suite, separators: tuple[str, ...]
) -> tuple[dict[str, LoadedRun], int]:
    """A run of the model behind each separator, asked as far as it is not finished; and the highest exit code."""
    # A separator that is for no clip at all, such as one of as many sources as channels, has no run: that is told.
    models = cascades(
        options["model"], arguments_of(options), separators, options["suite"], options["sources"]
    )
    runs, codes = {}, []
    for separator, model in models.items():
        path = options["out"] / slug(separator)
        # The model is the same in all: one canary, without a separator before it, says whether sound reaches it.
        asked = {**options, "no_canary": options["no_canary"] or separator != NONE}
        try:
            codes.append(_asked(model, suite, path, asked))
        except ConditionError as error:
            if separator in (NONE, ORACLE):
                raise
            echo(f"not applicable: {separator}: {sentence(str(error))}", err=True)
            continue
        if codes[-1] == BAD_INPUT:
            break
        runs[separator] = load(path)
    return runs, max(codes)


def _asked(model: Model, suite: Suite, path: Path, options: Mapping[str, Any]) -> int:
    setup = Setup(limit=options["limit"], limit_seed=options["limit_seed"], skip_bad=options["skip_bad"])
    plan = plan_run(Request((suite,), setup), model)
    settings = settings_of(model, options)
    plan = replace(plan, run=plan.run.model_copy(update={"prices": settings.prices}))
    ask = partial(
        ask_all, RunRecord(plan, path.absolute()), model, settings, retry_permanent=options["retry_permanent"]
    )
    return drive(ask, path, partial(_announce, model, path), partial(_summary, path))


def _announce(model: Model, path: Path, start: AttemptStart) -> None:
    say_before(
        start, model, f"run: {path} ({model.spec}, {start.waiting} of {start.planned} trials to ask)", ()
    )


def _summary(path: Path) -> int:
    data = load(path)
    for line in error_lines(data):
        echo(line, err=True)
    failed = [failure for failure in data.failures if failure.kind != NotApplicableError("").kind]
    return DONE if len(data.ends) == len(data.plan) and not failed else INCOMPLETE
