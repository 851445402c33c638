"""Rate and depth of a sinusoidal amplitude modulation, from the power of a sound over time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from starbench.measure.levels import Envelope, Power, Samples

#: Modulation rates that are looked for, Hz, and the steps of the search and of its refinement.
LOWEST_HZ, HIGHEST_HZ, _STEP_HZ, _FINE_HZ = 2.0, 30.0, 0.05, 0.01


class AmplitudeModulation(NamedTuple):
    """A modulation 1 + m cos(2π rate t + phase): its rate, Hz, and m."""

    rate_hz: float
    depth: float


def modulation(samples: Samples, rate: int) -> AmplitudeModulation:
    """The strongest modulation between 2 and 30 Hz of a sound without its ramps; ``samples`` of shape (n,).

    The power of 1 + m cos φ is (1 + m²/2) + 2m cos φ + m²/2 cos 2φ. A fit of a mean and one sine to the power over
    time finds the rate roughly, and one of a mean and two harmonics exactly. m follows from the ratio of the first
    harmonic to the mean.
    """
    envelope = Envelope.of(np.asarray(samples)[:, None], rate)
    power, step = envelope.power[:, 0], envelope.step
    rates = np.arange(LOWEST_HZ, HIGHEST_HZ, _STEP_HZ)
    near = rates[int(np.argmax([_fit(power, step, hz, 1)[1] for hz in rates]))]
    fine = near + np.arange(-_STEP_HZ, _STEP_HZ + _FINE_HZ / 2, _FINE_HZ)
    explained = [_fit(power, step, hz, 2)[1] for hz in fine]
    rate_hz = float(fine[int(np.argmax(explained))])
    return AmplitudeModulation(rate_hz, depth_at(samples, rate, rate_hz))


def depth_at(samples: Samples, rate: int, rate_hz: float) -> float:
    """Depth m, 0 to 1, of a modulation of known rate; ``samples`` of shape (n,), without ramps."""
    envelope = Envelope.of(np.asarray(samples)[:, None], rate)
    (mean, cosine, sine, *_), _ = _fit(envelope.power[:, 0], envelope.step, rate_hz, 2)
    ratio = float(np.hypot(cosine, sine)) / max(float(mean), 1e-20)
    # 2m / (1 + m²/2) = ratio, solved for the smaller m; m = 1 gives 4/3.
    return float((2.0 - np.sqrt(4.0 - 2.0 * ratio**2)) / max(ratio, 1e-12)) if ratio < 4.0 / 3.0 else 1.0


def _fit(power: Power, step: float, rate_hz: float, harmonics: int) -> tuple[NDArray[np.float64], float]:
    """Coefficients of the mean and of each harmonic's cosine and sine, and the sum of squares that they explain."""
    phase = 2.0 * np.pi * rate_hz * step * (np.arange(power.size) + 0.5)
    basis = [np.ones(power.size)]
    for number in range(1, harmonics + 1):
        basis += [np.cos(number * phase), np.sin(number * phase)]
    matrix = np.stack(basis)
    projections = matrix @ power
    coefficients = np.asarray(np.linalg.solve(matrix @ matrix.T, projections), dtype=np.float64)
    return coefficients, float(coefficients @ projections)
