"""The leaderboard: one board from entries.

A board never mixes what cannot be compared: every combination of suite digest, protocol, prompt
version, rotations, sample, rate, policies for what a model cannot take, answer mode and captions is a
table of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from starbench.canary import summary
from starbench.canary.arrival import are_ears_apart, is_folded
from starbench.planning.adaptation import is_done
from starbench.planning.conditions import CAPTION, is_soundless
from starbench.reporting.files import write_file
from starbench.reporting.markdown import board_to_markdown
from starbench.reporting.words import adaptation_sentence, criteria, imported_source
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
from starbench.schema.entry import LeaderboardEntry, SuiteRecord
from starbench.schema.score import Headline, SuiteScore, TaskScore
from starbench.scoring.constant import constant_aa, constant_oa
from starbench.scoring.ranks import ranks
from starbench.text import visible_json

BOARD_JSON, BOARD_MARKDOWN = "leaderboard.json", "leaderboard.md"
#: Figures of a row that are its headline's own.
_OF_HEADLINE = {"condition", "extension", "n_items", "oa", "oa_ci", "chance_oa", "coverage", "complete"}


def board(entries: Iterable[LeaderboardEntry]) -> Board:
    """One board: a table for each set of comparable entries, best first; an entry given twice stands once."""
    groups: dict[tuple[Any, ...], list[LeaderboardEntry]] = {}
    for entry in {entry.model_dump_json(): entry for entry in entries}.values():
        groups.setdefault(_comparable(entry), []).append(entry)
    # Ours, then what was imported, then figures alone.
    ours_first = sorted(groups, key=lambda key: (not key[-1], groups[key][0].scores is None, json.dumps(key)))
    return Board(tables=tuple(_table(groups[key]) for key in ours_first))


def write_board(entries: Iterable[LeaderboardEntry], folder: Path) -> list[Path]:
    """Write the board of ``entries`` as JSON and as Markdown; :class:`InputError` if the folder takes no file."""
    content = board(entries)
    text = json.dumps(content.model_dump(mode="json"), indent=1, ensure_ascii=False)
    markdown = board_to_markdown(content)
    write_file(folder / BOARD_JSON, f"{visible_json(text)}\n", new_folder=True)
    write_file(folder / BOARD_MARKDOWN, markdown)
    return [folder / BOARD_JSON, folder / BOARD_MARKDOWN]


def entry_digest(entry: LeaderboardEntry) -> str:
    """What names an entry among others."""
    return sha256(entry.model_dump_json().encode()).hexdigest()[:16]


def _comparable(entry: LeaderboardEntry) -> tuple[Any, ...]:
    suite = entry.suite
    # What a model cannot take is not asked of it, so the same suite can be fewer questions.
    n_audio = [h.n_items for h in entry.scores.headlines if h.condition == "audio"] if entry.scores else []
    questions = (suite.name, suite.digest, suite.version, suite.profile, suite.n_items, *n_audio)
    imported = (entry.imported.source, entry.imported.licence) if entry.imported else ()
    return (*questions, *entry.setup.comparable_key(), *imported, entry.run_by_us)


def _table(entries: Sequence[LeaderboardEntry]) -> BoardTable:
    first = entries[0]
    suite = SuiteRecord(**first.suite.model_dump(exclude={"source"}))
    setup = Setup(**first.setup.model_dump(exclude={"conditions", "skip_bad"}))
    if first.published is not None:
        published = [
            PublishedRow(
                model=entry.model.name,
                condition="audio",
                ma=entry.published.figures.get("MA"),
                figures=entry.published.figures,
                complete=entry.complete,
            )
            for entry in entries
            if entry.published
        ]
        source = first.published.source
        return PublishedTable(
            suite=suite, setup=setup, source=source, rows=tuple(sorted(published, key=_place))
        )
    headlines = [
        (entry, entry.scores, headline)
        for entry in entries
        if entry.scores is not None
        for headline in entry.scores.headlines
    ]
    found = zip(headlines, ranks([one for _, _, one in headlines]), strict=True)
    rows = [_run_row(entry, scores, headline, rank) for (entry, scores, headline), rank in found]
    return RunTable(
        suite=suite,
        setup=setup,
        source=imported_source(first.imported) if first.imported else None,
        run_by_us=first.run_by_us,
        rows=tuple(sorted(rows, key=_place)),
    )


def _place(row: RunRow | PublishedRow) -> tuple[str, float, str]:
    """Sorts the best first."""
    return (row.condition, -(row.ma or 0.0), row.model)


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


def _task_cell(row: TaskScore, scores: SuiteScore) -> TaskCell:
    figures = row.model_dump(include=TaskCell.model_fields.keys() - {"best_constant", "floors"})
    widths = criteria(scores, row.task, row.condition)
    return TaskCell(**figures, best_constant=constant_aa(row), criteria=widths, floors=row.floors)


def _run_row(
    entry: LeaderboardEntry, scores: SuiteScore, headline: Headline, rank: tuple[int, int]
) -> RunRow:
    capabilities, changes, ma = entry.model.capabilities, entry.adaptations, headline.ma
    has_sound = not is_soundless(headline.condition)
    left_out = [f"{len(entry.skipped)} problem(s) in the data left out"] if entry.skipped else []
    return RunRow(
        **headline.model_dump(include=_OF_HEADLINE),
        label=entry.label,
        entry=entry_digest(entry),
        rank=rank,
        model=entry.model.name,
        arguments={name: value for name, value in entry.model.arguments.items() if name != "model"},
        adaptations=(*map(adaptation_sentence, changes), *left_out),
        changed_by=tuple(name for name in ("clips", "channels") if is_done(name, changes)),
        ma=ma.aa,
        ma_ci=ma.aa_ci,
        ma_acr=ma.acr,
        ma_acr_ci=ma.acr_ci,
        constant_oa=constant_oa(headline),
        tasks={
            row.task: _task_cell(row, scores) for row in scores.tasks if row.condition == headline.condition
        },
        chance=ma.chance,
        best_constant=ma.best_constant,
        channels_kept=capabilities.channels_kept if capabilities else None,
        cost_usd=entry.cost_usd,
        folded=has_sound and is_folded(capabilities, changes),
        canary=summary.short(entry.canary, apart=are_ears_apart(changes)) if has_sound else None,
        captioner=_captioner(entry, headline.condition),
        outcomes={name: n for name, n in headline.outcomes.items() if n} if entry.imported else {},
        letters=headline.letters if entry.imported else (),
    )
