"""What was answered to which level: the trials of one sub-category under one condition, by item."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from starbench.scoring.observations import Observation


class Answer(NamedTuple):
    """One answered trial."""

    item: str
    level: float | None
    """None in a catch trial."""
    options: tuple[str, ...]
    """Those that are answers, in the item's own order."""
    right: str
    chosen: str


def answers_of(observations: Sequence[Observation]) -> list[Answer]:
    """Every trial with a letter, apart from those that chose to abstain."""
    return [
        Answer(
            o.item.id,
            None if o.item.catch else o.item.level,
            tuple(text for place, text in enumerate(o.item.options) if place != o.item.abstain),
            o.item.options[o.right_content],
            o.item.options[o.trial.contents[ord(o.letter) - ord("A")]],
        )
        for o in observations
        if o.letter is not None and not o.abstained
    ]


def effective_trials(answers: Sequence[tuple[str, Hashable, Hashable]]) -> float:
    """For how many independent trials one trial counts.

    It is 1 where the trials of an item are independent, and 1 / m where all ``m`` of them have one answer.
    ``answers`` are (item, cell, response): items of a cell differ in nothing that matters for a response. The
    responses of an item agree more often than those of its cell by the intraclass correlation ``ρ``, and ``m``
    trials of one item hold as much as ``m / (1 + (m - 1) ρ)`` independent ones (Kish 1965, Survey Sampling).
    """
    by_item: defaultdict[tuple[str, Hashable], list[Hashable]] = defaultdict(list)
    by_cell: defaultdict[Hashable, list[Hashable]] = defaultdict(list)
    for item, cell, response in answers:
        by_item[item, cell].append(response)
        by_cell[cell].append(response)
    by_chance = {cell: _chance_agreement(responses) for cell, responses in by_cell.items()}
    pairs = agreed = expected = 0.0
    for (_, cell), responses in by_item.items():
        for one, other in combinations(responses, 2):
            pairs += 1
            agreed += one == other
            expected += by_chance[cell]
    m = sum(len(responses) ** 2 for responses in by_item.values()) / max(len(answers), 1)
    if pairs == 0 or expected >= pairs:
        # Where every item has the same answer nothing tells; an item is then one trial.
        return 1.0 if pairs == 0 else 1 / m
    correlation = min(max((agreed - expected) / (pairs - expected), 0.0), 1.0)
    return 1 / (1 + (m - 1) * correlation)


def _chance_agreement(responses: Sequence[Hashable]) -> float:
    """How often two responses of a cell agree by chance."""
    return sum((count / len(responses)) ** 2 for count in Counter(responses).values())


def orders(answers: Sequence[Answer]) -> Mapping[str, int] | None:
    """What the options of a comparison stand for: -1 "the first", 0 "the same", +1 "the second".

    None where these are no comparisons with a "same": catch trials must have one right answer, and all others two,
    of which the one that stands first among the options is the first.
    """
    same = {answer.right for answer in answers if answer.level is None}
    others = {answer.right for answer in answers if answer.level is not None}
    if len(same) != 1 or len(others) != 2 or any(set(answer.options) != same | others for answer in answers):
        return None
    first, second = sorted(others, key=answers[0].options.index)
    return {first: -1, next(iter(same)): 0, second: 1}
