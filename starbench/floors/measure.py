"""What every listener reaches in each sub-category of one or more suites."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from starbench.audio import decode
from starbench.execution.processes import map_items
from starbench.floors.classifiers import LEAST_ITEMS, Reached, attempts, cuts, reached
from starbench.floors.features import SoundFeatures, sound_features
from starbench.floors.listeners import BINAURAL, ways_of_listening
from starbench.floors.questions import questions
from starbench.floors.sounds import Sound, sounds_of, whole_clips
from starbench.schema import Item
from starbench.suites.suite import Suite
from starbench.suites.validate import resolve_within

#: What one sound's true values tell, at most: no listener, for comparison.
ONE_VALUE = "one_value"
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Heard:
    """An item of a suite, and its sounds in the order heard."""

    item: Item
    root: Path
    boundary: Path
    channels: int
    sounds: tuple[Sound, ...]


@dataclass(frozen=True, eq=False)
class Part:
    """The items of a sub-category, all with the same number of sounds.

    Where the number of sounds differs between items it may be what is asked, and is not given to a listener: each
    clip is then one sound.
    """

    name: str
    items: tuple[Heard, ...]

    @property
    def is_moving(self) -> bool:
        """Whether what is heard changes while it sounds."""
        return any(
            not sound.sources or "path" in (sound.truth or {}) for one in self.items for sound in one.sounds
        )


def parts_of(suites: Sequence[Suite]) -> list[Part]:
    """The sub-categories of suites, with the items of all of them that have an answer of their own."""
    by_name: dict[str, list[tuple[Suite, Item]]] = {}
    for suite in suites:
        for item in suite.items:
            if item.answer is not None:
                name = item.sub_category or item.category or item.task
                by_name.setdefault(name, []).append((suite, item))
    return [_part(name, members) for name, members in by_name.items()]


def _part(name: str, members: Sequence[tuple[Suite, Item]]) -> Part:
    seconds = [[suite.clips[path].seconds for path in item.audio_paths] for suite, item in members]
    sounds = [sounds_of(item, lengths) for (_, item), lengths in zip(members, seconds, strict=True)]
    if len({len(one) for one in sounds}) > 1:
        sounds = [whole_clips(lengths) for lengths in seconds]
    return Part(
        name,
        tuple(
            Heard(
                item,
                suite.root,
                suite.boundary or suite.root,
                min(suite.clips[path].channels for path in item.audio_paths),
                of_item,
            )
            for (suite, item), of_item in zip(members, sounds, strict=True)
        ),
    )


def hear(one: Heard) -> tuple[SoundFeatures, ...]:
    """Measure the sounds of an item."""
    clips = [decode(resolve_within(one.root, path, one.boundary)) for path in one.item.audio_paths]
    return sound_features(clips, one.sounds)


def reach(
    part: Part, listeners: Sequence[str], workers: int, on_item: Progress = lambda _done, _all: None
) -> dict[str, Reached | None]:
    """What each listener reaches in a sub-category; None where it is not applicable.

    ``workers`` processes measure and learn (1: this process).
    """
    numbered = list(enumerate(part.items))
    processes = 0 if workers == 1 else workers
    features: dict[int, tuple[SoundFeatures, ...]] = {}
    with closing(map_items(_hear, numbered, processes)) as results:
        for number, found in results:
            features[number] = found
            on_item(len(features), len(numbered))
    heard = [features[number] for number in range(len(numbered))]
    learn = partial(_learn, part, heard)
    return {listener: learn(listener) for listener in listeners}


def _hear(numbered: tuple[int, Heard]) -> tuple[int, tuple[SoundFeatures, ...]]:
    return numbered[0], hear(numbered[1])


def _learn(part: Part, heard: Sequence[tuple[SoundFeatures, ...]], listener: str) -> Reached | None:
    asked = questions([one.item for one in part.items], [one.sounds for one in part.items])
    if len(part.items) < LEAST_ITEMS or not applies(listener, part):
        return None
    if listener == ONE_VALUE:
        found = list(cuts(dict(_values(part)), asked))
    else:
        ways = ways_of_listening(listener, heard, moving=part.is_moving)
        found = [one for name, features in ways.items() for one in attempts(name, features, asked)]
    return reached(found) if found else None


def applies(listener: str, part: Part) -> bool:
    """Whether the items of a sub-category have what a listener hears part of."""
    if listener == "one_interval":
        return len(part.items[0].sounds) == 2
    if listener in ("one_ear", "downmix", BINAURAL):
        return all(one.channels == 2 for one in part.items)
    return True


def _values(part: Part) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Every number that the truth has of the first sound, and of the second, in every item."""
    for place in range(min(2, len(part.items[0].sounds))):
        rows = [dict(_numbers(one.sounds[place].truth or {})) for one in part.items]
        for key in sorted(set.intersection(*(set(row) for row in rows))):
            column = np.array([row[key] for row in rows])
            if np.ptp(column) > 0:
                yield f"sound {place + 1}, {key}", column


def _numbers(truth: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, float]]:
    for name, value in truth.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{prefix}{name}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield prefix + name, float(value)
        elif isinstance(value, list) and value and all(isinstance(one, int | float) for one in value):
            yield prefix + name, float(np.mean(value))


