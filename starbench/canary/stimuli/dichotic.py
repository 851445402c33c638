"""Pitches that exist only between the ears (Cramer & Huggins 1958, JASA 30:413; Milne et al. 2021, BRM 53:1551).

Both ears get one white noise, and a narrow band of it is turned by half a cycle at one ear: two ears hear a faint
tone there, and either ear alone hears noise. In the usual form the ears agree outside the band, so their sum has a
gap in it, which gives the tone away. Here they are a quarter of a cycle apart outside the band, and a quarter of a
cycle the other way within it.

That leaves nothing to a mix. Let X be the noise's spectrum: a sum of ``a`` times the left and ``b`` times the right
ear has the spectrum (a ± jb) X, the sign being that of the band. Its magnitude is the same for either sign, and a
Gaussian noise whose phases are turned is as likely as before. So each ear alone, the mean, the difference and
every other weighted sum are the same white noise wherever the band lies, in every statistic, up to the rounding
to 16 bits. Only what compares the ears, or turns the phase of one before it adds them, can hear the tone.
"""

from __future__ import annotations

import numpy as np

from starbench.audio import Audio
from starbench.canary.stimuli import palette
from starbench.canary.stimuli.clips import ProbeLimits
from starbench.canary.stimuli.palette import Wave
from starbench.canary.stimuli.probes import WHICH_FAINT_IS_HIGHER, Probe, ProbeSound

#: Half the width of the band, as a share of its middle (Milne et al.).
_HALF_WIDTH = 0.06
#: Tones of each clip, Hz, where such pitches are clearest; every other one rises. Milne et al. use 600 Hz.
PAIRS_HZ = (
    (420, 640), (700, 450), (480, 760), (640, 400), (520, 800), (760, 500),
    (380, 560), (600, 410), (450, 720), (820, 540), (500, 700), (680, 430),
)  # fmt: skip
#: Length of each noise, its onset and the clip's, s; its level, dB re full scale (rms): no sample reaches a third.
_NOISE_S, _ONSETS_S, _CLIP_S = 0.8, (0.1, 1.1), 2.0
_LEVEL_DB = -26.0


def which_faint_is_higher(limits: ProbeLimits) -> list[Probe]:
    """Clips of two noises, each with a pitch between the ears.

    Each is asked about once, its options in one order or the other: neither a letter, nor a place in the clip, nor
    both together are worth more than chance, and every reply is independent of the others.
    """
    return [
        Probe(WHICH_FAINT_IS_HIGHER[is_swapped], _two_noises(n, pair, limits.rate), "AB"[rises != is_swapped])
        for n, pair in enumerate(PAIRS_HZ)
        for rises, is_swapped in [(pair[1] > pair[0], n % 4 > 1)]
    ]


def dichotic_noise(hz: float, seconds: float, rate: int, rng: np.random.Generator) -> tuple[Wave, Wave]:
    """White noise for the left and the right ear, with a pitch at ``hz`` between them."""
    n = round(seconds * rate)
    spectrum = np.fft.rfft(rng.standard_normal(n))
    # These two have no phase to be turned: the mean, and the highest line of an even number of samples.
    spectrum[0] = 0.0
    spectrum[(n + 1) // 2 :] = 0.0
    is_in_band = np.abs(np.fft.rfftfreq(n, 1 / rate) - hz) <= _HALF_WIDTH * hz
    leading = 1j * rng.choice((-1.0, 1.0))  # either ear may be the early one
    left, right = (
        np.fft.irfft(ear, n) for ear in (spectrum, spectrum * np.where(is_in_band, -leading, leading))
    )
    return left, right


def _two_noises(seed: int, pair_hz: tuple[int, int], rate: int) -> ProbeSound:
    def render() -> Audio:
        rng, gain = np.random.default_rng(seed), 10 ** (_LEVEL_DB / 20)
        noises = [
            [palette.ramped(gain * ear, rate) for ear in dichotic_noise(hz, _NOISE_S, rate, rng)]
            for hz in pair_hz
        ]
        left, right = (
            palette.in_silence(_CLIP_S, rate, *zip(_ONSETS_S, waves, strict=True))
            for waves in zip(*noises, strict=True)
        )
        return palette.audio(rate, left, right)

    return ProbeSound(
        f"noises {seed} with pitches of {pair_hz[0]} Hz, {pair_hz[1]} Hz between the ears", render
    )
