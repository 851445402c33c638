"""What is asked in the items of a sub-category, as classes and as numbers a classifier can use."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from starbench.floors.sounds import Sound
from starbench.schema import Item

#: Pairs of words of which a question may have either, which turns its answer round.
_OPPOSITES = (
    ("left", "right"),
    ("nearer", "farther"),
    ("closer", "further"),
    ("higher", "lower"),
    ("louder", "softer"),
    ("longer", "shorter"),
    ("first", "second"),
)


@dataclass(frozen=True, eq=False)
class QuestionTable:
    """The questions of a sub-category, item by item.

    ``classes`` are the right answers: contents, or where options name sounds heard one after another, which of
    the sounds; ``allowed`` are those that an item's options offer. ``known`` are columns that every listener
    knows without hearing: kinds of sounds, and which way round a question is asked. ``sign`` is +1 or −1 by
    the latter, and 0 where it is not asked in two ways.
    """

    classes: tuple[str, ...]
    allowed: tuple[tuple[str, ...], ...]
    known: NDArray[np.float64]
    sign: NDArray[np.float64]


def questions(items: Sequence[Item], sounds: Sequence[Sequence[Sound]]) -> QuestionTable:
    """Read the questions of items, each with its sounds in the order heard."""
    by_order = [_by_order(item, heard) for item, heard in zip(items, sounds, strict=True)]
    if all(by_order):
        names = [row or [] for row in by_order]
    else:
        fixed = len({frozenset(item.options) for item in items}) < max(2, len(items) // 4)
        names = [
            list(item.options) if fixed else [f"option {k + 1}" for k in range(len(item.options))]
            for item in items
        ]
    classes = [row[item.options.index(item.answer or "")] for row, item in zip(names, items, strict=True)]
    sign = _signs(items)
    columns = [*_kinds(items, sounds), sign] if sign.any() else _kinds(items, sounds)
    known = np.array(columns, dtype=np.float64).reshape(len(columns), len(items)).T
    return QuestionTable(tuple(classes), tuple(tuple(row) for row in names), known, sign)


def _by_order(item: Item, sounds: Sequence[Sound]) -> list[str] | None:
    """For each option the place in time of the sound that it names; None where options name something else."""
    numbers = item.truth.get("option_sources")
    if not isinstance(numbers, list) or len(numbers) != len(item.options) or None in numbers:
        return None
    place = {source: n for n, sound in enumerate(sounds) for source in sound.sources}
    if any(len(sound.sources) != 1 for sound in sounds) or not set(numbers) <= set(place):
        return None
    return [f"sound {place[number] + 1}" for number in numbers]


def _signs(items: Sequence[Item]) -> NDArray[np.float64]:
    words = [set(re.findall(r"\w+", item.question.lower())) for item in items]
    for one, other in _OPPOSITES:
        sign = np.array([float(one in said) - float(other in said) for said in words])
        if np.all(sign != 0) and len(set(sign)) == 2:
            return sign
    return np.zeros(len(items))


def _kinds(items: Sequence[Item], sounds: Sequence[Sequence[Sound]]) -> list[NDArray[np.float64]]:
    """A column for each place in time and name, or kind, of a sound."""
    columns = []
    for place in range(max(len(heard) for heard in sounds)):
        names = [
            _name(item, heard[place]) if place < len(heard) else ""
            for item, heard in zip(items, sounds, strict=True)
        ]
        if len(set(names)) > 1:
            columns += [np.array([float(name == one) for name in names]) for one in sorted(set(names))]
    return columns


def _name(item: Item, sound: Sound) -> str:
    planned = item.truth.get("planned")
    names = planned.get("sounds") if isinstance(planned, dict) else None
    if isinstance(names, list) and sound.sources and all(k < len(names) for k in sound.sources):
        return "+".join(sorted(str(names[k]) for k in sound.sources))
    return sound.kind
