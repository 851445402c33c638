"""A first cut at why answers are wrong: from controls in which the same question was put with all that it takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from starbench.errors import InputError
from starbench.planning.conditions import CAPTION
from starbench.runs.load import LoadedRun
from starbench.schema import Outcome
from starbench.schema.error_analysis import ErrorAnalysis, ErrorCause, ErrorRow, TrialError
from starbench.schema.trial import TrialKey
from starbench.scoring.accuracy import grouped
from starbench.scoring.observations import MISSING, Observation, observe

BASE = "audio"
#: Conditions that hold all it takes to answer: every parameter in words, the scene in words, or the whole recording.
CONTROLS = (f"{CAPTION}:full", "audio+caption", "audio+uncut")
#: Outcomes that say nothing of the model.
_UNFINISHED = (MISSING, Outcome.ERROR.value)
#: A reply of this many words in which this share of the runs of five words occurred before repeats itself.
_WORDS, _RUN, _REPEATED = 60, 5, 0.5


def error_analysis(data: LoadedRun) -> ErrorAnalysis:
    """Every trial under ``audio`` that is not right, and what kind of error it is.

    Raises :class:`InputError` if the run has no condition ``audio``.
    """
    by_condition = grouped(observe(data), lambda o: o.trial.condition)
    if BASE not in by_condition:
        raise InputError(f"{data.path} has no condition {BASE}: errors are those of answers from the sound")
    controls = {
        name: grouped(by_condition[name], lambda o: (o.trial.suite, o.item.id))
        for name in CONTROLS
        if name in by_condition
    }
    finished = [o for o in by_condition[BASE] if o.outcome not in _UNFINISHED]
    errors = {o.trial.key: _error(o, data, controls) for o in finished if not o.correct}
    return ErrorAnalysis(
        condition=BASE, controls=tuple(controls), rows=_rows(finished, errors), trials=tuple(errors.values())
    )


def _error(
    observation: Observation,
    data: LoadedRun,
    controls: Mapping[str, Mapping[tuple[str, str], Sequence[Observation]]],
) -> TrialError:
    suite, item_id, rotation, _ = observation.trial.key
    told = {name: items[suite, item_id] for name, items in controls.items() if (suite, item_id) in items}
    answered = tuple(
        name for name, group in told.items() if any(o.outcome == Outcome.ANSWERED.value for o in group)
    )
    # At every rotation: right in one of them alone may be luck.
    right = tuple(name for name in answered if all(o.correct for o in told[name]))
    kind = _kind(observation, data, is_right=bool(right), is_told=bool(answered))
    is_decided = kind in (ErrorCause.PERCEPTION, ErrorCause.KNOWLEDGE_OR_REASONING)
    return TrialError(
        suite=suite,
        item_id=item_id,
        rotation=rotation,
        kind=kind,
        controls=(right or answered) if is_decided else (),
    )


def _kind(observation: Observation, data: LoadedRun, *, is_right: bool, is_told: bool) -> ErrorCause:
    if observation.outcome != Outcome.ANSWERED.value:
        end = data.ends.get(observation.trial.key)
        is_repeating = end is not None and _repeats_itself(end.response or "")
        return ErrorCause.GENERATION_COLLAPSE if is_repeating else ErrorCause.NO_ANSWER
    if is_right:
        return ErrorCause.PERCEPTION
    return ErrorCause.KNOWLEDGE_OR_REASONING if is_told else ErrorCause.UNKNOWN


def _repeats_itself(reply: str) -> bool:
    words = reply.split()
    runs = [tuple(words[place : place + _RUN]) for place in range(len(words) - _RUN + 1)]
    return len(words) >= _WORDS and 1 - len(set(runs)) / len(runs) >= _REPEATED


def _rows(finished: Sequence[Observation], errors: Mapping[TrialKey, TrialError]) -> tuple[ErrorRow, ...]:
    """A row for each task, and for each of its sub-categories."""
    parts: dict[tuple[str, str, str | None], list[Observation]] = {}
    for o in finished:
        for name in dict.fromkeys((None, o.item.sub_category)):
            parts.setdefault((o.trial.suite, o.item.task, name), []).append(o)
    rows = []
    for (suite, task, name), group in parts.items():
        counts = Counter(errors[o.trial.key].kind for o in group if not o.correct)
        rows.append(
            ErrorRow(
                suite=suite,
                task=task,
                sub_category=name,
                n_trials=len(group),
                n_errors=counts.total(),
                counts={kind: counts[kind] for kind in ErrorCause},
                shares={kind: counts[kind] / counts.total() for kind in ErrorCause} if counts else {},
            )
        )
    return tuple(rows)
