"""One suite on two sides, paired by item: the rows of a comparison, and what each difference is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from starbench.schema import Item, Outcome
from starbench.schema.compare import BothAnswered, Effect, PairedRow
from starbench.scoring import intervals
from starbench.scoring.accuracy import chance
from starbench.scoring.intervals import Floats
from starbench.scoring.observations import MISSING, Observation
from starbench.scoring.paired_tests import FEWEST_ITEMS, sign_flips

#: (item, rotation) -> what became of that trial of a suite.
ByTrial = Mapping[tuple[str, int], Observation]
#: A task, and one of its sub-categories, or None for the whole of it.
_Part = tuple[str, str | None]
T = TypeVar("T")


class _Pair(NamedTuple):
    base: Observation
    other: Observation

    @property
    def both_answered(self) -> bool:
        return _answered(self.base) and _answered(self.other)


def paired_rows(suite: str, first: ByTrial, second: ByTrial) -> Iterator[PairedRow]:
    """A row for each task of a suite, and for each of its sub-categories, that both sides were asked."""
    pairs = _by_part((first[key].item, _Pair(first[key], second[key])) for key in first if key in second)
    items = [_by_part((o.item, o.item.id) for o in side.values()) for side in (first, second)]
    tasks = list(dict.fromkeys(task for task, _ in pairs))
    for part in sorted(pairs, key=lambda part: (tasks.index(part[0]), part[1] or "")):
        yield _row(suite, part, pairs[part], *(set(side[part]) for side in items))


def _by_part(values: Iterable[tuple[Item, T]]) -> dict[_Part, list[T]]:
    """The values of the items of each task, and of each of its sub-categories."""
    parts: dict[_Part, list[T]] = {}
    for item, value in values:
        for part in dict.fromkeys(((item.task, None), (item.task, item.sub_category))):
            parts.setdefault(part, []).append(value)
    return parts


def _row(
    suite: str, part: _Part, pairs: Sequence[_Pair], base_items: set[str], other_items: set[str]
) -> PairedRow:
    by_item: dict[str, list[_Pair]] = {}
    for pair in pairs:
        by_item.setdefault(pair.base.item.id, []).append(pair)
    items = list(by_item.values())
    all_of = _Counts.of(items, lambda _: True)
    answered = _Counts.of(items, lambda pair: pair.both_answered)
    unanswered = _Counts.of(items, lambda pair: not pair.both_answered)
    n = len(pairs)
    return PairedRow(
        suite=suite,
        task=part[0],
        sub_category=part[1],
        p=sign_flips(all_of.other - all_of.base) if len(items) >= FEWEST_ITEMS else None,
        n_items=len(items),
        n_trials=n,
        unpaired_base=len(base_items - other_items),
        unpaired=len(other_items - base_items),
        chance=chance([pair.base for pair in pairs]),
        base_aa=float(all_of.base.sum()) / n,
        aa=float(all_of.other.sum()) / n,
        **dict(all_of.effect(all_of.trials)),
        from_answers=answered.effect(all_of.trials),
        from_unanswered=unanswered.effect(all_of.trials),
        lost=_shares((p.other.outcome for p in pairs if p.base.correct and not _answered(p.other)), by=-n),
        gained=_shares((p.base.outcome for p in pairs if p.other.correct and not _answered(p.base)), by=n),
        both_answered=_both_answered(answered),
        base_outcomes=_outcomes(pair.base for pair in pairs),
        outcomes=_outcomes(pair.other for pair in pairs),
    )


class _Counts(NamedTuple):
    """Trials of each item that are of a kind, and right answers of either side among them, (items,)."""

    trials: Floats
    base: Floats
    other: Floats

    @classmethod
    def of(cls, items: Sequence[Sequence[_Pair]], kind: Callable[[_Pair], bool]) -> _Counts:
        counts = [
            (len(pairs), sum(p.base.correct for p in pairs), sum(p.other.correct for p in pairs))
            for pairs in ([pair for pair in item if kind(pair)] for item in items)
        ]
        return cls(*np.array(counts, dtype=np.float64).T)

    def effect(self, planned: Floats) -> Effect:
        """Other − base among these trials, as a share of the ``planned`` ones."""
        return Effect(
            diff=float(self.other.sum() - self.base.sum()) / float(planned.sum()),
            diff_ci=intervals.difference(self.base, planned, self.other, planned),
        )


def _both_answered(counts: _Counts) -> BothAnswered | None:
    has_trials = counts.trials > 0
    if not has_trials.any():
        return None
    trials, base, other = answered = _Counts(*(column[has_trials] for column in counts))
    n = float(trials.sum())
    return BothAnswered(
        **dict(answered.effect(trials)),
        n_items=int(has_trials.sum()),
        n_trials=int(n),
        base_aa=float(base.sum()) / n,
        aa=float(other.sum()) / n,
    )


def _answered(observation: Observation) -> bool:
    return observation.outcome == Outcome.ANSWERED.value


def _shares(outcomes: Iterable[str], *, by: int) -> dict[str, float]:
    return {outcome: n / by for outcome, n in sorted(Counter(outcomes).items())}


def _outcomes(observations: Iterable[Observation]) -> dict[str, int]:
    counts = Counter(o.outcome for o in observations)
    return {kind: counts[kind] for kind in (*(o.value for o in Outcome), MISSING)}
