"""AA, ACR, OA and MA with their intervals (DESIGN §7), for any group of observations."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from starbench.schema import Outcome
from starbench.schema.score import Headline, Macro, PairedDifference, PartScore, Score, TaskScore
from starbench.scoring import intervals
from starbench.scoring.constant import best_constant
from starbench.scoring.intervals import Floats
from starbench.scoring.observations import MISSING, Observation

K = TypeVar("K", bound=Hashable)


class Tally(NamedTuple):
    """Right and planned trials of each item, shape (items,)."""

    right: Floats
    planned: Floats

    @property
    def aa(self) -> float:
        """Right / planned trials."""
        return float(self.right.sum() / self.planned.sum())

    @property
    def all_right(self) -> Floats:
        """1 for each item with every planned trial right."""
        return np.where(self.right == self.planned, 1.0, 0.0)


def tally(observations: Iterable[Observation]) -> Tally:
    """Count by item."""
    counts: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for observation in observations:
        count = counts[observation.trial.item_id]
        count[0] += observation.correct
        count[1] += 1
    table = np.array(list(counts.values()), dtype=np.float64)
    return Tally(table[:, 0], table[:, 1])


def score(observations: Sequence[Observation]) -> Score:
    """All figures of a group of observations, which must not be empty."""
    counts = tally(observations)
    outcomes = Counter(observation.outcome for observation in observations)
    answered = outcomes[Outcome.ANSWERED.value]
    n_items = len(counts.right)
    acr = float(counts.all_right.mean())
    return Score(
        n_items=n_items,
        n_trials=len(observations),
        aa=counts.aa,
        aa_answered=float(counts.right.sum()) / answered if answered else None,
        acr=acr,
        oa=float((counts.right / counts.planned).mean()),
        aa_ci=intervals.rate(counts.right, counts.planned),
        acr_ci=intervals.wilson(acr, n_items),
        chance=float(np.mean([1 / len(o.trial.contents) for o in observations])),
        best_constant=best_constant(observations),
        coverage=answered / len(observations),
        outcomes={kind: outcomes[kind] for kind in (*(o.value for o in Outcome), MISSING)},
        abstained=sum(o.abstained for o in observations),
        truncated=sum(o.truncated for o in observations),
    )


def task_score(task: str, condition: str, observations: Sequence[Observation]) -> TaskScore:
    """One task under one condition, with its parts."""
    sub_categories = grouped(observations, lambda o: o.item.sub_category)
    return TaskScore(
        **dict(score(observations)),
        task=task,
        condition=condition,
        extension=any(o.trial.extension for o in observations),
        ma=_macro(sub_categories) if sub_categories else None,
        categories=_parts(grouped(observations, lambda o: o.item.category)),
        sub_categories=_parts(sub_categories),
        levels=_levels(observations),
    )


def headline(condition: str, scores: Sequence[TaskScore], complete: bool) -> Headline:
    """MA and OA of one condition over the tasks it applies to."""
    parts = [(row.task, row.ma.aa if row.ma else row.aa, row.ma.acr if row.ma else row.acr) for row in scores]
    macro = Macro(
        parts=tuple(name for name, _, _ in parts),
        aa=float(np.mean([aa for _, aa, _ in parts])),
        acr=float(np.mean([acr for _, _, acr in parts])),
    )
    n_items = sum(row.n_items for row in scores)
    oa = sum(row.oa * row.n_items for row in scores) / n_items
    return Headline(condition=condition, ma=macro, oa=oa, complete=complete)


def paired(
    task: str, base: str, condition: str, a: Sequence[Observation], b: Sequence[Observation]
) -> PairedDifference | None:
    """Difference of two conditions over the items both apply to; None if there is no such item."""
    both = {o.trial.item_id for o in a} & {o.trial.item_id for o in b}
    if not both:
        return None
    first, second = (
        tally(sorted((o for o in group if o.trial.item_id in both), key=lambda o: o.trial.item_id))
        for group in (a, b)
    )
    return PairedDifference(
        task=task,
        base=base,
        condition=condition,
        n_items=len(both),
        base_aa=first.aa,
        aa=second.aa,
        diff=second.aa - first.aa,
        diff_ci=intervals.difference(*first, *second),
    )


def grouped(
    observations: Iterable[Observation], key: Callable[[Observation], K | None]
) -> dict[K, list[Observation]]:
    """Observations by ``key``, in order of first appearance; those without one are left out."""
    groups: dict[K, list[Observation]] = {}
    for observation in observations:
        name = key(observation)
        if name is not None:
            groups.setdefault(name, []).append(observation)
    return groups


def _macro(groups: dict[str, list[Observation]]) -> Macro:
    tallies = [tally(group) for group in groups.values()]
    ones = [np.ones(len(t.right)) for t in tallies]
    return Macro(
        parts=tuple(groups),
        aa=float(np.mean([t.aa for t in tallies])),
        acr=float(np.mean([t.all_right.mean() for t in tallies])),
        aa_ci=intervals.macro([(t.right, t.planned) for t in tallies]),
        acr_ci=intervals.macro([(t.all_right, one) for t, one in zip(tallies, ones, strict=True)]),
    )


def _parts(groups: dict[str, list[Observation]]) -> tuple[PartScore, ...]:
    return tuple(PartScore(**dict(score(group)), name=name) for name, group in sorted(groups.items()))


def _levels(observations: Sequence[Observation]) -> tuple[PartScore, ...]:
    groups = grouped(
        observations,
        lambda o: (
            None
            if o.item.level is None
            else (o.item.sub_category or o.item.category or "", o.item.level, o.item.level_unit)
        ),
    )
    return tuple(
        PartScore(**dict(score(group)), name=name, level=level, level_unit=unit)
        for (name, level, unit), group in sorted(groups.items(), key=lambda entry: entry[0][:2])
    )
