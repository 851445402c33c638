"""What the answers to each part of a suite show: heard, within what less than hearing gets, or no evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from starbench.schema import Outcome
from starbench.schema.conclusion import Conclusion, ConclusionKind
from starbench.schema.floors import Floors
from starbench.schema.threshold import Threshold, ThresholdStatus
from starbench.scoring import intervals
from starbench.scoring.accuracy import chance, grouped, tally
from starbench.scoring.constant import best_constant
from starbench.scoring.observations import Observation
from starbench.scoring.paired_tests import holm

#: How often anything may be said to be heard in a run of a model that hears nothing.
ALPHA = 0.01
#: Fewer items than these say nothing of a part.
FEWEST_ITEMS = 20
_LEAST_COVERAGE = 0.5
_MEASURED = (ThresholdStatus.MEASURED, ThresholdStatus.BELOW_SMALLEST)


class _Part(NamedTuple):
    """One part, what guessing gets of it, and what less than hearing gets."""

    task: str
    name: str
    observations: Sequence[Observation]
    chance: float
    blind: tuple[float, str]
    """The better of guessing and the best constant answer."""
    floor: tuple[float, str]
    """The highest of ``blind`` and the floors."""


class _Tests(NamedTuple):
    """Adjusted p-values: of more than ``blind``, of more than ``floor``, of less than chance."""

    blind: float
    floor: float
    below: float


def conclusions(
    condition: str,
    observations: Sequence[Observation],
    floors: Mapping[str, Floors],
    thresholds: Iterable[Threshold] = (),
) -> Iterator[Conclusion]:
    """A conclusion for each sub-category, category or task, whichever is smallest, in order of first appearance.

    ``thresholds`` are those of the same condition: one that was measured is evidence of its own.
    """
    measured = {(row.task, row.attribute) for row in thresholds if row.status in _MEASURED}
    groups = grouped(observations, lambda o: (o.item.task, o.item.part))
    parts = [_part(task, name, group, floors.get(name)) for (task, name), group in groups.items()]
    tested = [part for part in parts if _untestable(part) is None]
    tests = dict(zip([(part.task, part.name) for part in tested], _tests(tested), strict=True))
    for part in parts:
        kind, reference, p = _untestable(part), part.floor, None
        if kind is None:
            kind, reference, p = _kind(part, tests[part.task, part.name])
            if kind is ConclusionKind.NO_EVIDENCE and (part.task, part.name) in measured:
                # Accuracy also depends on how readily "the same" is said; a threshold does not. Who hears less than
                # what is asked about may have one too, as far as the floor reaches.
                is_within = tally(part.observations).aa <= part.floor[0] and part.floor != part.blind
                kind = ConclusionKind.WITHIN_FLOOR if is_within else ConclusionKind.HEARD
                reference = part.floor
        counts = tally(part.observations)
        yield Conclusion(
            task=part.task,
            part=part.name,
            condition=condition,
            kind=kind,
            n_items=len(counts.right),
            aa=counts.aa,
            reference=reference[0],
            reference_name=reference[1],
            p=p,
        )


def _part(task: str, name: str, group: Sequence[Observation], floors: Floors | None) -> _Part:
    by_chance = chance(group)
    blind = max((by_chance, "chance"), (best_constant(group).aa, "constant"))
    known = [(value, listener) for listener, value in (floors or Floors()) if value is not None]
    return _Part(task, name, group, by_chance, blind, max([blind, *known]))


def _untestable(part: _Part) -> ConclusionKind | None:
    answered = sum(o.outcome == Outcome.ANSWERED.value for o in part.observations)
    if answered < _LEAST_COVERAGE * len(part.observations):
        return ConclusionKind.UNANSWERED
    if len({o.item.id for o in part.observations}) < FEWEST_ITEMS:
        return ConclusionKind.TOO_FEW
    return None


def _tests(parts: Sequence[_Part]) -> list[_Tests]:
    columns = []
    for part in parts:
        right, planned = tally(part.observations)
        columns.append(
            (
                intervals.exceedance(right, planned, part.blind[0]),
                intervals.exceedance(right, planned, part.floor[0]),
                intervals.exceedance(planned - right, planned, 1 - part.chance),
            )
        )
    return [_Tests(*row) for row in zip(*map(holm, zip(*columns, strict=True)), strict=True)]


def _kind(part: _Part, tests: _Tests) -> tuple[ConclusionKind, tuple[float, str], float]:
    if tests.floor < ALPHA:
        return ConclusionKind.HEARD, part.floor, tests.floor
    if tests.blind < ALPHA:
        return ConclusionKind.WITHIN_FLOOR, part.floor, tests.floor
    if tests.below < ALPHA:
        return ConclusionKind.BELOW_CHANCE, (part.chance, "chance"), tests.below
    return ConclusionKind.NO_EVIDENCE, part.blind, tests.blind
