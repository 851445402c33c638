"""In which half of a noise a tone is: matched filters at the frequencies of an audiogram, weighed as Bayes would."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import i0e

from starbench.measure.masking import erb_hz, ideal_d_prime

#: Frequencies of an audiogram, Hz, and levels over the noise, dB, at which a tone is looked for.
_AUDIOMETRIC_HZ = (125.0, 250.0, 500.0, 750.0, 1000.0, 1500.0, 2000.0, 3000.0, 4000.0, 6000.0, 8000.0)
_LEVELS_DB = np.arange(-15.0, 16.0, 3.0)
#: How long a tone lasts that is looked for, and the steps in which, s.
_TONE_S, _STEP_S = 0.5, 0.025
#: Bins this near the tone's frequency do not count for the noise around it, Hz.
_NEAR_HZ = 6.0


def half_with_tone(signal: NDArray[np.float32], rate: int) -> int | None:
    """The half (1, 2) of a noise that holds a tone; None if neither does. ``signal`` is of shape (n,).

    Two halves and no tone are equally likely beforehand, and so are all frequencies, levels and times.
    """
    middle = signal.size // 2
    evidence = [_log_evidence(signal, half, rate) for half in (signal[:middle], signal[middle:])]
    return None if max(evidence) < 0.0 else 1 + int(np.argmax(evidence))


def _log_evidence(signal: NDArray[np.float32], half: NDArray[np.float32], rate: int) -> float:
    """Logarithm of how much likelier a half is with a tone than without one."""
    lines = np.square(np.abs(np.fft.rfft(np.asarray(signal, dtype=np.float64)))) / signal.size
    frequency = np.fft.rfftfreq(signal.size, 1.0 / rate)
    ratios = []
    for hz in _AUDIOMETRIC_HZ:
        if hz + erb_hz(hz) / 2.0 > rate / 2.0:
            continue
        apart = np.abs(frequency - hz)
        noise = lines[(apart > _NEAR_HZ) & (apart < erb_hz(hz) / 2.0)].mean()
        energies = _energies(half, rate, hz) / noise
        # A sine of unknown phase in noise (Rice): exp(-d′²/2) I₀(d′ √(2 energy)).
        d_prime = np.array([ideal_d_prime(level, hz, _TONE_S) for level in _LEVELS_DB])[:, None]
        argument = d_prime * np.sqrt(2.0 * energies)
        ratios.append(np.log(i0e(argument)) + argument - np.square(d_prime) / 2.0)
    together = np.stack(ratios) if ratios else np.full(1, -np.inf)
    return float(np.logaddexp.reduce(together, axis=None) - np.log(together.size))


def _energies(half: NDArray[np.float32], rate: int, hz: float) -> NDArray[np.float64]:
    """Energy at a frequency in every stretch as long as a tone, over its number of samples."""
    block, window = max(1, round(_STEP_S * rate)), round(_TONE_S / _STEP_S)
    count = half.size // block
    turning = np.exp(-2j * np.pi * hz / rate * np.arange(count * block))
    steps = (half[: count * block] * turning).reshape(count, block).sum(axis=1)
    total = np.concatenate([[0.0], np.cumsum(steps)])
    stretches = np.square(np.abs(total[window:] - total[:-window])) / (window * block)
    return np.asarray(stretches, dtype=np.float64)
