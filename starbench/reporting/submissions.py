"""A submission to a board, checked: against its run, against itself, and against the questions of the board."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from starbench.reporting.entries import ENTRY_PATTERN, entries_of, read_entries
from starbench.runs import directory
from starbench.runs.load import load
from starbench.schema.entry import LeaderboardEntry
from starbench.schema.score import Score
from starbench.scoring.run import score

#: Figures are written in full, so they differ by no more than the last digits.
_TOLERANCE = 1e-9
#: What another version of starbench, or a later reader, may write differently.
_OF_THE_CODE = ("versions", "notes")
_SHOWN = 5


def problems(path: Path, known: Sequence[LeaderboardEntry]) -> Iterator[str]:
    """What is wrong with the entries at ``path``, a file or a run's directory; ``known`` are those of the board.

    Of a run, every figure is recomputed from its journal. Raises :class:`InputError` if there is no entry that can be
    read, and :class:`RunError` if the run is damaged.
    """
    entries = read_entries([path])
    for entry in entries:
        name = f"{path}: {entry.suite.name}"
        yield from (f"{name}: {problem}" for problem in (*_inconsistencies(entry), *_unlike(entry, known)))
    if directory.is_run(path):
        yield from _differences_from_run(path, entries)


def _differences_from_run(path: Path, entries: Sequence[LeaderboardEntry]) -> Iterator[str]:
    data = load(path)
    for entry, made in zip_longest(
        entries, sorted(entries_of(data, score(data)), key=lambda one: one.suite.name)
    ):
        if entry is None or made is None:
            yield f"{path}: it has {len(entries)} {ENTRY_PATTERN}, and its run makes another number of them"
            return
        written, recomputed = (one.model_dump(mode="json", exclude={*_OF_THE_CODE}) for one in (entry, made))
        found = list(_differences("", written, recomputed))
        yield from (f"{path}: {entry.suite.name}: {one}" for one in found[:_SHOWN])
        if len(found) > _SHOWN:
            yield f"{path}: {entry.suite.name}: and {len(found) - _SHOWN} more figures differ from the run's"


def _differences(place: str, written: Any, recomputed: Any) -> Iterator[str]:
    """Where two documents differ, each as a path of names and both values."""
    if isinstance(written, dict) and isinstance(recomputed, dict):
        for name in dict.fromkeys((*written, *recomputed)):
            yield from _differences(f"{place}.{name}".lstrip("."), written.get(name), recomputed.get(name))
    elif isinstance(written, list) and isinstance(recomputed, list) and len(written) == len(recomputed):
        for number, pair in enumerate(zip(written, recomputed, strict=True)):
            yield from _differences(f"{place}[{number}]", *pair)
    elif not _is_same(written, recomputed):
        yield f"{place} is {_shown(written)}, and the run makes {_shown(recomputed)}"


def _is_same(written: Any, recomputed: Any) -> bool:
    if isinstance(written, float) and isinstance(recomputed, float):
        return abs(written - recomputed) <= _TOLERANCE
    return bool(written == recomputed)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _inconsistencies(entry: LeaderboardEntry) -> Iterator[str]:
    """Figures of an entry that contradict each other."""
    if entry.scores is None:
        return
    for headline in entry.scores.headlines:
        yield from (f"{headline.condition}: {problem}" for problem in _contradictions(headline))
    for task in entry.scores.tasks:
        where = f"{task.task}, {task.condition}"
        yield from (f"{where}: {problem}" for problem in _contradictions(task))
        for part in (*task.categories, *task.sub_categories, *task.levels):
            yield from (f"{where}, {part.name}: {problem}" for problem in _contradictions(part))
        if task.ma is not None and task.sub_categories:
            mean = sum(part.aa for part in task.sub_categories) / len(task.sub_categories)
            if abs(mean - task.ma.aa) > _TOLERANCE:
                yield f"{where}: MA is {task.ma.aa}, and its parts make {mean}"


def _contradictions(row: Score) -> Iterator[str]:
    counts, answered = sum(row.outcomes.values()), row.outcomes.get("answered", 0)
    if counts != row.n_trials:
        yield f"{row.n_trials} trials, and {counts} outcomes"
    if abs(row.coverage - answered / row.n_trials) > _TOLERANCE:
        yield f"coverage is {row.coverage}, and {answered} of {row.n_trials} trials are answered"
    if row.aa_answered is not None and abs(row.aa_answered * answered - row.aa * row.n_trials) > 1e-6:
        yield f"AA {row.aa} and AA of answered {row.aa_answered} are of different numbers of right answers"
    for name in ("aa", "acr", "oa"):
        low, high = getattr(row, f"{name}_ci")
        if not low - _TOLERANCE <= getattr(row, name) <= high + _TOLERANCE:
            yield f"{name} {getattr(row, name)} is outside its interval [{low}, {high}]"


def _unlike(entry: LeaderboardEntry, known: Sequence[LeaderboardEntry]) -> Iterator[str]:
    """Whether the board has a suite of this name with other questions."""
    digests = {one.suite.digest for one in known if one.suite.name == entry.suite.name and one.run_by_us}
    if digests and entry.suite.digest not in digests:
        shown = ", ".join(sorted(str(one)[:12] for one in digests))
        yield (
            f"suite digest {str(entry.suite.digest)[:12]} is not the board's ({shown}): it was asked other questions"
        )
    if not entry.complete:
        yield "the run is not complete: trials are missing or ended in an error"
