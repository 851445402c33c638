"""The sounds of the probes, made from numpy alone and unlike each other in pitch, timbre and rhythm.

Every sound is one channel of float64, full scale = 1, with ramps that keep it within its own band.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio, quantise

Wave = NDArray[np.float64]
#: Makes so many seconds of a sound at a rate in Hz.
Sound = Callable[[float, int], Wave]

_RAMP_S = 0.01
_SEED = 0xCA_7A_41


def tone(hz: float, seconds: float, rate: int, db: float = -18.0) -> Wave:
    """A tone of cosine phase with smooth ends; ``db`` is its peak re full scale."""
    t = np.arange(round(seconds * rate)) / rate
    return ramped(np.cos(2 * np.pi * hz * t), rate) * 10 ** (db / 20)


def low_tone(seconds: float, rate: int) -> Wave:
    """220 Hz throughout."""
    return tone(220.0, seconds, rate, -14.0)


def high_beeps(seconds: float, rate: int) -> Wave:
    """2.6 kHz in beeps, six a second."""
    return _repeated(tone(2600.0, 0.08, rate, -20.0), 1 / 6, seconds, rate)


def steady_noise(seconds: float, rate: int) -> Wave:
    """White noise, the same every time."""
    noise = np.random.default_rng(_SEED).standard_normal(round(seconds * rate))
    return ramped(np.clip(noise, -3.0, 3.0), rate) * 10 ** (-32 / 20)


def slow_clicks(seconds: float, rate: int) -> Wave:
    """Short clicks, two a second."""
    return _repeated(np.hanning(max(5, round(0.001 * rate))) * 0.7, 0.5, seconds, rate)


def rising_glide(seconds: float, rate: int) -> Wave:
    """A tone that glides from 300 Hz to 1.5 kHz, once a second."""
    t = np.arange(round(min(1.0, seconds) * rate)) / rate
    octaves_a_second = np.log2(5.0) / (len(t) / rate)
    phase = 300.0 * (2 ** (octaves_a_second * t) - 1) / (octaves_a_second * np.log(2))
    glide = ramped(np.sin(2 * np.pi * phase), rate) * 10 ** (-24 / 20)
    return _repeated(glide, 1.0, seconds, rate)


def two_notes(seconds: float, rate: int) -> Wave:
    """500 Hz and 800 Hz by turns, a quarter of a second each."""
    pair = np.concatenate([tone(500.0, 0.25, rate, -10.0), tone(800.0, 0.25, rate, -10.0)])
    return _repeated(pair, 0.5, seconds, rate)


def silence(seconds: float, rate: int) -> Wave:
    return np.zeros(round(seconds * rate))


#: What it is called when it is an option -> how it is made.
PALETTE: dict[str, Sound] = {
    "One low tone, held": low_tone,
    "A quick row of high beeps": high_beeps,
    "Steady noise": steady_noise,
    "Slow single clicks": slow_clicks,
    "A tone that glides upwards": rising_glide,
    "Two notes by turns": two_notes,
}


def in_silence(seconds: float, rate: int, *events: tuple[float, Wave]) -> Wave:
    """``events``, each at its onset in s, in so many seconds of silence."""
    whole = silence(seconds, rate)
    for onset, event in events:
        rest = whole[round(onset * rate) :]
        rest[: len(event)] += event[: len(rest)]
    return whole


def audio(rate: int, *channels: Wave) -> Audio:
    """Channels of equal length as a clip, the left ear first."""
    return Audio(quantise(np.stack(channels, axis=1)), rate)


def ramped(wave: Wave, rate: int) -> Wave:
    """Give ``wave`` smooth ends, in place."""
    n = min(round(_RAMP_S * rate), len(wave) // 2)
    rise = np.sin(np.linspace(0, np.pi / 2, n)) ** 2
    wave[:n] *= rise
    wave[len(wave) - n :] *= rise[::-1]
    return wave


def _repeated(event: Wave, every_s: float, seconds: float, rate: int) -> Wave:
    onsets = np.arange(0.0, max(seconds - 0.02, 0.01), every_s)
    return in_silence(seconds, rate, *((float(onset), event) for onset in onsets))
