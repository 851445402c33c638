"""The page about causes of errors: shares of each cause by task and source, and how far sources agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from starbench.reporting.errors import NAMES, agreement_words, causes_in, failed_words, source_words
from starbench.reporting.site import svg
from starbench.reporting.site.facts import RunFacts, shown_name
from starbench.reporting.site.svg import Frame, element, line, picture, text
from starbench.reporting.site.tables import PageColumn, PageTable
from starbench.schema.error_analysis import ErrorAnalysis, ErrorCause, ErrorRow, SourceErrors
from starbench.scoring.error_analysis import BASE, CONTROLS_NAME, error_analysis
from starbench.text import printable

#: A share of a bar that holds its number.
_LABELLED = 0.07


class _Bar(NamedTuple):
    name: str
    row: ErrorRow


def analyses(runs: Sequence[RunFacts]) -> dict[int, ErrorAnalysis]:
    """The analysis of each run that has errors from the sound, by its number."""
    found = {
        number: error_analysis(run.data, run.observations)
        for number, run in enumerate(runs)
        if BASE in run.conditions
    }
    return {number: one for number, one in found.items() if one.sources[0].trials}


def trial_causes(analysis: ErrorAnalysis) -> dict[tuple[str, str, int], list[str]]:
    """What each source says of each trial, in words: suite, item, rotation -> sentences."""
    said: dict[tuple[str, str, int], list[str]] = {}
    for source in analysis.sources:
        for trial in source.trials:
            told = f" ({', '.join(trial.controls)})" if trial.controls else ""
            note = f": {printable(trial.note)}" if trial.note else ""
            words = f"{NAMES[trial.cause]}, {printable(source_words(source))}{told}{note}"
            said.setdefault((trial.suite, trial.item_id, trial.rotation), []).append(words)
    return said


def page(runs: Sequence[RunFacts], found: Mapping[int, ErrorAnalysis]) -> dict[str, Any]:
    """Everything that the page shows."""
    sources = [source for one in found.values() for source in one.sources]
    causes = causes_in(sources)
    return {
        "charts": [
            (shown_name(task), _chart(shown_name(task), bars, causes))
            for task, bars in _bars(runs, found).items()
        ],
        "causes": [(NAMES[cause], list(NAMES).index(cause)) for cause in causes],
        "task_table": _table(runs, found, causes, of_parts=False),
        "part_table": _table(runs, found, causes, of_parts=True),
        "agreements": [
            f"{runs[number].name}: {agreement_words(one)}"
            for number, analysis in found.items()
            for one in analysis.agreements
        ],
        "failed": [
            f"{runs[number].name}: {failed_words(one)}"
            for number, analysis in found.items()
            for one in analysis.failed_controls
        ],
        "controls": sorted({name for one in found.values() for name in one.controls}),
        "controls_name": CONTROLS_NAME,
    }


def _bars(runs: Sequence[RunFacts], found: Mapping[int, ErrorAnalysis]) -> dict[str, list[_Bar]]:
    """Task -> a bar for each run and source that says something of its errors."""
    bars: dict[str, list[_Bar]] = {}
    for number, analysis in found.items():
        for source in analysis.sources:
            for row in source.rows:
                if row.sub_category is None and row.shares:
                    bars.setdefault(row.task, []).append(_Bar(_name(runs, number, source), row))
    return bars


def _name(runs: Sequence[RunFacts], number: int, source: SourceErrors) -> str:
    return source_words(source) if len(runs) == 1 else f"{runs[number].name}, {source_words(source)}"


def _chart(task: str, bars: Sequence[_Bar], causes: Sequence[ErrorCause]) -> str:
    """Bars of shares, one a run and source, stacked to the whole."""
    frame = Frame(640, 8 + 46 * len(bars) + 24, 2, 16, 8, 24, (0.0, 1.0))
    parts: list[str] = []
    base = frame.height - frame.bottom
    for index, bar in enumerate(bars):
        top, start = frame.top + 46 * index, 0.0
        n = sum(bar.row.counts.values())
        parts.append(
            text(frame.left, top + 11, f"{bar.name[:70]} ({n} of {bar.row.n_errors} errors)", "note", "start")
        )
        for cause in causes:
            share = bar.row.shares.get(cause, 0.0)
            if not share:
                continue
            tip = element(
                "title", f"{bar.name}: {NAMES[cause]} {100 * share:.1f} %, {bar.row.counts[cause]} trials"
            )
            left, right = frame.x(start), frame.x(start + share)
            place = {
                "x": svg.number(left),
                "y": svg.number(top + 16),
                "width": svg.number(max(right - left - 1, 0.5)),
            }
            drawn = [tip, element("rect", **place, height=22, class_=f"cause k{list(NAMES).index(cause)}")]
            if share >= _LABELLED:
                drawn.append(text((left + right) / 2, top + 31, f"{100 * share:.0f}", "on-bar"))
            parts.append(svg.group(drawn))
            start += share
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        anchor = "start" if share == 0 else "end" if share == 1 else "middle"
        parts += [line(frame.x(share), base, frame.x(share), base + 4, "axis")]
        parts += [text(frame.x(share), base + 16, f"{100 * share:.0f} %", "tick", anchor)]
    said = "; ".join(
        f"{bar.name}: "
        + ", ".join(f"{NAMES[c]} {100 * bar.row.shares[c]:.0f} %" for c in causes if bar.row.shares.get(c))
        for bar in bars
    )
    return picture(frame.width, frame.height, f"Causes of errors, {task}", said, parts)


def _table(
    runs: Sequence[RunFacts],
    found: Mapping[int, ErrorAnalysis],
    causes: Sequence[ErrorCause],
    *,
    of_parts: bool,
) -> PageTable:
    """Shares by task, or by sub-category."""
    rows = [
        (
            runs[number].name,
            source_words(source),
            shown_name(row.sub_category if of_parts else row.task),
            row.n_trials,
            row.n_errors,
            sum(row.counts.values()),
            *(row.shares.get(cause) for cause in causes),
        )
        for number, analysis in found.items()
        for source in analysis.sources
        for row in source.rows
        if row.shares and (row.sub_category is not None) == of_parts
    ]
    columns = (
        PageColumn("run"),
        PageColumn("source"),
        PageColumn("sub-category" if of_parts else "task"),
        PageColumn("trials", "count"),
        PageColumn("errors", "count"),
        PageColumn("with a cause", "count"),
        *(PageColumn(f"{NAMES[cause]}, %", "share", NAMES[cause]) for cause in causes),
    )
    level = "sub-category" if of_parts else "task"
    caption = f"Causes of errors by {level}, in % of those with a cause"
    return PageTable(f"causes-by-{level}", caption, columns, rows, is_stacked=True)
