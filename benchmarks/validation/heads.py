"""The head: what it gives at directions left out of it, and its differences between the ears over azimuth."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from starbench.synth.geometry import angles, unit
from starbench.synth.heads import kemar, loading
from starbench.synth.heads.hrtf import Head
from starbench.tasks.perception import jnd

from .rooms import RATE
from .table import Row, told

#: Frequencies at which spectra are taken, Hz.
STEP_HZ, UP_TO_HZ = 5, 20_000
#: Time differences are of the fine structure below this, Hz.
ITD_BELOW_HZ = 1500.0


@dataclass(frozen=True, eq=False)
class Errors:
    """Of a head's directions: errors of the ears' ERB levels, dB; of ITD, µs; and of ILD, dB."""

    levels_db: np.ndarray
    itd_us: np.ndarray
    ild_db: np.ndarray


@dataclass(frozen=True, eq=False)
class Curve:
    """Differences between the ears at ear level over azimuth, degrees: ITD, µs, and ILD, dB, in bands."""

    azimuth_deg: np.ndarray
    itd_us: np.ndarray
    ild_db: dict[str, np.ndarray]


BANDS_HZ = {"0.2–1 kHz": (200.0, 1000.0), "1–4 kHz": (1000.0, 4000.0), "4–16 kHz": (4000.0, 16_000.0)}


def found() -> dict[str, Errors]:
    return {"at measured directions": measured(), "in gaps of 10°": left_out()}


def measured() -> Errors:
    """Ask for measured directions, and compare with the measurement as published, 512 taps at 44.1 kHz."""
    raw = kemar.read()
    wanted = bins(raw.responses, raw.rate)
    got = spectra(loading.load(None, RATE), raw.directions)
    gain = np.median(erb_levels_db(got) - erb_levels_db(wanted))  # the head is scaled once
    return _errors(got * 10.0 ** (-gain / 20.0), wanted)


def left_out() -> Errors:
    """Leave every second azimuth of the rings from −20° to 20° out, and ask for them.

    The gaps are 10° wide then, twice what they are; the errors of smooth functions four times as large.
    """
    raw = kemar.read()
    azimuth, elevation, _ = angles(raw.directions)
    out = (np.abs(azimuth % 10.0 - 5.0) < 0.01) & (np.abs(elevation) < 25.0)
    kept = replace(
        raw,
        directions=raw.directions[~out],
        responses=raw.responses[~out],
        delays_s=raw.delays_s[~out],
    )
    wanted = spectra(loading.load(None, RATE), raw.directions[out])
    got = spectra(loading.prepare(kept, RATE), raw.directions[out])
    return _errors(got, wanted)


def _errors(got: np.ndarray, wanted: np.ndarray) -> Errors:
    return Errors(
        erb_levels_db(got) - erb_levels_db(wanted),
        itd_us(got) - itd_us(wanted),
        ild_db(got, 200.0, 16_000.0) - ild_db(wanted, 200.0, 16_000.0),
    )


def curve() -> Curve:
    azimuth = np.arange(0.0, 361.0, 1.0)
    responses = spectra(loading.load(None, RATE), unit(azimuth))
    return Curve(
        azimuth, itd_us(responses), {name: ild_db(responses, *band) for name, band in BANDS_HZ.items()}
    )


def spectra(ears: Head, directions: np.ndarray) -> np.ndarray:
    """Spectra (m, 2, f) of whole responses, delays put back, at multiples of STEP_HZ from the first one."""
    delays, filters = ears.at(directions)
    return bins(filters, ears.rate) * np.exp(-2j * np.pi * hertz() * delays[..., None])


def bins(responses: np.ndarray, rate: int) -> np.ndarray:
    """Spectra of responses (..., taps) at multiples of STEP_HZ from the first one."""
    return np.fft.rfft(responses.astype(np.float64), rate // STEP_HZ)[..., 1 : UP_TO_HZ // STEP_HZ + 1]


def hertz() -> np.ndarray:
    return STEP_HZ * np.arange(1.0, UP_TO_HZ // STEP_HZ + 1)


def erb_levels_db(responses: np.ndarray) -> np.ndarray:
    """Levels in bands one ERB wide from 200 Hz to 16 kHz (Glasberg & Moore 1990), (m, 2, bands)."""
    rates = np.arange(21.4 * np.log10(1 + 0.00437 * 200.0), 21.4 * np.log10(1 + 0.00437 * 16_000.0), 1.0)
    edges = np.searchsorted(hertz(), (10 ** (rates / 21.4) - 1) / 0.00437)
    return 10.0 * np.log10(np.add.reduceat(np.abs(responses) ** 2, edges, axis=-1)[..., :-1])


def itd_us(responses: np.ndarray) -> np.ndarray:
    """Lag of the left ear where the cross-correlation has its peak, µs, (m,)."""
    low = hertz() < ITD_BELOW_HZ
    cross = (responses[:, 1] * responses[:, 0].conj())[:, low]
    lags = np.arange(-1000.0, 1001.0, 2.0)
    curves = (cross @ np.exp(-2j * np.pi * np.outer(hertz()[low], lags) * 1e-6)).real
    peak = np.clip(curves.argmax(axis=1), 1, lags.size - 2)
    a, b, c = (curves[np.arange(len(cross)), peak + k] for k in (-1, 0, 1))
    return lags[peak] + (a - c) / (a - 2 * b + c)


def ild_db(responses: np.ndarray, low_hz: float, high_hz: float) -> np.ndarray:
    """Level of the right ear over the left in a band, dB, (m,)."""
    power = np.abs(responses[..., (hertz() >= low_hz) & (hertz() < high_hz)]) ** 2
    left, right = power.sum(axis=-1).T
    return 10.0 * np.log10(right / left)


def rows(errors: dict[str, Errors]) -> list[Row]:
    one_jnd = spectra(
        loading.load(None, RATE), unit([-jnd.angle_deg("azimuth", 0.5), jnd.angle_deg("azimuth", 0.5)])
    )
    lines = []
    for where, one in errors.items():
        count = f"{len(one.itd_us)} directions"
        for cue, values, unit_, more in (
            (
                "ERB levels of the ears",
                one.levels_db,
                "dB",
                f"; rms {np.sqrt(np.mean(one.levels_db**2)):.2f}",
            ),
            ("ITD", one.itd_us, "µs", f"; a JND in front: {np.diff(itd_us(one_jnd))[0]:.1f}"),
            (
                "ILD",
                one.ild_db,
                "dB",
                f"; a JND in front: {np.diff(ild_db(one_jnd, 200.0, 16_000.0))[0]:.2f}",
            ),
        ):
            size = np.abs(values)
            figures = f"median {np.median(size):.2f} {unit_}, 95 % below {np.quantile(size, 0.95):.2f}{more}"
            lines.append(told(f"head {where}: {cue}", figures, count))
    return lines
