"""Conditions or models compared, paired by item, with refusals separate from wrong answers.

Only what both sides were asked is compared: the same items of the same suite, at the same rotations.
A difference in accuracy is then split exactly (:class:`starbench.schema.compare.PairedRow`),
because a model that refuses to answer from a caption and one that answers wrongly are two findings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from starbench.canary import arrival
from starbench.errors import InputError
from starbench.planning.conditions import CAPTION, is_soundless
from starbench.runs.load import RunData
from starbench.schema import SuiteIdentity
from starbench.schema.compare import Comparison, Comparisons, SetupDifference, Side
from starbench.scoring.accuracy import grouped
from starbench.scoring.observations import Observation, observe
from starbench.scoring.paired_rows import Asked, paired_rows

#: What must be equal for two suites of a name to be the same questions, asked alike.
_SAME_QUESTIONS = {
    "digest": "other questions",
    "profile": "another profile",
    "protocol": "another protocol",
    "prompt_version": "another version of the prompts",
}


@dataclass(frozen=True)
class _Side:
    """One side, with what it was asked: suite -> (item, rotation) -> what became of it."""

    side: Side
    data: RunData
    suites: Mapping[str, Asked]


def compare(runs: Sequence[RunData], conditions: Sequence[str] = ()) -> Comparisons:
    """Compare each condition of each run with the first.

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


def _sides(runs: Sequence[RunData], conditions: Sequence[str]) -> list[_Side]:
    sides: list[_Side] = []
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
            sides.append(_Side(side, data, _by_trial(by_condition.get(name, ()))))
    absent = [name for name in conditions if not _chosen(tuple(there), [name])]
    if absent:
        raise InputError(f"--condition {absent[0]}: no run has it; there are {', '.join(there)}")
    if len(sides) < 2:
        raise InputError("there is one side only: name a second run, or a second --condition that it has")
    return sides


def _sound(sides: Iterable[_Side]) -> dict[str, str]:
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


def _by_trial(observations: Iterable[Observation]) -> Mapping[str, Asked]:
    suites: dict[str, dict[tuple[str, int], Observation]] = {}
    for o in observations:
        suites.setdefault(o.trial.suite, {})[o.trial.item_id, o.trial.rotation] = o
    return suites


def _compared(base: _Side, other: _Side) -> Comparison:
    identities = [{suite.name: suite for suite in asked.data.run.identity.suites} for asked in (base, other)]
    shared = [name for name in identities[0] if name in identities[1]]
    if not shared:
        raise InputError(f"{base.side.run} and {other.side.run} share no suite: compare runs of the same one")
    _refuse_other_rotations(base, other)
    for name in shared:
        _refuse_unlike(base, other, identities[0][name], identities[1][name])
    rows = tuple(
        chain.from_iterable(
            paired_rows(name, base.suites.get(name, {}), other.suites.get(name, {})) for name in shared
        )
    )
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


def _refuse_unlike(base: _Side, other: _Side, first: SuiteIdentity, second: SuiteIdentity) -> None:
    for name, what in _SAME_QUESTIONS.items():
        before, after = getattr(first, name), getattr(second, name)
        if before != after:
            raise InputError(
                f"{base.side.run} and {other.side.run} asked {what} of suite {first.name!r} ({name} "
                f"{_short(before)} and {_short(after)}): compare runs that were asked alike"
            )


def _refuse_other_rotations(base: _Side, other: _Side) -> None:
    before, after = (asked.data.run.identity.setup.rotations for asked in (base, other))
    if before != after:
        raise InputError(
            f"{base.side.run} and {other.side.run} asked other rotations ({before} and {after}): compare runs "
            "that were asked alike"
        )


def _short(value: str | None) -> str:
    return "none" if value is None else value[:12]


def _setup_differences(base: _Side, other: _Side) -> Iterator[SetupDifference]:
    keys = (asked.data.run.identity.setup.comparable_key() for asked in (base, other))
    for (option, before), (_, after) in zip(*keys, strict=True):
        # A file of captions matters to the side that was given them.
        matters = option != "captions" or all(_is_captioned(asked.side.condition) for asked in (base, other))
        if before != after and matters:
            yield SetupDifference(option=option, base=before, other=after)


def _is_captioned(condition: str) -> bool:
    return condition.partition(":")[0] == CAPTION
