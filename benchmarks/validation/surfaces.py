"""Rooms whose floor, walls and ceiling absorb octave by octave, against the oracle: each image its own filter."""

from __future__ import annotations

import numpy as np
import oracle

from starbench.synth.ambisonics import foa_response
from starbench.synth.microphones import array_response
from starbench.synth.surfaces import Surfaces

from . import rooms
from .pulses import PAIR_M, frequencies
from .rooms import RATE, Compared
from .table import Row, at_most

SEED = 20_264
#: Size, m, RT60 asked, s, and what floor, walls and ceiling are made of.
ROOMS = (
    ((3.6, 3.0, 2.5), 0.2, ("carpet", "plaster", "acoustic-tiles")),
    ((6.0, 5.0, 3.0), 0.3, ("parquet", "plasterboard", "acoustic-tiles")),
    ((18.0, 14.0, 7.0), 0.5, ("carpet", "panelling", "plaster")),
)
OCTAVES_HZ = (250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)


def found(quick: bool) -> list[Compared]:
    """Compare positions in every room: 4 each, or 1 in the last."""
    compared = []
    for number, (size, rt60_s, names) in enumerate(ROOMS):
        if quick and number < len(ROOMS) - 1:
            continue
        surfaces = Surfaces(**dict(zip(("floor", "walls", "ceiling"), names, strict=True)))
        for position in range(1 if quick else 4):
            rng = np.random.default_rng([SEED, number, position])
            case = rooms.draw(size, rt60_s, rng, surfaces)
            compared.append(rooms.compare(case, *rooms.render(case)))
    return compared


def rows(compared: list[Compared]) -> list[Row]:
    cases = f"{len(compared)} positions, {len({one.case.room.size_m for one in compared})} rooms"
    return [
        *rooms.rows(compared, "room with surfaces"),
        *_octave_rows(compared, cases),
        *_microphone_rows(compared),
    ]


def _octave_rows(compared: list[Compared], cases: str) -> list[Row]:
    drr, t30 = [], []
    for one in compared:
        for middle_hz in OCTAVES_HZ:
            ours, exact = (oracle.octave(response, middle_hz) for response in (one.ours, one.exact))
            drr.append(np.abs(oracle.drr_db(ours, 0.0) - oracle.drr_db(exact, 0.0)))
            t30.append(100.0 * np.abs(oracle.t30_s(ours, 0.0) / oracle.t30_s(exact, 0.0) - 1.0))
    return [
        at_most(
            "room with surfaces: DRR of an octave, worst ear and octave",
            float(np.max(drr)),
            0.3,
            "dB",
            cases,
            more=f" (median {np.median(drr):.2f})",
        ),
        at_most(
            "room with surfaces: T30 of an octave, median",
            float(np.median(t30)),
            3.0,
            "%",
            cases,
            more=f" (90 % below {np.quantile(t30, 0.9):.1f}, worst {np.max(t30):.1f})",
        ),
    ]


def _microphone_rows(compared: list[Compared]) -> list[Row]:
    """Microphones and ambisonics in the last room, in which images are fewest, over all frequencies."""
    case = compared[-1].case
    hertz = frequencies()[1].ravel()
    figures = []
    for name, response, exact_sums in (
        ("two microphones", array_response(case.images, PAIR_M, RATE), _pair),
        ("FOA", foa_response(case.images, RATE), oracle.foa_spectra),
    ):
        got = oracle.spectra_of(response.whole, RATE, hertz)
        exact = exact_sums(case.images, RATE, response.lead, hertz, case.octaves)
        figures.append((name, oracle.error_db(got, exact)))
    return [
        at_most(
            f"{name} in a room with surfaces", float(np.max(error)), -30.0, "dB", f"{hertz.size} frequencies"
        )
        for name, error in figures
    ]


def _pair(images, rate, lead, hertz, octaves):
    return oracle.mic_spectra(images, PAIR_M, rate, lead, hertz, octaves)
