"""Leaderboard entries: made from runs, written into them, and read from files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import ValidationError

from starbench import reading
from starbench.canary import summary
from starbench.errors import InputError, JournalError, RunError
from starbench.planning.conditions import is_soundless
from starbench.reporting.words import notes
from starbench.runs import directory, journal
from starbench.runs.load import LoadedRun
from starbench.schema.entry import LeaderboardEntry, ModelRecord, SuiteRecord
from starbench.schema.score import RunScore, SuiteScore
from starbench.storage.atomic import write_lines
from starbench.storage.inputs import read_json
from starbench.storage.records import as_json
from starbench.text import validation_problem, visible_json

ENTRY_PATTERN = "entry-*.json"


def write_entries(data: LoadedRun, scores: RunScore) -> list[Path]:
    """Write the entries of a run into it; :class:`JournalError` if the disk does not take them."""
    entries = {data.path / f"entry-{entry.suite.name}.json": entry for entry in entries_of(data, scores)}
    for path, entry in entries.items():
        try:
            write_lines(path, [visible_json(as_json(entry, indent=1))])
        except OSError as error:
            raise JournalError(
                f"{path} cannot be written ({error.strerror}): make room, then starbench score {data.path}"
            ) from error
    return list(entries)


def entries_of(data: LoadedRun, scores: RunScore) -> list[LeaderboardEntry]:
    """One entry for each suite of a run; :class:`RunError` if its record does not make one.

    None for an adaptive run: its levels follow from the answers, so its accuracy says nothing.
    """
    suites = (score for score in scores.suites if not _is_adaptive(data, score.suite))
    try:
        return [_entry(data, scores, score) for score in suites]
    except ValidationError as error:
        raise RunError(
            f"{data.path / directory.RUN} makes no entry ({validation_problem(error)}): restore the file"
        ) from error


def _is_adaptive(data: LoadedRun, suite: str) -> bool:
    return str(data.run.sources.get(suite, {}).get("design", "")).startswith("adaptive/")


def _entry(data: LoadedRun, scores: RunScore, score: SuiteScore) -> LeaderboardEntry:
    run, setup = data.run, data.run.identity.setup
    suite = next(suite for suite in run.identity.suites if suite.name == score.suite)
    is_unproven = (
        data.canary is None and run.imported is None and not all(map(is_soundless, setup.conditions))
    )
    return LeaderboardEntry(
        run_by_us=run.imported is None,
        label=run.label,
        model=ModelRecord(
            name=run.identity.model,
            arguments=run.identity.model_args,
            served_as=scores.served_as,
            capabilities=run.capabilities,
        ),
        suite=SuiteRecord(
            name=suite.name,
            digest=suite.digest,
            profile=suite.profile,
            n_items=score.n_items,
            source=run.sources.get(suite.name, {}),
        ),
        setup=setup.model_copy(update=suite.model_dump(include={"protocol", "prompt_version"})),
        adaptations=run.adaptations,
        scores=score,
        complete=all(headline.complete for headline in score.headlines),
        usage=scores.usage,
        cost_usd=scores.cost_usd,
        canary=data.canary,
        captioner=run.captioner,
        imported=run.imported,
        inapplicable=run.inapplicable,
        skipped=run.skipped,
        notes=(*notes(run), *([summary.NOT_HELD] if is_unproven else [])),
        versions={**run.versions, "reader": reading.VERSION},
        created=run.created,
    )


def why_unasked(path: Path) -> str | None:
    """Why no trial of the run at ``path`` was ever asked; None if one was."""
    directory.read(path)
    if any(True for _ in journal.read(path)):
        return None
    canary = directory.read_canary(path)
    if canary is not None and canary.transport == "dropped":
        return "no trial was asked: the canary found that no sound reaches the model"
    return f"no trial was asked yet: starbench run with --out {path} resumes it"


def read_entries(paths: Iterable[Path]) -> list[LeaderboardEntry]:
    """Entries from files (one or a list in each) and run directories; :class:`InputError` if one has none."""
    entries: list[LeaderboardEntry] = []
    for path in paths:
        sources = sorted(path.glob(ENTRY_PATTERN)) if path.is_dir() else [path]
        if directory.is_run(path) and (why := why_unasked(path)) is not None:
            raise InputError(f"{path}: {why}, so there is nothing to rank: leave it out")
        if not sources:
            raise InputError(
                f"{path} holds no {ENTRY_PATTERN}: score the run first with starbench score {path}"
            )
        entries += [entry for source in sources for entry in _read(source)]
    return entries


def published_entries() -> list[LeaderboardEntry]:
    """The published rows that come with starbench: reference, not run by us."""
    folder = files("starbench.results") / "published"
    sources = sorted((f for f in folder.iterdir() if f.name.endswith(".json")), key=lambda f: f.name)
    return [entry for source in sources for entry in _read(source)]


def _read(source: Traversable) -> list[LeaderboardEntry]:
    data = (
        read_json(source, InputError) if isinstance(source, Path) else json.loads(source.read_text("utf-8"))
    )
    try:
        return [LeaderboardEntry.model_validate(one) for one in (data if isinstance(data, list) else [data])]
    except ValidationError as error:
        raise InputError(
            f"{source} is not a leaderboard entry of this version: {validation_problem(error)} "
            "(starbench score RUN writes it anew)"
        ) from error
