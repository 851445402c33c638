"""What a verification found, as tables in a terminal and as one JSON file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from operator import itemgetter
from typing import Any

from rich.console import Console

from starbench.reporting.baselines import table as baselines_table
from starbench.reporting.channels import channel_lines
from starbench.reporting.floors import table as floors_table
from starbench.reporting.tables import Column, Table, new_console, say, show_table
from starbench.schema.baselines import SuiteBaselines
from starbench.text import visible_json
from starbench.verify.balance import BalanceRow
from starbench.verify.findings import Findings, KindRow, SuiteVerdict
from starbench.verify.leaks import MOST_P, LeakRow

#: Further leaks, breaches and keys are counted only; the JSON file has all.
_LEAKS_SHOWN, _BREACHES_SHOWN, _KEYS_SHOWN = 5, 50, 4


def show(findings: Findings) -> None:
    """Print every table, then every breach."""
    console = new_console()
    say(
        console,
        f"{findings.suite}: {findings.items} items, {findings.clips} clips, digest {findings.digest[:12]}",
    )
    if findings.claims:
        show_table(console, _claims(findings.claims))
    for gap in findings.unmeasured:
        say(console, f"not measured: {gap['claim']} ({gap['count']} ×): {gap['why']}")
    for line in _unknown(findings):
        say(console, line)
    for line in channel_lines(findings.channels):
        say(console, line)
    if findings.balance:
        show_table(console, _balance(findings.balance))
    leaks = findings.leaks[:_LEAKS_SHOWN]
    if leaks:
        show_table(console, _leaks(leaks, len(findings.leaks)))
    if findings.baselines is not None:
        show_table(console, baselines_table(findings.baselines))
    if findings.floors is not None:
        show_table(console, floors_table(findings.floors))
    for name, reason in _declared(findings.balance, leaks, findings.baselines):
        say(console, f"declared by the suite, so no breach: {name}: {reason}")
    _show_breaches(console, findings)
    say(console, _conclusion(findings))


def _show_breaches(console: Console, findings: Findings) -> None:
    for remark in findings.remarks[:_BREACHES_SHOWN]:
        say(console, f"uneven, in {remark.item}: {remark.claim}: {remark.measured}")
    for breach in findings.breaches[:_BREACHES_SHOWN]:
        say(
            console,
            f"BREACH {breach.item}: {breach.claim}: claimed {breach.claimed}, measured {breach.measured}",
        )
    hidden = len(findings.breaches) - _BREACHES_SHOWN
    if hidden > 0:
        say(console, f"and {hidden} more (--json FILE lists all)")


def _unknown(findings: Findings) -> Iterator[str]:
    """What nothing can measure: whose clips they are, and each key, by the reason."""
    for synthesizer in findings.synthesizers:
        if not synthesizer.is_known:
            keys = ", ".join(synthesizer.unknown) or "it claims nothing of them"
            yield (
                f"unknown synthesizer: nothing measures what {synthesizer.name} claims of its "
                f"{synthesizer.clips} clip(s): {keys}"
            )
    for why, gaps in groupby(sorted(findings.unknown, key=itemgetter("why")), key=itemgetter("why")):
        yield f"unknown to every check ({why}): {', '.join(map(_counted, gaps))}"
    if findings.unknown and findings.task is not None:
        yield (
            f"{findings.task} made this suite and is not installed here. If it brings estimators, have them run by "
            f"--estimators {findings.task}"
        )


def _counted(gap: dict[str, Any]) -> str:
    return f"{gap['claim']} ({gap['count']} ×)"


def _conclusion(findings: Findings) -> str:
    first = [_counted(gap) for gap in findings.unknown[:_KEYS_SHOWN]]
    hidden = len(findings.unknown) - len(first)
    unknown = ", ".join([*first, f"and {hidden} more"] if hidden else first)
    if findings.verdict is SuiteVerdict.NOTHING_CLAIMED:
        return "not measured: the suite claims nothing of its sounds, so nothing of it is confirmed"
    if findings.verdict is SuiteVerdict.NOT_MEASURED:
        why = (
            f"nothing knows what the suite claims ({unknown})"
            if unknown
            else "no clip lets its claims be measured"
        )
        return f"not measured: {why}, so nothing of it is confirmed"
    if findings.verdict is SuiteVerdict.BREACHED:
        conclusion = f"{len(findings.breaches)} breach(es): this suite is not what it says"
    else:
        n_measured = sum(row.measured for row in findings.claims)
        conclusion = (
            f"{findings.verdict}: {n_measured:,} measurements of {len(findings.claims)} kinds, no breach"
        )
    if impossible := sum(gap["count"] for gap in findings.unmeasured):
        conclusion += f"; {impossible:,} more of known kinds could not be measured"
    return conclusion + (f"; not measured: {unknown}" if unknown else "")


def to_json(findings: Findings) -> str:
    """All findings as one JSON object."""
    floors = findings.floors.model_dump(mode="json") if findings.floors else None
    baselines = findings.baselines.model_dump(mode="json") if findings.baselines else None
    content = {
        **asdict(findings),
        "floors": floors,
        "baselines": baselines,
        "verdict": findings.verdict,
        "clean": findings.clean,
    }
    return visible_json(json.dumps(content, indent=2, ensure_ascii=False)) + "\n"


def _claims(rows: Sequence[KindRow]) -> Table:
    return Table(
        "claims, measured again from the samples (error: of sound and estimator together; resolves: an error below "
        "it cannot be seen in one clip)",
        (
            Column("claim", lambda row: row.kind, is_text=True),
            Column("measured", lambda row: row.measured, rank=2),
            Column("worst error", lambda row: _error(row.worst, row.unit)),
            Column("median error", lambda row: _error(row.median, row.unit), rank=4, short="median"),
            Column("estimator resolves", lambda row: row.tolerance, rank=1, short="resolves"),
            Column("worst in JND", lambda row: _jnd(row.worst_jnd), rank=3),
            Column("median in JND", lambda row: _jnd(row.median_jnd), rank=5),
            Column("resolves in JND", lambda row: _jnd(row.tolerance_jnd), rank=3),
            Column("breaches", lambda row: row.breaches),
        ),
        rows,
    )


def _balance(rows: Sequence[BalanceRow]) -> Table:
    return Table(
        "balance of answers (p: how often chance alone is this uneven; –: not tested)",
        (
            Column("sub-category", lambda row: row.group, is_text=True),
            Column("items", lambda row: row.items, rank=2),
            Column("chance", lambda row: f"{row.chance:.1%}"),
            Column("best constant", lambda row: f"{row.constant:.1%}", short="constant"),
            Column(
                "right answers by place",
                lambda row: " ".join(map(str, row.positions)),
                rank=4,
                short="by place",
            ),
            Column("p", lambda row: _p(row.p_content), rank=1),
            Column("p of letters", lambda row: _p(row.p_letter), rank=3),
            Column("p of levels", lambda row: _p(row.p_level), rank=3),
        ),
        rows,
    )


def _leaks(rows: Sequence[LeakRow], tested: int) -> Table:
    return Table(
        f"what could give the answer away, of {tested} features tested (a leak: p < {MOST_P:g} after Holm)",
        (
            Column("sub-category", lambda row: row.group, is_text=True),
            Column("feature", lambda row: row.feature, is_text=True),
            Column("items", lambda row: row.items, rank=1),
            Column("p", lambda row: f"{row.p:.2g}"),
        ),
        rows,
    )


def _declared(
    balance: Sequence[BalanceRow], leaks: Sequence[LeakRow], baselines: SuiteBaselines | None
) -> list[tuple[str, str]]:
    """Flaws that the suite itself declares, each with its reason."""
    flaws = [(f"{row.group}, balance", row.declared) for row in balance]
    flaws += [(f"{row.group}, {row.feature}", row.declared) for row in leaks]
    if baselines is not None:
        flaws += [(f"{row.part}, {row.listener}: {row.cue}", row.declared) for row in baselines.rows]
    return [(name, reason) for name, reason in flaws if reason]


def _error(value: float, unit: str) -> str:
    return f"{value:.3g} {unit}".strip()


def _jnd(value: float | None) -> str:
    return "" if value is None else f"{value:.2g}"


def _p(value: float | None) -> str:
    return "–" if value is None else f"{value:.2g}"
