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
#: Keeps the ratio of a stream that is its source, or has nothing of it, finite: some 150 dB either way.
_EPSILON = float(np.finfo(np.float64).eps)
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
    """SI-SDR of every estimate to every reference, dB: shapes (k, n) and (m, n) give (k, m)."""
    estimates, references = (_without_mean(signals) for signals in (estimates, references))
    products = estimates @ references.T
    energies = np.square(references).sum(axis=1)
    scale = (products + _EPSILON) / (energies + _EPSILON)
    ratios = np.empty_like(products)
    for place, factor in np.ndenumerate(scale):
        target = factor * references[place[1]]
        error = target - estimates[place[0]]
        ratios[place] = (target @ target + _EPSILON) / (error @ error + _EPSILON)
    return 10.0 * np.log10(ratios)


def score_streams(streams: Signals, sources: Signals, mixture: Signals) -> StreamScores | None:
    """Assign streams, shape (k, n), to sources, (m, n), and score them against the mixture, (n,).

    A single stream stands for every source. None where all sources are silent; a ValueError where there are several
    streams, but fewer than sources that are not silent.
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
        chosen, of = linear_sum_assignment(-ratios)
        stream = chosen[np.argsort(of)]
    reached = ratios[stream, places]
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


def _without_mean(signals: Signals) -> NDArray[np.float64]:
    signals = np.asarray(signals, dtype=np.float64)
    return np.asarray(signals - signals.mean(axis=-1, keepdims=True))
