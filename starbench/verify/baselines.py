"""What listeners reach who do not understand what they hear, in suites that ask for the order of clips.

``splice`` matches edges: it takes the order in which the end of each clip best continues in the beginning of the next
(:mod:`starbench.measure.splices`). ``metadata`` goes by length, bytes, rate and level of the clips, ``question`` by the
words; both learn from the answers of other recordings' items which of these is worth most. None may get more than
chance. A suite that lets them on purpose declares it: ``declared["flaws"] = {part: {listener: reason}}``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from math import factorial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from starbench.planning.trials import arrange, right_option
from starbench.schema import Item
from starbench.schema.baselines import Baseline, SuiteBaselines
from starbench.scoring import intervals
from starbench.scoring.paired_tests import holm
from starbench.suites.suite import Suite
from starbench.verify.answers import flaw
from starbench.verify.findings import Breach
from starbench.verify.remeasure import ItemMeasurements

#: As likely to come from a guess as a leak of any other kind (:mod:`starbench.verify.leaks`).
MOST_P = 0.001
_FOLDS = 5
_LEVEL = 0.95
Shares = NDArray[np.float64]
#: What a listener makes of one item: the option, or order, that it takes is right (1), wrong (0), or one of several.
Strategy = Sequence[float]


@dataclass(frozen=True)
class _Part:
    name: str
    items: tuple[Item, ...]
    measurements: tuple[ItemMeasurements, ...]
    rates: tuple[tuple[int, ...], ...]
    """Of the clips of each item, Hz."""

    @property
    def chance(self) -> float:
        return float(np.mean([1 / _possible(item) for item in self.items]))

    @property
    def folds(self) -> list[NDArray[np.bool_]]:
        """Items to be judged by what the others teach; those of one recording stay together."""
        sources = [_recording(item) for item in self.items]
        number = {source: k for k, source in enumerate(sorted(set(sources)))}
        of_item = np.array([number[source] % _FOLDS for source in sources])
        return [of_item == fold for fold in range(_FOLDS) if (of_item == fold).any()]


def asks_for_an_order(suite: Suite) -> bool:
    """Whether it has any items about the order of their clips."""
    return any(item.option_orders for item in suite.items)


def baselines(
    suite: Suite, measurements: Sequence[ItemMeasurements]
) -> tuple[SuiteBaselines | None, list[Breach]]:
    """The baselines of a suite, None where it asks for no order; and those that get more than chance."""
    if not asks_for_an_order(suite):
        return None, []
    found = [
        (part, listener, cue, shares)
        for part in _parts(suite, measurements)
        for listener, cue, shares in _listeners(part)
    ]
    ones = [np.ones(len(shares)) for *_, shares in found]
    p_values = [
        intervals.exceedance(shares, one, part.chance)
        for (part, _, _, shares), one in zip(found, ones, strict=True)
    ]
    rows = tuple(
        Baseline(
            part=part.name,
            listener=listener,
            cue=cue,
            n_items=len(shares),
            accuracy=float(shares.mean()),
            interval=intervals.mean(shares, one),
            chance=part.chance,
            chance_interval=_chance_interval(part.chance, len(shares)),
            p=float(p),
            declared=flaw(suite.declared, part.name, listener),
        )
        for (part, listener, cue, shares), one, p in zip(found, ones, holm(p_values), strict=True)
    )
    breaches = [
        Breach(
            row.part,
            f"baseline: {row.listener}, {row.cue}",
            f"no more than chance, {row.chance:.1%}",
            f"{row.accuracy:.1%} of {row.n_items} items (p {row.p:.2g})",
        )
        for row in rows
        if row.p < MOST_P and row.declared is None
    ]
    return SuiteBaselines(suite=suite.name, digest=suite.digest, rows=rows), breaches


def _parts(suite: Suite, measurements: Sequence[ItemMeasurements]) -> list[_Part]:
    rows: dict[str, list[tuple[Item, ItemMeasurements]]] = {}
    for item, one in zip(suite.items, measurements, strict=True):
        name = f"order of {len(item.audio_paths)} clips" if item.option_orders else item.part
        rows.setdefault(name, []).append((item, one))
    return [
        _Part(
            name,
            tuple(item for item, _ in members),
            tuple(one for _, one in members),
            tuple(tuple(suite.clips[path].rate for path in item.audio_paths) for item, _ in members),
        )
        for name, members in rows.items()
    ]


def _listeners(part: _Part) -> Iterator[tuple[Literal["splice", "metadata", "question"], str, Shares]]:
    for cue in part.measurements[0].splices:
        yield "splice", cue, np.array([one.splices.get(cue, part.chance) for one in part.measurements])
    yield "metadata", "length, bytes, rate, level", _learnt(part, _metadata_strategies(part))
    yield "question", "question and options", _learnt(part, _question_strategies(part))


def _learnt(part: _Part, strategies: Callable[[NDArray[np.bool_]], Iterator[Strategy]]) -> Shares:
    """What the strategy that is best in the other items gets in each fold's own."""
    shares = np.full(len(part.items), part.chance)
    for own in part.folds:
        if own.all():
            continue
        best = max(map(np.asarray, strategies(~own)), key=lambda one: float(one[~own].mean()))
        shares[own] = best[own]
    return shares


def _metadata_strategies(part: _Part) -> Callable[[NDArray[np.bool_]], Iterator[Strategy]]:
    columns = [_metadata(one, rates) for one, rates in zip(part.measurements, part.rates, strict=True)]

    def strategies(train: NDArray[np.bool_]) -> Iterator[Strategy]:
        for feature in columns[0]:
            rows = [column[feature] for column in columns]
            if part.items[0].option_orders:
                for pattern in permutations(range(len(rows[0]))):
                    yield [_sorted_right(row, pattern) for row in rows]
            else:
                middle = float(
                    np.median([row[0] for row, is_known in zip(rows, train, strict=True) if is_known])
                )
                yield _usual_answers(part, [row[0] > middle for row in rows], train)

    return strategies


def _metadata(one: ItemMeasurements, rates: Sequence[int]) -> Mapping[str, tuple[float, ...]]:
    """What is known of each clip without hearing it; levels to a tenth of a decibel, lengths to a millisecond."""
    return {
        "length": tuple(round(clip.seconds, 3) for clip in one.clips),
        "bytes": tuple(float(clip.size_bytes) for clip in one.clips),
        "rate": tuple(map(float, rates)),
        "level": tuple(round(clip.rms_db, 1) for clip in one.clips),
    }


def _sorted_right(values: Sequence[float], pattern: Sequence[int]) -> float:
    """Whether an order whose values rise along ``pattern`` is the true one, or one of so many."""

    def rises(order: Sequence[int]) -> bool:
        along = [values[order[place]] for place in pattern]
        return along == sorted(along)

    fitting = [order for order in permutations(range(len(values))) if rises(order)]
    return float(tuple(range(len(values))) in fitting) / len(fitting)


def _question_strategies(part: _Part) -> Callable[[NDArray[np.bool_]], Iterator[Strategy]]:
    def strategies(train: NDArray[np.bool_]) -> Iterator[Strategy]:
        if part.items[0].option_orders:
            for option in range(max(len(item.options) for item in part.items)):
                yield [_always(item, option) for item in part.items]
        else:
            yield _usual_answers(
                part, [(item.question, frozenset(item.options)) for item in part.items], train
            )

    return strategies


def _always(item: Item, option: int) -> float:
    """What always taking the same option gets, over the clip orders that are asked."""
    asked = range(min(item.rotations or _possible(item), _possible(item)))
    return float(np.mean([right_option(item, arrange(item, rotation)[1]) == option for rotation in asked]))


def _usual_answers(part: _Part, known: Sequence[Hashable], train: NDArray[np.bool_]) -> Strategy:
    """What the answer gets that is most frequent, in other items, where as much is known."""
    counts: dict[Hashable, Counter[str | None]] = {}
    for item, what, is_known in zip(part.items, known, train, strict=True):
        if is_known:
            counts.setdefault(what, Counter())[item.answer] += 1
    shares = []
    for item, what in zip(part.items, known, strict=True):
        seen = counts.get(what, Counter())
        most = max((seen[option] for option in item.options), default=0)
        usual = [option for option in item.options if seen[option] == most]
        shares.append((item.answer in usual) / len(usual))
    return shares


def _recording(item: Item) -> str:
    """What it was cut from, by its digest; the item itself where its truth does not say."""
    planned = item.truth.get("planned")
    recording = planned.get("recording") if isinstance(planned, dict) else None
    return str(recording.get("sha256", item.id)) if isinstance(recording, dict) else item.id


def _possible(item: Item) -> int:
    return factorial(len(item.audio_paths)) if item.option_orders else len(item.options)


def _chance_interval(chance: float, n: int) -> tuple[float, float]:
    from scipy.stats import binom

    low, high = binom.interval(_LEVEL, n, chance)
    return float(low) / n, float(high) / n
