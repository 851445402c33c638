"""Scores of a run as tables in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import NamedTuple

from rich.console import Console

from starbench.canary import arrival
from starbench.planning.conditions import is_soundless
from starbench.reporting.floors import highest
from starbench.reporting.headlines import SummarySentence, headlines
from starbench.reporting.official import show_official
from starbench.reporting.tables import (
    Column,
    Table,
    difference,
    new_console,
    percent,
    quote,
    say,
    show_table,
    with_interval,
)
from starbench.reporting.words import criteria
from starbench.runs.load import LoadedRun
from starbench.schema.score import (
    FactorScore,
    Headline,
    PairedDifference,
    RunScore,
    Score,
    SuiteScore,
    TaskScore,
)
from starbench.schema.threshold import Threshold, ThresholdStatus
from starbench.scoring.constant import constant_aa, constant_oa
from starbench.scoring.reread import ChangedReading

#: Characters of a reply that are quoted.
_QUOTED = 400


def show(scores: RunScore, data: LoadedRun) -> None:
    """Print every table of a run."""
    console = new_console()
    run = data.run
    name = f"{run.label}: {scores.model}" if run.label else scores.model
    for suite in scores.suites:
        for table in _tables(name, suite):
            show_table(console, table)
        show_official(console, suite)
    if any(not is_soundless(row.condition) for suite in scores.suites for row in suite.headlines):
        say(console, arrival.line(run, data.canary))
    if run.captioner is not None:
        say(console, arrival.of_captioner(run.captioner))
    if scores.cost_usd is not None and run.prices is not None:
        say(console, f"cost: US $ {scores.cost_usd:,.4f} by the prices of {run.prices.as_of}")
    if not scores.complete:
        say(console, "Some planned trials are missing or ended in an error: AA and ACR count them as wrong.")
    if run.skipped:
        say(
            console,
            f"{len(run.skipped)} problem(s) in the data were left out with --skip-bad (see run.json).",
        )
    say(console, "")
    _show_sentences(console, headlines(data, scores))


def _show_sentences(console: Console, sentences: Sequence[SummarySentence]) -> None:
    for suite, group in groupby(sentences, key=lambda one: one.suite):
        if suite:
            say(console, f"{suite}:")
        for sentence in group:
            say(console, str(sentence), lead="* ")


def _tables(name: str, suite: SuiteScore) -> Iterator[Table]:
    yield _main_table(name, suite)
    if suite.paired:
        yield _paired_table(suite)
    if any(len(row.ma.parts) > 1 for row in suite.headlines) or any(row.ma for row in suite.tasks):
        yield _headline_table(suite)
    for factor in dict.fromkeys(row.factor for row in suite.factors):
        yield _factor_table(factor, suite)
    if any(row.status is not ThresholdStatus.TOO_FEW for row in suite.thresholds):
        yield _threshold_table(suite.thresholds)


def show_changed_readings(changes: Sequence[ChangedReading], *, whole: bool) -> None:
    """Print every reply that is read otherwise than when it was asked; not ``whole``: how many there are, if any."""
    console = new_console()
    if not whole:
        if changes:
            say(
                console,
                f"{len(changes)} replies are read otherwise than when they were asked: --reread lists them",
            )
        return
    say(console, f"{len(changes)} replies are read otherwise than when they were asked")
    for change in changes:
        trial = change.trial
        place = f"{trial.suite}, {trial.item_id}, rotation {trial.rotation}, {trial.condition}"
        say(console, f"{change.before} -> {change.now}: {place}")
        for line in change.reply[:_QUOTED].splitlines():
            quote(console, line)


class _Line(NamedTuple):
    """A row of the main table: a task, or below it one of its parts."""

    name: str
    condition: str
    score: Score
    criterion: float | None = None


def _main_table(name: str, suite: SuiteScore) -> Table:
    conditions = list(dict.fromkeys(_condition(row) for row in suite.tasks))
    only = f", condition {conditions[0]}" if len(conditions) == 1 else ""
    lines = []
    for row in suite.tasks:
        lines.append(_Line(row.task, "" if only else _condition(row), row))
        if row.condition == suite.tasks[0].condition:
            widths = criteria(suite, row.task, row.condition)
            lines += [
                _Line(f"  {part.name}", "", part, widths.get(part.name))
                for part in row.sub_categories or row.categories
            ]
    has_floors = any(line.score.floors is not None for line in lines)
    return Table(
        f"{name} on {suite.suite}, protocol {suite.protocol}{only} (%, 95 % intervals)",
        (
            Column("task", lambda line: line.name, is_text=True),
            Column("condition", lambda line: line.condition, is_text=True),
            Column("items", lambda line: line.score.n_items, rank=3),
            Column("AA", lambda line: with_interval(line.score.aa, line.score.aa_ci)),
            Column("ACR", lambda line: with_interval(line.score.acr, line.score.acr_ci), rank=4),
            Column("answered", lambda line: percent(line.score.coverage), rank=5),
            Column("AA of answered", lambda line: percent(line.score.aa_answered), rank=6, short="AA ans."),
            Column("chance", lambda line: percent(line.score.chance), rank=1),
            Column("constant", lambda line: percent(constant_aa(line.score)), rank=2, short="const."),
            *(
                [Column("highest floor", lambda line: highest(line.score.floors), rank=2)]
                if has_floors
                else []
            ),
            Column(
                "false alarms", lambda line: _shown(line.score.false_alarms, percent), rank=2, short="f.a."
            ),
            Column('"same"', lambda line: _shown(line.criterion, _figure), rank=2),
        ),
        lines,
    )


#: A factor's scores of fewer items of a sub-category are left to the JSON.
_TELLING_ITEMS = 10


class _FactorLine(NamedTuple):
    """A row of a factor's table: a task, or below it a sub-category, and its score by the factor's value."""

    name: str
    condition: str
    scores: dict[str, FactorScore]


def _factor_table(factor: str, suite: SuiteScore) -> Table:
    rows = [row for row in suite.factors if row.factor == factor]
    lines: dict[tuple[str, str, str | None], _FactorLine] = {}
    for row in rows:
        is_telling = row.condition == suite.tasks[0].condition and row.n_items >= _TELLING_ITEMS
        if row.sub_category is None or is_telling:
            name = row.task if row.sub_category is None else f"  {row.sub_category}"
            line = _FactorLine(name, "" if row.sub_category else _condition(row), {})
            lines.setdefault((row.task, row.condition, row.sub_category), line).scores[row.value] = row
    return Table(
        f"by {factor} (AA in %, 95 % intervals)",
        (
            Column("task", lambda line: line.name, is_text=True),
            Column("condition", lambda line: line.condition, is_text=True),
            *(Column(value, partial(_factor_cell, value)) for value in sorted({row.value for row in rows})),
        ),
        list(lines.values()),
    )


def _factor_cell(value: str, line: _FactorLine) -> str:
    row = line.scores.get(value)
    return "–" if row is None else with_interval(row.aa, row.aa_ci)


def _condition(row: TaskScore | FactorScore | PairedDifference | Headline) -> str:
    return row.condition + (" (extension)" if row.extension else "")


def _paired_table(suite: SuiteScore) -> Table:
    return Table(
        "with and without: AA in %, paired by item over the items that both conditions apply to",
        (
            Column("task", lambda row: row.task, is_text=True),
            Column("conditions", lambda row: f"{row.base} → {_condition(row)}", is_text=True),
            Column("items", lambda row: row.n_items, rank=2),
            Column("first", lambda row: percent(row.base_aa), rank=1),
            Column("second", lambda row: percent(row.aa), rank=1),
            Column("difference", lambda row: difference(row.diff, row.diff_ci)),
        ),
        suite.paired,
    )


def _headline_table(suite: SuiteScore) -> Table:
    return Table(
        "over all tasks (%, 95 % intervals)",
        (
            Column("condition", _condition, is_text=True),
            Column("tasks", lambda row: len(row.ma.parts), rank=4),
            Column("MA of AA", lambda row: with_interval(row.ma.aa, row.ma.aa_ci)),
            Column("MA of ACR", lambda row: with_interval(row.ma.acr, row.ma.acr_ci), rank=2),
            Column("OA", lambda row: with_interval(row.oa, row.oa_ci), rank=3),
            Column("chance of OA", lambda row: percent(row.chance_oa), rank=3),
            Column("constant of OA", lambda row: percent(constant_oa(row)), rank=3, short="const. of OA"),
            Column("answered", lambda row: percent(row.coverage), rank=5),
            Column("chance of MA", lambda row: percent(row.ma.chance), rank=1, short="chance"),
            Column("constant of MA", lambda row: percent(row.ma.best_constant), rank=1, short="const."),
        ),
        suite.headlines,
    )


#: What stands in place of a threshold that was not measured; the levels' ends are put into it.
_UNMEASURED = {
    ThresholdStatus.BELOW_SMALLEST: "below {row.smallest:g}, the smallest",
    ThresholdStatus.ABOVE_LARGEST: "none up to {row.largest:g}, the largest",
    ThresholdStatus.AT_CHANCE: "not measurable: chance everywhere",
    ThresholdStatus.TOO_FEW: "cannot say: too few answers",
}


def show_thresholds(rows: Sequence[Threshold]) -> None:
    """Print thresholds alone."""
    show_table(new_console(), _threshold_table(rows))


def _threshold_table(rows: Sequence[Threshold]) -> Table:
    return Table(
        "thresholds: the smallest that is heard (d' = 1, or halfway between guessing and the best), 95 % intervals",
        (
            Column("attribute", lambda row: row.attribute, is_text=True),
            Column("condition", lambda row: row.condition, is_text=True),
            Column("threshold", _threshold),
            Column("lapses", lambda row: percent(row.lapse), rank=2),
            Column('width of "same"', lambda row: _figure(row.criterion), rank=1, short='"same"'),
            Column("order bias", lambda row: _figure(row.order_bias), rank=3),
            Column("false alarms", lambda row: percent(row.false_alarms), rank=3),
            Column("items", lambda row: row.n_items, rank=4),
            Column("people", _human, rank=1),
        ),
        rows,
    )


def _threshold(row: Threshold) -> str:
    if row.threshold is None or row.threshold_ci is None:
        return _UNMEASURED[row.status].format(row=row)
    low, high = row.threshold_ci
    return f"{row.threshold:.3g} {row.unit} [{low:.3g}, {high:.3g}]"


def _human(row: Threshold) -> str:
    return f"{row.human.threshold:g} {row.human.unit}" if row.human else ""


def _shown(value: float | None, as_text: Callable[[float | None], str]) -> str:
    """Nothing where there is no value: most rows have no catch trials."""
    return "" if value is None else as_text(value)


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
