"""The clips that probes send, within what a model declares to take: rates, channels, seconds."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np

from starbench.audio import Audio
from starbench.canary.stimuli import palette
from starbench.canary.stimuli.palette import PALETTE, Sound
from starbench.canary.stimuli.probes import (
    CONTROLS,
    NAME,
    WHICH_IS_HIGHER,
    WHICH_SIDE,
    Probe,
    ProbeSound,
    Question,
)
from starbench.schema import Capabilities

_SOUNDS = tuple(PALETTE.values())
#: Three unlike sounds each, by their places in the palette; a later set is used where the earlier ones do
#: not decide.
PAIR_SETS = ((0, 2, 1), (3, 4, 5), (0, 3, 5))
#: Sounds that are sent with their opposites in the other ear.
_OPPOSED = (5, 0, 1)
#: Rate of all probes that need no other, Hz; and of those of the band where a run sends clips at their own.
_USUAL_HZ, _FULL_HZ = 16_000, 48_000
_OTHER_HZ = (24_000, 16_000, 48_000)
#: Rates closer to each other than this ratio distinguish bytes from seconds badly.
_UNLIKE = 1.25
#: Length of the sounds that are compared, of silence and of a sound at one side, s.
_SOUND_S, _SILENT_S, _SIDE_S = 2.0, 0.5, 1.0
#: The longest clip whose tokens are counted is this many times as long as the sounds that are compared.
FOURFOLD = 4
#: Tones of each pair, Hz, in two batches: half of each rise.
_TONE_PAIRS_HZ = (
    ((400, 700), (900, 450), (600, 1100), (1300, 800), (330, 980), (1500, 500)),
    ((350, 620), (1000, 540), (720, 1400), (880, 390), (480, 1250), (1150, 640)),
)
#: A sound at one side: by so much weaker, and so much later, at the other ear.
_LEVEL_DB, _DELAY_S = 14.0, 0.0006

Pair = tuple[int, int]
"""Two sounds, by their places in the palette."""


@dataclass(frozen=True)
class ProbeLimits:
    """What may be sent to a model."""

    rate: int
    full_rate: int
    """For the probes of the band, Hz."""
    other_rate: int | None
    """Another rate that the model reads, Hz."""
    stereo: bool
    longest_s: float
    text_only: bool
    max_in_flight: int | None

    @classmethod
    def of(cls, capabilities: Capabilities, rate: int | None) -> ProbeLimits:
        """What ``capabilities`` allow; ``rate`` is the rate that the run sends at, None: each clip's own."""
        readable = sorted(capabilities.rates or ())
        usual = rate or min(readable, key=lambda hz: abs(hz - _USUAL_HZ), default=_USUAL_HZ)
        others = [hz for hz in (readable or _OTHER_HZ) if not usual / _UNLIKE < hz < usual * _UNLIKE]
        lowest = readable[0] if readable else _FULL_HZ
        return cls(
            rate=usual,
            full_rate=rate or max((hz for hz in readable if hz <= _FULL_HZ), default=lowest),
            other_rate=others[0] if others else None,
            stereo=(capabilities.max_channels or 2) >= 2,
            longest_s=capabilities.max_seconds or float("inf"),
            text_only=capabilities.text_only,
            max_in_flight=capabilities.max_in_flight,
        )

    @property
    def sound_s(self) -> float:
        """Length of the sounds that are compared, s: a clip four times as long must be allowed too."""
        return min(_SOUND_S, self.longest_s / FOURFOLD)


def no_sound(limits: ProbeLimits) -> ProbeSound:
    """No clip; a silent one where the model takes no prompt without a clip."""
    if limits.text_only:
        return ProbeSound("no clip")
    seconds = min(_SILENT_S, limits.sound_s)
    return ProbeSound("silence", lambda: palette.audio(limits.rate, palette.silence(seconds, limits.rate)))


def single_sounds(limits: ProbeLimits) -> list[ProbeSound]:
    """Each sound of the palette alone, in one channel."""
    return [_lasting(limits, sound, 1, limits.rate, 1) for sound in _SOUNDS]


def sound_pairs(limits: ProbeLimits, n: int) -> dict[Pair, ProbeSound]:
    """Six clips of two of the three sounds of set ``n``: one for each ear, or one after the other."""
    return {pair: _pair(limits, *pair) for pair in permutations(PAIR_SETS[n], 2)}


def opposite_pairs(limits: ProbeLimits) -> list[ProbeSound]:
    """Sounds with their opposites in the other ear, and silence: all silent once the ears are averaged."""
    silent = palette.silence(limits.sound_s, limits.rate)
    silence = ProbeSound("silence in both ears", lambda: palette.audio(limits.rate, silent, silent))
    return [*(_pair(limits, place, place, sign=-1) for place in _OPPOSED), silence]


def fourfold_tone(limits: ProbeLimits) -> ProbeSound:
    """A tone four times as long as a pair of sounds, in as many channels."""
    return _lasting(limits, palette.low_tone, FOURFOLD, limits.rate, 2 if limits.stereo else 1)


def twofold_tone(limits: ProbeLimits) -> ProbeSound | None:
    """A tone twice as long, in bytes that do not grow with the seconds: another rate, or one channel."""
    if limits.other_rate:
        return _lasting(limits, palette.low_tone, 2, limits.other_rate, 2 if limits.stereo else 1)
    return _lasting(limits, palette.low_tone, 2, limits.rate, 1) if limits.stereo else None


def controls(limits: ProbeLimits) -> list[Probe]:
    """Questions that the text alone answers."""
    return [Probe(question, no_sound(limits), letter) for question, letter in CONTROLS]


def which_sound(limits: ProbeLimits) -> list[Probe]:
    """Each sound of the palette, to be chosen from all."""
    return [Probe(NAME, sound, "ABCDEF"[n]) for n, sound in enumerate(single_sounds(limits))]


def which_is_higher(limits: ProbeLimits, batch: int) -> list[Probe]:
    """Clips of two tones, with both orders of the options."""
    pairs = _TONE_PAIRS_HZ[batch]
    return _both_orders(WHICH_IS_HIGHER, [(_two_tones(*hz, limits.rate), hz[1] > hz[0]) for hz in pairs])


def which_side(limits: ProbeLimits) -> list[Probe]:
    """Clips of a noise that is weaker and later at the far ear, with both orders of the options."""
    sides = [(_at_side(seed, side, limits.rate), side) for seed in range(3) for side in (0, 1)]
    return _both_orders(WHICH_SIDE, sides)


def _both_orders(questions: tuple[Question, Question], sounds: list[tuple[ProbeSound, int]]) -> list[Probe]:
    first, second = questions
    return [
        probe
        for sound, right in sounds
        for probe in (Probe(first, sound, "AB"[right]), Probe(second, sound, "BA"[right]))
    ]


def _pair(limits: ProbeLimits, first: int, second: int, *, sign: int = 1) -> ProbeSound:
    one, other = _SOUNDS[first], _SOUNDS[second]
    rate, seconds = limits.rate, limits.sound_s
    if not limits.stereo:
        return ProbeSound(
            f"{one.__name__}, then {other.__name__}",
            lambda: palette.audio(rate, np.concatenate([make(seconds / 2, rate) for make in (one, other)])),
        )
    return ProbeSound(
        f"left {one.__name__}, right {'-' if sign < 0 else ''}{other.__name__}",
        lambda: palette.audio(rate, one(seconds, rate), sign * other(seconds, rate)),
    )


def _lasting(limits: ProbeLimits, sound: Sound, times: int, rate: int, channels: int) -> ProbeSound:
    seconds = times * limits.sound_s
    name = f"{sound.__name__}, {seconds:g} s, {rate} Hz, {channels} channel(s)"
    return ProbeSound(name, lambda: palette.audio(rate, *[sound(seconds, rate)] * channels))


def _two_tones(first_hz: float, second_hz: float, rate: int) -> ProbeSound:
    """Two tones of 0.4 s, 0.3 s apart, in 1.4 s."""

    def render() -> Audio:
        first, second = (palette.tone(hz, 0.4, rate, -14.0) for hz in (first_hz, second_hz))
        return palette.audio(rate, palette.in_silence(1.4, rate, (0.1, first), (0.8, second)))

    return ProbeSound(f"{first_hz} Hz, {second_hz} Hz", render)


def _at_side(seed: int, side: int, rate: int) -> ProbeSound:
    def render() -> Audio:
        n, delay = round(_SIDE_S * rate), round(_DELAY_S * rate)
        noise = np.random.default_rng(seed).standard_normal(n // 2)
        near = palette.in_silence(_SIDE_S, rate, (0.25, np.clip(noise, -3, 3) * 0.06))
        far = np.concatenate([np.zeros(delay), near[: n - delay]]) * 10 ** (-_LEVEL_DB / 20)
        return palette.audio(rate, *((near, far) if side == 0 else (far, near)))

    return ProbeSound(f"noise {seed} at the {'right' if side else 'left'}", render)
