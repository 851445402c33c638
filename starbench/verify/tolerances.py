"""How far a measurement may lie from its claim, for each kind of claim, and why.

One table: ``starbench verify`` judges by it and the documents are written from it. A tolerance is that of
a single claim. Where an estimator is coarser than that, the median error of a whole suite has a narrower
one beside it, so that a synthesizer that is always a little wrong is found although no clip could tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

OfClaim = Callable[[float], float]

#: The median of fewer errors than this is judged by no tolerance of a suite.
ENOUGH = 20
#: All places of a suite may be turned by this angle, degrees, beside what chance does to its estimate.
MOST_TURN_DEG = 1.0


@dataclass(frozen=True)
class ClaimKind:
    """One kind of claim."""

    what: str
    """What is compared."""
    unit: str
    tolerance: OfClaim
    """Largest error of a single claim, from the claimed value."""
    rule: str
    """The tolerance in words."""
    reason: str
    jnd: OfClaim | None = None
    """One human JND at the claimed value; None where there is none to speak of."""
    suite: float | None = None
    """Largest median error, with its sign, of a suite, in tolerances; what chance gives comes on top."""
    wraps: float | None = None
    """What is once around, for angles."""

    def error(self, claimed: float, measured: float) -> float:
        error = measured - claimed
        return error if self.wraps is None else (error + self.wraps / 2) % self.wraps - self.wraps / 2


def level_jnd_db(level_db_spl: float) -> float:
    """One JND of a tone's level, dB: 1.5 at 20 dB SPL to 0.3 at 80 (Jesteadt, Wier & Green 1977)."""
    return float(np.interp(level_db_spl, (20.0, 80.0), (1.5, 0.3)))


def _flat(value: float) -> OfClaim:
    return lambda _claimed: value


def _part(fraction: float, at_least: float = 0.0) -> OfClaim:
    return lambda claimed: max(fraction * abs(claimed), at_least)


def _modulation_tolerance_db(depth_db: float) -> float:
    """Four standard deviations of an estimate of m, 0.0095, but no less than 0.5 dB."""
    return max(0.5, float(4.0 * 20.0 / np.log(10.0) * 0.0095 / 10.0 ** (depth_db / 20.0)))


def _around(
    name: str,
    what: str,
    unit: str,
    reason: str,
    jnd: OfClaim | None,
    by: Mapping[str, tuple[float, float | None]],
    wraps: float | None = None,
) -> dict[str, ClaimKind]:
    """A kind of claim in each of several surroundings: tolerance, and the suite's part of it."""
    return {
        f"{name}, {where}": ClaimKind(
            f"{what}, {where}", unit, _flat(limit), f"{limit:g} {unit}".strip(), reason, jnd, suite, wraps
        )
        for where, (limit, suite) in by.items()
    }


_TENTH = "a tenth of a human JND"
_WORST = "the worst error of the estimator on true stimuli, with room"
_PARTLY = f"{_WORST}; a suite's median is held to a part of it"
_WHITE = (
    "how a head weighs the bands of a flat source cannot be heard: 12 µs and 1.2 dB (sd over directions); a "
    "suite's median is held to a part of it"
)
_FEW_BANDS = (
    "Gaussian noise fluctuates while it begins and stops, the more the fewer bands are strong; a suite's median is "
    "held to a part of it"
)
_OFF = "median distance of the track from the claimed path, "
_SENSE = "a mirrored or reversed path has −1; reflections blur, but do not turn, the sense of motion"

#: Name of a kind of claim -> how it is judged.
KINDS: dict[str, ClaimKind] = {
    "truth": ClaimKind(
        "whether a truth can be read", "", _flat(0.0), "none", "what cannot be read claims nothing"
    ),
    "rate": ClaimKind("sample rate", "Hz", _flat(0.0), "none", "stands in the file"),
    "channels": ClaimKind("number of channels", "", _flat(0.0), "none", "stands in the file"),
    "length": ClaimKind(
        "length of the clip", "s", _flat(1.5 / 8000), "0.19 ms", "a sample at 8 kHz, and rounding"
    ),

    "excerpt level": ClaimKind(
        "root mean square of an excerpt", "dB", _flat(0.02), "0.02 dB", "rounding to 16 bits, at -60 dB re full scale"
    ),
    "tones": ClaimKind("number of tones", "", _flat(0.0), "none", "a tone is there or is not"),
    "silence": ClaimKind(
        "rms where no tone is claimed", "LSB", _flat(2.0), "2 LSB", "what rounding and dither leave behind"
    ),
    "tone f0": ClaimKind("its frequency", "Hz", _part(0.0002), "0.02 %", f"{_TENTH} (0.2 %)", _part(0.002)),
    "tone level": ClaimKind(
        "its level", "dB", lambda level: 0.1 * level_jnd_db(level), "0.03 to 0.15 dB",
        f"{_TENTH} (1.5 dB at 20 dB SPL to 0.3 dB at 80)", level_jnd_db,
    ),
    "tone onset": ClaimKind(
        "its half-amplitude onset", "s", _flat(0.001), "1 ms", f"{_TENTH} (10 % of the shortest, 0.1 s)",
        _flat(0.010),
    ),
    "tone duration": ClaimKind(
        "its half-amplitude duration", "s", _part(0.01, 0.001), "1 %, at least 1 ms", f"{_TENTH} (10 %)",
        _part(0.10),
    ),

    "burst onset": ClaimKind(
        "half-amplitude onset of a burst of noise or of a complex tone", "s", _flat(0.005), "5 ms", _PARTLY, None, 0.2
    ),
    "burst duration": ClaimKind(
        "its half-amplitude duration", "s", _flat(0.008), "8 ms", _PARTLY, _part(0.10), 0.2
    ),
    "burst level": ClaimKind(
        "rms of a burst between its half-amplitude points", "dB", _flat(0.05), "0.05 dB", f"{_TENTH} (0.5 dB)",
        _flat(0.5),
    ),
    "partial": ClaimKind(
        "frequency of a partial", "Hz", _part(0.0002), "0.02 %", f"{_TENTH} (0.2 %)", _part(0.002)
    ),
    "partial onset": ClaimKind(
        "half-amplitude onset of one of two tones that overlap", "s", _flat(0.0005), "0.5 ms",
        "a tenth of the smallest asynchrony, 5 ms",
    ),
    "partial duration": ClaimKind(
        "its half-amplitude duration", "s", _flat(0.0005), "0.5 ms", "as for the onset"
    ),
    "partial level": ClaimKind(
        "its rms between the half-amplitude points", "dB", _flat(0.15), "0.15 dB", _WORST, _flat(0.5)
    ),
    "gaps": ClaimKind("number of gaps in a noise", "", _flat(0.0), "none", "a gap is there or is not"),
    "gap position": ClaimKind(
        "middle of a gap, from the burst's onset", "s", _flat(0.0005), "0.5 ms", _PARTLY, None, 0.2
    ),
    "gap length": ClaimKind(
        "half-amplitude length of a gap", "s", _flat(0.0006), "0.6 ms", _PARTLY, _flat(0.0025), 0.25
    ),
    "modulation depth": ClaimKind(
        "depth of an amplitude modulation, 20 log10(m)", "dB", _modulation_tolerance_db,
        "0.5 dB, and more below -15 dB (8 dB at -28)",
        "four standard deviations of the power of a noise of 7 kHz and 0.9 s", None, 0.15,
    ),
    "modulation rate": ClaimKind(
        "rate of an amplitude modulation of -8 dB or more", "Hz", _part(0.012), "1.2 %", _PARTLY, _part(0.07), 0.1
    ),
    "no modulation": ClaimKind(
        "m of the strongest modulation where none is claimed", "", _flat(0.08), "0.08 (-22 dB)",
        "what the own fluctuation of a noise of 0.4 s looks like",
    ),
    "events": ClaimKind("number of sounds in a sequence", "", _flat(0.0), "none", "a sound is there or is not"),
    "inter-onset interval": ClaimKind(
        "time from one onset of a sequence to the next", "s", _part(0.001), "0.1 %",
        "a twenty-fifth of a human JND (2.5 %)", _part(0.025),
    ),
    "noise level per ERB": ClaimKind(
        "level of a noise in one auditory filter", "dB", _flat(2.5), "2.5 dB",
        "a noise of 1.5 s fluctuates: five standard deviations at 250 Hz", _flat(0.5), 0.12,
    ),
    "masked tone level": ClaimKind(
        "level of a tone in noise, where its d′ is 15 or more", "dB", _flat(2.5), "2.5 dB",
        "four standard deviations that the noise causes", _flat(0.5), 0.15,
    ),

    **_around("onset", "half-amplitude onset of a source", "s", _PARTLY, None,
              {"dry": (0.005, 0.4), "in noise": (0.006, 0.4), "in a room": (0.030, 0.15)}),
    **_around("duration", "its half-amplitude duration (in a room to the bend into the decay)", "s", _PARTLY,
              _part(0.10), {"dry": (0.010, 0.3), "in noise": (0.012, 0.3), "in a room": (0.080, 0.15)}),
    "span of a sound with pauses": ClaimKind(
        "how far it reaches beyond its claimed ends", "s", _flat(0.010), "10 ms",
        "only events can be heard; the last may fall into the ramp",
    ),
    "received level": ClaimKind("level of a channel while a source sounds", "dB", _flat(0.05), "0.05 dB",
                           f"{_TENTH} (0.5 dB)", _flat(0.5)),
    "received level, in noise": ClaimKind("the same, background taken off", "dB", _flat(0.4), "0.4 dB", _PARTLY,
                                     _flat(0.5), 0.2),
    "f0": ClaimKind("fundamental of a harmonic complex", "Hz", _part(0.0002), "0.02 %", f"{_TENTH} (0.2 %)",
               _part(0.002)),

    "band of a recording": ClaimKind(
        "by how much what is heard ends below the band that a recording is said to have", "octaves", _flat(1.0),
        "1 octave", "random gains may weaken its end; where the background may hide it, it is not measured",
    ),

    **_around("ITD", "time difference of the direct sound between the ears, below 1.5 kHz", "µs", _PARTLY,
              _flat(10.0), {"dry": (20.0, 0.15), "in noise": (40.0, 0.15), "dry, harmonic": (80.0, 0.1),
                            "in noise, harmonic": (80.0, 0.1), "in a room": (300.0, 0.05)}),
    **_around("ILD", "level difference of the direct sound between the ears", "dB", _PARTLY, _flat(0.5),
              {"dry": (0.5, 0.1), "in noise": (1.0, 0.1), "dry, harmonic": (1.5, 0.1),
               "in noise, harmonic": (1.5, 0.1)}),
    **_around("ITD", "the same of a sound of unknown spectrum, every band counting the same", "µs", _WHITE,
              _flat(10.0), {"dry, any spectrum": (60.0, 0.15), "in noise, any spectrum": (90.0, 0.15)}),
    **_around("ILD", "the same of a sound of unknown spectrum, every band counting the same", "dB", _WHITE,
              _flat(0.5), {"dry, any spectrum": (6.0, 0.1), "in noise, any spectrum": (6.0, 0.15)}),
    **_around("lateral angle", "angle from the median plane, by the sine law of the ITD", "°",
              "the sine law's own error on a measured head, with room; the ITD itself is held far closer",
              _flat(0.97), {"dry": (18.0, None), "in noise": (20.0, None), "in a room": (35.0, None)}),
    **_around("azimuth", "azimuth, by ambisonic intensity", "°", f"dry {_TENTH}; else {_PARTLY}", _flat(0.97),
              {"dry": (0.097, None), "in noise": (1.0, 0.2), "in a room": (25.0, 0.06)}, wraps=360.0),
    **_around("elevation", "elevation, by ambisonic intensity", "°", f"dry {_TENTH}; else {_PARTLY}",
              _flat(3.65), {"dry": (0.365, None), "in noise": (1.0, 0.2), "in a room": (15.0, 0.2)}),
    **_around("arrival difference", "time between two microphones", "µs", f"dry {_TENTH}; else {_PARTLY}",
              _flat(10.0), {"dry": (1.0, None), "in noise": (6.0, 0.2), "in a room": (130.0, 0.25)}),
    **_around("level difference", "level between two cardioids", "dB", f"dry {_TENTH}; else {_PARTLY}",
              _flat(0.5), {"dry": (0.05, None), "in noise": (2.0, 0.2), "in a room": (8.0, 0.2)}),

    "T30, noise": ClaimKind("decay of a noise after it stops, −5 to −35 dB", "s", _part(0.20), "20 %", _PARTLY,
                       _part(0.05), 0.25),
    "T30, harmonic": ClaimKind("the same of a harmonic sound, which beats", "s", _part(0.40), "40 %", _PARTLY,
                          _part(0.05), 0.15),
    "T30 of octaves, noise": ClaimKind(
        "decay of a noise in one octave, from 500 Hz", "s", _part(0.35), "35 %", _PARTLY, _part(0.05), 0.2
    ),
    "T30 of octaves, any spectrum": ClaimKind(
        "decay of a noise whose spectrum is not known in one octave, from 1 kHz", "s", _part(0.60), "60 %",
        f"five standard deviations: {_FEW_BANDS}", _part(0.05), 0.1,
    ),
    **_around("DRR", "direct over reflected energy, from how power builds up and falls", "dB", _PARTLY,
              _flat(2.5), {"noise": (6.0, 0.1), "harmonic": (6.0, 0.1)}),

    **_around("T30", "decay of a noise whose spectrum is not known", "s", _FEW_BANDS, _part(0.05),
              {"any spectrum": (0.25, 0.15)}),
    **_around("DRR", "direct over reflected energy of a noise whose spectrum is not known, up to 12 dB", "dB",
              f"four standard deviations: {_FEW_BANDS}",
              _flat(2.5), {"any spectrum": (16.0, 0.1)}),

    "distance, in a room": ClaimKind(
        "distance, and what the direct-to-reverberant ratio tells of it in a diffuse field", "dB re 1 m", _flat(8.0),
        "8 dB", "early reflections are no diffuse field: four standard deviations; a suite's median is held to a part "
        "of it", _flat(2.5), 0.06,
    ),

    **_around("path: lateral angle", f"{_OFF}lateral angle", "°", "as for a source that stands", _flat(0.97),
              {"dry": (18.0, None), "in noise": (20.0, None), "in a room": (30.0, None)}),
    **_around("path: azimuth", f"{_OFF}azimuth", "°", _WORST, _flat(0.97),
              {"dry": (0.3, None), "in noise": (0.8, None), "in a room": (15.0, None)}),
    **_around("path: elevation", f"{_OFF}elevation", "°", _WORST, _flat(3.65),
              {"dry": (0.3, None), "in noise": (0.8, None), "in a room": (10.0, None)}),
    **_around("path: arrival difference", f"{_OFF}time between microphones", "µs", _WORST, _flat(10.0),
              {"dry": (2.0, None), "in noise": (6.0, None), "in a room": (250.0, None)}),
    **_around("path: level difference", f"{_OFF}level between cardioids", "dB", _WORST, _flat(0.5),
              {"dry": (0.5, None), "in noise": (3.0, None), "in a room": (8.0, None)}),
    **_around("path: sense of motion", "correlation of the measured track with the claimed one", "", _SENSE,
              None, {"dry": (0.15, None), "in noise": (0.2, None), "in a room": (0.5, None)}),
    **_around("path: level over distance", "correlation of level with what distance does to it", "",
              "approaching and receding have opposite signs; reflections hardly change with distance",
              None, {"dry": (0.2, None), "in noise": (0.2, None), "in a room": (0.8, None)}),

    "background level": ClaimKind("level of the background alone", "dB", _flat(2.0), "2 dB",
                             "0.1 s and more of low-pitched noise fluctuates", _flat(0.5), 0.2),
    "background SNR": ClaimKind("level of the sources over the background", "dB", _flat(2.0), "2 dB",
                           "as for the level of the background", _flat(0.5), 0.2),
}  # fmt: skip
