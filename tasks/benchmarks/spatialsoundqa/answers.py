"""SpatialSoundQA's answers, and the closed sets that they are of.

Answers are ``Yes``; ``left, front, below; 1m``; ``1.5m``; or classes of AudioSet, ``emergency vehicle; siren``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from starbench.storage.tables import Row

from ..open_questions import ANSWER, N_OPTIONS, Choice, Drawer, drawn_names, labels_of, neighbours, replaced

#: Word of a direction -> its opposite.
_OPPOSITES = {
    "left": "right",
    "right": "left",
    "front": "behind",
    "behind": "front",
    "above": "below",
    "below": "above",
}
_METRES = re.compile(r"(\d+(?:\.\d+)?)\s*m(?:et(?:er|re)s?)?", re.IGNORECASE)
#: Types of question whose answers are classes of sounds say so by one of these.
_OF_CLASSES = ("CLASSIFICATION", "SOURCE")


class Location(NamedTuple):
    """An answer that is a direction, a distance, or both."""

    text: str
    directions: tuple[str, ...]
    distance: str | None

    @property
    def octants(self) -> list[str]:
        """The text with every combination of the directions that it names and their opposites; the right one first."""
        return [
            replaced(
                self.text,
                {word: _OPPOSITES[word] for word, flips in zip(self.directions, how, strict=True) if flips},
            )
            for how in product((False, True), repeat=len(self.directions))
        ]


def location(answer: str) -> Location | None:
    """The place that an answer states; None if it is not a place, or states a direction in two ways."""
    parts = [part.strip() for part in re.split("[;,]", answer)]
    directions = tuple(part.lower() for part in parts if part.lower() in _OPPOSITES)
    distances = [part for part in parts if _METRES.fullmatch(part)]
    axes = {frozenset((word, _OPPOSITES[word])) for word in directions}
    if len(directions) + len(distances) != len(parts) or len(distances) > 1 or len(axes) < len(directions):
        return None
    return Location(answer, directions, distances[0] if distances else None)


class AnswerSets:
    """The closed sets of a data set, by types of question."""

    def __init__(self, rows: Sequence[Row]) -> None:
        distances: defaultdict[str, dict[float, str]] = defaultdict(dict)
        self._classes: defaultdict[str, list[str]] = defaultdict(list)
        self._labels: dict[str, tuple[str, ...]] = {}
        for row in rows:
            answer, kind = row.cells[ANSWER], _type(row)
            place = location(answer)
            if place and place.distance:
                distances[kind].setdefault(_metres(place.distance), place.distance)
            if _is_of_classes(kind):
                self._classes[kind].append(answer)
                if not row.cells.get("audio_id2"):
                    self._labels[str(row.cells.get("audio_id"))] = labels_of(answer)
        self._distances = {kind: [of[metres] for metres in sorted(of)] for kind, of in distances.items()}

    def draw(self, row: Row, rng: np.random.Generator) -> Choice | None:
        """The options of a question; None where its answer has no closed set, or nothing else is in it."""
        answer = row.cells[ANSWER]
        place = location(answer)
        if place is not None:
            return self._of_place(place, self._distances.get(_type(row), []), rng)
        return self._of_classes(answer, row, rng) if _is_of_classes(_type(row)) else None

    def _of_place(self, place: Location, distances: Sequence[str], rng: np.random.Generator) -> Choice | None:
        """All octants; neighbouring distances; or of both a few, each direction with each distance.

        So no option has more in common with the others than the right one has.
        """
        octants = place.octants
        if place.distance is None:
            return Choice("direction", octants[0], tuple(octants[1:])) if len(octants) > 1 else None
        known = next(text for text in distances if _metres(text) == _metres(place.distance))
        others = neighbours(distances, known, 2 if place.directions else N_OPTIONS, rng)
        some = [octants[0], *(octants[1 + k] for k in rng.permutation(len(octants) - 1)[: N_OPTIONS - 1])]
        options = [_METRES.sub(text, octant) for octant in some for text in (place.distance, *others)]
        kind = "direction and distance" if place.directions else "distance"
        return Choice(kind, options[0], tuple(options[1:])) if len(options) > 1 else None

    def _of_classes(self, answer: str, row: Row, rng: np.random.Generator) -> Choice | None:
        """The classes of the scene's other sound, where they are known, and of sounds that are not in the scene."""
        right = labels_of(answer)
        scene = [self._labels.get(str(row.cells.get(name)), ()) for name in ("audio_id", "audio_id2")]
        first = [_as_many(labels, right) for labels in scene if labels and not _shared(labels, right)]
        heard = [*right, *(label for labels in scene for label in labels)]

        def may_stand(name: str, drawn: Sequence[str]) -> bool:
            labels = labels_of(name)
            return not any(_shared(labels, others) for others in (heard, *map(labels_of, drawn)))

        others = drawn_names(self._classes[_type(row)], N_OPTIONS - 1 - len(first), may_stand, rng)
        return Choice("class", answer, (*first, *others)) if first or others else None


def drawer(rows: Sequence[Row]) -> Drawer:
    """How the options of these rows are drawn."""
    return AnswerSets(rows).draw


def _as_many(labels: Sequence[str], right: Sequence[str]) -> str:
    """Labels as one answer, no more than the right one has: its length must not give an option away."""
    return "; ".join(labels[: len(right)])


def _shared(labels: Sequence[str], others: Sequence[str]) -> bool:
    """Whether two lists have a label in common."""
    return not {label.lower() for label in labels}.isdisjoint(label.lower() for label in others)


def _type(row: Row) -> str:
    return str(row.cells.get("question_type")).upper()


def _is_of_classes(kind: str) -> bool:
    return any(word in kind for word in _OF_CLASSES)


def _metres(text: str) -> float:
    match = _METRES.fullmatch(text)
    return float(match[1]) if match else float("nan")
