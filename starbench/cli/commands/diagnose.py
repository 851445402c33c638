"""``starbench diagnose``: every step that applies to a run, and a page about what was found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starbench.cli.commands.report import lines
from starbench.cli.commands.report_line import FOLDER
from starbench.cli.commands.shared import arguments_of, loading_of
from starbench.cli.exits import BAD_INPUT, DONE
from starbench.cli.output import echo
from starbench.diagnose.load import load_diagnosis
from starbench.diagnose.run import DiagnosisChoices
from starbench.diagnose.run import diagnose as diagnose_run
from starbench.reporting.diagnosis import STEPS, lines_of
from starbench.reporting.site.write import write_report
from starbench.reporting.tables import new_console, say
from starbench.runs.load import load


def diagnose(values: Mapping[str, Any]) -> int:
    """Diagnose a run, write its report, and say what was found; returns the exit code."""
    path, suites, loading = values["run"], values["suite"] or [], loading_of(values)
    run = load(path)
    choices = DiagnosisChoices(
        seed=values["seed"],
        clips=values["clips"],
        separators=tuple(values["separator"] or ()),
        arguments=arguments_of(values),
        model=values["model"],
    )
    summary = diagnose_run(
        run,
        choices,
        suites=suites,
        loading=loading,
        on_step=lambda step, suite: echo(f"{suite}: {STEPS[step]}", err=True),
    )
    console, diagnosis = new_console(), load_diagnosis(path)
    for line in lines_of(diagnosis) if diagnosis else ():
        say(console, line)
    if not summary.done:
        return BAD_INPUT
    for line in lines(write_report([run], path / FOLDER, suites=suites, loading=loading)):
        say(console, line)
    return DONE
