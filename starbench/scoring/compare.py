"""Conditions or models against each other, paired by item, with refusals apart from wrong answers.

Only what both sides were asked is compared: the same items of the same suite, at the same rotations.
A difference in accuracy is then taken apart exactly (:class:`starbench.schema.compare.PairedRow`),
because a model that refuses to answer from a caption and one that answers wrongly are two findings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple, TypeVar

import numpy as np

from starbench.canary import arrival
from starbench.errors import InputError
from starbench.planning.conditions import CAPTION, is_soundless
from starbench.runs.load import RunData
from starbench.schema import Item, Outcome, SuiteIdentity
from starbench.schema.compare import (
    BothAnswered,
    Comparison,
    Comparisons,
    Effect,
    PairedRow,
    SetupDifference,
    Side,
)
from starbench.scoring import intervals
from starbench.scoring.accuracy import chance, grouped
from starbench.scoring.intervals import Floats
from starbench.scoring.observations import MISSING, Observation, observe

#: What must be equal for two suites of a name to be the same questions, asked alike.
_SAME_QUESTIONS = {
    "digest": "other questions",
    "profile": "another profile",
    "protocol": "another protocol",
    "prompt_version": "another version of the prompts",
}
_TrialKey = tuple[str, int]
#: A task, and one of its sub-categories, or None for the whole of it.
_Part = tuple[str, str | None]
T = TypeVar("T")


@dataclass(frozen=True)
class _Asked:
    """One side, with what it was asked: suite -> (item, rotation) -> what became of it."""

    side: Side
    data: RunData
    suites: Mapping[str, Mapping[_TrialKey, Observation]]


class _Pair(NamedTuple):
    base: Observation
    other: Observation

    @property
    def both_answered(self) -> bool:
        return _answered(self.base) and _answered(self.other)


def compare(runs: Sequence[RunData], conditions: Sequence[str] = ()) -> Comparisons:
    """Hold each condition of each run against the first.

    Parameters
    ----------
    runs : sequence of RunData
        Scored from their journals.
    conditions : sequence of str
        Which conditions to take of each run, in this order; none: all it has. ``caption`` stands for every
        grade of captions.

    Raises
    ------
    InputError
        If there are not two sides, or two of them were not asked the same questions alike.
    """
    base, *others = _sides(runs, conditions)
    return Comparisons(
        comparisons=tuple(_compared(base, other) for other in others), sound=_sound([base, *others])
    )


def _sides(runs: Sequence[RunData], conditions: Sequence[str]) -> list[_Asked]:
    sides: list[_Asked] = []
    there: dict[str, None] = {}
    for data in runs:
        run = data.run
        there |= dict.fromkeys(run.identity.setup.conditions)
        by_condition = grouped(observe(data), lambda o: o.trial.condition)
        for name in _chosen(run.identity.setup.conditions, conditions):
            side = Side(
                run=str(data.path),
                label=run.label,
                model=run.identity.model,
                arguments=run.identity.model_args,
                condition=name,
                inapplicable=tuple(one for one in run.inapplicable if one.condition == name),
                captioner=run.captioner if _is_captioned(name) else None,
            )
            sides.append(_Asked(side, data, _by_trial(by_condition.get(name, ()))))
    absent = [name for name in conditions if not _chosen(tuple(there), [name])]
    if absent:
        raise InputError(f"--condition {absent[0]}: no run has it; there are {', '.join(there)}")
    if len(sides) < 2:
        raise InputError("there is one side only: name a second run, or a second --condition that it has")
    return sides


def _sound(sides: Iterable[_Asked]) -> dict[str, str]:
    """What is known of the way that sound took to the model of each run, and to who captioned for it."""
    found: dict[str, str] = {}
    for asked in sides:
        run, name = asked.data.run, asked.side.run
        if not is_soundless(asked.side.condition):
            found[name] = arrival.line(run, asked.data.canary)
        elif asked.side.captioner is not None:
            found[f"{name}, {asked.side.condition}"] = arrival.of_captioner(asked.side.captioner)
    return found


def _chosen(there: Sequence[str], asked: Sequence[str]) -> list[str]:
    """The conditions asked for, of those there are; ``caption`` is every grade."""
    if not asked:
        return list(there)
    graded = (
        [name for name in there if name == wanted or (wanted == CAPTION and name.startswith(f"{CAPTION}:"))]
        for wanted in asked
    )
    return list(dict.fromkeys(chain.from_iterable(graded)))


def _by_trial(observations: Iterable[Observation]) -> dict[str, dict[_TrialKey, Observation]]:
    suites: dict[str, dict[_TrialKey, Observation]] = {}
    for o in observations:
        suites.setdefault(o.trial.suite, {})[o.trial.item_id, o.trial.rotation] = o
    return suites


def _compared(base: _Asked, other: _Asked) -> Comparison:
    identities = [{suite.name: suite for suite in asked.data.run.identity.suites} for asked in (base, other)]
    shared = [name for name in identities[0] if name in identities[1]]
    if not shared:
        raise InputError(f"{base.side.run} and {other.side.run} share no suite: compare runs of the same one")
    _refuse_other_rotations(base, other)
    for name in shared:
        _refuse_unlike(base, other, identities[0][name], identities[1][name])
    rows = tuple(chain.from_iterable(_rows(name, base, other) for name in shared))
    if not rows:
        raise InputError(f"{base.side.name} and {other.side.name} have no item in common")
    return Comparison(
        base=base.side,
        other=other.side,
        setup_differences=tuple(_setup_differences(base, other)),
        unshared_suites={
            suite.name: asked.side.run
            for asked in (base, other)
            for suite in asked.data.run.identity.suites
            if suite.name not in shared
        },
        rows=rows,
    )


def _refuse_unlike(base: _Asked, other: _Asked, first: SuiteIdentity, second: SuiteIdentity) -> None:
    for name, what in _SAME_QUESTIONS.items():
        before, after = getattr(first, name), getattr(second, name)
        if before != after:
            raise InputError(
                f"{base.side.run} and {other.side.run} asked {what} of suite {first.name!r} ({name} "
                f"{_short(before)} and {_short(after)}): compare runs that were asked alike"
            )


def _refuse_other_rotations(base: _Asked, other: _Asked) -> None:
    before, after = (asked.data.run.identity.setup.rotations for asked in (base, other))
    if before != after:
        raise InputError(
            f"{base.side.run} and {other.side.run} asked other rotations ({before} and {after}): compare runs "
            "that were asked alike"
        )


def _short(value: str | None) -> str:
    return "none" if value is None else value[:12]


def _setup_differences(base: _Asked, other: _Asked) -> Iterator[SetupDifference]:
    keys = (asked.data.run.identity.setup.comparable_key() for asked in (base, other))
    for (option, before), (_, after) in zip(*keys, strict=True):
        # A file of captions matters to the side that was given them.
        matters = option != "captions" or all(_is_captioned(asked.side.condition) for asked in (base, other))
        if before != after and matters:
            yield SetupDifference(option=option, base=before, other=after)


def _is_captioned(condition: str) -> bool:
    return condition.partition(":")[0] == CAPTION


def _rows(suite: str, base: _Asked, other: _Asked) -> Iterator[PairedRow]:
    first, second = base.suites.get(suite, {}), other.suites.get(suite, {})
    pairs = _by_part((first[key].item, _Pair(first[key], second[key])) for key in first if key in second)
    asked = [_by_part((o.item, o.item.id) for o in side.values()) for side in (first, second)]
    tasks = list(dict.fromkeys(task for task, _ in pairs))
    for part in sorted(pairs, key=lambda part: (tasks.index(part[0]), part[1] or "")):
        yield _row(suite, part, pairs[part], *(set(side[part]) for side in asked))


def _by_part(found: Iterable[tuple[Item, T]]) -> dict[_Part, list[T]]:
    """What belongs to each task, and to each of its sub-categories."""
    parts: dict[_Part, list[T]] = {}
    for item, what in found:
        for part in dict.fromkeys(((item.task, None), (item.task, item.sub_category))):
            parts.setdefault(part, []).append(what)
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
            (len(found), sum(p.base.correct for p in found), sum(p.other.correct for p in found))
            for found in ([pair for pair in item if kind(pair)] for item in items)
        ]
        return cls(*np.array(counts, dtype=np.float64).T)

    def effect(self, planned: Floats) -> Effect:
        """Other − base among these trials, as a share of the ``planned`` ones."""
        return Effect(
            diff=float(self.other.sum() - self.base.sum()) / float(planned.sum()),
            diff_ci=intervals.difference(self.base, planned, self.other, planned),
        )


def _both_answered(counts: _Counts) -> BothAnswered | None:
    there = counts.trials > 0
    if not there.any():
        return None
    left = _Counts(*(column[there] for column in counts))
    n = float(left.trials.sum())
    return BothAnswered(
        **dict(left.effect(left.trials)),
        n_items=int(there.sum()),
        n_trials=int(n),
        base_aa=float(left.base.sum()) / n,
        aa=float(left.other.sum()) / n,
    )


def _answered(observation: Observation) -> bool:
    return observation.outcome == Outcome.ANSWERED.value


def _shares(outcomes: Iterable[str], *, by: int) -> dict[str, float]:
    return {outcome: n / by for outcome, n in sorted(Counter(outcomes).items())}


def _outcomes(observations: Iterable[Observation]) -> dict[str, int]:
    counts = Counter(o.outcome for o in observations)
    return {kind: counts[kind] for kind in (*(o.value for o in Outcome), MISSING)}
