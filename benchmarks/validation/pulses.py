"""Microphones and first-order ambisonics in rooms against sums of exact phases, every image of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import oracle

from starbench.synth.ambisonics import foa_response
from starbench.synth.microphones import array_response

from .rooms import RATE, Case
from .table import Row, at_most

SEED = 20_261
PAIR_M = np.array([[0.0, 0.09, 0.0], [0.0, -0.09, 0.0]])
#: Where both are compared: bands, random frequencies in each, the lowest, the highest as a part of the rate.
BANDS, EACH, LOWEST_HZ, UP_TO = 36, 4, 20.0, 0.45
#: The two receivers, and the sums that they are held against.
RECEIVERS = {
    "FOA": (lambda heard: foa_response(heard, RATE), oracle.foa_spectra),
    "two microphones": (
        lambda heard: array_response(heard, PAIR_M, RATE),
        lambda heard, rate, lead, hertz: oracle.mic_spectra(heard, PAIR_M, rate, lead, hertz),
    ),
}


@dataclass(frozen=True, eq=False)
class Errors:
    """Energy of errors over that of the exact sums, dB: (cases, channels) and (cases, channels, BANDS)."""

    whole_db: np.ndarray
    bands_db: np.ndarray


def frequencies() -> tuple[np.ndarray, np.ndarray]:
    """Edges of the bands, (BANDS + 1,), and random frequencies in them, (BANDS, EACH), Hz."""
    edges = np.linspace(LOWEST_HZ, UP_TO * RATE, BANDS + 1)
    shares = np.random.default_rng(SEED).random((BANDS, EACH))
    return edges, edges[:-1, None] + shares * np.diff(edges)[:, None]


def found(cases: Sequence[Case]) -> dict[str, Errors]:
    return {name: _errors(name, cases) for name in RECEIVERS}


def _errors(name: str, cases: Sequence[Case]) -> Errors:
    respond, exact_sums = RECEIVERS[name]
    hertz = frequencies()[1]
    whole, bands = [], []
    for case in cases:
        response = respond(case.images)
        got = oracle.spectra_of(response.direct + response.rest, RATE, hertz.ravel())
        exact = exact_sums(case.images, RATE, response.lead, hertz.ravel())
        whole.append(oracle.error_db(got, exact))
        shape = (len(exact) * BANDS, EACH)
        bands.append(oracle.error_db(got.reshape(shape), exact.reshape(shape)).reshape(len(exact), BANDS))
    return Errors(np.array(whole), np.array(bands))


def rows(errors: dict[str, Errors]) -> list[Row]:
    return [
        at_most(
            f"{name} in a room, up to {UP_TO:g} of the rate",
            float(found.whole_db.max()),
            -75.0,
            "dB",
            f"{len(found.whole_db)} positions, {BANDS * EACH} frequencies",
            more=f" (worst of {BANDS} bands {found.bands_db.max():.1f})",
        )
        for name, found in errors.items()
    ]
