"""Which thresholds a group of observations holds, and what can be said of each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set

import numpy as np

from starbench.schema.references import References
from starbench.schema.threshold import LevelSensitivity, Method, Threshold, ThresholdStatus
from starbench.scoring.accuracy import grouped
from starbench.scoring.intervals import Floats
from starbench.scoring.observations import Observation
from starbench.scoring.psychometrics import curves, detection, indecision, sensitivity
from starbench.scoring.psychometrics.answers import Answer, answers_of, effective_trials, orders
from starbench.scoring.psychometrics.grid import Posterior
from starbench.scoring.psychometrics.sensitivity import Sensitivity

#: Units of an intensity, where 0 is no absence; all others are those of a difference, where it is.
INTENSITIES = frozenset({"dB HL", "dB SPL", "dB"})
#: Fewer items than these say nothing, however they were answered.
FEWEST_ANSWERED = 20
#: How sure it must be that a threshold lies beyond the levels.
_SURE = 0.975
#: One-sided 1 % and 0.5 % of the normal distribution: less is no evidence that answers follow the sound.
_EVIDENCE, _STRONG = 2.326, 2.576
#: 1 % of chi square with two degrees of freedom.
_UNIFORM = 9.21
#: An interval whose ends are further apart than this factor, or these dB, says nothing.
_WIDE, _WIDE_DB = 8.0, 30.0
#: Beyond these a level is no physical difference, and no level in dB.
_DIFFERENCES, _DECIBELS = (1e-9, 1e9), (-1e3, 1e3)
#: More different levels than these are put into bins: an eighth of an octave, or half a dB.
_MOST_LEVELS = 40
_BINS_AN_OCTAVE, _BINS_A_DB = 8, 2


def thresholds(
    task: str, condition: str, observations: Sequence[Observation], references: References | None = None
) -> tuple[Threshold, ...]:
    """A threshold for each sub-category of a task under one condition that has at least two levels in a unit.

    ``references`` is what the suite declares of other listeners.
    """
    rows = []
    for attribute, group in sorted(grouped(observations, lambda o: o.item.sub_category).items()):
        units = {o.item.level_unit for o in group if o.item.level_unit is not None}
        levels = sorted({o.item.level for o in group if o.item.level is not None and not o.item.catch})
        if len(units) != 1 or len(levels) < 2:
            continue
        unit = units.pop()
        low, high = _DECIBELS if unit in INTENSITIES else _DIFFERENCES
        if low <= levels[0] and levels[-1] <= high:
            answers = answers_of(group)
            answered = len(answers) / len(group)
            row = threshold(task, attribute, condition, unit, levels, answers, answered=answered)
            rows.append(_beside(row, references) if references else row)
    return tuple(rows)


def threshold(
    task: str,
    attribute: str,
    condition: str,
    unit: str,
    levels: Sequence[float],
    answers: Sequence[Answer],
    *,
    answered: float = 1.0,
) -> Threshold:
    """The threshold that the answers to one sub-category under one condition hold; ``levels`` in ascending order.

    ``answered`` is the share of trials that these answers are of: its curve counts the others as wrong.
    """
    is_intensity = unit in INTENSITIES
    meaning = None if is_intensity else orders(answers)
    has_catch = any(answer.level is None for answer in answers)
    method: Method = "indecision" if meaning else "yesno" if has_catch else "mafc"
    bare = Threshold(
        task=task,
        attribute=attribute,
        condition=condition,
        method=method,
        unit=unit,
        status=ThresholdStatus.TOO_FEW,
        smallest=levels[0],
        largest=levels[-1],
        n_items=len({answer.item for answer in answers}),
    )
    if bare.n_items < FEWEST_ANSWERED or len({answer.level for answer in answers} - {None}) < 2:
        return bare
    if len(levels) > _MOST_LEVELS:
        answers = [answer._replace(level=_binned(answer.level, is_intensity)) for answer in answers]
    figures = _compared(answers, meaning, bare) if meaning else _detected(answers, bare)
    curve = answered * np.asarray(figures.get("curve", ()))
    return Threshold.model_validate(dict(bare) | figures | {"curve": tuple(curve.tolist())})


def informative_level(row: Threshold) -> float | None:
    """About the level whose answers say most about a threshold that was measured; None where it was not.

    For comparisons, a difference is told from "the same" in half of the trials at ``√2 c θ``, and the probability
    changes most with the threshold one sd above it (simulated).
    """
    if row.threshold is None or row.method != "indecision":
        return row.threshold
    return float(row.threshold * 2**0.5 * ((row.criterion or 0.0) + 1.0))


def _binned(level: float | None, is_intensity: bool) -> float | None:
    if level is None:
        return None
    if is_intensity:
        return round(level * _BINS_A_DB) / _BINS_A_DB
    return float(2.0 ** (round(np.log2(level) * _BINS_AN_OCTAVE) / _BINS_AN_OCTAVE))


def _compared(answers: Sequence[Answer], meaning: Mapping[str, int], row: Threshold) -> dict[str, object]:
    """The fit of the indecision model."""
    signed = [(a.item, (a.level or 0.0) * meaning[a.right], meaning[a.chosen]) for a in answers]
    counts = Counter((level, response) for _, level, response in signed)
    levels = np.array(sorted({level for level, _ in counts}))
    table = np.array([[counts[level, response] for response in (-1, 0, 1)] for level in levels])
    table = table * effective_trials(signed)
    is_heard = _trend(np.sign(levels), table) > _STRONG
    if not is_heard and _is_blind(table.sum(axis=0)):
        return {"status": ThresholdStatus.AT_CHANCE}
    posterior = indecision.fit(indecision.Responses(levels, table))
    placed = _placed(posterior, indecision.LOG_THRESHOLD, row) if is_heard else _ABOVE
    by_level = dict(zip(levels.tolist(), table.tolist(), strict=True))
    none = [0.0] * 3
    sensitivities = {
        size: sensitivity.of_comparisons(by_level.get(-size, none), by_level.get(size, none), posterior)
        for size in sorted({abs(level) for level in by_level} - {0.0})
    }
    second = table[levels > 0].sum() / table[levels != 0].sum()
    return placed | {
        "lapse": posterior.median(indecision.LAPSE),
        "criterion": posterior.median(indecision.CRITERION),
        "order_bias": posterior.median(indecision.ORDER_BIAS),
        "levels": _level_rows(sensitivities),
        "curve": curves.of_comparisons(posterior, 2.0 ** _positions(row), second),
    }


def _trend(signs: Floats, table: Floats) -> float:
    """How far answers follow the sign of the difference, in standard errors of answers that do not."""
    n, responses = table.sum(axis=1), table.sum(axis=0)
    mean = (responses[2] - responses[0]) / n.sum()
    variance = (responses[2] + responses[0]) / n.sum() - mean**2
    centred = signs - (signs * n).sum() / n.sum()
    spread = variance * (centred**2 * n).sum()
    return float((centred * (table[:, 2] - table[:, 0])).sum() / spread**0.5) if spread > 0 else 0.0


def _is_blind(responses: Floats) -> bool:
    """Whether responses are those of a guess among all, or one response throughout."""
    expected = responses.sum() / len(responses)
    is_even = ((responses - expected) ** 2 / expected).sum() < _UNIFORM
    return bool(is_even or responses.max() == responses.sum())


def _detected(answers: Sequence[Answer], row: Threshold) -> dict[str, object]:
    """The fit of a psychometric function to right and wrong, or to yes and no where catch trials have no sound."""
    absent = {a.right for a in answers if a.level is None}
    judged = [
        (a.item, a.level, a.chosen not in absent if absent else a.chosen == a.right, len(a.options))
        for a in answers
    ]
    weight = effective_trials([(item, level, hit) for item, level, hit, _ in judged])
    levels = sorted(
        {level for _, level, _, _ in judged}, key=lambda level: -np.inf if level is None else level
    )
    trials, hits = (
        Counter(level for _, level, _, _ in judged),
        Counter(level for _, level, hit, _ in judged if hit),
    )
    guesses: defaultdict[float | None, float] = defaultdict(float)
    for _, level, _, n_options in judged:
        guesses[level] += 1 / n_options
    detections = detection.Detections(
        np.array([-np.inf if level is None else _position(level, row) for level in levels]),
        weight * np.array([float(hits[level]) for level in levels]),
        weight * np.array([float(trials[level]) for level in levels]),
        np.array([np.nan if absent else guesses[level] / trials[level] for level in levels]),
    )
    if _evidence(detections) < _EVIDENCE:
        return {"status": ThresholdStatus.AT_CHANCE}
    posterior = detection.fit(detections)
    false_alarms = {"false_alarms": posterior.median(detection.GUESS)} if absent else {}
    placed = _placed(posterior, detection.THRESHOLD, row)
    by_level = dict(zip(levels, zip(detections.hits, detections.trials, strict=True), strict=True))
    sensitivities = _sensitivities(by_level, {n for _, _, _, n in judged})
    return (
        placed
        | false_alarms
        | {
            "lapse": posterior.median(detection.LAPSE),
            "levels": _level_rows(sensitivities),
            "curve": _curve(posterior, detections, answers, row),
        }
    )


def _curve(
    posterior: Posterior, detections: detection.Detections, answers: Sequence[Answer], row: Threshold
) -> Floats:
    """The share right that a psychometric function means, also where it was fitted to yes and no."""
    positions = _positions(row)
    if not np.isnan(detections.guess).any():
        guess = np.interp(positions, detections.levels, detections.guess)
        return curves.of_choices(posterior, positions, guess)
    absent = {a.right for a in answers if a.level is None}
    present = [len(set(a.options) - absent) for a in answers if a.level is not None]
    return curves.of_detections(posterior, positions, sum(present) / len(present))


def _sensitivities(
    by_level: Mapping[float | None, tuple[float, float]], numbers_of_options: Set[int]
) -> dict[float, Sensitivity]:
    """d′ of each level from its hits and trials, those of catch trials under None."""
    caught = by_level.get(None)
    rows = {}
    for level, (hits, trials) in by_level.items():
        if level is None:
            continue
        if caught is not None:
            rows[level] = sensitivity.of_detections(hits, trials, *caught)
        elif len(numbers_of_options) == 1:
            rows[level] = sensitivity.of_choices(hits, trials, min(numbers_of_options))
    return rows


def _level_rows(sensitivities: Mapping[float, Sensitivity]) -> tuple[LevelSensitivity, ...]:
    return tuple(
        LevelSensitivity(level=level, d_prime=one.d_prime, d_prime_ci=one.interval)
        for level, one in sensitivities.items()
    )


def _beside(row: Threshold, references: References) -> Threshold:
    """A row with what its suite declares of people and of the ideal listener."""
    human = references.human.get(row.attribute)
    ideal = dict(references.ideal_d_prime.get(row.attribute, ()))
    return row.model_copy(
        update={
            "human": human if human and human.unit == row.unit else None,
            "levels": tuple(_with_efficiency(one, ideal.get(one.level)) for one in row.levels),
        }
    )


def _with_efficiency(row: LevelSensitivity, ideal: float | None) -> LevelSensitivity:
    if ideal is None or ideal <= 0:
        return row.model_copy(update={"ideal": ideal})
    low, value, high = (
        (max(d_prime, 0.0) / ideal) ** 2 for d_prime in (row.d_prime_ci[0], row.d_prime, row.d_prime_ci[1])
    )
    return row.model_copy(update={"ideal": ideal, "efficiency": value, "efficiency_ci": (low, high)})


def _evidence(detections: detection.Detections) -> float:
    """How far more is right than by guessing, or said to be there the louder it is, in standard errors."""
    _, hits, trials, guess = detections
    if np.isnan(guess).any():
        ranks = np.arange(len(hits)) - (np.arange(len(hits)) * trials).sum() / trials.sum()
        share = hits.sum() / trials.sum()
        excess, spread = (ranks * hits).sum(), share * (1 - share) * (ranks**2 * trials).sum()
    else:
        excess, spread = (hits - guess * trials).sum(), (guess * (1 - guess) * trials).sum()
    return float(excess / spread**0.5) if spread > 0 else 0.0


_ABOVE: dict[str, object] = {"status": ThresholdStatus.ABOVE_LARGEST}


def _position(level: float, row: Threshold) -> float:
    """Where a level stands on the axis of its fit: in dB, or in octaves."""
    return level if row.unit in INTENSITIES else float(np.log2(level))


def _positions(row: Threshold) -> Floats:
    """Where the curve of a fit is known."""
    return np.linspace(_position(row.smallest, row), _position(row.largest, row), curves.N_POSITIONS)


def _placed(posterior: Posterior, axis: int, row: Threshold) -> dict[str, object]:
    """The threshold where it can be measured, else on which side of the levels it lies."""
    if posterior.below(axis, _position(row.smallest, row)) > _SURE:
        return {"status": ThresholdStatus.BELOW_SMALLEST}
    if posterior.below(axis, _position(row.largest, row)) < 1 - _SURE:
        return _ABOVE
    low, high = posterior.interval(axis)
    is_intensity = row.unit in INTENSITIES
    if high - low > (_WIDE_DB if is_intensity else np.log2(_WIDE)):
        return {"status": ThresholdStatus.TOO_FEW}
    value, low, high = (x if is_intensity else 2.0**x for x in (posterior.median(axis), low, high))
    return {"status": ThresholdStatus.MEASURED, "threshold": value, "threshold_ci": (low, high)}
