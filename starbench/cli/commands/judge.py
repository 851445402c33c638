"""``starbench score --judge``: a second model says what the replies of a run chose, beside the scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import typer

from starbench.cli.commands.shared import Wording, drive, model_of, say_before, settings_of
from starbench.cli.exits import DONE, INCOMPLETE
from starbench.cli.output import echo
from starbench.models.adapter import Model
from starbench.reporting import judgement, scores
from starbench.reporting.entries import why_unasked, write_entries
from starbench.runs.attempt import AttemptStart, ask_all, settled
from starbench.runs.judge_record import JudgeRecord
from starbench.runs.load import LoadedRun, load
from starbench.schema.judge import JudgedScore
from starbench.scoring.agreement import JudgedReply, agreement, replies_to_judge
from starbench.scoring.run import score
from starbench.text import visible_json


def judge(options: Mapping[str, Any]) -> int:
    """Ask what is not judged yet, show scores and agreement; returns the exit code."""
    run: Path = options["run"]
    if (why := why_unasked(run)) is not None:
        echo(f"starbench: {why}", err=True)
        return INCOMPLETE
    data = load(run)
    model = model_of({**options, "model": options["judge"]})
    settings = settings_of(model, {**options, "no_canary": True})
    replies = replies_to_judge(data, options["limit"])
    record = JudgeRecord.of(model, run, [reply.trial for reply in replies])
    report = partial(_report, data, record, replies, as_json=options["json"])
    retry_permanent = options["retry_permanent"]
    if {trial.key for trial in record.trials} <= settled(record, retry_permanent=retry_permanent):
        echo(f"judge: {record.lines_path} (all {len(replies)} replies judged)", err=True)
        return report()  # the judge need not be there
    return drive(
        partial(ask_all, record, model, settings, retry_permanent=retry_permanent),
        record.lines_path,
        partial(_announce, model, record),
        report,
        Wording("replies", "--judge", "the same command asks for the rest"),
    )


def _announce(model: Model, record: JudgeRecord, start: AttemptStart) -> None:
    state = f"{start.planned - start.waiting} of {start.planned} replies judged, {start.waiting} to ask"
    say_before(start, model, f"judge: {record.lines_path} ({state})", [])


def _report(data: LoadedRun, record: JudgeRecord, replies: Sequence[JudgedReply], *, as_json: bool) -> int:
    run_score, result = score(data), agreement(record, replies)
    write_entries(data, run_score)
    if as_json:
        document = JudgedScore(**dict(run_score), judge=result).model_dump_json(indent=2)
        typer.echo(visible_json(document))
    else:
        scores.show(run_score, data)
        judgement.show(result)
    return DONE if run_score.complete and not result.missing else INCOMPLETE
