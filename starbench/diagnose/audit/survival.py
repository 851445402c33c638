"""How much of a cue is left: differences between two sounds in one form, against those in the original."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.schema.audit import LEAST_PAIRS, Estimate, Leak, Verdict
from starbench.scoring.bootstrap import limits
from starbench.scoring.intervals import share

Floats = NDArray[np.float64]

BOOTSTRAP = 1000
#: A cue is kept if no more than this is added to the smallest difference that can be heard, JND, and this share of the
#: pairs can still be measured, and of those that differ clearly, has its sign. It is lost where fewer than half can.
KEPT_JND, KEPT_SHARE, LEAST_SHARE = 0.5, 0.95, 0.5
#: A reversed cue comes with minus this to minus the other times its size.
_REVERSED = (0.5, 2.0)
#: Errors beyond this many standard deviations, at least this many JND, are no part of the line that is fitted.
_GROSS, _LEAST_SD = 6.0, 0.05
#: Another cue tells a lost one if their correlation is at least this, and its interval is clear of 0.
_LEAST_LEAK = 0.5
#: No difference is smaller than this, JND.
_ROUNDING_JND = 1e-3


def survival(
    original: Floats,
    delivered: Floats,
    found: NDArray[np.bool_],
    others: Mapping[str, Floats],
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Figures and verdict for differences in JND, shape (pairs,) each; NaN where one is not measured.

    Pairs that are not ``found`` tell nothing: it is not known where their sounds are in that form.
    ``others`` are the differences of other cues in the same form, in which a lost one may still be told. Returns the
    fields of :class:`starbench.schema.audit.Survival` that follow from them.
    """
    known = np.isfinite(original)
    not_found = int((known & ~found).sum())
    n_known = int(known.sum())
    known &= found
    first, second = original[known], delivered[known]
    there = np.isfinite(second)
    n, measured = int(first.size), int(there.sum())
    figures: dict[str, Any] = {"pairs": n, "measured": measured, "not_found": not_found}
    reach = float(np.quantile(np.abs(first), 0.95)) if n else 0.0
    is_few = n < max(LEAST_PAIRS, LEAST_SHARE * n_known) or (not_found > 0 and measured < LEAST_PAIRS)
    if is_few or reach < 1.0:
        return figures | {"verdict": "undetermined", "reach_jnd": reach if n else None}
    figures |= {"reach_jnd": reach, "same_sign": _same_sign(first, second)}
    if measured >= LEAST_PAIRS:
        figures |= _line(first[there], second[there], rng)
    verdict = _verdict(figures)
    if verdict == "lost":
        figures["leak"] = _leak(first, {name: one[known] for name, one in others.items()}, rng)
    return figures | {"verdict": verdict}


def _verdict(figures: Mapping[str, Any]) -> Verdict:
    heard = figures["measured"] / figures["pairs"]
    gain, threshold = figures.get("gain"), figures.get("threshold_jnd")
    correlation = figures.get("correlation")
    if heard < LEAST_SHARE or gain is None or correlation is None:
        return "lost"
    if correlation.interval[1] < 0 and _REVERSED[0] <= -gain.value <= _REVERSED[1]:
        return "reversed"
    if correlation.interval[0] <= 0 or threshold is None or threshold.value > figures["reach_jnd"]:
        return "lost"
    same = figures["same_sign"]
    is_whole = heard >= KEPT_SHARE and (same is None or same.value >= KEPT_SHARE)
    return "kept" if is_whole and threshold.value <= 1.0 + KEPT_JND else "weakened"


def _same_sign(first: Floats, second: Floats) -> Estimate | None:
    clear = np.abs(first) >= 1.0
    if not clear.any():
        return None
    # Rounding has a sign, too.
    product = np.where(np.abs(np.nan_to_num(second)) > _ROUNDING_JND, first * second, 0.0)[clear]
    value = float(np.mean(np.where(product > 0, 1.0, np.where(product < 0, 0.0, 0.5))))
    return Estimate(value=value, interval=share(value, int(clear.sum())))


def _line(first: Floats, second: Floats, rng: np.random.Generator) -> dict[str, Any]:
    """The line from original to delivered differences, what is left beside it, and their intervals over pairs."""
    kept = _without_gross_errors(first, second)
    gain, error = (float(one[0]) for one in _fit(first[None, kept], second[None, kept]))
    correlation = float(_correlation(first[None], second[None])[0])
    draws = rng.integers(first.size, size=(BOOTSTRAP, first.size))
    of_kept = rng.integers(int(kept.sum()), size=(BOOTSTRAP, int(kept.sum())))
    gains, errors = _fit(first[kept][of_kept], second[kept][of_kept])
    correlations = _correlation(first[draws], second[draws])
    figures: dict[str, Any] = {
        "gain": Estimate(value=gain, interval=limits(gains)),
        "error_jnd": Estimate(value=error, interval=limits(errors)),
        "correlation": Estimate(value=correlation, interval=limits(correlations)),
    }
    if figures["gain"].interval[0] > _ROUNDING_JND:
        thresholds = np.sqrt(1.0 + errors**2) / np.maximum(gains, _ROUNDING_JND)
        threshold = float(np.sqrt(1.0 + error**2) / gain)
        figures["threshold_jnd"] = Estimate(value=threshold, interval=limits(thresholds))
    return figures


def _without_gross_errors(first: Floats, second: Floats) -> NDArray[np.bool_]:
    """Which pairs lie about one line: an octave error is counted elsewhere (``same_sign``), and must not tilt it."""
    kept = np.ones(first.size, dtype=bool)
    for _ in range(3):
        gain, offset = _slope(first[kept], second[kept])
        left = np.abs(second - gain * first - offset)
        spread = max(1.4826 * float(np.median(left[kept])), _LEAST_SD)
        inside = left <= _GROSS * spread
        if inside.sum() < max(LEAST_PAIRS, 0.5 * first.size):
            break
        kept = inside
    return kept


def _slope(first: Floats, second: Floats) -> tuple[float, float]:
    centred = first - first.mean()
    gain = float(centred @ second / max(float(centred @ centred), 1e-12))
    return gain, float(second.mean() - gain * first.mean())


def _fit(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Gains and standard deviations of what is left, of samples of pairs, shape (samples, pairs)."""
    centred = first - first.mean(axis=1, keepdims=True)
    of_second = second - second.mean(axis=1, keepdims=True)
    gain = (centred * of_second).sum(axis=1) / np.maximum((centred**2).sum(axis=1), 1e-12)
    left = of_second - gain[:, None] * centred
    return gain, np.sqrt((left**2).sum(axis=1) / max(first.shape[1] - 2, 1))


def _correlation(first: Floats, second: Floats) -> Floats:
    """Of samples of pairs, shape (samples, pairs); 0 where one side does not vary."""
    one = first - first.mean(axis=1, keepdims=True)
    other = second - second.mean(axis=1, keepdims=True)
    scale = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    return np.asarray(np.where(scale > 1e-9, (one * other).sum(axis=1) / np.maximum(scale, 1e-12), 0.0))


def _leak(first: Floats, others: Mapping[str, Floats], rng: np.random.Generator) -> Leak | None:
    """The other cue that tells the differences of a lost one best, if any does."""
    best: Leak | None = None
    for name, values in others.items():
        there = np.isfinite(values)
        if there.sum() < LEAST_PAIRS:
            continue
        one, other = first[there], values[there]
        value = float(_correlation(one[None], other[None])[0])
        draws = rng.integers(one.size, size=(BOOTSTRAP, one.size))
        low, high = limits(_correlation(one[draws], other[draws]))
        if abs(value) < _LEAST_LEAK or low <= 0 <= high:
            continue
        if best is None or abs(value) > abs(best.correlation.value):
            best = Leak(cue=name, correlation=Estimate(value=value, interval=(low, high)))
    return best
