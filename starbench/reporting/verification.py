"""What a verification found, as tables in a terminal and as one JSON file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from starbench.errors import SuiteError
from starbench.text import printable
from starbench.verify.balance import BalanceRow
from starbench.verify.findings import Breach, Findings, KindRow
from starbench.verify.leaks import MOST_P, LeakRow

#: Width of the tables where no terminal says otherwise, characters.
_WIDTH = 150
#: Further leaks and breaches are counted only; the JSON file has all.
_LEAKS_SHOWN, _BREACHES_SHOWN = 5, 50


def show(findings: Findings, console: Console | None = None) -> None:
    """Print every table, then every breach."""
    console = console or Console()
    if not console.is_terminal:
        console.width = _WIDTH
    _say(
        console,
        f"{findings.suite}: {findings.items} items, {findings.clips} clips, digest {findings.digest[:12]}",
    )
    if findings.claims:
        console.print(_claims(findings.claims))
    for gap in findings.unmeasured:
        _say(console, f"not measured: {gap['claim']} ({gap['count']} ×): {gap['why']}")
    if findings.balance:
        console.print(_balance(findings.balance))
    if findings.leaks:
        console.print(_leaks(findings.leaks))
    for breach in findings.breaches[:_BREACHES_SHOWN]:
        _say(console, _line(breach))
    hidden = len(findings.breaches) - _BREACHES_SHOWN
    if hidden > 0:
        _say(console, f"and {hidden} more (--json FILE lists all)")
    _say(
        console,
        "clean: everything is as the suite says"
        if findings.clean
        else f"{len(findings.breaches)} breach(es): this suite is not what it says",
    )


def write(findings: Findings, path: Path) -> None:
    """Write everything found as one JSON object.

    Raises
    ------
    SuiteError
        If the file cannot be written.
    """
    found = {**asdict(findings), "clean": findings.clean}
    try:
        path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", "utf-8")
    except OSError as error:
        raise SuiteError(f"{path} cannot be written: {error.strerror}") from error


def _line(breach: Breach) -> str:
    return f"BREACH {breach.item}: {breach.claim}: claimed {breach.claimed}, measured {breach.measured}"


def _say(console: Console, text: str) -> None:
    console.print(printable(text), markup=False, highlight=False, soft_wrap=True)


def _claims(rows: Sequence[KindRow]) -> Table:
    return _table(
        "claims, measured again from the samples",
        (
            "claim",
            "measured",
            "worst error",
            "median error",
            "worst, JND",
            "median, JND",
            "tolerance",
            "breaches",
        ),
        (
            (
                row.kind,
                str(row.measured),
                _error(row.worst, row.unit),
                _error(row.median, row.unit),
                _jnd(row.worst_jnd),
                _jnd(row.median_jnd),
                row.tolerance,
                str(row.breaches),
            )
            for row in rows
        ),
    )


def _balance(rows: Sequence[BalanceRow]) -> Table:
    return _table(
        "balance of answers",
        (
            "sub-category",
            "items",
            "chance",
            "best constant",
            "right places",
            "p",
            "p, places",
            "p, levels",
            "declared",
        ),
        (
            (
                row.group,
                str(row.items),
                f"{row.chance:.1%}",
                f"{row.constant:.1%}",
                " ".join(map(str, row.positions)),
                f"{row.p_content:.2g}",
                f"{row.p_position:.2g}",
                f"{row.p_level:.2g}",
                row.declared or "",
            )
            for row in rows
        ),
    )


def _leaks(rows: Sequence[LeakRow]) -> Table:
    return _table(
        f"what could tell the answer, of {len(rows)} features tested (a leak: p < {MOST_P:g} after Holm)",
        ("sub-category", "feature", "items", "p", "declared"),
        (
            (row.group, row.feature, str(row.items), f"{row.p:.2g}", row.declared or "")
            for row in rows[:_LEAKS_SHOWN]
        ),
    )


def _error(value: float, unit: str) -> str:
    return f"{value:.3g} {unit}".strip()


def _jnd(value: float | None) -> str:
    return "" if value is None else f"{value:.2g}"


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(title=title, box=box.SIMPLE, title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    return table
