"""How well streams match sources: SI-SDR, its gain over the mixture, and which stream is which source.

The scale-invariant signal-to-distortion ratio is that of Le Roux et al. 2019 (ICASSP, "SDR – half-baked or well
done?"), of signals without their mean. Streams are assigned to sources so that the mean ratio is the highest
(permutation-invariant: Kolbæk et al. 2017, IEEE/ACM TASLP 25:1901).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Signals = NDArray[np.floating]
#: Share of a stream's energy that keeps the ratio finite where all of it is the source, or nothing: 157 dB either way.
_EPSILON = float(np.finfo(np.float64).eps)
#: What is left of a constant stream without its mean is rounding: below this share of its peak.
_ROUNDING = 1e-12
#: A source of less than this rms, full scale = 1, is silent: 40 dB below what 24 bits can hold.
_SILENT = 1e-9


@dataclass(frozen=True, eq=False)
class StreamScores:
    """The sources of one scene that are not silent, each with the stream that it was assigned; shapes (sources,)."""

    si_sdr_db: NDArray[np.float64]
    improvement_db: NDArray[np.float64]
    """Over the mixture."""
    stream: NDArray[np.intp]
    """Which stream each source was assigned."""
    misassigned: NDArray[np.bool_]
    """Whether that stream is more like another source."""
    n_silent: int
    """Sources that were left out, for their ratio is not defined."""


def si_sdr_db(estimates: Signals, references: Signals) -> NDArray[np.float64]:
    """SI-SDR of every estimate to every reference, dB: shapes (k, n) and (m, n) give (k, m); −∞ of silent estimates."""
    estimates, references = _of_norm_1(estimates), _of_norm_1(references)
    cosines = estimates @ references.T
    ratios = np.empty_like(cosines)
    for (one, other), cosine in np.ndenumerate(cosines):
        error = cosine * references[other] - estimates[one]
        ratios[one, other] = 10.0 * np.log10((cosine**2 + _EPSILON) / (error @ error + _EPSILON))
    ratios[~estimates.any(axis=1)] = -np.inf
    return ratios


def score_streams(streams: Signals, sources: Signals, mixture: Signals) -> StreamScores | None:
    """Assign streams, shape (k, n), to sources, (m, n), and score them against the mixture, (n,).

    A single stream stands for every source. None where all sources are silent; a ValueError where there are several
    streams, but fewer than sources that are not silent, or a silent stream is all that is left for a source.
    """
    from scipy.optimize import linear_sum_assignment

    heard = sources[~is_silent(sources)]
    if not len(heard):
        return None
    ratios = si_sdr_db(streams, heard)
    places = np.arange(len(heard))
    if len(streams) == 1:
        stream = np.zeros(len(heard), dtype=np.intp)
    elif len(streams) < len(heard):
        raise ValueError(f"{len(streams)} streams cannot stand for {len(heard)} sources")
    else:
        chosen, of = linear_sum_assignment(-np.maximum(ratios, -1e6))
        stream = chosen[np.argsort(of)]
    reached = ratios[stream, places]
    if not np.isfinite(reached).all():
        raise ValueError("a stream is silent, and its source is not: its SI-SDR is −∞")
    return StreamScores(
        reached,
        reached - si_sdr_db(mixture[None], heard)[0],
        stream,
        ratios[stream].argmax(axis=1) != places,
        len(sources) - len(heard),
    )


def is_silent(signals: Signals) -> NDArray[np.bool_]:
    """Which of signals, shape (..., n), hold no sound."""
    return np.asarray(_without_mean(signals).std(axis=-1) < _SILENT)


def _of_norm_1(signals: Signals) -> NDArray[np.float64]:
    """Signals without their mean and of one norm, so that no level matters; zeros where a signal is constant."""
    signals = np.asarray(signals, dtype=np.float64)
    peak = np.abs(signals).max(axis=1, keepdims=True, initial=0.0)
    signals = _without_mean(signals / np.where(peak > 0.0, peak, 1.0))
    signals[np.abs(signals).max(axis=1, initial=0.0) < _ROUNDING] = 0.0
    norm = np.linalg.norm(signals, axis=1, keepdims=True)
    return np.asarray(signals / np.where(norm > 0.0, norm, 1.0))


def _without_mean(signals: Signals) -> NDArray[np.float64]:
    signals = np.asarray(signals, dtype=np.float64)
    return np.asarray(signals - signals.mean(axis=-1, keepdims=True))
