"""Whether clips were cut from one recording next to each other, as edges that match show it.

A listener who knows nothing of what is heard can still put clips in order if the end of one continues in the
beginning of the next: in the waveform, in the spectrum, in the background. What it reaches is what an order is worth
that needs no understanding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise, permutations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import next_fast_len
from scipy.linalg import solve_toeplitz

from starbench.measure.levels import db

Mono = NDArray[np.floating]
Costs = NDArray[np.float64]

#: Coefficients of linear prediction, the stretch that they are learnt from, s, and samples that they must foresee.
_ORDER, _LEARNT_S, _FORESEEN = 24, 0.1, 12
#: Stretches beside a cut that are compared, s: a moment, a syllable, and a whole sound; and what is left out between
#: them and the cut, which may be faded.
_EDGES_S, _FADED_S = (0.1, 0.3, 1.0), 0.06
#: The background is the level that a tenth of the frames of the last, or first, second stay below.
_BACKGROUND_S, _FRAME_S, _BACKGROUND_SHARE = 1.0, 0.032, 10
_BANDS_HZ = np.geomspace(80.0, 5000.0, 17)
_FLOOR = 1e-9
#: Clips must have both edges.
SHORTEST_S = 0.4


def joint_costs(clips: Sequence[Mono], rate: int) -> dict[str, Costs]:
    """For each cue how badly the end of clip i continues in the beginning of clip j: shape (clips, clips).

    Cues are the waveform and the background; level, spectrum, brightness and zero crossings of stretches of several
    lengths; and all together.

    ``clips`` are of one channel. Costs have mean 0 and variance 1 over the joints that there can be.
    """
    costs = {
        "waveform": _costs([(_tail(clip, rate), _head(clip, rate)) for clip in clips], _unforeseen),
        "background": _costs([_edge_backgrounds(clip, rate) for clip in clips], _difference),
    }
    together = costs["waveform"] + costs["background"]
    for cue, (feature, cost) in _FEATURES.items():
        for seconds in _EDGES_S:
            edges = [_edges(clip, rate, seconds) for clip in clips]
            of_edges = [(feature(end, rate), feature(beginning, rate)) for end, beginning in edges]
            costs[f"{cue}, {seconds:g} s"] = _costs(of_edges, cost)
            together = together + costs[f"{cue}, {seconds:g} s"] / len(_EDGES_S)
    return {**costs, "together": together}


def share_right(costs: Costs) -> float:
    """Whether the order of least cost is the one that clips stand in: 1, 0, or a part where orders are equally good."""
    totals = {
        order: sum(costs[a, b] for a, b in pairwise(order)) for order in permutations(range(len(costs)))
    }
    least = min(totals.values()) + 1e-9
    best = [order for order, total in totals.items() if total <= least]
    return float(tuple(range(len(costs))) in best) / len(best)


def shares_right(clips: Sequence[Mono], rate: int) -> Mapping[str, float]:
    """:func:`share_right` of clips in their true order, by cue."""
    return {cue: share_right(costs) for cue, costs in joint_costs(clips, rate).items()}


def _costs(edges: Sequence[tuple[Costs, Costs]], cost: Callable[[Costs, Costs], float]) -> Costs:
    """Cost of every joint, from what is known of each clip's end and beginning."""
    n = len(edges)
    costs = np.zeros((n, n))
    apart = ~np.eye(n, dtype=bool)
    for a, b in zip(*np.nonzero(apart), strict=True):
        costs[a, b] = cost(edges[a][0], edges[b][1])
    costs[apart] -= costs[apart].mean()
    return np.asarray(costs / max(float(costs[apart].std()), _FLOOR))


def _tail(clip: Mono, rate: int) -> Costs:
    return np.asarray(clip[-round(_LEARNT_S * rate) :], dtype=np.float64)


def _head(clip: Mono, rate: int) -> Costs:
    return np.asarray(clip[: round(_LEARNT_S * rate)], dtype=np.float64)


def _unforeseen(end: Costs, beginning: Costs) -> float:
    """How much worse than inside a clip linear prediction does across a cut, forwards and backwards; log of power."""
    return _surprise(end, beginning) + _surprise(beginning[::-1], end[::-1])


def _surprise(known: Costs, new: Costs) -> float:
    windowed = known * np.hanning(known.size)
    products = np.array([windowed[: known.size - lag] @ windowed[lag:] for lag in range(_ORDER + 1)])
    products[0] = products[0] * (1 + 1e-4) + _FLOOR
    weights = np.concatenate([[1.0], -solve_toeplitz(products[:-1], products[1:])])
    usual = np.mean(np.square(np.convolve(known, weights, "valid")))
    across = np.concatenate([known[-_ORDER:], new[:_FORESEEN]])
    errors = np.mean(np.square(np.convolve(across, weights, "valid")))
    return float(np.log((errors + _FLOOR) / (usual + _FLOOR)))


def _edges(clip: Mono, rate: int, seconds: float) -> tuple[Mono, Mono]:
    """The end and the beginning of a clip, without what may be faded."""
    n, faded = round(seconds * rate), round(_FADED_S * rate)
    inner = clip[faded:-faded]
    return inner[-n:], inner[:n]


def _spectrum(stretch: Mono, rate: int) -> Costs:
    return np.asarray(_spectra(stretch[None], rate)[0])


def _brightness(stretch: Mono, rate: int) -> Costs:
    """The centre of gravity of the spectrum, in bands."""
    power = 10.0 ** (_spectrum(stretch, rate) / 10.0)
    return np.array([np.arange(power.size) @ power / power.sum()])


def _crossings(stretch: Mono, rate: int) -> Costs:  # noqa: ARG001 a share needs no rate
    """The share of samples at which the sign changes."""
    return np.array([np.mean(np.signbit(stretch[1:]) != np.signbit(stretch[:-1]))])


def _level(stretch: Mono, rate: int) -> Costs:  # noqa: ARG001 a level needs no rate
    return np.array([float(db(float(np.mean(np.square(stretch, dtype=np.float64))) + _FLOOR))])


def _edge_backgrounds(clip: Mono, rate: int) -> tuple[Costs, Costs]:
    size, n = round(_FRAME_S * rate), round(_BACKGROUND_S * rate)
    parts = [part[: part.size // size * size].reshape(-1, size) for part in (clip[-n:], clip[:n])]
    end, beginning = (np.percentile(_spectra(part, rate), _BACKGROUND_SHARE, axis=0) for part in parts)
    return end, beginning


def _spectra(frames: Mono, rate: int) -> Costs:
    """Level by band of each frame, dB; shape (frames, bands)."""
    size = next_fast_len(frames.shape[1], real=True)
    spectrum = np.square(np.abs(np.fft.rfft(frames * np.hanning(frames.shape[1]), size, axis=1)))
    lines = np.rint(_BANDS_HZ * size / rate).astype(np.intp)
    edges = np.minimum(np.maximum.accumulate(lines + np.arange(lines.size)), spectrum.shape[1] - 1)
    bands = np.add.reduceat(spectrum, np.unique(edges), axis=1)[:, :-1]
    return db(bands / frames.shape[1] + _FLOOR)


def _difference_in_shape(end: Costs, beginning: Costs) -> float:
    return float(np.std(end - beginning))


def _difference(end: Costs, beginning: Costs) -> float:
    return float(np.sqrt(np.mean(np.square(end - beginning))))


#: Name of a cue -> what of a stretch is compared, and how.
_FEATURES: dict[str, tuple[Callable[[Mono, int], Costs], Callable[[Costs, Costs], float]]] = {
    "level": (_level, _difference),
    "spectrum": (_spectrum, _difference_in_shape),
    "brightness": (_brightness, _difference),
    "crossings": (_crossings, _difference),
}
