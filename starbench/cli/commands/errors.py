"""``starbench errors``: why answers are wrong, as controls, judges and people see it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from starbench.cli.commands.judge import ask_judge, refuse_without_judge
from starbench.cli.exits import DONE, INCOMPLETE
from starbench.protocols.cause_judge import PROTOCOL
from starbench.reporting.errors import show
from starbench.reporting.files import write_file
from starbench.runs.attempt import settled
from starbench.runs.judge_record import JudgeRecord
from starbench.runs.load import LoadedRun, load
from starbench.scoring.error_analysis import error_analysis, errors_of
from starbench.scoring.judged_causes import causes_to_judge, sample
from starbench.text import visible_json


def errors(options: Mapping[str, Any]) -> int:
    """Ask a judge, if one is named; show the causes of the errors of a run; returns the exit code."""
    data = load(options["run"])
    if options["judge"] is None:
        refuse_without_judge(options)
        _show(data, options["json"])
        return DONE
    found = errors_of(data)
    judgements = causes_to_judge(data, found.errors, found.controls)
    trials = sample(judgements.values(), options["limit"])
    return ask_judge(PROTOCOL, trials, options, partial(_report, data, options["json"]))


def _report(data: LoadedRun, json: Path | None, record: JudgeRecord) -> int:
    _show(data, json)
    return DONE if {trial.key for trial in record.trials} <= settled(record) else INCOMPLETE


def _show(data: LoadedRun, json: Path | None) -> None:
    analysis = error_analysis(data)
    show(analysis)
    if json is not None:
        write_file(json, visible_json(analysis.model_dump_json(indent=1)) + "\n", new_folder=True)
