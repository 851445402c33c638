"""Where a sound seems to be, as each format of clip can tell: one quantity or more, expected and measured.

What is expected follows from the claimed place by plain geometry; what is measured from a stretch of
samples. Formats are those that a truth names; one that stands in no table here tells no direction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.measure.binaural import time_difference_us
from starbench.measure.directions import intensity_direction, lateral_deg
from starbench.measure.interaural import InterauralTransfer
from starbench.measure.levels import db, power

#: Further to a side than this, the ear on that side is the louder one, degrees.
_CLEARLY_DEG = 12.0
#: A path that spans less than this has no sense of motion, degrees.
_CLEAR_DEG = 25.0

Samples = NDArray[np.floating]
Receiver = Mapping[str, Any]
#: Slope of a source's spectrum, dB per octave; None where the spectrum is not known.
Tilt = float | None
#: What is heard without the sources; None where it is not known.
Quiet = Samples | None
#: Measures samples at a rate in Hz, given the receiver, the slope of the spectrum and the background; NaN where
#: too little is heard.
Measure = Callable[[Samples, int, Receiver, Tilt, Quiet], float]

#: Speed of sound that places and delays are related by, m/s.
SPEED_OF_SOUND = 343.0
#: Heads delay by less than this, s: further peaks of a correlation are echoes or periods.
HEAD_S = 0.0009
#: The energy of an ear's response comes this long after its onset, on average over directions, s (measured).
EAR_CENTROID_S = 0.0004
#: Nearer to the poles than this there is no azimuth, degrees; a cardioid further down is in its null, dB.
_POLE_DEG, _NULL_DB = 70.0, 20.0


@dataclass(frozen=True)
class Place:
    """A direction (degrees, clockwise from the front; up) and a distance, m, seen from the receiver."""

    azimuth_deg: float
    elevation_deg: float
    distance_m: float

    @property
    def unit(self) -> NDArray[np.float64]:
        """Unit vector: x front, y left, z up."""
        azimuth, elevation = np.radians(self.azimuth_deg), np.radians(self.elevation_deg)
        flat = np.cos(elevation)
        return np.array([flat * np.cos(azimuth), -flat * np.sin(azimuth), np.sin(elevation)])


@dataclass(frozen=True)
class Bearing:
    """One quantity that tells a direction; ``expected`` is None where a place has none.

    ``clear_span`` is what a path has to change of it to have a sense of motion; what ``turns`` comes back to
    where it was after 360. ``doubtful`` says of a short stretch and what was measured in it that
    they contradict each other. ``per_degree`` is by how much it grows at a place with each degree of azimuth, where
    that is asked.
    """

    name: str
    expected: Callable[[Place, Receiver], float | None]
    measured: Measure
    clear_span: float
    turns: bool = False
    per_degree: Callable[[Place], float | None] = lambda _place: None
    doubtful: Callable[[Samples, int, float, Quiet], bool] = lambda *_: False


def _lateral(place: Place, _receiver: Receiver) -> float:
    return float(np.degrees(np.arcsin(-place.unit[1])))


def _lateral_per_degree(place: Place) -> float:
    turned = (replace(place, azimuth_deg=place.azimuth_deg + half) for half in (-0.5, 0.5))
    before, after = (_lateral(one, {}) for one in turned)
    return after - before


def head_delay_us(samples: Samples, rate: int, tilt: Tilt, quiet: Quiet) -> float:
    """By how much the right ear leads, µs; NaN where the spectrum is unknown and too little of it is heard."""
    if tilt is None:
        measured = InterauralTransfer.of(samples, rate, quiet=quiet).time_difference_us(HEAD_S)
        return float("nan") if measured is None else measured
    return time_difference_us(samples, rate, tilt_db_per_octave=tilt, reach_s=HEAD_S)


def _lateral_of(samples: Samples, rate: int, _receiver: Receiver, tilt: Tilt, quiet: Quiet) -> float:
    return float(lateral_deg(head_delay_us(samples, rate, tilt, quiet)))


def louder_ear_db(samples: Samples, rate: int, quiet: Quiet) -> float:
    """By how much the right ear is louder in a short stretch, dB; NaN where too little is heard."""
    tapered = samples * np.hanning(samples.shape[0])[:, None]
    side = InterauralTransfer.of(tapered, rate, quiet=quiet).side_db()
    return float("nan") if side is None else side


def _wrong_ear_louder(samples: Samples, rate: int, lateral: float, quiet: Quiet) -> bool:
    return abs(lateral) > _CLEARLY_DEG and lateral * louder_ear_db(samples, rate, quiet) < 0


def _azimuth(place: Place, _receiver: Receiver) -> float | None:
    return place.azimuth_deg % 360.0 if abs(place.elevation_deg) < _POLE_DEG else None


def _intensity(angle: int) -> Measure:
    return lambda samples, *_: intensity_direction(samples)[angle]


def _arrival(receiver: Receiver, pair: int) -> Bearing:
    """How much sooner microphone ``pair`` + 2 hears it than the first one, µs."""
    microphones = np.array(receiver["positions_m"], dtype=np.float64)[[0, pair + 1]]
    reach_s = 1.2 * float(np.linalg.norm(microphones[1] - microphones[0])) / SPEED_OF_SOUND + 2e-5

    def expected(place: Place, _receiver: Receiver) -> float:
        first, other = np.linalg.norm(place.distance_m * place.unit - microphones, axis=1)
        return float((first - other) / SPEED_OF_SOUND * 1e6)

    def measured(samples: Samples, rate: int, _receiver: Receiver, tilt: Tilt, _quiet: Quiet) -> float:
        stretch = samples[:, [0, pair + 1]]  # delayed alike at all frequencies: no spectrum matters much
        return time_difference_us(stretch, rate, tilt_db_per_octave=tilt or 0.0, reach_s=reach_s)

    return Bearing("arrival difference", expected, measured, clear_span=250.0)


def _cardioid_level(place: Place, receiver: Receiver) -> float | None:
    """Level of the right cardioid of a coincident pair over that of the left one, dB."""
    half = np.radians(float(receiver["angle_deg"]) / 2)
    toward = np.array([[np.cos(half), np.sin(half), 0.0], [np.cos(half), -np.sin(half), 0.0]])
    left, right = 20.0 * np.log10(np.maximum((1.0 + toward @ place.unit) / 2, 1e-6))
    return float(right - left) if min(left, right) > -_NULL_DB else None


def _level_of(samples: Samples, _rate: int, _receiver: Receiver, _tilt: Tilt, _quiet: Quiet) -> float:
    left, right = db(power(samples))
    return float(right - left)


#: Format -> what tells a direction, given the description of the receiver.
BEARINGS: dict[str, Callable[[Receiver], tuple[Bearing, ...]]] = {
    "binaural": lambda _: (
        Bearing(
            "lateral angle",
            _lateral,
            _lateral_of,
            _CLEAR_DEG,
            per_degree=_lateral_per_degree,
            doubtful=_wrong_ear_louder,
        ),
    ),
    "foa": lambda _: (
        Bearing("azimuth", _azimuth, _intensity(0), _CLEAR_DEG, turns=True),
        Bearing("elevation", lambda place, _: place.elevation_deg, _intensity(1), _CLEAR_DEG),
    ),
    "array": lambda receiver: tuple(
        _arrival(receiver, pair) for pair in range(len(receiver["positions_m"]) - 1)
    ),
    "stereo": lambda _: (Bearing("level difference", _cardioid_level, _level_of, clear_span=6.0),),
}

#: Format -> what tells best which way a sound moves, where it is not the bearing itself.
_SENSES = {
    "binaural": Bearing(
        "level between the ears",
        _lateral,
        lambda samples, rate, _receiver, _tilt, quiet: louder_ear_db(samples, rate, quiet),
        _CLEAR_DEG,
    ),
}


def senses(truth: Mapping[str, Any]) -> tuple[Bearing, ...]:
    """What tells which way a sound moves in a clip with this truth, by going up and down with it."""
    own = _SENSES.get(str(truth["format"]))
    return bearings(truth) if own is None else (own,)


def bearings(truth: Mapping[str, Any]) -> tuple[Bearing, ...]:
    make = BEARINGS.get(str(truth["format"]))
    return make(truth["receiver"]) if make else ()


def arrivals_s(truth: Mapping[str, Any], source: Mapping[str, Any]) -> NDArray[np.float64]:
    """By how much later than at the receiver's middle the direct sound's energy comes, for each channel, s.

    As claimed: these differences are measured apart, and far more exactly than energies need them.
    """
    channels = len(truth["channels"])
    if source.get("itd_us") is not None:
        half_s = float(source["itd_us"]) * 0.5e-6
        return np.array([half_s, -half_s]) + EAR_CENTROID_S
    microphones = truth["receiver"].get("positions_m")
    if microphones is None or "azimuth_deg" not in source:
        return np.zeros(channels)
    distance = float(source["distance_m"])
    place = Place(float(source["azimuth_deg"]), float(source["elevation_deg"]), distance)
    paths = np.linalg.norm(distance * place.unit - np.array(microphones, dtype=np.float64), axis=1)
    return np.asarray((paths - distance) / SPEED_OF_SOUND)
