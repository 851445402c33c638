"""Levels: from dB HL to dB SPL to samples, and which of them 16 bits can represent.

The calibration is that of STAR-Bench: a signal of rms 1 (0 dB FS) stands for 100 dB SPL. It was measured on
four of its published files. Their steady parts are 0.010 to 0.026 dB louder than that, because STAR-Bench
scales the rms of the whole tone, including the ramps; here, levels are those of the steady part.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.errors import StimulusError

#: Sound pressure level of a signal with an rms of full scale (a full-scale sine has 3.01 dB less).
FULL_SCALE_DB_SPL = 100.0

#: Reference equivalent threshold levels, dB SPL at 0 dB HL, of supra-aural TDH-49/50 earphones (ANSI S3.6).
#: 500, 750, 1000 and 1500 Hz agree with STAR-Bench's files; the others are from memory of the standard.
RETSPL_DB = {
    125.0: 47.5,
    250.0: 26.5,
    500.0: 13.5,
    750.0: 8.5,
    1000.0: 7.5,
    1500.0: 7.5,
    2000.0: 11.0,
    3000.0: 9.5,
    4000.0: 10.5,
    6000.0: 13.5,
    8000.0: 13.0,
}

#: A factor of two in amplitude, dB.
_OCTAVE_DB = 20.0 * math.log10(2.0)

#: One 16-bit step; full scale is 1.
LSB = 1.0 / 32768.0

#: Highest peak: it leaves room for one step of dither, and +1 itself has no 16-bit code.
PEAK_LIMIT = 1.0 - 2.0 * LSB

#: Below this level, rounding to 16 bits *without* dither changes the level of a sine by more than a tenth
#: of a human JND at some start phases (measured over the audiogram's frequencies at 48 kHz: 0.13 JND at
#: 36 dB SPL, less than 0.1 from 37 on; the rest is margin).
COARSE_BELOW_DB_SPL = 40.0

OVER_FULL_SCALE = "over-full-scale"
BELOW_ONE_LSB = "below-one-lsb"
DIGITAL_SILENCE = "digital-silence"
COARSE_ROUNDING = "coarse-rounding"


def describe_full_scale() -> dict[str, Any]:
    """Return the level of full scale as JSON values, for the truth of a stimulus in dB SPL."""
    return {"full_scale_rms_db_spl": FULL_SCALE_DB_SPL}


def describe() -> dict[str, Any]:
    """Return the calibration as JSON values, for the truth of a stimulus."""
    return describe_full_scale() | {"retspl": "TDH-49/50 (ANSI S3.6), linear in Hz"}


def triangular_dither(shape: int | tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """Triangular dither, two 16-bit steps wide: with it, rounding does not change the mean level of a signal.

    A TPDF 2 steps wide is the narrowest that makes mean and variance of the rounding error independent of the
    signal: Lipshitz, Wannamaker & Vanderkooy 1992, J. Audio Eng. Soc. 40:355.
    """
    # Single precision halves the cost; dither needs far less than 24 bits below one 16-bit step.
    noise = rng.random(shape, dtype=np.float32)
    noise -= rng.random(shape, dtype=np.float32)
    return noise.astype(np.float64) * LSB


def hl_to_spl(level_db_hl: float, f0_hz: float) -> float:
    """Convert dB HL to dB SPL; the threshold is interpolated linearly between the table's frequencies, Hz.

    Raises a StimulusError outside 125–8000 Hz, where the earphone's threshold is not tabulated.
    """
    frequencies = list(RETSPL_DB)
    if not frequencies[0] <= f0_hz <= frequencies[-1]:
        raise StimulusError(
            f"dB HL is defined from 125 to 8000 Hz and the tone has {f0_hz:g} Hz: give its level in dB SPL"
        )
    return level_db_hl + float(np.interp(f0_hz, frequencies, list(RETSPL_DB.values())))


def tilt_exponent(db_per_octave: float) -> float:
    """Exponent of frequency, in amplitude, of a spectral tilt."""
    return db_per_octave / _OCTAVE_DB


def spl_to_dbfs(level_db_spl: float) -> float:
    """Convert dB SPL to dB re full scale (rms)."""
    return level_db_spl - FULL_SCALE_DB_SPL


def level_to_rms(level_db_spl: float) -> float:
    """Rms of a signal of that level, full scale = 1."""
    return float(10.0 ** (spl_to_dbfs(level_db_spl) / 20.0))


def sine_peak(level_db_spl: float) -> float:
    """Peak of a sine of that level, full scale = 1."""
    return math.sqrt(2.0) * level_to_rms(level_db_spl)


def level_flags(level_db_spl: float, *, dither: bool) -> tuple[str, ...]:
    """Names of what 16 bits do to a sine of that level, if anything.

    ``over-full-scale``: it is clipped. ``below-one-lsb``: its rms is less than one step.
    ``digital-silence``: without dither, every sample rounds to zero. ``coarse-rounding``: without dither, its
    level can be wrong by more than a tenth of a human JND.
    """
    peak = sine_peak(level_db_spl)
    conditions = {
        OVER_FULL_SCALE: peak > PEAK_LIMIT,
        BELOW_ONE_LSB: peak / math.sqrt(2.0) < LSB,
        DIGITAL_SILENCE: not dither and peak <= LSB / 2,
        COARSE_ROUNDING: not dither and level_db_spl < COARSE_BELOW_DB_SPL,
    }
    return tuple(name for name, is_met in conditions.items() if is_met)


def refuse_impossible(level_db_spl: float, f0_hz: float) -> None:
    """Refuse a sine that 16 bits cannot represent.

    Raises a StimulusError if its peak exceeds full scale, or its rms is below one 16-bit step.
    """
    flags = level_flags(level_db_spl, dither=True)
    tone = f"a sine of {f0_hz:g} Hz at {level_db_spl:g} dB SPL"
    if OVER_FULL_SCALE in flags:
        most = FULL_SCALE_DB_SPL + 20.0 * math.log10(PEAK_LIMIT / math.sqrt(2.0))
        raise StimulusError(
            f"{tone} would clip: its peak is {20.0 * math.log10(sine_peak(level_db_spl)):.1f} dB over "
            f"full scale, and {most:.2f} dB SPL is the most"
        )
    if BELOW_ONE_LSB in flags:
        least = FULL_SCALE_DB_SPL + 20.0 * math.log10(LSB)
        raise StimulusError(
            f"{tone} would vanish: its rms is below one 16-bit step, and {least:.2f} dB SPL is the least"
        )
