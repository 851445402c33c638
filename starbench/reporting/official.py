"""A benchmark's official figures beside our reading of the same replies, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console

from starbench.reporting.tables import Column, Table, percent, say, show_table, with_interval
from starbench.schema.official import OfficialGap, OfficialRow, OfficialScores
from starbench.schema.score import SuiteScore

_GAPS = {
    OfficialGap.NO_SCORER: "{detail}",
    OfficialGap.SCORER_STOPS: "the scorer would end in an error: {detail}",
    OfficialGap.NOT_AUDIO: "condition audio was not asked",
    OfficialGap.SAMPLE: "only a sample was asked (--limit), and the figure of a sample is not the benchmark's",
    OfficialGap.ROTATIONS: "other rotations were asked than the benchmark's (--rotations)",
    OfficialGap.LEFT_OUT: "items were left out",
    OfficialGap.ANSWER_MODE: "the scorer reads texts, and the replies are letters alone (--answer-mode)",
    OfficialGap.UNFINISHED: "some trials are missing or ended in an error",
}


def show_official(console: Console, suite: SuiteScore) -> None:
    """Print what is official about a suite's scores, if anything is."""
    official = suite.official
    if isinstance(official, OfficialScores):
        if official.rows:
            show_table(console, _official_table(suite.suite, official))
        for sentence in official_sentences(official):
            say(console, sentence)
        say(console, "")
    elif official:
        say(console, _official_line(official))


def _official_table(name: str, scores: OfficialScores) -> Table:
    return Table(
        f"official figures of {name} beside our reading of the same replies (%, 95 % intervals)",
        (
            Column("part", _part_name, is_text=True),
            Column("items", lambda row: row.n_items, rank=3),
            Column("official", lambda row: percent(row.official)),
            Column("counted", lambda row: "" if row.counted is None else row.counted, rank=1),
            Column("our AA", lambda row: with_interval(row.aa, row.aa_ci)),
            Column("answered", lambda row: percent(row.coverage), rank=2),
        ),
        scores.rows,
    )


def _part_name(row: OfficialRow) -> str:
    return row.name if row.group is None else f"  {row.group}: {row.name}"


def official_sentences(scores: OfficialScores) -> Iterator[str]:
    """Whose figures they are, where they differ from ours, and the known defects of the scorer."""
    if scores.gap is not None:
        yield f"No official figure, because {_GAPS[scores.gap].format(detail=scores.gap_detail)}."
        return
    yield (
        f"Scorer: {scores.scorer}. Of {scores.n_replies:,} replies it counts {scores.only_official:,} as right that "
        f"our reading does not, and does not count {scores.only_ours:,} that ours reads as right. It leaves "
        f"{scores.left_out:,} out of its denominator; ours has every planned trial."
    )
    constants = {
        "the text of the first option": scores.always_first,
        "the letter A": scores.always_a,
    }
    parts = [f"{name} gets {100 * share:.1f} %" for name, share in constants.items() if share is not None]
    if parts:
        yield f"By this scorer, always replying with {', with '.join(parts)}."
    for defect in scores.defects:
        decided = f" ({defect.n_replies:,} of these replies)" if defect.n_replies else ""
        yield f"Known defect: {defect.text}{decided}."


def _official_line(figures: Mapping[str, Any]) -> str:
    parts = [f"{name} {report['Total']['AA']}" for name, report in figures.items() if "Total" in report]
    final = figures.get("Final MA")
    parts += [f"Final MA {final['AA']:.2f}"] if final else []
    return "as the official evaluator prints them (AA): " + ", ".join(parts)
