"""``--judge``: a second model is asked about the replies of a run, and what it says is kept beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import typer

from starbench.cli.commands.shared import Wording, drive, model_of, say_before, settings_of
from starbench.cli.exits import DONE, INCOMPLETE
from starbench.cli.output import echo
from starbench.errors import InputError
from starbench.models.adapter import Model
from starbench.protocols.judge import PROTOCOL
from starbench.protocols.judging import JudgeProtocol
from starbench.reporting import judgement, scores
from starbench.reporting.entries import why_unasked, write_entries
from starbench.runs.attempt import AttemptStart, ask_all, settled
from starbench.runs.judge_record import JudgeRecord
from starbench.runs.load import LoadedRun, load
from starbench.schema import Trial
from starbench.schema.judge import JudgedScore
from starbench.scoring.agreement import JudgedReply, agreement, replies_to_judge
from starbench.scoring.run import score
from starbench.text import visible_json

#: Options that only a judge needs, as far as they have no default.
_OF_JUDGE = ("limit", "base_url", "model_arg", "max_in_flight", "rpm", "max_cost_usd", "max_tokens", "prices")


def refuse_without_judge(options: Mapping[str, Any]) -> None:
    """Raise :class:`InputError` if something was said about a judge, and none was named."""
    for name in _OF_JUDGE:
        if options[name] not in (None, []):
            option = name.removesuffix("_usd").replace("_", "-")
            raise InputError(f"--{option} is for --judge: name a judge, or leave it out")


def ask_judge(
    protocol: JudgeProtocol,
    trials: Sequence[Trial],
    options: Mapping[str, Any],
    report: Callable[[JudgeRecord], int],
) -> int:
    """Ask the model that ``--judge`` names for the verdicts that its file lacks, then report; returns the exit code."""
    model = model_of({**options, "model": options["judge"]})
    settings = settings_of(model, {**options, "no_canary": True})
    record = JudgeRecord.of(protocol, model, options["run"], trials)
    retry_permanent = options["retry_permanent"]
    if {trial.key for trial in record.trials} <= settled(record, retry_permanent=retry_permanent):
        echo(f"judge: {record.lines_path} (all {len(trials)} replies judged)", err=True)
        return report(record)  # the judge need not be there
    return drive(
        partial(ask_all, record, model, settings, retry_permanent=retry_permanent),
        record.lines_path,
        partial(_announce, model, record),
        partial(report, record),
        Wording("replies", "--judge", "the same command asks for the rest"),
    )


def _announce(model: Model, record: JudgeRecord, start: AttemptStart) -> None:
    state = f"{start.planned - start.waiting} of {start.planned} replies judged, {start.waiting} to ask"
    say_before(start, model, f"judge: {record.lines_path} ({state})", [])


def judged_score(options: Mapping[str, Any]) -> int:
    """``score --judge``: what each reply chose, by the judge; show scores and agreement; returns the exit code."""
    run: Path = options["run"]
    if (why := why_unasked(run)) is not None:
        echo(f"starbench: {why}", err=True)
        return INCOMPLETE
    data = load(run)
    replies = replies_to_judge(data, options["limit"])
    report = partial(_report, data, replies, as_json=options["json"])
    return ask_judge(PROTOCOL, [reply.trial for reply in replies], options, report)


def _report(data: LoadedRun, replies: Sequence[JudgedReply], record: JudgeRecord, *, as_json: bool) -> int:
    run_score, result = score(data), agreement(record, replies)
    write_entries(data, run_score)
    if as_json:
        document = JudgedScore(**dict(run_score), judge=result).model_dump_json(indent=2)
        typer.echo(visible_json(document))
    else:
        scores.show(run_score, data)
        judgement.show(result)
    return DONE if run_score.complete and not result.missing else INCOMPLETE
