"""A first cut at why answers are wrong: from controls in which the same question was put with all that it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from starbench.planning.conditions import CAPTION
from starbench.runs.load import LoadedRun
from starbench.schema import Outcome
from starbench.schema.error_analysis import ErrorCause, FailedControl
from starbench.schema.trial import TrialKey
from starbench.scoring import intervals
from starbench.scoring.accuracy import chance, grouped, tally
from starbench.scoring.observations import Observation

#: Conditions that hold all it takes to answer: every parameter in words, the scene in words, or the whole recording.
CONTROLS = (f"{CAPTION}:full", "audio+caption", "audio+uncut")
#: A reply of this many words in which this share of the runs of five words occurred before repeats itself.
_WORDS, _RUN, _REPEATED = 60, 5, 0.5

#: A task of which a model is not shown to get more than by guessing under a control is not told about by it.
_ALPHA = 0.01

#: Condition -> suite and item -> its trials under that condition.
ControlTrials = Mapping[str, Mapping[tuple[str, str], Sequence[Observation]]]


class ControlledCause(NamedTuple):
    """The cause of an error as far as controls tell it, and which of them told it."""

    cause: ErrorCause
    controls: tuple[str, ...]


class ControlGroups(NamedTuple):
    """What the controls of a run tell: trials of the tasks that each tells about, and where one tells nothing."""

    trials: ControlTrials
    failed: tuple[FailedControl, ...]


def control_groups(observations: Sequence[Observation]) -> ControlGroups:
    """The trials of a run under its controls, as far as the model uses what these tell.

    A model that is told all and does no better than guessing did not use it (it may want no questions without sound):
    what it lacks for the answer cannot be told from that.
    """
    told: dict[str, list[Observation]] = {}
    failed = []
    groups = grouped(observations, lambda o: (o.trial.condition, o.trial.suite, o.item.task))
    for (condition, suite, task), group in groups.items():
        if condition not in CONTROLS:
            continue
        counts, by_chance = tally(group), chance(group)
        if intervals.exceedance(counts.right, counts.planned, by_chance) < _ALPHA:
            told.setdefault(condition, []).extend(group)
        else:
            failed.append(
                FailedControl(condition=condition, suite=suite, task=task, aa=counts.aa, chance=by_chance)
            )
    trials = {
        name: grouped(told[name], lambda o: (o.trial.suite, o.item.id)) for name in CONTROLS if name in told
    }
    return ControlGroups(trials, tuple(failed))


def control_causes(
    data: LoadedRun, errors: Sequence[Observation], controls: ControlTrials
) -> dict[TrialKey, ControlledCause]:
    """The cause of each of the trials ``errors``, none of which is right."""
    return {o.trial.key: _cause(o, data, controls) for o in errors}


def _cause(observation: Observation, data: LoadedRun, controls: ControlTrials) -> ControlledCause:
    if observation.outcome != Outcome.ANSWERED.value:
        end = data.ends.get(observation.trial.key)
        is_repeating = end is not None and _repeats_itself(end.response or "")
        return ControlledCause(ErrorCause.GENERATION_COLLAPSE if is_repeating else ErrorCause.NO_ANSWER, ())
    key = (observation.trial.suite, observation.item.id)
    told = {name: items[key] for name, items in controls.items() if key in items}
    answered = tuple(
        name for name, group in told.items() if any(o.outcome == Outcome.ANSWERED.value for o in group)
    )
    # At every rotation: right in one of them alone may be luck.
    right = tuple(name for name in answered if all(o.correct for o in told[name]))
    if right:
        return ControlledCause(ErrorCause.PERCEPTION, right)
    return ControlledCause(ErrorCause.KNOWLEDGE_OR_REASONING if answered else ErrorCause.UNKNOWN, answered)


def _repeats_itself(reply: str) -> bool:
    words = reply.split()
    runs = [tuple(words[place : place + _RUN]) for place in range(len(words) - _RUN + 1)]
    return len(words) >= _WORDS and 1 - len(set(runs)) / len(runs) >= _REPEATED
