"""Sounds whose spectrum is another one each time: those of version 2 of profile ``default``.

One ear alone hears the sound's own spectrum times the filter of the head. As long as the first is known, the
second gives the direction away. Here every sound gets random gains and a random tilt, wide enough to hide the
filter from one ear, while the comparison of the two ears remains as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..design.draws import log_uniform, uniform
from .options import HEADS
from .sounds import NamedSound, Signal

_HIGH_HZ = 16_000.0
#: Levels of single sounds at the listener, dB SPL: one ear's level must not tell on which side a sound is,
#: which the shadow of the head changes by up to 20 dB.
LEVELS_DB_SPL = (35.0, 67.0)
#: Tilts beyond this many standard deviations would leave nothing audible at one end of the spectrum.
_MOST_SD = 2.0

#: Two heads take turns, without the colour that each of them has in all directions.
VARIED_OPTIONS: dict[str, Any] = {
    "default_heads": HEADS,
    "head_equalisation": "diffuse-field",
    "background": {"below": "softest"},
}


@dataclass(frozen=True)
class Colour:
    """Random spectra: bands of an octave with the standard deviation of their gains, dB, and that of a tilt."""

    gains: tuple[tuple[float, float], ...]
    tilt_db_per_octave: float

    def draw(self, rng: np.random.Generator) -> dict[str, Any]:
        """Draw parameter ``spectrum`` of a signal."""
        tilt = float(np.clip(rng.standard_normal(), -_MOST_SD, _MOST_SD)) * self.tilt_db_per_octave
        return {"gains": [list(scale) for scale in self.gains], "tilt_db_per_octave": round(tilt, 4)}


#: Wide enough to hide the side of a sound from one ear.
WIDE = Colour(gains=((6.0, 6.0), (3.0, 8.0), (0.7, 12.0)), tilt_db_per_octave=4.0)
#: Where one sound alone must not tell the side, not even to one who has learnt a head by heart.
WIDER = Colour(gains=((6.0, 8.0), (3.0, 10.0), (0.7, 14.0)), tilt_db_per_octave=4.0)
#: Where height is asked: a wider one would hide it from any listener.
NARROW = Colour(gains=((3.0, 5.0),), tilt_db_per_octave=2.0)

#: The slow random level of sounds that move: standard deviations, dB, also by bands of an octave, and the time between
#: knots, s.
LEVEL_COURSE = {"sd_db": 10.0, "bands": [[0.5, 10.0], [1.5, 8.0]], "knot_s": 0.7}
#: The same where a movement is heard as a change of level, which a wider one would hide.
NARROW_LEVEL_COURSE = LEVEL_COURSE | {"sd_db": 3.0}


def _family(
    kind: str, **parameters: Any | Callable[[np.random.Generator], Any]
) -> Callable[[float, np.random.Generator], Signal]:
    """Draw signals of one kind; a parameter is a value, or drawn from a generator."""

    def draw(duration_s: float, rng: np.random.Generator) -> Signal:
        values = {name: value(rng) if callable(value) else value for name, value in parameters.items()}
        return {"kind": kind, "duration_s": duration_s, "high_hz": _HIGH_HZ, **values}

    return draw


def _between(low: float, high: float) -> Callable[[np.random.Generator], float]:
    return partial(log_uniform, bounds=(low, high))


def _vowel(rng: np.random.Generator) -> str:
    return str(rng.choice(["a", "i", "u"]))


def _rising(rng: np.random.Generator) -> bool:
    return bool(rng.random() < 0.5)


_siren = partial(_family, "siren", f0_hz=_between(450.0, 700.0))

SOUNDS = {
    sound.name: sound
    for sound in (
        NamedSound("hiss", "a", _family("gaussian-noise")),
        NamedSound("low buzz", "a", _family("complex", f0_hz=_between(90.0, 140.0))),
        NamedSound("high buzz", "a", _family("complex", f0_hz=_between(220.0, 330.0))),
        NamedSound("ticking", "a", _family("pulses", per_second=partial(uniform, bounds=(5.0, 9.0)))),
        NamedSound("siren", "a", _siren(depth_semitones=_between(3.0, 6.0), per_second=_between(0.8, 2.0))),
        NamedSound("warble", "a", _siren(depth_semitones=_between(0.8, 1.6), per_second=_between(5.0, 9.0))),
        NamedSound("fluttering noise", "a", _family("modulated-noise", per_second=_between(5.0, 20.0))),
        NamedSound("murmur", "a", _family("speech-noise", per_second=_between(3.0, 5.0))),
        NamedSound("crackling", "a", _family("crackle", per_second=_between(40.0, 120.0))),
        NamedSound("chirping", "a", _family("chirps", per_second=_between(4.0, 10.0), rising=_rising)),
        NamedSound("singing voice", "a", _family("voice", f0_hz=_between(120.0, 280.0), vowel=_vowel)),
        NamedSound(
            "plucked string",
            "a",
            _family("plucked", f0_hz=_between(150.0, 300.0), per_second=_between(3.0, 6.0)),
        ),
        NamedSound(
            "bell", "a", _family("struck", f0_hz=_between(300.0, 700.0), per_second=_between(2.0, 5.0))
        ),
    )
}
#: Without pauses, so that a movement can be followed all the time.
STEADY = tuple(
    SOUNDS[name]
    for name in ("hiss", "low buzz", "high buzz", "siren", "warble", "fluttering noise", "singing voice")
)
