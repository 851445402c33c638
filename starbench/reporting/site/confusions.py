"""What is chosen where something else is right: by content, and by the letter that it stands at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from starbench.reporting.site.charts import BiasRow, bias_chart
from starbench.reporting.site.facts import RunFacts, share, shown_name
from starbench.reporting.site.tables import PageColumn, PageTable
from starbench.scoring.accuracy import grouped
from starbench.scoring.intervals import rate
from starbench.scoring.observations import Observation

#: A matrix of fewer items says nothing.
_FEWEST_ITEMS = 8
#: A matrix of more contents is not readable.
_MOST_CONTENTS = 8
#: Names the last row of a matrix: what is preferred, whatever is right.
ALL = "whatever is right"


class Matrix(NamedTuple):
    """Right content by chosen content, as shares of each row; ``n`` trials in each row."""

    caption: str
    run: str
    columns: list[str]
    rows: list[tuple[str, int, list[float]]]


def matrices(runs: Sequence[RunFacts]) -> list[Matrix]:
    """For each run and sub-category with one set of options: what was chosen for each right content."""
    found = [
        matrix
        for run in runs
        for name, group in grouped(run.heard(), lambda o: o.item.part).items()
        if (matrix := _confusion(run, name, group)) is not None
    ]
    names = list(dict.fromkeys(matrix.caption for matrix in found))
    return sorted(found, key=lambda matrix: names.index(matrix.caption))


def _confusion(run: RunFacts, name: str, group: Sequence[Observation]) -> Matrix | None:
    contents = list(dict.fromkeys(option for o in group for option in o.item.options))
    if not _has_one_set(group):
        return None
    counts: Counter[tuple[str, str | None]] = Counter(
        (o.item.options[o.right_content], _chosen(o)) for o in group
    )
    rows = []
    for right in contents:
        n = sum(counts[right, chosen] for chosen in (*contents, None))
        if n:
            rows.append((right, n, [counts[right, chosen] / n for chosen in (*contents, None)]))
    totals = [sum(counts[right, chosen] for right in contents) for chosen in (*contents, None)]
    rows.append((ALL, len(group), [total / len(group) for total in totals]))
    return Matrix(shown_name(name), run.name, [*contents, "no answer"], rows)


def _has_one_set(group: Sequence[Observation]) -> bool:
    """Whether enough items have one set of options, and it is small enough to be read."""
    sets = {frozenset(o.item.options) for o in group}
    is_enough = len({o.item.id for o in group}) >= _FEWEST_ITEMS
    return is_enough and len(sets) == 1 and len(next(iter(sets))) <= _MOST_CONTENTS


def _chosen(o: Observation) -> str | None:
    return None if o.letter is None else o.item.options[o.trial.contents[ord(o.letter) - ord("A")]]


def confusion_table(matrices: Sequence[Matrix]) -> PageTable:
    """All confusion matrices in one table, a row a pair of contents."""
    rows: list[tuple[Any, ...]] = [
        (matrix.run, matrix.caption, right, chosen, n, value)
        for matrix in matrices
        for right, n, values in matrix.rows
        for chosen, value in zip(matrix.columns, values, strict=True)
    ]
    columns = (
        PageColumn("run"),
        PageColumn("sub-category"),
        PageColumn("right"),
        PageColumn("chosen"),
        PageColumn("trials where this is right", "count", "trials"),
        PageColumn("share of these, %", "share", "share"),
    )
    return PageTable("confusions", "What was chosen for each right answer", columns, rows)


def letter_table(runs: Sequence[RunFacts]) -> PageTable:
    """How often each letter is chosen, beside how often it is right."""
    rows = []
    for run in runs:
        for name, group in grouped(run.heard(), lambda o: o.item.part).items():
            answered = [o for o in group if o.letter is not None]
            chosen = Counter(str(o.letter) for o in answered)
            right = Counter(o.trial.answer_letter for o in answered)
            for letter in sorted({*chosen, *right}):
                place = [o for o in answered if o.trial.answer_letter == letter]
                hit = share(place).value if place else None
                rows.append(
                    (
                        run.name,
                        shown_name(name),
                        letter,
                        len(answered),
                        chosen[letter] / len(answered),
                        right[letter] / len(answered),
                        hit,
                    )
                )
    columns = (
        PageColumn("run"),
        PageColumn("sub-category"),
        PageColumn("letter"),
        PageColumn("answers", "count"),
        PageColumn("chosen, %", "share", "chosen"),
        PageColumn("is right, %", "share", "is_right"),
        PageColumn("right where it is right, %", "share", "hit_rate"),
    )
    return PageTable("letters", "Letters: how often each is chosen, and how often it is right", columns, rows)


def bias_charts(runs: Sequence[RunFacts]) -> list[tuple[str, str, str]]:
    """For each run its name, and charts of how often each letter, and each content, is chosen and is right."""
    charts = []
    for run in runs:
        answered = [o for o in run.heard() if o.letter is not None]
        if answered:
            letters = _bias_rows(answered, "", lambda o: (str(o.letter), o.trial.answer_letter))
            contents = [
                row
                for name, group in grouped(answered, lambda o: o.item.part).items()
                if _has_one_set(group)
                for row in _bias_rows(
                    group,
                    f"{shown_name(name)}: ",
                    lambda o: (str(_chosen(o)), o.item.options[o.right_content]),
                )
            ]
            by_letter = bias_chart(f"Letters chosen by {run.name}", letters, width=520, left=60)
            by_content = (
                bias_chart(f"Contents chosen by {run.name}", contents, width=620, left=330)
                if contents
                else ""
            )
            charts.append((run.name, by_letter, by_content))
    return charts


def _bias_rows(
    answered: Sequence[Observation], before: str, chosen_and_right: Callable[[Observation], tuple[str, str]]
) -> list[BiasRow]:
    """A row for each of what is chosen or right; trials of an item belong together."""
    items = [
        [chosen_and_right(o) for o in group] for group in grouped(answered, lambda o: o.item.id).values()
    ]
    planned = np.array([float(len(pairs)) for pairs in items])
    n = len(answered)
    rows = []
    for name in sorted({one for pairs in items for pair in pairs for one in pair}):
        chosen = np.array([float(sum(pair[0] == name for pair in pairs)) for pairs in items])
        right = sum(pair[1] == name for pairs in items for pair in pairs)
        rows.append(BiasRow(f"{before}{name}", chosen.sum() / n, rate(chosen, planned), right / n))
    return rows
