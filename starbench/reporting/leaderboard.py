"""The leaderboard: one board from entries.

A board never mixes what cannot be compared: every combination of suite digest, protocol, prompt
version, rotations, sample, rate, policies for what a model cannot take, answer mode and captions is a
table of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from starbench.canary import summary
from starbench.canary.arrival import are_ears_apart, is_folded
from starbench.errors import InputError
from starbench.planning.adaptation import is_done
from starbench.planning.conditions import CAPTION, is_soundless
from starbench.reporting.markdown import board_to_markdown
from starbench.reporting.words import adaptation_sentence
from starbench.schema import Setup
from starbench.schema.board import (
    Board,
    BoardTable,
    PublishedRow,
    PublishedTable,
    RowCaptioner,
    RunRow,
    RunTable,
    TaskCell,
)
from starbench.schema.entry import LeaderboardEntry, Published, SuiteRecord
from starbench.schema.score import Headline, SuiteScore, TaskScore
from starbench.scoring.constant import SHARED_BY

BOARD_JSON, BOARD_MARKDOWN = "leaderboard.json", "leaderboard.md"
RowT = TypeVar("RowT", RunRow, PublishedRow)


def board(entries: Iterable[LeaderboardEntry]) -> Board:
    """One board: a table for each set of comparable entries, best first; an entry given twice stands once."""
    groups: dict[tuple[Any, ...], list[LeaderboardEntry]] = {}
    for entry in {entry.model_dump_json(): entry for entry in entries}.values():
        groups.setdefault(_comparable(entry), []).append(entry)
    return Board(tables=tuple(_table(group) for _, group in sorted(groups.items(), key=_order)))


def write_board(entries: Iterable[LeaderboardEntry], folder: Path) -> list[Path]:
    """Write the board of ``entries`` as JSON and as Markdown.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    content = board(entries)
    text = json.dumps(content.model_dump(mode="json"), indent=1, ensure_ascii=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / BOARD_JSON).write_text(f"{text}\n", "utf-8")
        (folder / BOARD_MARKDOWN).write_text(board_to_markdown(content), "utf-8")
    except OSError as error:
        raise InputError(f"{folder} cannot be written: {error.strerror}") from error
    return [folder / BOARD_JSON, folder / BOARD_MARKDOWN]


def _comparable(entry: LeaderboardEntry) -> tuple[Any, ...]:
    suite = entry.suite
    # What a model cannot take is not asked of it, so the same suite can be fewer questions.
    heard = [h.n_items for h in entry.scores.headlines if h.condition == "audio"] if entry.scores else []
    questions = (suite.name, suite.digest, suite.version, suite.profile, suite.n_items, *heard)
    return (*questions, *entry.setup.comparable_key(), entry.run_by_us)


def _order(table: tuple[tuple[Any, ...], list[LeaderboardEntry]]) -> tuple[bool, str]:
    key, _ = table
    return (not key[-1], json.dumps(key))


def _table(entries: Sequence[LeaderboardEntry]) -> BoardTable:
    first = entries[0]
    suite = SuiteRecord(**first.suite.model_dump(exclude={"source"}))
    setup = Setup(**first.setup.model_dump(exclude={"conditions", "skip_bad"}))
    if first.published is not None:
        published = [_published_row(entry, entry.published) for entry in entries if entry.published]
        source = first.published.source
        return PublishedTable(suite=suite, setup=setup, source=source, rows=_best_first(published))
    rows = [
        _run_row(entry, entry.scores, headline)
        for entry in entries
        if entry.scores is not None
        for headline in entry.scores.headlines
    ]
    return RunTable(suite=suite, setup=setup, source=None, rows=_best_first(rows))


def _best_first(rows: Iterable[RowT]) -> tuple[RowT, ...]:
    return tuple(sorted(rows, key=lambda row: (row.condition, -(row.ma or 0.0), row.model)))


def _published_row(entry: LeaderboardEntry, published: Published) -> PublishedRow:
    return PublishedRow(
        model=entry.model.name,
        condition="audio",
        ma=published.figures.get("MA"),
        figures=published.figures,
        complete=entry.complete,
    )


def _left_out(entry: LeaderboardEntry) -> list[str]:
    return [f"{len(entry.skipped)} problem(s) in the data left out"] if entry.skipped else []


def _captioner(entry: LeaderboardEntry, condition: str) -> RowCaptioner | None:
    """Who wrote the captions that ``condition`` shows, and what its canary said."""
    by = entry.captioner
    if by is None or condition != f"{CAPTION}:{by.grade}":
        return None
    return RowCaptioner(
        model=by.model,
        adaptations=tuple(adaptation_sentence(change, "clips") for change in by.adaptations),
        canary=summary.short(by.canary, apart=are_ears_apart(by.adaptations)),
    )


def _task_cell(row: TaskScore) -> TaskCell:
    figures = row.model_dump(include=set(TaskCell.model_fields) - {"best_constant"})
    # Of few items the best constant strategy is an accident.
    constant = row.best_constant.aa if row.n_items >= SHARED_BY else None
    return TaskCell(**figures, best_constant=constant)


def _run_row(entry: LeaderboardEntry, scores: SuiteScore, headline: Headline) -> RunRow:
    capabilities, changes = entry.model.capabilities, entry.adaptations
    has_sound = not is_soundless(headline.condition)
    return RunRow(
        label=entry.label,
        model=entry.model.name,
        arguments={name: value for name, value in entry.model.arguments.items() if name != "model"},
        adaptations=(*map(adaptation_sentence, changes), *_left_out(entry)),
        changed_by=tuple(name for name in ("clips", "channels") if is_done(name, changes)),
        condition=headline.condition,
        extension=headline.extension,
        n_items=headline.n_items,
        ma=headline.ma.aa,
        ma_ci=headline.ma.aa_ci,
        ma_acr=headline.ma.acr,
        ma_acr_ci=headline.ma.acr_ci,
        oa=headline.oa,
        oa_ci=headline.oa_ci,
        tasks={row.task: _task_cell(row) for row in scores.tasks if row.condition == headline.condition},
        coverage=headline.coverage,
        chance=headline.ma.chance,
        best_constant=headline.ma.best_constant,
        complete=headline.complete,
        channels_kept=capabilities.channels_kept if capabilities else None,
        cost_usd=entry.cost_usd,
        folded=has_sound and is_folded(capabilities, changes),
        canary=summary.short(entry.canary, apart=are_ears_apart(changes)) if has_sound else None,
        captioner=_captioner(entry, headline.condition),
    )
