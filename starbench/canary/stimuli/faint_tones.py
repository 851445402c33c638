"""Tones whose rounding errors do not reach below a quarter of the rate.

What a resampler's filter leaves of such a faint tone is rounded to nothing, and a reply that depends on the
last bit shows it.
"""

from __future__ import annotations

import numpy as np

from starbench.audio import FULL_SCALE, Audio
from starbench.canary.stimuli import palette
from starbench.canary.stimuli.palette import Wave
from starbench.canary.stimuli.probes import ProbeSound

#: Peaks, dB re full scale. A usual filter (-54 dB) leaves less than half a step of 16 bits of the quiet
#: tones; the loud ones are for models that do not notice the quiet.
QUIET_DB, LOUD_DB = -50.0, -12.0
_CLIP_S, _MARK_S, _TONE_AT_S, _TONE_S = 1.5, 0.3, 0.7, 0.7
_MARK_HZ, _MARK_BELOW_DB = 500.0, 10.0
#: Samples in which a good end of the rounding error is searched for.
_TO_END = 3000
#: Zeros of the rounding error's spectrum, as shares of the rate.
_ZEROS = np.array([1 / 24, 1 / 8, 7 / 32])
_NOISE_SHAPE = np.poly(np.exp(2j * np.pi * np.concatenate([_ZEROS, -_ZEROS]))).real


def tone_after_mark(rate: int, db: float, hz: float | None, *, shaped: bool = True) -> ProbeSound:
    """A low mark, then a tone in digital silence, or nothing; ``shaped``: its rounding error is."""

    def render() -> Audio:
        events = [(0.0, palette.tone(_MARK_HZ, _MARK_S, rate, db - _MARK_BELOW_DB))]
        if hz is not None:
            # Long smooth ends: short ones would reach into the band that a narrower way carries.
            tone = palette.tone(hz, _TONE_S, rate, db) * np.hanning(round(_TONE_S * rate))
            events.append((_TONE_AT_S, _rounded(tone) if shaped else tone))
        return palette.audio(rate, palette.in_silence(_CLIP_S, rate, *events))

    return ProbeSound(f"{hz} Hz of {db} dB at {rate} Hz{'' if shaped else ', plain'}", render)


def _rounded(wave: Wave) -> Wave:
    """Round to 16 bits with the error pushed above a quarter of the rate (error feedback).

    The error ends where its memory is all but empty: cut off elsewhere it would be a click.
    """
    h1, h2, h3 = _NOISE_SHAPE[1:4].tolist()  # the rest mirrors these: all zeros lie on the unit circle
    e1 = e2 = e3 = e4 = e5 = e6 = 0.0
    codes: list[int] = []
    least, end = float("inf"), len(wave)
    for exact in [*(wave * FULL_SCALE).tolist(), *[0.0] * _TO_END]:
        shaped = exact + h1 * (e1 + e5) + h2 * (e2 + e4) + h3 * e3 + e6
        codes.append(round(shaped))
        e1, e2, e3, e4, e5, e6 = codes[-1] - shaped, e1, e2, e3, e4, e5
        memory = abs(e1) + abs(e2) + abs(e3) + abs(e4) + abs(e5) + abs(e6)
        if len(codes) >= len(wave) and memory < least:
            least, end = memory, len(codes)
    return np.array(codes[:end]) / FULL_SCALE
