"""What every listener reaches in each sub-category of one or more suites."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.audio import decode
from starbench.errors import SuiteError
from starbench.execution.processes import WorkerDiedError, map_items
from starbench.floors.classifiers import Reached, attempts, cuts, reached
from starbench.floors.features import SoundFeatures, sound_features
from starbench.floors.listeners import BINAURAL, ways_of_listening
from starbench.floors.questions import QuestionTable, questions
from starbench.floors.sounds import Sound, sounds_of, whole_clips
from starbench.schema import Item
from starbench.suites.suite import Suite
from starbench.suites.validate import resolve_within
from starbench.verify.leaks import source_numbers

#: No listener: what cuts on one true value of one sound get.
ONE_VALUE = "one_value"
#: Of fewer items a classifier learns nothing that differs from chance by more than its error.
LEAST_ITEMS = 60
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class HeardItem:
    """An item of a suite, and its sounds in the order heard."""

    item: Item
    root: Path
    boundary: Path
    channels: int
    sounds: tuple[Sound, ...]


@dataclass(frozen=True, eq=False)
class Part:
    """The items of a sub-category, all with the same number of sounds.

    Where that number differs between items it may be what is asked, and is not given to a listener: each clip is then
    one sound.
    """

    name: str
    items: tuple[HeardItem, ...]

    @property
    def is_moving(self) -> bool:
        """Whether what is heard changes while it sounds."""
        sounds = (sound for one in self.items for sound in one.sounds)
        return any(not sound.sources or "path" in (sound.truth or {}) for sound in sounds)

    @property
    def questions(self) -> QuestionTable:
        return questions([one.item for one in self.items], [one.sounds for one in self.items])

    @property
    def chance(self) -> float:
        return float(np.mean([1 / len(one.item.options) for one in self.items]))

    def why_not(self, listener: str) -> str | None:
        """Why a listener's accuracy cannot be measured; None where it can."""
        if len(self.items) < LEAST_ITEMS:
            return f"{len(self.items)} items are too few: it takes {LEAST_ITEMS}"
        if listener == "one_interval" and len(self.items[0].sounds) != 2:
            return "its items do not all have two sounds, one after the other"
        if listener in ("one_ear", "downmix", BINAURAL) and any(one.channels != 2 for one in self.items):
            return "its clips do not have two channels"
        return None


def parts_of(suites: Sequence[Suite]) -> list[Part]:
    """The sub-categories of suites, with the items of all of them that have an answer of their own."""
    by_name: dict[str, list[tuple[Suite, Item]]] = {}
    for suite in suites:
        for item in suite.items:
            if item.answer is not None:
                by_name.setdefault(item.part, []).append((suite, item))
    return [_part(name, members) for name, members in by_name.items()]


def _part(name: str, members: Sequence[tuple[Suite, Item]]) -> Part:
    seconds = [[suite.clips[path].seconds for path in item.audio_paths] for suite, item in members]
    sounds = [sounds_of(item, lengths) for (_, item), lengths in zip(members, seconds, strict=True)]
    if len({len(one) for one in sounds}) > 1:
        sounds = [whole_clips(lengths) for lengths in seconds]
    items = (
        HeardItem(
            item,
            suite.root,
            suite.boundary or suite.root,
            min(suite.clips[path].channels for path in item.audio_paths),
            of_item,
        )
        for (suite, item), of_item in zip(members, sounds, strict=True)
    )
    return Part(name, tuple(items))


def measure(
    parts: Sequence[Part],
    listeners: Sequence[str],
    workers: int,
    on_item: Progress = lambda _done, _all: None,
) -> Iterator[tuple[Part, dict[str, Reached | None]]]:
    """What each listener reaches in each part, in any order of parts; None where that cannot be measured.

    ``workers`` processes measure and learn (1: this process); they are spawned, so a script calls this under
    ``if __name__ == "__main__"``. ``on_item`` is called with the number of items that are done, and of all: one that is
    measured, but not learnt from, is half done. Raises a SuiteError if a worker process dies.
    """
    processes = 0 if workers == 1 else workers
    able = [(part, [name for name in listeners if part.why_not(name) is None]) for part in parts]
    yield from ((part, dict.fromkeys(listeners)) for part, names in able if not names)
    able = [(part, names) for part, names in able if names]
    total = sum(len(part.items) for part, _ in able)
    try:
        features = _hear_all([part for part, _ in able], processes, lambda done: on_item(done // 2, total))
        lessons = [
            _Lesson(k, part, features[k], name) for k, (part, names) in enumerate(able) for name in names
        ]
        found: list[dict[str, Reached | None]] = [dict.fromkeys(listeners) for _ in able]
        waiting, learnt = [len(names) for _, names in able], 0
        with closing(map_items(_learn, lessons, processes)) as results:
            for number, listener, what in results:
                found[number][listener] = what
                waiting[number] -= 1
                if not waiting[number]:
                    learnt += len(able[number][0].items)
                    on_item((total + learnt) // 2, total)
                    yield able[number][0], found[number]
    except WorkerDiedError as error:
        raise SuiteError(f"{error}: measure again with fewer --workers") from error


@dataclass(frozen=True, eq=False)
class _Lesson:
    """What one listener is to learn from: the number of the part, its items, their features."""

    number: int
    part: Part
    heard: Sequence[tuple[SoundFeatures, ...]]
    listener: str


def _hear_all(
    parts: Sequence[Part], processes: int, on_measured: Callable[[int], None]
) -> list[list[tuple[SoundFeatures, ...]]]:
    """Features of the sounds of every item of every part."""
    places = [(k, n, one) for k, part in enumerate(parts) for n, one in enumerate(part.items)]
    features: list[list[tuple[SoundFeatures, ...]]] = [[()] * len(part.items) for part in parts]
    with closing(map_items(_hear, places, processes)) as results:
        for done, (part, place, of_item) in enumerate(results, 1):
            features[part][place] = of_item
            on_measured(done)
    return features


def _hear(place: tuple[int, int, HeardItem]) -> tuple[int, int, tuple[SoundFeatures, ...]]:
    part, number, one = place
    clips = [decode(resolve_within(one.root, path, one.boundary)) for path in one.item.audio_paths]
    return part, number, sound_features(clips, one.sounds)


def _learn(lesson: _Lesson) -> tuple[int, str, Reached | None]:
    part, asked = lesson.part, lesson.part.questions
    if lesson.listener == ONE_VALUE:
        found = list(cuts(dict(_values(part)), asked))
    else:
        ways = ways_of_listening(lesson.listener, lesson.heard, moving=part.is_moving)
        found = [one for name, features in ways.items() for one in attempts(name, features, asked)]
    return lesson.number, lesson.listener, reached(found) if found else None


def _values(part: Part) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Every number that the truth has of the first sound, and of the second, in every item."""
    for place in range(min(2, len(part.items[0].sounds))):
        rows = [source_numbers(_flat(one.sounds[place].truth or {}), "") for one in part.items]
        for key in sorted(set.intersection(*(set(row) for row in rows))):
            column = np.array([row[key] for row in rows])
            if np.ptp(column) > 0:
                yield f"sound {place + 1}, {key.lstrip('.')}", column


def _flat(truth: Mapping[str, Any]) -> dict[str, Any]:
    """A truth in which what has a value for each ear has their mean."""
    return {name: float(np.mean(value)) if _is_numbers(value) else value for name, value in truth.items()}


def _is_numbers(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, int | float) for one in value)
