"""What a cochlear listener reads off one sound: pitch, loudness, duration, azimuth and distance.

No readout for elevation: it takes the filters of the listener's own head.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from starbench.measure import onsets
from starbench.measure.cochlea import Cochlea, cochleagram
from starbench.measure.levels import Envelope, db, power
from starbench.measure.partials import common_ratio, peaks

from .spectrum import EDGE_S, Spectrum, azimuth_deg, diffuseness_db, loudness_db, pitch_hz
from .stretches import Stretch

Samples = NDArray[np.floating]
Floats = NDArray[np.float64]

#: Channels that tell when a sound begins and ends.
_COARSE = Cochlea(20, 60.0, 14_000.0)
_MARGIN_S = 0.15
#: Part of a sound that a form must hold.
_LEAST_HELD = 0.5


@dataclass(frozen=True)
class HeardCue:
    """How a cue is compared: ``difference`` of two values of it in human JNDs, and what one JND is."""

    difference: Callable[[float, float], float]
    jnd: str
    unit: str


def _ratio(weber: float) -> Callable[[float, float], float]:
    return lambda first, second: float(np.log(second / first) / np.log1p(weber))


def _step(size: float) -> Callable[[float, float], float]:
    return lambda first, second: (second - first) / size


#: Wier, Jesteadt & Green 1977; Jesteadt, Wier & Green 1977 (1 kHz, 70 dB SPL: 0.5 dB); Creelman 1962;
#: Perrott & Saberi 1990; Larsen et al. 2008 (of the direct-to-reverberant ratio).
CUES: Mapping[str, HeardCue] = {
    "pitch": HeardCue(_ratio(0.002), "0.2 %", "Hz"),
    "loudness": HeardCue(_step(0.5), "0.5 dB", "dB"),
    "duration": HeardCue(_ratio(0.1), "10 %", "s"),
    "azimuth": HeardCue(_step(0.97), "0.97 degrees", "degrees"),
    "distance": HeardCue(_step(2.5), "2.5 dB of direct to reverberant sound", "dB"),
}

#: Partials are looked for here, Hz, so far below the strongest, dB. Sounds are of one make if this share of the
#: partials of the one with more, and at least so many, are in one ratio, within these bounds.
_PARTIALS_HZ, _PARTIALS_DB, _SHARED, _FEWEST, _LARGEST_RATIO, _ALIKE = (
    (70.0, 8000.0),
    35.0,
    0.6,
    3,
    1.35,
    4e-4,
)
_MOST_PARTIALS = 40
#: How like itself a sound is one period later; below this, it is not harmonic, or far from alone.
PERIODICITY, _PERIODIC = "periodicity", 0.978
#: How alike the ears are; below this, as in rooms, a direction may be read quite wrong.
COHERENCE, _COHERENT = "coherence of the ears", 0.7


@dataclass(frozen=True, eq=False)
class Heard:
    """What is heard of one sound: cue -> its value, and the partials that stand out; nothing, if nothing is heard."""

    values: Mapping[str, float] = field(default_factory=dict)
    partials_hz: Floats = field(default_factory=lambda: np.zeros(0))
    is_found: bool = True
    """Whether it is known where the sound is, or would be."""

    def is_sure(self, cue: str) -> bool:
        """Whether the readout of a cue can be trusted in this sound."""
        return cue != "azimuth" or self.values.get(COHERENCE, 1.0) >= _COHERENT


def difference_jnd(first: Heard, second: Heard, cue: str) -> float:
    """By how much the second sound has more of a cue, JND (of the background: dB); NaN where one lacks it.

    Complex tones of the same make are compared partial by partial, as they must be where they are not harmonic.
    """
    one, other = first.values.get(cue), second.values.get(cue)
    if one is None or other is None:
        return float("nan")
    is_ambiguous = min(heard.values.get(PERIODICITY, 0.0) for heard in (first, second)) < _PERIODIC
    if cue == "pitch" and (is_ambiguous or abs(np.log(other / one)) < np.log(_LARGEST_RATIO)):
        ratio = _ratio_of_partials(first.partials_hz, second.partials_hz)
        one, other = (1.0, ratio) if ratio is not None else (one, other)
    return CUES[cue].difference(one, other) if cue in CUES else other - one


def _ratio_of_partials(first: Floats, second: Floats) -> float | None:
    # Of the one with more: all partials of a sound an octave up may be among those of the other.
    more = max(first.size, second.size)
    if min(first.size, second.size) < _FEWEST or more > _MOST_PARTIALS:
        return None
    ratio = common_ratio(first, second, _LARGEST_RATIO, _ALIKE)
    return None if ratio is None or ratio[1] < max(_FEWEST, _SHARED * more) else ratio[0]


def read(samples: Samples, rate: int, stretch: Stretch) -> Heard:
    """All that is heard of the sound in a stretch of a clip, shape (n, channels); nothing where little of it is there.

    Two channels are two ears. Both ears hear the first of any other number, and of more than two, no direction.
    """
    seconds = samples.shape[0] / rate
    held = min(stretch.stop_s, seconds) - max(stretch.start_s, 0.0)
    if held < _LEAST_HELD * (stretch.stop_s - stretch.start_s):
        return Heard()
    ears = np.asarray(samples if samples.shape[1] == 2 else np.repeat(samples[:, :1], 2, axis=1), np.float64)
    spectrum = Spectrum.of(ears, rate, stretch)
    if spectrum.excitation.max() <= 1e-12:
        return Heard()
    values: dict[str, float | None] = {
        "loudness": loudness_db(spectrum),
        "duration": None,
        "distance": diffuseness_db(spectrum) if samples.shape[1] == 2 else None,
        "background": background_db(ears, rate, stretch),
    }
    if samples.shape[1] <= 2:
        values["azimuth"], values[COHERENCE] = azimuth_deg(spectrum)
    pitch = pitch_hz(spectrum)
    if pitch is not None:
        values["pitch"], values[PERIODICITY] = pitch
    edges = sound_edges(samples, rate, stretch)
    if edges is not None:
        values["duration"] = edges[1] - edges[0]
    heard = {name: value for name, value in values.items() if value is not None}
    return Heard(heard, _partials_hz(ears, rate, stretch) if "pitch" in heard else np.zeros(0))


def _partials_hz(ears: Samples, rate: int, stretch: Stretch) -> Floats:
    cut = ears[max(0, round((stretch.start_s + EDGE_S) * rate)) : round((stretch.stop_s - EDGE_S) * rate)]
    if cut.shape[0] < EDGE_S * rate:
        return np.zeros(0)
    return peaks(cut.mean(axis=1), rate, _PARTIALS_HZ[0], min(_PARTIALS_HZ[1], 0.48 * rate), _PARTIALS_DB)


def sound_edges(samples: Samples, rate: int, stretch: Stretch) -> tuple[float, float] | None:
    """When the sound passes half amplitude, s; None where an end is not in the clip."""
    first = max(0, round((stretch.start_s - _MARGIN_S) * rate))
    cut = samples[first : round((stretch.stop_s + _MARGIN_S) * rate)]
    heard = cochleagram(cut, rate, _COARSE, frame_s=0.001, compression=1.0).sum(axis=1, keepdims=True)
    envelope = Envelope(heard, 0.001)
    middle = (stretch.start_s + stretch.stop_s) / 2 - first / rate
    start = onsets.rise(envelope, 0.0, middle)
    stop = onsets.fall(envelope, middle, cut.shape[0] / rate)
    if start is None or stop is None or stop <= start:
        return None
    return start + first / rate, stop + first / rate


def background_db(ears: Samples, rate: int, stretch: Stretch) -> float | None:
    """How strong the quietest part of the clip is beside the sound, dB."""
    envelope = Envelope.of(ears, rate).total().smoothed(0.020).power[:, 0]
    first, stop = (max(0, round(edge * rate)) for edge in (stretch.start_s, stretch.stop_s))
    sound = float(power(ears[first:stop]).mean()) if stop > first else 0.0
    if not envelope.size or sound <= 0:
        return None
    return float(db(np.percentile(envelope, 3)) - db(sound))
