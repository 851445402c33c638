"""Public sets of open questions: those whose answers have a closed set are asked with options drawn from that set."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from starbench.storage.tables import Row, read_rows
from starbench.synthesis import generator

from ..questions.answers import is_missing
from .data_set import DataSet

#: Options of a question, where the closed set has as many.
N_OPTIONS = 4
#: Cell of a row's answer, from whatever column it is.
ANSWER = "open answer"
_YES_NO = {"yes": "no", "no": "yes"}


class Choice(NamedTuple):
    """A question with options: what kind of answer it has, the right option, and the others."""

    kind: str
    right: str
    others: tuple[str, ...]


#: Draws the options of a row; None where its answer has no closed set.
Drawer = Callable[[Row, np.random.Generator], Choice | None]


@dataclass(frozen=True, kw_only=True)
class OpenDataSet(DataSet):
    """A data set of open questions."""

    answers: tuple[str, ...]
    """Columns that hold the answer: the first that is not empty."""
    drawer: Callable[[Sequence[Row]], Drawer]
    """How options are drawn, once all rows of the set are known."""
    identity: str = ""
    """The column of ids; else an id is the name of a table and a place in it."""

    def question_rows(
        self,
        tables: Iterable[Path],
        root: Path,  # noqa: ARG002
        others: list[str],
    ) -> Iterator[Row]:
        """The questions of the tables, with the cells ``id``, :data:`ANSWER`, ``options``, ``right`` and ``kind``.

        Options are drawn by a generator that the id seeds; the right one stands in each place equally often. A row
        without an answer has problems.
        """
        rows = [
            (path.stem, self._answered(row, f"{path.stem}-{number:06}"))
            for path in tables
            for number, row in enumerate(read_rows(path))
        ]
        draw = self.drawer([row for _, row in rows if not row.problems])
        places = Places(self.name)
        for table, row in rows:
            if row.problems:
                yield row
                continue
            rng = generator(0, self.name, row.cells["id"])
            choice = yes_no(row.cells[ANSWER]) or draw(row, rng)
            if choice is None:
                others.append(row.where)
                continue
            options = places.arranged(choice, table, rng)
            yield row._replace(
                cells={**row.cells, "options": options, "right": choice.right, "kind": choice.kind}
            )

    def _answered(self, row: Row, default_id: str) -> Row:
        """A row with its id, and its answer as one line of text."""
        if row.problems:
            return row
        found = (row.cells.get(column) for column in self.answers)
        answer = next((one for one in found if isinstance(one, str | int) and not is_missing(one)), None)
        text = " ".join(str(answer).split()) if answer is not None else ""
        cells = {**row.cells, "id": str(row.cells.get(self.identity) or default_id), ANSWER: text}
        problem = f"{' and '.join(self.answers)}: holds no answer: write the right one as a text"
        return row._replace(cells=cells, problems=() if text else (problem,))


@dataclass
class Places:
    """Where right answers stand among options: in each place equally often, in an order that nobody can know."""

    name: str
    _given: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def arranged(self, choice: Choice, table: str, rng: np.random.Generator) -> list[str]:
        """The options of a question in their order; what it is does not depend on other tables."""
        n_options = len(choice.others) + 1
        group = (table, choice.kind, str(n_options))
        block, place = divmod(self._given[group], n_options)
        self._given[group] += 1
        order = generator(0, self.name, "places", *group, str(block)).permutation(n_options)
        options = [choice.others[k] for k in rng.permutation(len(choice.others))]
        options.insert(int(order[place]), choice.right)
        return options


def yes_no(answer: str) -> Choice | None:
    """The two options of an answer that is yes or no, written as it is."""
    other = _YES_NO.get(answer.lower())
    return (
        Choice("yes-no", answer, (other.capitalize() if answer[0].isupper() else other,)) if other else None
    )


def neighbours(ring: Sequence[str], right: str, most: int, rng: np.random.Generator) -> tuple[str, ...]:
    """Values next to ``right`` in a row of them that is bent to a ring; with it, at most ``most``.

    ``right`` is as often the first of them as the last, and the ring has no end at which it could be more often the
    smallest: neither the middle nor an end is the safer guess.
    """
    n = min(most, len(ring))
    start = ring.index(right) - int(rng.integers(n))
    return tuple(value for k in range(n) if (value := ring[(start + k) % len(ring)]) != right)


def drawn_names(
    pool: Sequence[str], n: int, may_stand: Callable[[str, Sequence[str]], bool], rng: np.random.Generator
) -> list[str]:
    """Up to ``n`` different names, each as likely as it is often in ``pool``, as right answers are.

    ``may_stand`` says whether a name may be an option beside those that were drawn before.
    """
    drawn: list[str] = []
    for k in rng.integers(len(pool), size=60 * n) if pool else ():
        if len(drawn) == n:
            break
        if may_stand(pool[k], drawn):
            drawn.append(pool[k])
    return drawn


def replaced(text: str, words: dict[str, str]) -> str:
    """``text`` with whole words in place of others, in the case in which they stand."""
    if not words:
        return text

    def other(match: re.Match[str]) -> str:
        word = words[match[0].lower()]
        return word.capitalize() if match[0][0].isupper() else word

    return re.sub(rf"\b(?:{'|'.join(map(re.escape, words))})\b", other, text, flags=re.IGNORECASE)


def labels_of(cell: Any) -> tuple[str, ...]:
    """The names in a list that is written as ``a; b, c; d``."""
    return tuple(name for part in str(cell).split(";") if (name := part.strip()))
