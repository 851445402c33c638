"""AA, ACR, OA and MA with their intervals, for any group of observations."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import compress
from typing import NamedTuple, TypeVar

import numpy as np

from starbench.schema import Outcome
from starbench.schema.score import Headline, LetterScore, Macro, PairedDifference, PartScore, Score, TaskScore
from starbench.scoring import intervals
from starbench.scoring.constant import SHARED_BY, best_constant
from starbench.scoring.intervals import Floats
from starbench.scoring.observations import MISSING, Observation
from starbench.scoring.ranks import part_items

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


def tally(observations: Sequence[Observation]) -> Tally:
    """Count by item."""
    items = [o.trial.item_id for o in observations]
    planned, right = Counter(items), Counter(compress(items, [o.correct for o in observations]))
    table = np.array([(right[item], n) for item, n in planned.items()], dtype=np.float64)
    return Tally(table[:, 0], table[:, 1])


def score(observations: Sequence[Observation]) -> Score:
    """All figures of a group of observations, which must not be empty."""
    counts = tally(observations)
    outcomes = Counter([o.outcome for o in observations])
    answered = outcomes[Outcome.ANSWERED.value]
    n_items = len(counts.right)
    shares = counts.right / counts.planned
    acr = float(counts.all_right.mean())
    return Score(
        n_items=n_items,
        n_trials=len(observations),
        aa=counts.aa,
        aa_answered=float(counts.right.sum()) / answered if answered else None,
        acr=acr,
        oa=float(shares.mean()),
        aa_ci=intervals.rate(counts.right, counts.planned),
        acr_ci=intervals.share(acr, n_items),
        oa_ci=intervals.mean(shares, counts.planned),
        chance=chance(observations),
        chance_acr=chance_acr(observations),
        chance_oa=chance_oa(observations),
        best_constant=best_constant(observations),
        coverage=answered / len(observations),
        outcomes={kind: outcomes[kind] for kind in (*(o.value for o in Outcome), MISSING)},
        abstained=sum([o.abstained for o in observations]),
        truncated=sum([o.truncated for o in observations]),
        false_alarms=false_alarms(observations),
    )


def task_score(task: str, condition: str, observations: Sequence[Observation]) -> TaskScore:
    """One task under one condition, with its parts."""
    sub_categories = _sub_categories(observations)
    return TaskScore(
        **dict(score(observations)),
        task=task,
        condition=condition,
        extension=_is_extension(observations),
        ma=_macro({name: [group] for name, group in sub_categories.items()}) if sub_categories else None,
        categories=_parts(grouped(observations, lambda o: o.item.category)),
        sub_categories=_parts(sub_categories),
        levels=_levels(observations),
    )


def headline(condition: str, observations: Sequence[Observation], *, complete: bool) -> Headline:
    """One condition over all its tasks: MA of the tasks, and everything else over all items."""
    tasks = grouped(observations, lambda o: o.item.task)
    parts = {name: list(_sub_categories(group).values()) or [group] for name, group in tasks.items()}
    return Headline(
        **dict(score(observations)),
        condition=condition,
        extension=_is_extension(observations),
        ma=_macro(parts),
        complete=complete,
        items=tuple(part_items(name, group) for name, groups in parts.items() for group in groups),
        letters=_letters(observations),
    )


def _letters(observations: Sequence[Observation]) -> tuple[LetterScore, ...]:
    """How each letter was used, of those that are right or chosen anywhere."""
    chosen = Counter([o.letter for o in observations if o.letter is not None])
    planned = Counter([o.trial.answer_letter for o in observations])
    right = Counter([o.trial.answer_letter for o in observations if o.correct])
    return tuple(
        LetterScore(letter=letter, chosen=chosen[letter], planned=planned[letter], right=right[letter])
        for letter in sorted({*chosen, *planned})
    )


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
        extension=_is_extension(b),
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
    groups: defaultdict[K, list[Observation]] = defaultdict(list)
    for observation in observations:
        name = key(observation)
        if name is not None:
            groups[name].append(observation)
    return dict(groups)


def _is_extension(observations: Iterable[Observation]) -> bool:
    return any(observation.trial.extension for observation in observations)


def _sub_categories(observations: Iterable[Observation]) -> dict[str, list[Observation]]:
    return grouped(observations, lambda o: o.item.sub_category)


def _macro(parts: dict[str, list[list[Observation]]]) -> Macro:
    """Mean over parts, each the mean of its own groups of observations."""
    tallies = [[tally(group) for group in groups] for groups in parts.values()]
    rates = [[(t.right, t.planned) for t in part] for part in tallies]
    whole = [[(t.all_right, np.ones(len(t.right))) for t in part] for part in tallies]
    return Macro(
        parts=tuple(parts),
        aa=float(np.mean([np.mean([t.aa for t in part]) for part in tallies])),
        acr=float(np.mean([np.mean([t.all_right.mean() for t in part]) for part in tallies])),
        aa_ci=intervals.macro(rates),
        acr_ci=intervals.macro(whole),
        chance=_mean_of_means(parts, chance),
        best_constant=_mean_of_means(parts, lambda group: best_constant(group).aa)
        if min(len(t.right) for part in tallies for t in part) >= SHARED_BY
        else None,
    )


def _mean_of_means(
    parts: dict[str, list[list[Observation]]], of: Callable[[Sequence[Observation]], float]
) -> float:
    return float(np.mean([np.mean([of(group) for group in groups]) for groups in parts.values()]))


def chance(observations: Sequence[Observation]) -> float:
    """What choosing one of the options at random gets of the trials."""
    return float(np.mean([1 / len(o.trial.contents) for o in observations]))


def chance_oa(observations: Sequence[Observation]) -> float:
    """What choosing one of the options at random gets of each item, averaged over items."""
    n_options = {o.trial.item_id: len(o.trial.contents) for o in observations}
    return float(np.mean([1 / n for n in n_options.values()]))


def false_alarms(observations: Sequence[Observation]) -> float | None:
    """Of the catch trials with an answer that is no abstention, the share in which it names something."""
    said = [o.correct for o in observations if o.item.catch and o.letter is not None and not o.abstained]
    return 1 - sum(said) / len(said) if said else None


def chance_acr(observations: Sequence[Observation]) -> float:
    """Items that choosing at random at every rotation gets right throughout."""
    trials = Counter([(o.trial.item_id, len(o.trial.contents)) for o in observations])
    items: dict[str, float] = {}
    for (item, n_options), n in trials.items():
        for _ in range(n):
            items[item] = items.get(item, 1.0) / n_options
    return float(np.mean(list(items.values())))


def _parts(groups: dict[str, list[Observation]]) -> tuple[PartScore, ...]:
    return tuple(PartScore(**dict(score(group)), name=name) for name, group in sorted(groups.items()))


def _levels(observations: Sequence[Observation]) -> tuple[PartScore, ...]:
    """A row for each level of each sub-category, and one for catch trials that have none."""

    def rung(observation: Observation) -> tuple[str, float, bool, str | None] | None:
        item = observation.item
        if item.level is None and not item.catch:
            return None
        level = float("-inf") if item.level is None else item.level
        return (item.sub_category or item.category or "", level, item.catch, item.level_unit)

    return tuple(
        PartScore(
            **dict(score(group)),
            name=name,
            level=None if level == float("-inf") else level,
            level_unit=unit,
            catch=catch,
        )
        for (name, level, catch, unit), group in sorted(
            grouped(observations, rung).items(), key=lambda row: row[0][:3]
        )
    )
