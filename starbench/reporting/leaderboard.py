"""Leaderboard entries from runs, and one board from entries.

A board never mixes what cannot be compared: every combination of suite digest, protocol, prompt
version, rotations, sample, rate, policies for what a model cannot take, answer mode and captions is a
table of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from starbench.canary import summary
from starbench.canary.arrival import are_ears_apart, is_folded
from starbench.errors import InputError, JournalError
from starbench.planning.adaptation import is_done
from starbench.planning.conditions import CAPTION, is_soundless
from starbench.planning.words import adaptation_sentence, notes
from starbench.runs import directory, journal
from starbench.runs.load import RunData
from starbench.schema import Canary, Setup, SuiteIdentity
from starbench.schema.entry import LeaderboardEntry, ModelRecord, Published, SuiteRecord
from starbench.schema.run import Run
from starbench.schema.score import Headline, RunScore, SuiteScore, TaskScore
from starbench.scoring.constant import SHARED_BY
from starbench.storage.atomic import write_lines
from starbench.text import validation_problem

ENTRY = "entry-{suite}.json"
ENTRY_PATTERN = "entry-*.json"
BOARD_JSON, BOARD_MARKDOWN = "leaderboard.json", "leaderboard.md"


def entries_of(data: RunData, scores: RunScore) -> list[LeaderboardEntry]:
    """One entry for each suite of a run."""
    run, canary = data.run, data.canary
    identities = {suite.name: suite for suite in run.identity.suites}
    return [
        LeaderboardEntry(
            run_by_us=True,
            model=ModelRecord(
                name=run.identity.model,
                arguments=run.identity.model_args,
                served_as=scores.served_as,
                capabilities=run.capabilities,
            ),
            suite=_suite_record(identities[score.suite], score.n_items, run),
            setup=_setup(identities[score.suite], run),
            adaptations=run.adaptations,
            scores=score,
            complete=all(headline.complete for headline in score.headlines),
            usage=scores.usage,
            cost_usd=scores.cost_usd,
            canary=canary,
            captioner=run.captioner,
            inapplicable=run.inapplicable,
            skipped=run.skipped,
            notes=(*notes(run), *_unproven(canary, run)),
            versions=run.versions,
            created=run.created,
        )
        for score in scores.suites
    ]


def _unproven(canary: Canary | None, run: Run) -> list[str]:
    """What must be said where it is not known whether sound arrived."""
    has_sound = not all(is_soundless(condition) for condition in run.identity.setup.conditions)
    return [summary.NOT_HELD] if canary is None and has_sound else []


def write_entries(data: RunData, scores: RunScore) -> list[Path]:
    """Write the entries of a run into it.

    Raises
    ------
    JournalError
        If the disk does not take them.
    """
    path, written = data.path, []
    for entry in entries_of(data, scores):
        target = path / ENTRY.format(suite=entry.suite.name)
        try:
            write_lines(target, [entry.model_dump_json(indent=1)])
        except OSError as error:
            raise JournalError(
                f"{target} cannot be written ({error.strerror}): make room, then starbench score {path}"
            ) from error
        written.append(target)
    return written


def why_unasked(path: Path) -> str | None:
    """Why no trial of the run at ``path`` was ever asked; None if one was.

    Raises
    ------
    starbench.errors.RunError
        If ``path`` is no run, or is damaged.
    """
    directory.read(path)
    if any(True for _ in journal.read(path)):
        return None
    canary = directory.read_canary(path)
    if canary is not None and canary.transport == "dropped":
        return "no trial was asked: the canary found that no sound reaches the model"
    return f"no trial was asked yet: starbench run with --out {path} resumes it"


def read_entries(paths: Iterable[Path]) -> list[LeaderboardEntry]:
    """Entries from files (one or a list in each) and from run directories.

    Raises
    ------
    InputError
        If one cannot be read, or is no entry.
    """
    entries: list[LeaderboardEntry] = []
    for path in paths:
        sources = sorted(path.glob(ENTRY_PATTERN)) if path.is_dir() else [path]
        if path.is_dir() and (path / directory.RUN).exists() and (why := why_unasked(path)) is not None:
            raise InputError(f"{path}: {why}, so there is nothing to rank: leave it out")
        if not sources:
            raise InputError(
                f"{path} holds no {ENTRY_PATTERN}: score the run first with starbench score {path}"
            )
        for source in sources:
            entries += _parse(source, _text(source))
    return entries


def published_entries() -> list[LeaderboardEntry]:
    """The published rows that come with starbench: reference, not run by us."""
    folder = files("starbench.results") / "published"
    return [
        entry
        for source in sorted(folder.iterdir(), key=lambda f: f.name)
        if source.name.endswith(".json")
        for entry in _parse(Path(source.name), source.read_text("utf-8"))
    ]


def board(entries: Sequence[LeaderboardEntry]) -> dict[str, Any]:
    """One board: a table for each set of comparable entries, best first; an entry given twice stands once."""
    tables: dict[tuple[Any, ...], list[LeaderboardEntry]] = {}
    for entry in {entry.model_dump_json(): entry for entry in entries}.values():
        tables.setdefault(_comparable(entry), []).append(entry)
    return {"schema_version": 1, "tables": [_table(group) for _, group in sorted(tables.items(), key=_order)]}


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error


def _parse(path: Path, text: str) -> list[LeaderboardEntry]:
    try:
        data = json.loads(text)
        return [LeaderboardEntry.model_validate(one) for one in (data if isinstance(data, list) else [data])]
    except ValidationError as error:
        raise InputError(
            f"{path} is not a leaderboard entry of this version: {validation_problem(error)} "
            "(starbench score RUN writes it anew)"
        ) from error
    except ValueError as error:
        raise InputError(f"{path} is not JSON: {error}") from error


def _suite_record(suite: SuiteIdentity, n_items: int, run: Run) -> SuiteRecord:
    return SuiteRecord(
        name=suite.name,
        digest=suite.digest,
        profile=suite.profile,
        n_items=n_items,
        source=run.sources.get(suite.name, {}),
    )


def _setup(suite: SuiteIdentity, run: Run) -> Setup:
    own = {"protocol": suite.protocol, "prompt_version": suite.prompt_version}
    return run.identity.setup.model_copy(update=own)


def _comparable(entry: LeaderboardEntry) -> tuple[Any, ...]:
    suite = entry.suite
    # What a model cannot take is not asked of it, so the same suite can be fewer questions.
    heard = [h.n_items for h in entry.scores.headlines if h.condition == "audio"] if entry.scores else []
    questions = (suite.name, suite.digest, suite.version, suite.profile, suite.n_items, *heard)
    return (*questions, *entry.setup.comparable_key(), entry.run_by_us)


def _order(table: tuple[tuple[Any, ...], list[LeaderboardEntry]]) -> tuple[bool, str]:
    key, _ = table
    return (not key[-1], json.dumps(key))


def _table(entries: Sequence[LeaderboardEntry]) -> dict[str, Any]:
    first = entries[0]
    rows = [row for entry in entries for row in _rows(entry)]
    return {
        "suite": first.suite.model_dump(mode="json", exclude={"source"}),
        "setup": first.setup.model_dump(mode="json", exclude={"conditions", "skip_bad"}),
        "run_by_us": first.run_by_us,
        "source": first.published.source if first.published else None,
        "rows": sorted(rows, key=lambda row: (row["condition"], -(row["ma"] or 0.0), row["model"])),
    }


def _rows(entry: LeaderboardEntry) -> list[dict[str, Any]]:
    if entry.published is not None:
        return [_published_row(entry, entry.published)]
    assert entry.scores is not None  # noqa: S101 - the entry's own validator
    return [_run_row(entry, entry.scores, headline) for headline in entry.scores.headlines]


def _published_row(entry: LeaderboardEntry, published: Published) -> dict[str, Any]:
    return {
        "model": entry.model.name,
        "condition": "audio",
        "ma": published.figures.get("MA"),
        "figures": published.figures,
        "complete": entry.complete,
    }


def _left_out(entry: LeaderboardEntry) -> list[str]:
    return [f"{len(entry.skipped)} problem(s) in the data left out"] if entry.skipped else []


def _captioner(entry: LeaderboardEntry, condition: str) -> dict[str, Any] | None:
    """Who wrote the captions that ``condition`` shows, and what its canary found, as a row has it."""
    by = entry.captioner
    if by is None or condition != f"{CAPTION}:{by.grade}":
        return None
    return {
        "model": by.model,
        "adaptations": [adaptation_sentence(change, "clips") for change in by.adaptations],
        "canary": summary.short(by.canary, apart=are_ears_apart(by.adaptations)),
    }


def _task_cell(row: TaskScore) -> dict[str, Any]:
    """One task's figures, each with the chance and the best constant strategy of that very figure."""
    figures = ("aa", "aa_ci", "acr", "acr_ci", "coverage", "n_items", "chance")
    # Of few items the best constant strategy is an accident.
    constant = row.best_constant.aa if row.n_items >= SHARED_BY else None
    return {**row.model_dump(mode="json", include=set(figures)), "best_constant": constant}


def _run_row(entry: LeaderboardEntry, scores: SuiteScore, headline: Headline) -> dict[str, Any]:
    capabilities, changes = entry.model.capabilities, entry.adaptations
    has_sound = not is_soundless(headline.condition)
    return {
        "model": entry.model.name,
        "arguments": {k: v for k, v in entry.model.arguments.items() if k != "model"},
        "adaptations": [*map(adaptation_sentence, changes), *_left_out(entry)],
        "changed_by": [name for name in ("clips", "channels") if is_done(name, changes)],
        "condition": headline.condition,
        "extension": headline.extension,
        "n_items": headline.n_items,
        "ma": headline.ma.aa,
        "ma_ci": headline.ma.aa_ci,
        "ma_acr": headline.ma.acr,
        "ma_acr_ci": headline.ma.acr_ci,
        "oa": headline.oa,
        "oa_ci": headline.oa_ci,
        "tasks": {row.task: _task_cell(row) for row in scores.tasks if row.condition == headline.condition},
        "coverage": headline.coverage,
        "chance": headline.ma.chance,
        "best_constant": headline.ma.best_constant,
        "complete": headline.complete,
        "channels_kept": capabilities.channels_kept if capabilities else None,
        "cost_usd": entry.cost_usd,
        "folded": has_sound and is_folded(capabilities, changes),
        "canary": summary.short(entry.canary, apart=are_ears_apart(changes)) if has_sound else None,
        "captioner": _captioner(entry, headline.condition),
    }
