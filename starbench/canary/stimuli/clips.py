"""The clips that probes send, at the rate and with the channels that a model takes."""

from __future__ import annotations

from itertools import permutations
from typing import NamedTuple

import numpy as np

from starbench.audio import Audio
from starbench.canary.stimuli import palette
from starbench.canary.stimuli.palette import PALETTE, Sound
from starbench.canary.stimuli.probe_limits import FOURFOLD, ProbeLimits
from starbench.canary.stimuli.probes import Stimulus

_SOUNDS = tuple(PALETTE.values())
#: Three unlike sounds each, by their places in the palette; a later set is used where the earlier ones do
#: not decide.
PAIR_SETS = ((0, 2, 1), (3, 4, 5), (0, 3, 5))
#: Sounds that are sent with their opposites in the other ear.
_OPPOSED = (5, 0, 1)
_SILENT_S = 0.5
#: Tones of each pair, Hz, in two batches: half of each rise.
_TONE_PAIRS_HZ = (
    ((400, 700), (900, 450), (600, 1100), (1300, 800), (330, 980), (1500, 500)),
    ((350, 620), (1000, 540), (720, 1400), (880, 390), (480, 1250), (1150, 640)),
)
#: A sound at one side: by so much weaker, and so much later, at the other ear.
_LEVEL_DB, _DELAY_S = 14.0, 0.0006
_SIDE_S = 1.0

Pair = tuple[int, int]
"""Two sounds, by their places in the palette."""
Labelled = list[tuple[Stimulus, int]]
"""Clips, each with the place of the right option in the question's first order of options."""


class LongerClips(NamedTuple):
    """Clips whose tokens are counted against those of a pair of sounds."""

    fourfold: Stimulus
    """Four times as long."""
    twofold: Stimulus | None
    """Twice as long, in bytes that do not grow with the seconds: at another rate, or in one channel."""


def no_sound(limits: ProbeLimits) -> Stimulus:
    """No clip; a silent one where the model takes no prompt without a clip."""
    if limits.text_only:
        return Stimulus("no clip")
    seconds = min(_SILENT_S, limits.sound_s)
    return Stimulus("silence", lambda: palette.audio(limits.rate, palette.silence(seconds, limits.rate)))


def single_sounds(limits: ProbeLimits) -> list[Stimulus]:
    """Each sound of the palette alone, in one channel."""
    return [_repeated(limits, sound, 1, limits.rate, 1) for sound in _SOUNDS]


def sound_pairs(limits: ProbeLimits, n: int) -> dict[Pair, Stimulus]:
    """Six clips of two of the three sounds of set ``n``: one for each ear, or one after the other."""
    return {pair: _pair(limits, *pair) for pair in permutations(PAIR_SETS[n], 2)}


def opposite_pairs(limits: ProbeLimits) -> list[Stimulus]:
    """Sounds with their opposites in the other ear, and silence: all silent once the ears are averaged."""
    silent = palette.silence(limits.sound_s, limits.rate)
    return [
        *(_pair(limits, sound, sound, sign=-1) for sound in _OPPOSED),
        Stimulus("silence in both ears", lambda: palette.audio(limits.rate, silent, silent)),
    ]


def longer_clips(limits: ProbeLimits) -> LongerClips:
    """Longer clips of a tone, in as many channels as the pairs have."""
    channels = 2 if limits.stereo else 1
    tone, rate = palette.low_tone, limits.rate
    fourfold = _repeated(limits, tone, FOURFOLD, rate, channels)
    if limits.other_rate:
        return LongerClips(fourfold, _repeated(limits, tone, 2, limits.other_rate, channels))
    return LongerClips(fourfold, _repeated(limits, tone, 2, rate, 1) if limits.stereo else None)


def tone_pairs(limits: ProbeLimits, batch: int) -> Labelled:
    """Clips of two tones, each with which of them is higher."""
    return [
        (_two_tones(first, second, limits.rate), int(second > first))
        for first, second in _TONE_PAIRS_HZ[batch]
    ]


def noises_at_a_side(limits: ProbeLimits) -> Labelled:
    """Clips of a noise at one side, each with which side: weaker and later at the far ear."""
    return [(_at_side(seed, side, limits.rate), side) for seed in range(3) for side in (0, 1)]


def _pair(limits: ProbeLimits, first: int, second: int, *, sign: int = 1) -> Stimulus:
    one, other = _SOUNDS[first], _SOUNDS[second]
    rate, seconds = limits.rate, limits.sound_s
    if not limits.stereo:
        name = f"{one.__name__}, then {other.__name__}"
        return Stimulus(
            name,
            lambda: palette.audio(rate, np.concatenate([make(seconds / 2, rate) for make in (one, other)])),
        )
    name = f"left {one.__name__}, right {'-' if sign < 0 else ''}{other.__name__}"
    return Stimulus(name, lambda: palette.audio(rate, one(seconds, rate), sign * other(seconds, rate)))


def _repeated(limits: ProbeLimits, sound: Sound, times: int, rate: int, channels: int) -> Stimulus:
    seconds = times * limits.sound_s
    name = f"{sound.__name__}, {seconds:g} s, {rate} Hz, {channels} channel(s)"
    return Stimulus(name, lambda: palette.audio(rate, *[sound(seconds, rate)] * channels))


def _two_tones(first_hz: float, second_hz: float, rate: int) -> Stimulus:
    return Stimulus(
        f"{first_hz} Hz, {second_hz} Hz",
        lambda: palette.audio(rate, palette.two_tones(first_hz, second_hz, rate)),
    )


def _at_side(seed: int, side: int, rate: int) -> Stimulus:
    def render() -> Audio:
        n, delay = round(_SIDE_S * rate), round(_DELAY_S * rate)
        noise = np.random.default_rng(seed).standard_normal(n // 2)
        near = palette.in_silence(_SIDE_S, rate, (0.25, np.clip(noise, -3, 3) * 0.06))
        far = np.concatenate([np.zeros(delay), near[: n - delay]]) * 10 ** (-_LEVEL_DB / 20)
        return palette.audio(rate, *((near, far) if side == 0 else (far, near)))

    return Stimulus(f"noise {seed} at the {'right' if side else 'left'}", render)
