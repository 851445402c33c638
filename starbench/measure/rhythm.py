"""When each of a row of short sounds begins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from starbench.measure.levels import Envelope, Samples

#: Smoothing of the envelope, s; and the least time between two sounds, s.
_SMOOTH_S, _APART_S = 0.004, 0.050
#: A sound stands this far above the quietest moments, as a ratio of powers.
_ABOVE = 30.0


def onsets(samples: Samples, rate: int) -> NDArray[np.float64]:
    """Times, s, at which sounds of about equal level first pass half of their amplitude; ``samples`` of shape (n,).

    Sounds are as short as 20 ms and at least 50 ms apart.
    """
    envelope = Envelope.of(np.asarray(samples)[:, None], rate).smoothed(_SMOOTH_S)
    power = envelope.power[:, 0]
    if power.size < 3 or power.max() < _ABOVE * max(float(np.quantile(power, 0.05)), 1e-12):
        return np.zeros(0)
    rough = np.flatnonzero(np.diff(power > power.max() / 30.0, prepend=False, append=False)).reshape(-1, 2)
    times: list[float] = []
    for first, stop in rough.tolist():
        quarter = power[first:stop].max() / 4.0
        at = first + int(np.argmax(power[first:stop] > quarter))
        before = power[at - 1] if at else 0.0
        time = (at - 0.5 + (quarter - before) / (power[at] - before)) * envelope.step
        if not times or time - times[-1] > _APART_S:
            times.append(time)
    return np.array(times)


def interval_s(times: NDArray[np.float64]) -> float:
    """Time from one onset to the next of a steady row of at least two, s: the slope of a line through them."""
    number = np.arange(times.size) - (times.size - 1) / 2.0
    return float(number @ times / (number @ number))
