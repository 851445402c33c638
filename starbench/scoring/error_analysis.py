"""Why answers are wrong: the causes that controls, judges and annotators see, and how far these agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Literal, NamedTuple

from starbench.errors import InputError
from starbench.protocols import cause_judge
from starbench.runs.annotations import saved_annotations
from starbench.runs.judge_record import saved_verdicts
from starbench.runs.load import LoadedRun
from starbench.schema import Outcome
from starbench.schema.error_analysis import (
    CauseAgreement,
    ErrorAnalysis,
    ErrorCause,
    ErrorRow,
    FailedControl,
    SourceErrors,
    TrialError,
)
from starbench.schema.trial import TrialKey
from starbench.scoring.accuracy import grouped
from starbench.scoring.agreement import Pair, kappa
from starbench.scoring.control_causes import ControlTrials, control_causes, control_groups
from starbench.scoring.judged_causes import causes_to_judge, verdicts
from starbench.scoring.observations import MISSING, Observation, observe

BASE = "audio"
CONTROLS_NAME = "controls"
#: Outcomes that say nothing of the model.
_UNFINISHED = (MISSING, Outcome.ERROR.value)
#: Causes as far as controls distinguish them; the others say that nothing is known.
_COARSE = {
    ErrorCause.PERCEPTION: ErrorCause.PERCEPTION,
    ErrorCause.HALLUCINATION: ErrorCause.PERCEPTION,
    ErrorCause.KNOWLEDGE: ErrorCause.KNOWLEDGE_OR_REASONING,
    ErrorCause.REASONING: ErrorCause.KNOWLEDGE_OR_REASONING,
    ErrorCause.MISALIGNMENT: ErrorCause.KNOWLEDGE_OR_REASONING,
    ErrorCause.KNOWLEDGE_OR_REASONING: ErrorCause.KNOWLEDGE_OR_REASONING,
    ErrorCause.GENERATION_COLLAPSE: ErrorCause.GENERATION_COLLAPSE,
}
_UNTOLD = (ErrorCause.UNKNOWN, ErrorCause.NO_ANSWER)


class RunErrors(NamedTuple):
    """The trials of a run from the sound, those of them that are not right, and those under its controls."""

    finished: Sequence[Observation]
    errors: Sequence[Observation]
    controls: ControlTrials
    failed_controls: tuple[FailedControl, ...]


def errors_of(data: LoadedRun, observations: Sequence[Observation] | None = None) -> RunErrors:
    """What there is to analyse in a run; raises :class:`InputError` if it has no condition ``audio``."""
    observations = observe(data) if observations is None else observations
    heard = [o for o in observations if o.trial.condition == BASE]
    if not heard:
        raise InputError(f"{data.path} has no condition {BASE}: errors are those of answers from the sound")
    finished = [o for o in heard if o.outcome not in _UNFINISHED]
    errors = [o for o in finished if not o.correct]
    return RunErrors(finished, errors, *control_groups(observations))


def error_analysis(data: LoadedRun, observations: Sequence[Observation] | None = None) -> ErrorAnalysis:
    """Every trial under ``audio`` that is not right, and its cause by controls, saved verdicts and annotations.

    Raises :class:`InputError` if the run has no condition ``audio``.
    """
    found = errors_of(data, observations)
    by_controls = control_causes(data, found.errors, found.controls)
    sources = [
        _source(
            found,
            "controls",
            CONTROLS_NAME,
            [_trial(key, cause, controls) for key, (cause, controls) in by_controls.items()],
        )
    ]
    judges = list(saved_verdicts(data.path, cause_judge.PROTOCOL))
    judgements = causes_to_judge(data, found.errors, found.controls) if judges else {}
    for header, lines in judges:
        causes = verdicts(judgements, lines)
        if causes:
            trials = [_trial(key, cause) for key, cause in causes.items()]
            sources.append(_source(found, "judge", header.identity.model, trials))
    wrong = {o.trial.key for o in found.errors}
    for name, said in saved_annotations(data.path).items():
        trials = [
            _trial(key, one.cause, note=one.note)
            for key, one in said.items()
            if key in wrong and one.cause is not None
        ]
        if trials:
            sources.append(_source(found, "annotator", name, trials))
    named = _with_own_names(sources)
    pairs = (_agreement(first, second) for first, second in combinations(named, 2))
    return ErrorAnalysis(
        condition=BASE,
        controls=tuple(found.controls),
        failed_controls=found.failed_controls,
        sources=tuple(named),
        agreements=tuple(pair for pair in pairs if pair is not None),
    )


def _trial(key: TrialKey, cause: ErrorCause, controls: tuple[str, ...] = (), note: str = "") -> TrialError:
    suite, item_id, rotation, _ = key
    return TrialError(
        suite=suite, item_id=item_id, rotation=rotation, cause=cause, controls=controls, note=note
    )


def _key(trial: TrialError) -> TrialKey:
    return (trial.suite, trial.item_id, trial.rotation, BASE)


def _with_own_names(sources: Sequence[SourceErrors]) -> list[SourceErrors]:
    """Sources of which no two have the same name, as one judge with two sets of arguments would."""
    counts = Counter(one.name for one in sources)
    seen: Counter[str] = Counter()
    named = []
    for one in sources:
        seen[one.name] += 1
        is_alone = counts[one.name] == 1
        named.append(one if is_alone else one.model_copy(update={"name": f"{one.name} ({seen[one.name]})"}))
    return named


def _source(
    found: RunErrors,
    kind: Literal["controls", "judge", "annotator"],
    name: str,
    trials: Sequence[TrialError],
) -> SourceErrors:
    causes = {_key(trial): trial.cause for trial in trials}
    return SourceErrors(kind=kind, name=name, rows=_rows(found.finished, causes), trials=tuple(trials))


def _rows(finished: Sequence[Observation], causes: Mapping[TrialKey, ErrorCause]) -> tuple[ErrorRow, ...]:
    """A row for each task, and for each of its sub-categories."""
    rows = []
    for (suite, task), of_task in grouped(finished, lambda o: (o.trial.suite, o.item.task)).items():
        by_name = grouped(of_task, lambda o: o.item.sub_category)
        parts = [(None, of_task), *((name, group) for name, group in by_name.items() if name is not None)]
        for name, group in parts:
            errors = [o for o in group if not o.correct]
            counts = Counter(causes[o.trial.key] for o in errors if o.trial.key in causes)
            rows.append(
                ErrorRow(
                    suite=suite,
                    task=task,
                    sub_category=name,
                    n_trials=len(group),
                    n_errors=len(errors),
                    counts={cause: counts[cause] for cause in ErrorCause},
                    shares={cause: counts[cause] / counts.total() for cause in ErrorCause} if counts else {},
                )
            )
    return tuple(rows)


def _agreement(first: SourceErrors, second: SourceErrors) -> CauseAgreement | None:
    """How far two sources agree; None where there is no trial of which both say something."""
    one, other = ({_key(t): t.cause for t in source.trials} for source in (first, second))
    both = [(one[key], other[key]) for key in one if key in other]
    if "controls" in (first.kind, second.kind):
        both = [(_COARSE[a], _COARSE[b]) for a, b in both if a not in _UNTOLD and b not in _UNTOLD]
    if not both:
        return None
    pairs: Counter[Pair] = Counter((a.value, b.value) for a, b in both)
    return CauseAgreement(
        first=first.name,
        second=second.name,
        n_trials=len(both),
        agreement=sum(a is b for a, b in both) / len(both),
        kappa=kappa(pairs),
    )
