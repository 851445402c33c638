"""Which thresholds a group of observations holds, and what can be said of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from starbench.schema.threshold import Method, Threshold, ThresholdStatus
from starbench.scoring.accuracy import grouped
from starbench.scoring.intervals import Floats
from starbench.scoring.observations import Observation
from starbench.scoring.psychometrics import detection, indecision
from starbench.scoring.psychometrics.answers import Answer, answers_of, effective_trials, orders
from starbench.scoring.psychometrics.grid import Posterior

#: Units of an intensity, where 0 is no absence; all others are those of a difference, where it is.
INTENSITIES = frozenset({"dB HL", "dB SPL", "dB"})
#: Fewer items than these say nothing, however they were answered.
_FEWEST = 20
#: How sure it must be that a threshold lies beyond the levels.
_SURE = 0.975
#: One-sided 1 % and 0.5 % of the normal distribution: less is no evidence that answers follow the sound.
_EVIDENCE, _STRONG = 2.326, 2.576
#: 1 % of chi square with two degrees of freedom.
_UNIFORM = 9.21
#: An interval whose ends are further apart than this factor, or these dB, says nothing.
_WIDE, _WIDE_DB = 8.0, 30.0


def thresholds(task: str, condition: str, observations: Sequence[Observation]) -> tuple[Threshold, ...]:
    """A threshold for each sub-category of a task under one condition that has at least two levels in a unit."""
    rows = []
    for attribute, group in sorted(grouped(observations, lambda o: o.item.sub_category).items()):
        units = {o.item.level_unit for o in group if o.item.level_unit is not None}
        levels = {o.item.level for o in group if o.item.level is not None and not o.item.catch}
        if len(units) == 1 and len(levels) > 1:
            rows.append(threshold(task, attribute, condition, units.pop(), sorted(levels), answers_of(group)))
    return tuple(rows)


def threshold(
    task: str, attribute: str, condition: str, unit: str, levels: list[float], answers: list[Answer]
) -> Threshold:
    """The threshold that the answers to one sub-category under one condition hold; ``levels`` in ascending order."""
    meaning = None if unit in INTENSITIES else orders(answers) if answers else None
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
    if bare.n_items < _FEWEST or len({answer.level for answer in answers} - {None}) < len(levels):
        return bare
    found = _compared(answers, meaning, bare) if meaning else _detected(answers, bare)
    return bare.model_copy(update=found)


def _compared(answers: list[Answer], meaning: Mapping[str, int], row: Threshold) -> dict[str, object]:
    """The fit of the indecision model."""
    signed = [(a.item, (a.level or 0.0) * meaning[a.right], meaning[a.chosen]) for a in answers]
    weight = effective_trials(signed)
    counts = Counter((level, response) for _, level, response in signed)
    levels = np.array(sorted({level for level, _ in counts}))
    table = weight * np.array([[counts[level, response] for response in (-1, 0, 1)] for level in levels])
    follows = _trend(np.sign(levels), table[:, 2] - table[:, 0], table) > _STRONG
    if not follows and _is_blind(table.sum(axis=0)):
        return {"status": ThresholdStatus.AT_CHANCE}
    posterior = indecision.fit(indecision.Responses(levels, table))
    listener = {
        "lapse": posterior.median(indecision.LAPSE),
        "criterion": posterior.median(indecision.CRITERION),
        "order_bias": posterior.median(indecision.ORDER_BIAS),
    }
    if not follows:
        return {"status": ThresholdStatus.ABOVE_LARGEST, **listener}
    limits = (float(np.log2(row.smallest)), float(np.log2(row.largest)))
    return listener | _placed(posterior, indecision.LOG_THRESHOLD, limits, is_octaves=True)


def _trend(signs: Floats, balance: Floats, table: Floats) -> float:
    """How far answers follow the sign of the difference, in standard errors of answers that do not."""
    n = table.sum(axis=1)
    responses = table.sum(axis=0)
    mean = (responses[2] - responses[0]) / n.sum()
    variance = (responses[2] + responses[0]) / n.sum() - mean**2
    centred = signs - (signs * n).sum() / n.sum()
    spread = variance * (centred**2 * n).sum()
    return float((centred * balance).sum() / spread**0.5) if spread > 0 else 0.0


def _is_blind(responses: Floats) -> bool:
    """Whether responses are those of a guess among all, or one response throughout."""
    expected = responses.sum() / len(responses)
    return bool(
        ((responses - expected) ** 2 / expected).sum() < _UNIFORM or responses.max() == responses.sum()
    )


def _detected(answers: list[Answer], row: Threshold) -> dict[str, object]:
    """The fit of a psychometric function to right and wrong, or to yes and no where catch trials have no sound."""
    absent = {a.right for a in answers if a.level is None}
    judged = [
        (
            a.item,
            -np.inf if a.level is None else a.level,
            a.chosen not in absent if absent else a.chosen == a.right,
        )
        for a in answers
    ]
    weight = effective_trials(judged)
    is_octaves = row.unit not in INTENSITIES
    levels = np.array(sorted({level for _, level, _ in judged}))
    hits = weight * np.array([sum(hit for _, at, hit in judged if at == level) for level in levels])
    trials = weight * np.array([sum(at == level for _, at, _ in judged) for level in levels])
    guess = np.array([np.nan if absent else _guess(answers, level) for level in levels])
    scale = np.log2(np.maximum(levels, 1e-12)) if is_octaves else levels
    if _evidence(hits, trials, guess) < _EVIDENCE:
        return {"status": ThresholdStatus.AT_CHANCE}
    posterior = detection.fit(
        detection.Detections(np.where(np.isinf(levels), -np.inf, scale), hits, trials, guess)
    )
    listener: dict[str, object] = {"lapse": posterior.median(detection.LAPSE)}
    if absent:
        listener["false_alarms"] = posterior.median(detection.GUESS)
    limits = (row.smallest, row.largest)
    limits = (float(np.log2(limits[0])), float(np.log2(limits[1]))) if is_octaves else limits
    return listener | _placed(posterior, detection.THRESHOLD, limits, is_octaves=is_octaves)


def _guess(answers: Sequence[Answer], level: float) -> float:
    return float(np.mean([1 / len(answer.options) for answer in answers if answer.level == level]))


def _evidence(hits: Floats, trials: Floats, guess: Floats) -> float:
    """How far more is right than by guessing, or said to be there the louder it is, in standard errors."""
    if np.isnan(guess).any():
        ranks = np.arange(len(hits)) - (np.arange(len(hits)) * trials).sum() / trials.sum()
        share = hits.sum() / trials.sum()
        spread = share * (1 - share) * (ranks**2 * trials).sum()
        return float((ranks * hits).sum() / spread**0.5) if spread > 0 else 0.0
    return float((hits - guess * trials).sum() / (guess * (1 - guess) * trials).sum() ** 0.5)


def _placed(
    posterior: Posterior, axis: int, limits: tuple[float, float], *, is_octaves: bool
) -> dict[str, object]:
    """The threshold where it can be measured, else on which side of the levels it lies."""
    if posterior.below(axis, limits[0]) > _SURE:
        return {"status": ThresholdStatus.BELOW_SMALLEST}
    if posterior.below(axis, limits[1]) < 1 - _SURE:
        return {"status": ThresholdStatus.ABOVE_LARGEST}
    low, high = posterior.interval(axis)
    if high - low > (np.log2(_WIDE) if is_octaves else _WIDE_DB):
        return {"status": ThresholdStatus.TOO_FEW}
    value, low, high = (2.0**x if is_octaves else x for x in (posterior.median(axis), low, high))
    return {"status": ThresholdStatus.MEASURED, "threshold": value, "threshold_ci": (low, high)}
