"""Leaderboard entries: made from runs, written into them, and read from files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from starbench.canary import summary
from starbench.errors import InputError, JournalError
from starbench.planning.conditions import is_soundless
from starbench.reporting.words import notes
from starbench.runs import directory, journal
from starbench.runs.load import RunData
from starbench.schema import Canary, Setup, SuiteIdentity
from starbench.schema.entry import LeaderboardEntry, ModelRecord, SuiteRecord
from starbench.schema.run import Run
from starbench.schema.score import RunScore
from starbench.storage.atomic import write_lines
from starbench.text import validation_problem

ENTRY = "entry-{suite}.json"
ENTRY_PATTERN = "entry-*.json"


def entries_of(data: RunData, scores: RunScore) -> list[LeaderboardEntry]:
    """One entry for each suite of a run."""
    run, canary = data.run, data.canary
    identities = {suite.name: suite for suite in run.identity.suites}
    return [
        LeaderboardEntry(
            run_by_us=True,
            label=run.label,
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
