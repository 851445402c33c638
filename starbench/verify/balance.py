"""Whether answers are balanced: what always saying the same would get, by content, place and level.

A suite that is out of balance on purpose (an original design that is kept with its flaws) declares it:
``declared["flaws"] = {sub-category: {"balance": reason}}`` in its manifest. It is then shown, and no breach.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from starbench.runs.directory import PlannedTrial
from starbench.schema import Item
from starbench.schema.score import BestConstant
from starbench.scoring.constant import best_constant
from starbench.scoring.observations import MISSING, Observation
from starbench.scoring.paired_tests import holm
from starbench.verify.answers import Group, flaw
from starbench.verify.findings import Breach
from starbench.verify.statistics import evenly, names_by_class

#: The best constant strategy may gain this over chance, as a fraction, before it is called a gain ...
MOST_GAIN = 0.02
#: ... and answers may be this unlikely to come from a fair draw, after Holm: one fair suite in a hundred.
LEAST_P = 0.01


@dataclass(frozen=True)
class BalanceRow:
    """Balance of one sub-category: shares as fractions, p values adjusted by Holm over the suite."""

    group: str
    items: int
    chance: float
    constant: float
    content: str
    positions: tuple[int, ...]
    p_content: float
    p_position: float
    p_level: float
    declared: str | None


def audit(groups: Sequence[Group], declared: dict[str, Any]) -> tuple[list[BalanceRow], list[Breach]]:
    adjusted = (holm([p(group) for group in groups]) for p in (_content_p, _position_p, _level_p))
    rows = []
    for group, p_content, p_position, p_level in zip(groups, *adjusted, strict=True):
        best = constant_of(group)
        rows.append(
            BalanceRow(
                group=group.name,
                items=len(group.items),
                chance=sum(1 / len(item.options) for item in group.items) / len(group.items),
                constant=best.aa,
                content=best.content,
                positions=_position_counts(group),
                p_content=float(p_content),
                p_position=float(p_position),
                p_level=float(p_level),
                declared=flaw(declared, group.name, "balance"),
            )
        )
    return rows, [breach for row in rows if row.declared is None for breach in _breaches(row)]


def constant_of(group: Group) -> BestConstant:
    """The best constant strategy of a sub-category, unrotated."""
    return best_constant([_observation(item) for item in group.items])


def _breaches(row: BalanceRow) -> Iterator[Breach]:
    if row.constant > row.chance + MOST_GAIN and row.p_content < LEAST_P:
        most = f"always saying the same gets no more than chance, {row.chance:.1%}"
        gain = f"{row.constant:.1%} by always choosing {row.content!r} (p {row.p_content:.2g})"
        yield Breach(row.group, "balance of answers", most, gain)
    if row.p_position < LEAST_P:
        counts = f"{', '.join(map(str, row.positions))} times right (p {row.p_position:.2g})"
        yield Breach(row.group, "balance of places", "each option is right equally often", counts)
    if row.p_level < LEAST_P:
        dependent = f"dependent (p {row.p_level:.2g})"
        yield Breach(row.group, "balance of levels", "answers are independent of the level", dependent)


def _observation(item: Item) -> Observation:
    """An item as it is put unrotated; a constant strategy needs nothing else of it."""
    letter = chr(ord("A") + item.options.index(item.answer or ""))
    contents = tuple(range(len(item.options)))
    trial = PlannedTrial("suite", item.id, 0, "audio", "any", contents, letter, extension=False)
    return Observation(trial, item, MISSING, trial.right_content)


def _content_p(group: Group) -> float:
    """The least likely balance among the sets of options that items share."""
    sets: dict[frozenset[str], Counter[str]] = {}
    for item in group.items:
        offered = {text for k, text in enumerate(item.options) if k != item.abstain}
        counts = sets.setdefault(frozenset(offered), Counter(dict.fromkeys(sorted(offered), 0)))
        counts[item.answer or ""] += 1
    return min(1.0, len(sets) * min(evenly(list(counts.values())) for counts in sets.values()))


def _position_counts(group: Group) -> tuple[int, ...]:
    most = max(len(item.options) for item in group.items)
    counts = Counter(item.options.index(item.answer or "") for item in group.items)
    return tuple(counts[k] for k in range(most))


def _position_p(group: Group) -> float:
    if len({(len(item.options), item.abstain) for item in group.items}) > 1:
        return 1.0  # places of questions with more and with fewer options are not the same places
    counts = _position_counts(group)
    return evenly([n for place, n in enumerate(counts) if place != group.items[0].abstain])


def _level_p(group: Group) -> float:
    """Catch trials have a level of their own by definition, and one answer."""
    classes = [
        (str(item.level), name)
        for item, name in zip(group.items, group.classes, strict=True)
        if item.level is not None and not item.catch
    ]
    p = names_by_class([level for level, _ in classes], [name for _, name in classes])
    return 1.0 if p is None else p
