"""Strategies that listen to nothing: what always choosing the same gets, and how often chance alone gets as much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from starbench.planning.trials import arrange, most_rotations, right_option
from starbench.schema import Item
from starbench.verify.statistics import evenly


@dataclass(frozen=True)
class OptionLayout:
    """An item as it is first asked."""

    options: tuple[str, ...]
    """In the order of the suite."""
    right: int
    """Index of the right one."""
    contents: tuple[int, ...]
    """Which option stands under each letter."""
    abstain: int | None
    """Index of the option that declines to answer, if there is one that is never right."""
    at_every_rotation: bool
    """Whether the right letter runs through all of them, so that it does not matter which comes first."""

    @property
    def offered(self) -> tuple[int, ...]:
        """The options that may be right."""
        return tuple(k for k in range(len(self.options)) if k != self.abstain)


@dataclass(frozen=True)
class Strategy:
    """Always choosing the same where it is offered."""

    choice: str
    right: int
    """How often it is right, of ``offered`` items ..."""
    offered: int
    expected: float
    """... and how often that would be by chance."""
    p: float
    """How often chance alone is as uneven."""
    least_p: float
    """The smallest p value that so many items could give."""
    by_chance: NDArray[np.float64]
    """How likely chance makes it right 0, 1, 2, … times; of several choices the one that is right most often,
    which is not less likely than stands here to be right seldom."""


def layouts(items: Sequence[Item]) -> list[OptionLayout]:
    """The items of one sub-category, but for those that are asked in every order of their clips."""
    asked = [
        (item, *arrange(item, 0)) for item in items if item.option_orders is None or not _is_complete(item)
    ]
    rights = [right_option(item, order) for item, _, order in asked]
    declines = any(right == item.abstain for (item, _, _), right in zip(asked, rights, strict=True))
    return [
        OptionLayout(item.options, right, contents, None if declines else item.abstain, _is_complete(item))
        for (item, contents, _), right in zip(asked, rights, strict=True)
    ]


def _is_complete(item: Item) -> bool:
    return item.rotations is None or item.rotations >= most_rotations(item)


def by_content(asked: Sequence[OptionLayout]) -> list[Strategy]:
    """Always the same text; where items have different options, always the same place among them, too."""
    sets: dict[frozenset[str], Counter[str]] = {}
    texts: dict[str, list[tuple[float, bool]]] = {}
    for question in asked:
        offered = [question.options[k] for k in question.offered]
        counts = sets.setdefault(frozenset(offered), Counter(dict.fromkeys(sorted(offered), 0)))
        counts[question.options[question.right]] += 1
        for text in offered:
            is_right = text == question.options[question.right]
            texts.setdefault(text, []).append((1 / len(offered), is_right))
    strategies = [_of_counts(dict(counts)) for counts in sets.values()]
    if len(sets) > 1:
        strategies += [_of_chances(text, offers) for text, offers in texts.items() if len(offers) > 1]
        strategies += by_place(asked)
    return strategies


def by_place(asked: Sequence[OptionLayout]) -> list[Strategy]:
    """Always the same place among the options as stored, where a letter is not what matters."""
    places = [(len(one.offered), one.offered.index(one.right)) for one in asked if one.at_every_rotation]
    return _by_place(places, lambda place: f"option {place + 1}")


def by_letter(asked: Sequence[OptionLayout]) -> list[Strategy]:
    """Always the same letter, where questions are not asked at all rotations; none where letters are contents."""
    once = [one for one in asked if not one.at_every_rotation]
    if len({tuple(one.options[k] for k in one.contents) for one in once}) < 2:
        return []
    declining = {None if one.abstain is None else one.contents.index(one.abstain) for one in once}
    # A letter that always declines is no choice; one that declines now and then is.
    never = declining.pop() if len(declining) == 1 else None
    places = []
    for one in once:
        letters = [place for place in range(len(one.contents)) if place != never]
        places.append((len(letters), letters.index(one.contents.index(one.right))))
    return _by_place(places, lambda place: f"letter {chr(ord('A') + place)}")


def _by_place(places: Sequence[tuple[int, int]], name: Callable[[int], str]) -> list[Strategy]:
    """Always the same place: ``places`` has for each item the number of options, and which is right."""
    sizes = {size for size, _ in places}
    if len(sizes) == 1:
        counts = Counter(place for _, place in places)
        return [_of_counts({name(place): counts[place] for place in range(*sizes)})]
    strategies = []
    for place in range(max(sizes, default=0)):
        offers = [(size, at) for size, at in places if size > place]
        strategies.append(_of_chances(name(place), [(1 / size, at == place) for size, at in offers]))
        from_end = f"{name(0).split()[0]} {place + 1} from the end"
        strategies.append(_of_chances(from_end, [(1 / size, size - 1 - at == place) for size, at in offers]))
    return strategies


def _of_counts(counts: dict[str, int]) -> Strategy:
    """The best of several choices that all items offer."""
    from scipy.stats import binom

    n, k = sum(counts.values()), len(counts)
    best = max(counts, key=lambda choice: counts[choice])
    # Exact above half of the items, which only one choice can get; below, no smaller than it is (Boole).
    at_least = np.minimum(1.0, k * binom.sf(np.arange(-1, n + 1), n, 1 / k))
    by_chance = -np.diff(at_least)
    return Strategy(
        best, counts[best], n, n / k, evenly(list(counts.values())), float(k) ** (1 - n), by_chance
    )


def _of_chances(choice: str, offers: Sequence[tuple[float, bool]]) -> Strategy:
    """One choice, of items that offer it with different chances of being right."""
    from scipy.stats import binom

    chances, right = [chance for chance, _ in offers], sum(is_right for _, is_right in offers)
    mass = np.ones(1)
    for chance, n in Counter(chances).items():
        mass = np.convolve(mass, binom.pmf(np.arange(n + 1), n, chance))
    return Strategy(choice, right, len(offers), sum(chances), float(mass[right:].sum()), prod(chances), mass)


def together(strategies: Sequence[Strategy]) -> Strategy:
    """The same in each of several groups of items: right as often as all of them, against chance in all of them."""
    mass = np.ones(1)
    for one in strategies:
        mass = np.convolve(mass, one.by_chance)
    right = sum(one.right for one in strategies)
    return Strategy(
        choice="the same in each sub-category",
        right=right,
        offered=sum(one.offered for one in strategies),
        expected=sum(one.expected for one in strategies),
        p=float(mass[right:].sum()),
        least_p=float(mass[sum(one.offered for one in strategies) :].sum()),
        by_chance=mass,
    )
