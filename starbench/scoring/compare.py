"""Models or conditions compared, paired by item, with refusals separate from wrong answers.

Only what both sides were asked is compared: the same items of the same suite, at the same rotations.
A difference in accuracy is then split exactly (:class:`starbench.schema.compare.PairedRow`),
because a model that refuses to answer from a caption and one that answers wrongly are two findings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from starbench.canary import arrival
from starbench.errors import InputError
from starbench.planning.conditions import CAPTION, is_soundless
from starbench.runs.load import LoadedRun
from starbench.schema.compare import (
    Comparison,
    Comparisons,
    PairedRow,
    PairedThreshold,
    SetupDifference,
    Side,
)
from starbench.scoring.accuracy import grouped
from starbench.scoring.observations import Observation, observe
from starbench.scoring.paired_rows import ByTrial, paired_rows
from starbench.scoring.paired_tests import holm
from starbench.scoring.paired_thresholds import paired_thresholds

Row = TypeVar("Row", PairedRow, PairedThreshold)

#: What must be equal for two suites of a name to be the same questions, asked alike.
_SAME_QUESTIONS = {
    "digest": "other questions",
    "profile": "another profile",
    "protocol": "another protocol",
    "prompt_version": "another version of the prompts",
}


@dataclass(frozen=True)
class _Side:
    """One side, its run, and for each suite what became of each trial."""

    side: Side
    data: LoadedRun
    suites: Mapping[str, ByTrial]


def compare(runs: Sequence[LoadedRun], conditions: Sequence[str] = ()) -> Comparisons:
    """Compare each run with the first, condition by condition; the conditions of a single run with its first.

    ``conditions`` are those to take, in this order; none given means all, and ``caption`` stands for every grade of
    captions. Where two runs share no condition, those of the second are compared with the first one of the first.
    Raises :class:`InputError` if there are not two sides, or two of them were not asked the same questions alike.
    """
    sides = [_sides(data, conditions) for data in runs]
    known = dict.fromkeys(name for data in runs for name in data.run.identity.setup.conditions)
    absent = [name for name in conditions if not _chosen(known, [name])]
    if absent:
        raise InputError(f"--condition {absent[0]}: no run has it; there are {', '.join(known)}")
    pairs = list(_pairs([of_run for of_run in sides if of_run]))
    if not pairs:
        raise InputError("there is one side only: name a second run, or a second --condition that it has")
    paired = {id(side) for pair in pairs for side in pair}
    unshared = {
        str(data.path): tuple(one.side.condition for one in of_run if id(one) not in paired)
        for data, of_run in zip(runs, sides, strict=True)
    }
    comparisons, n_tests = _with_adjusted(_compared(base, other) for base, other in pairs)
    return Comparisons(
        n_tests=n_tests,
        comparisons=comparisons,
        unshared_conditions={run: names for run, names in unshared.items() if names},
        sound=_sound(side for of_run in sides for side in of_run),
    )


def _sides(data: LoadedRun, conditions: Sequence[str]) -> list[_Side]:
    """Each condition of a run that was chosen."""
    run = data.run
    by_condition = grouped(observe(data), lambda o: o.trial.condition)
    sides = []
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
        sides.append(_Side(side, data, _by_trial(by_condition.get(name, ()))))
    return sides


def _pairs(runs: Sequence[Sequence[_Side]]) -> Iterator[tuple[_Side, _Side]]:
    """What is compared with what."""
    if not runs:
        return
    first, *others = runs
    if not others:
        yield from ((first[0], side) for side in first[1:])
    for other in others:
        alike = [(base, side) for base in first if (side := _counterpart(base, first, other)) is not None]
        yield from alike or ((first[0], side) for side in other)


def _counterpart(side: _Side, own: Sequence[_Side], others: Sequence[_Side]) -> _Side | None:
    """The side of another run under the same condition; where each run has one grade of captions, that is one."""
    same = [one for one in others if one.side.condition == side.side.condition]
    captioned = [[one for one in run if _is_captioned(one.side.condition)] for run in (own, others)]
    if not same and captioned[0] == [side] and len(captioned[1]) == 1:
        return captioned[1][0]
    return same[0] if same else None


def _with_adjusted(comparisons: Iterable[Comparison]) -> tuple[tuple[Comparison, ...], int]:
    """Comparisons, their p-values adjusted for all the tests there are, and how many these are."""
    whole = list(comparisons)
    rows: Iterable[PairedRow | PairedThreshold] = (
        row for one in whole for part in (one.rows, one.thresholds) for row in part
    )
    p_values = [row.p for row in rows if row.p is not None]
    adjusted = iter(holm(p_values))

    def with_adjusted(row: Row) -> Row:
        return row if row.p is None else row.model_copy(update={"p_holm": next(adjusted)})

    adjusted_comparisons = tuple(
        Comparison(
            base=one.base,
            other=one.other,
            setup_differences=one.setup_differences,
            unshared_suites=one.unshared_suites,
            rows=tuple(map(with_adjusted, one.rows)),
            thresholds=tuple(map(with_adjusted, one.thresholds)),
        )
        for one in whole
    )
    return adjusted_comparisons, len(p_values)


def _sound(sides: Iterable[_Side]) -> dict[str, str]:
    """What is known of the way that sound took to the model of each run, and to who captioned for it."""
    lines: dict[str, str] = {}
    for one in sides:
        run, name = one.data.run, one.side.run
        if not is_soundless(one.side.condition):
            lines[name] = arrival.line(run, one.data.canary)
        elif one.side.captioner is not None:
            lines[f"{name}, {one.side.condition}"] = arrival.of_captioner(one.side.captioner)
    return lines


def _chosen(known: Iterable[str], chosen: Sequence[str]) -> list[str]:
    """Of the known conditions those that were chosen, in that order, or all; ``caption`` is every grade."""
    if not chosen:
        return list(known)
    names = (
        name
        for choice in chosen
        for name in known
        if name == choice or (choice == CAPTION and _is_captioned(name))
    )
    return list(dict.fromkeys(names))


def _by_trial(observations: Iterable[Observation]) -> Mapping[str, ByTrial]:
    suites: dict[str, dict[tuple[str, int], Observation]] = {}
    for o in observations:
        suites.setdefault(o.trial.suite, {})[o.trial.item_id, o.trial.rotation] = o
    return suites


def _compared(base: _Side, other: _Side) -> Comparison:
    first, second = ({suite.name: suite for suite in one.data.run.identity.suites} for one in (base, other))
    shared = [name for name in first if name in second]
    if not shared:
        raise InputError(f"{base.side.run} and {other.side.run} share no suite: compare runs of the same one")
    before, after = (one.data.run.identity.setup.rotations for one in (base, other))
    if before != after:
        raise _unlike(base, other, f"other rotations ({before} and {after})")
    for name in shared:
        for field, what in _SAME_QUESTIONS.items():
            before, after = (_short(getattr(suites[name], field)) for suites in (first, second))
            if getattr(first[name], field) != getattr(second[name], field):
                raise _unlike(base, other, f"{what} of suite {name!r} ({field} {before} and {after})")
    rows = tuple(
        row
        for name in shared
        for row in paired_rows(name, base.suites.get(name, {}), other.suites.get(name, {}))
    )
    if not rows:
        raise InputError(f"{base.side.name} and {other.side.name} have no item in common")
    unshared = {name: base.side.run for name in first if name not in second}
    unshared |= {name: other.side.run for name in second if name not in first}
    return Comparison(
        base=base.side,
        other=other.side,
        setup_differences=tuple(_setup_differences(base, other)),
        unshared_suites=unshared,
        rows=rows,
        thresholds=tuple(_thresholds(base, other, shared)),
    )


def _thresholds(base: _Side, other: _Side, suites: Iterable[str]) -> Iterator[PairedThreshold]:
    """Thresholds from the trials that both sides were asked, where both were sent sound."""
    conditions = [one.side.condition for one in (base, other)]
    if any(map(is_soundless, conditions)):
        return
    for name in suites:
        first, second = base.suites.get(name, {}), other.suites.get(name, {})
        keys = [key for key in first if key in second]
        observations = ([trials[key] for key in keys] for trials in (first, second))
        yield from paired_thresholds(name, conditions, *observations)


def _unlike(base: _Side, other: _Side, what: str) -> InputError:
    return InputError(
        f"{base.side.run} and {other.side.run} asked {what}: compare runs that were asked alike"
    )


def _short(value: str | None) -> str:
    return "none" if value is None else value[:12]


def _setup_differences(base: _Side, other: _Side) -> Iterator[SetupDifference]:
    keys = (one.data.run.identity.setup.comparable_key() for one in (base, other))
    for (option, before), (_, after) in zip(*keys, strict=True):
        # A file of captions matters to the side that was given them.
        matters = option != "captions" or all(_is_captioned(one.side.condition) for one in (base, other))
        if before != after and matters:
            yield SetupDifference(option=option, base=before, other=after)


def _is_captioned(condition: str) -> bool:
    return condition.partition(":")[0] == CAPTION
