"""SO-Bench (Spatial-Omni, Zhu et al., arXiv 2606.10738): open questions about first-order ambisonics.

Of its 16 tasks those are asked whose canonical answers are of a closed set: who is left, right, higher or closer; which
sound is at a place; how many; how it moves; from which quarter it comes. Angles, distances in metres, times, lists of
events and what is said have none. Channels are W, X, Y, Z (github dieKarotte/Spatial-Omni, so_dataset.py, 0d4a591).

Azimuth seems to be counter-clockwise, 90 on the left: the one example in the repository's README is at 67 degrees and
"front-left". One example does not state a convention, so no option is made of an azimuth.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from starbench.storage.tables import Row

from ..questions.records import MOST_OPTIONS
from .data_set import Benchmark
from .open_questions import ANSWER, N_OPTIONS, Choice, Drawer, OpenDataSet, drawn_names, neighbours, replaced

#: Words of which a relation has one, and what it would be in the other case.
_RELATIONS = {
    word: other
    for pair in (
        ("left", "right"),
        ("higher", "lower"),
        ("closer", "farther"),
        ("above", "below"),
        ("nearer", "further"),
    )
    for word, other in (pair, pair[::-1])
}
_QUARTER = re.compile(r"\b(front|back)([-_ ])(left|right)\b", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")


class _Answers:
    """The closed sets of the answers, by task; and the classes that are heard in each clip."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._of_task: defaultdict[str, list[str]] = defaultdict(list)
        self._heard: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for row in rows:
            self._of_task[str(row.cells.get("task_name"))].append(row.cells[ANSWER])
            self._heard[str(row.cells.get("audio_path"))] |= dict.fromkeys(_classes(row))

    def draw(self, row: Row, rng: np.random.Generator) -> Choice | None:
        """The options of a question; None where its answer has no closed set, or nothing else is in it."""
        draw = _TASKS.get(str(row.cells.get("task_name")))
        choice = draw(self, row, rng) if draw else None
        return choice if choice and choice.others else None

    def relation(self, row: Row, rng: np.random.Generator) -> Choice | None:  # noqa: ARG002
        """The relation or its opposite; or, where a sound is the answer, the sounds that are compared."""
        answer = row.cells[ANSWER]
        words = [word for word in re.findall(r"\w+", answer.lower()) if word in _RELATIONS]
        if words:
            return Choice("relation", answer, (replaced(answer, _RELATIONS),)) if len(words) == 1 else None
        sounds = _classes(row)
        return (
            Choice("sound", answer, tuple(one for one in sounds if one != answer))
            if answer in sounds
            else None
        )

    def sound(self, row: Row, rng: np.random.Generator) -> Choice:
        """Other sounds of the clip, as far as any of its questions names them, and sounds of other questions."""
        answer = row.cells[ANSWER]
        heard = [name for name in self._heard[str(row.cells.get("audio_path"))] if name != answer]
        others = [heard[k] for k in rng.permutation(len(heard))[: N_OPTIONS - 1]]

        def may_stand(name: str, drawn: Sequence[str]) -> bool:
            return name not in (answer, *others, *drawn)

        pool = self._of_task[str(row.cells.get("task_name"))]
        return Choice(
            "sound", answer, (*others, *drawn_names(pool, N_OPTIONS - 1 - len(others), may_stand, rng))
        )

    def label(self, row: Row, rng: np.random.Generator) -> Choice | None:  # noqa: ARG002
        """All other answers of the task, if there are few."""
        others = tuple(self._others(row))
        return Choice("label", row.cells[ANSWER], others) if len(others) < MOST_OPTIONS else None

    def count(self, row: Row, rng: np.random.Generator) -> Choice | None:
        """Neighbouring numbers among those that the task has."""
        answer = row.cells[ANSWER]
        numbers = sorted((one for one in {answer, *self._others(row)} if _NUMBER.fullmatch(one)), key=int)
        if answer not in numbers:
            return None
        return Choice("number", answer, neighbours(numbers, answer, N_OPTIONS, rng))

    def quarter(self, row: Row, rng: np.random.Generator) -> Choice | None:  # noqa: ARG002
        """The same answer with each quarter of the horizon."""
        answer = row.cells[ANSWER]
        if len(_QUARTER.findall(answer)) != 1:
            return None
        texts = [
            _QUARTER.sub(rf"{depth}\g<2>{side}", answer)
            for depth in ("front", "back")
            for side in ("left", "right")
        ]
        return Choice("quarter", answer, tuple(text for text in texts if text.lower() != answer.lower()))

    def _others(self, row: Row) -> dict[str, None]:
        answers = dict.fromkeys(sorted(self._of_task[str(row.cells.get("task_name"))]))
        answers.pop(row.cells[ANSWER], None)
        return answers


#: Task -> how its options are drawn.
_TASKS: dict[str, Callable[[_Answers, Row, np.random.Generator], Choice | None]] = {
    "relative_left_right": _Answers.relation,
    "compare_elevation": _Answers.relation,
    "compare_distance": _Answers.relation,
    "identify_source_by_doa": _Answers.sound,
    "identify_source_by_location": _Answers.sound,
    "multi_hop": _Answers.sound,
    "classify_motion": _Answers.label,
    "count_sources": _Answers.count,
    "spatial_temporal": _Answers.quarter,
}


def _drawer(rows: Sequence[Row]) -> Drawer:
    return _Answers(rows).draw


def _classes(row: Row) -> tuple[str, ...]:
    """The classes of the sounds that a question is about, as its answers write them."""
    refs: Any = row.cells.get("source_refs")
    names = [ref.get("class_name") for ref in refs if isinstance(ref, dict)] if isinstance(refs, list) else []
    return tuple(dict.fromkeys(name.replace("_", " ") for name in names if isinstance(name, str)))


class SoBench(Benchmark):
    """SO-Bench (CC BY-NC 4.0): place, relation, motion and number of sounds in first-order ambisonics."""

    data_set = OpenDataSet(
        name="so-bench",
        repository="dieKarotte/SO-Bench",
        licence="CC BY-NC 4.0",
        tables=("qa/test.jsonl", "test.jsonl"),
        columns={
            "id": "id",
            "audio": "audio_path",
            "question": "question",
            "answer": "right",
            "category": "kind",
            "sub_category": "task_name",
        },
        factors=("dataset",),
        published=("task_name", "answer", "canonical_answer"),
        protocol="so-bench",
        answers=("canonical_answer", "answer"),
        drawer=_drawer,
        identity="qa_id",
    )
