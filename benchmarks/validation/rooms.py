"""Binaural room responses against the full-order oracle, in which every image has its own filters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import oracle
from oracle import Exact

from starbench.errors import StimulusError
from starbench.synth import acoustics
from starbench.synth.binaural import binaural_response
from starbench.synth.geometry import unit
from starbench.synth.heads import loading
from starbench.synth.image_sources import ImageSources, shoebox_images
from starbench.synth.impulse_response import ImpulseResponse
from starbench.synth.shoebox import Shoebox
from starbench.synth.surfaces import AIR_DB_PER_M, Surfaces

from .table import Row, at_most, told

RATE = 48_000
SEED = 20_260
#: Size, m, and RT60 asked, s: a small dry room, a living room, a hall.
ROOMS = (((3.6, 3.0, 2.5), 0.25), ((6.0, 5.0, 3.0), 0.4), ((10.0, 8.0, 3.5), 0.6))
#: The quick form has drier rooms: a fifth of the images.
QUICK_ROOMS = tuple((size, 0.6 * rt60_s) for size, rt60_s in ROOMS)
#: How far listener and source stand from the walls at least, m.
CLEAR_M = 0.5
#: The oracle's high-pass rises from half of this; its half amplitude is where the labels' Butterworth begins.
ABOVE_HZ = acoustics.ROOM_FROM_HZ / 0.75


@dataclass(frozen=True, eq=False)
class Case:
    """A place in a room, and the images that are heard there."""

    room: Shoebox
    azimuth_deg: float
    elevation_deg: float
    distance_m: float
    images: ImageSources

    @property
    def octaves(self) -> np.ndarray | None:
        """Amplitudes of the images in the octaves, counted by the oracle; None where all walls are alike."""
        if self.room.losses is None:
            return None
        source = self.room.to_room(self.images.offsets[0])
        absorption = -np.expm1(-2.0 * self.room.losses)
        return oracle.octave_amplitudes(self.images, self.room, source, absorption, AIR_DB_PER_M)


@dataclass(frozen=True, eq=False)
class Compared:
    """A case as we render it and as the oracle does, and by how much their figures differ (ours less its).

    ``drr_db``, ``t30_part`` (a part of the oracle's) and ``itd_us`` compare our own figures of our response
    with the oracle's figures of the oracle's. ``yardsticks`` is how far the two sides' figures of one and the
    same response are apart: DRR (dB), T30 (part), ITD (µs).
    """

    case: Case
    ours: ImpulseResponse
    exact: Exact
    drr_db: np.ndarray
    t30_part: np.ndarray
    itd_us: float
    ild_db: np.ndarray
    yardsticks: np.ndarray


def draw(
    size_m: tuple[float, float, float],
    rt60_s: float,
    rng: np.random.Generator,
    surfaces: Surfaces | None = None,
) -> Case:
    """A listener anywhere, facing anywhere, and a source anywhere that both room and head have."""
    size = np.array(size_m)
    while True:
        listener = rng.uniform(CLEAR_M, size - CLEAR_M)
        facing = float(rng.uniform(0.0, 360.0))
        room = Shoebox(size_m, rt60_s, tuple(listener.tolist()), facing, surfaces)
        azimuth, elevation = float(rng.uniform(0.0, 360.0)), float(rng.uniform(-35.0, 60.0))
        distance = float(np.exp(rng.uniform(np.log(0.5), np.log(0.6 * size.max()))))
        try:
            point = room.place(azimuth, elevation, distance)
        except StimulusError:
            continue
        if np.minimum(point, size - point).min() >= CLEAR_M:
            heard = shoebox_images(room, unit(azimuth, elevation) * distance)
            return Case(room, azimuth, elevation, distance, heard)


def render(case: Case) -> tuple[ImpulseResponse, Exact]:
    ears = loading.load(None, RATE)
    exact = oracle.oracle_brir(ears, case.images, RATE, case.octaves)
    return binaural_response(ears, case.images, RATE), exact


def compare(case: Case, ours: ImpulseResponse, exact: Exact) -> Compared:
    reference = oracle_figures(exact)
    drr_db, t30_s, itd_us = our_figures(ours)
    same_drr, same_t30, same_itd = our_figures(exact)
    yardsticks = [
        np.abs(same_drr - reference[0]).max(),
        np.abs(same_t30 / reference[1] - 1.0).max(),
        abs(same_itd - reference[2]),
    ]
    return Compared(
        case,
        ours,
        exact,
        drr_db - reference[0],
        t30_s / reference[1] - 1.0,
        itd_us - reference[2],
        oracle.erb_ild_db(ours) - oracle.erb_ild_db(exact),
        np.array(yardsticks),
    )


def our_figures(response: ImpulseResponse | Exact) -> tuple[np.ndarray, np.ndarray, float]:
    """DRR (dB), T30 (s) and ITD (µs) by the functions that label the stimuli."""
    direct, rest = (acoustics.high_pass(part, response.rate) for part in (response.direct, response.rest))
    return (
        acoustics.direct_to_reverberant_db(direct, rest),
        acoustics.reverberation_time_s(direct + rest, response.rate),
        acoustics.interaural_time_us(response.direct, response.rate),
    )


def oracle_figures(response: Exact) -> tuple[np.ndarray, np.ndarray, float]:
    """The same by functions that share no code with them."""
    return oracle.drr_db(response, ABOVE_HZ), oracle.t30_s(response, ABOVE_HZ), oracle.itd_us(response)


def found(quick: bool) -> list[Compared]:
    """Compare positions in every room: 8 each, or 1."""
    cases = [
        draw(size, rt60_s, np.random.default_rng([SEED, number, position]))
        for number, (size, rt60_s) in enumerate(QUICK_ROOMS if quick else ROOMS)
        for position in range(1 if quick else 8)
    ]
    return [compare(case, *render(case)) for case in cases]


def rows(compared: list[Compared], name: str = "room") -> list[Row]:
    cases = f"{len(compared)} positions, {len({one.case.room.size_m for one in compared})} rooms"
    drr = np.abs([one.drr_db for one in compared])
    t30 = 100.0 * np.abs([one.t30_part for one in compared])
    itd = np.abs([one.itd_us for one in compared])
    ild = np.abs([one.ild_db for one in compared])
    medians = np.median(ild, axis=1)
    apart = np.max([one.yardsticks for one in compared], axis=0)
    return [
        at_most(
            f"{name}: DRR, worst ear", drr.max(), 0.3, "dB", cases, more=f" (median {np.median(drr):.2f})"
        ),
        at_most(
            f"{name}: ILD in ERB bands, median",
            float(np.median(ild)),
            0.5,
            "dB",
            cases,
            more=f" (worst position {medians.max():.2f}; 95 % of bands below {np.quantile(ild, 0.95):.2f})",
        ),
        at_most(f"{name}: ITD of the direct sound, worst", itd.max(), 2.0, "µs", cases),
        at_most(
            f"{name}: T30, worst ear", t30.max(), 3.0, "%", cases, more=f" (median {np.median(t30):.2f})"
        ),
        told(
            f"{name}: labels' own formulas against the oracle's, same response",
            f"DRR {apart[0]:.2g} dB, T30 {100 * apart[1]:.2g} %, ITD {apart[2]:.2g} µs at most",
            cases,
        ),
    ]
