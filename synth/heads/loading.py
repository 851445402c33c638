"""Loading of heads: from a SOFA file or an embedded KEMAR to filters at a sampling rate."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np

from starbench.errors import StimulusError
from starbench.measured_rooms.sofa import RATE_RANGE, RATE_STEP

from ..geometry import MIRROR, unit
from . import kemar, sofa
from .alignment import align, centre_delays, onset_times
from .equalisation import equalised
from .hrtf import Head
from .mesh import triangulate

#: Length of the aligned filters, s: 256 taps at 48 kHz. At 44.1 kHz they also have 256 taps, a little more.
#: What KEMAR loses by it, rms in ERB bands: 0.5 dB from 200 to 500 Hz, 0.2 to 1500, 0.1 to 5000, 0.6 above
#: (in the notches of the far ear); below 200 Hz 2.5 dB, because these waves are longer than the filter.
SPAN_S = 256 / 48_000
#: Time before the onset that is kept, s (what precedes the onset is the ripple of band-limited sampling).
LEAD_S = 16 / 48_000
#: A suite's items take turns with as many heads as this before any is loaded again.
CACHED_HEADS = 8

#: What can be divided out of a head's filters (``equalisation``).
Equalisation = Literal["diffuse-field"]


def load(source: str | None, rate: int, equalisation: Equalisation | None = None) -> Head:
    """Load a head, ready to render at a sampling rate. Heads are cached.

    ``source`` is the name of an embedded one (``kemar.ASSETS``; None is the default one), or the path of a SOFA
    file; ``rate`` is in Hz.

    Raises a StimulusError if the file cannot be used (``sofa.read``), or the rate is not supported.
    """
    lowest, highest = RATE_RANGE
    if not lowest <= rate <= highest or rate % RATE_STEP:
        raise StimulusError(
            f"a head cannot be rendered at {rate} Hz: give a multiple of {RATE_STEP} from {lowest} "
            f"to {highest}"
        )
    source = source or kemar.DEFAULT
    if source in kemar.ASSETS:
        return _cached(source, rate, equalisation, 0, 0)
    try:
        status = os.stat(source)
    except (OSError, ValueError):
        return prepare(sofa.read(source), rate)  # which raises an error that says what is wrong
    return _cached(str(Path(source).resolve()), rate, equalisation, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=CACHED_HEADS)
def _cached(
    source: str,
    rate: int,
    equalisation: Equalisation | None,
    size: int,  # noqa: ARG001 - a key of the cache
    modified_ns: int,  # noqa: ARG001
) -> Head:
    return prepare(kemar.read(source) if source in kemar.ASSETS else sofa.read(source), rate, equalisation)


def prepare(hrirs: sofa.HrirSet, rate: int, equalisation: Equalisation | None = None) -> Head:
    """Align, resample, equalise and scale measured responses."""
    mesh = triangulate(hrirs.directions)
    onsets_s = onset_times(hrirs.responses, hrirs.rate)
    taps = max(256, round(SPAN_S * rate))
    lead = round(LEAD_S * rate)
    filters = align(hrirs, onsets_s, rate, taps, lead)
    head = Head(
        name=hrirs.name,
        digest=hrirs.digest,
        rate=rate,
        directions=hrirs.directions,
        delays_s=centre_delays(onsets_s + hrirs.delays_s, hrirs.directions),
        filters=filters.astype(np.float32),
        lead=lead,
        symmetric=_is_symmetric(hrirs),
        mesh=mesh,
    )
    if equalisation == "diffuse-field":
        head = equalised(head)
    energy = np.square(head.at(unit(0.0)[None])[1], dtype=np.float64).sum(axis=-1).mean()
    head = replace(head, filters=head.filters / np.float32(math.sqrt(energy)))
    for values in (head.directions, head.delays_s, head.filters):
        values.setflags(write=False)
    return head


def _is_symmetric(hrirs: sofa.HrirSet) -> bool:
    """Whether mirroring the directions and swapping the ears gives the same measurements."""
    directions, mirrored = hrirs.directions, hrirs.directions * MIRROR
    order, partner = (np.lexsort(np.round(v, 6).T) for v in (directions, mirrored))
    return bool(
        np.abs(directions[order] - mirrored[partner]).max() < 1e-5
        and np.array_equal(hrirs.responses[order], hrirs.responses[partner, ::-1])
        and np.array_equal(hrirs.delays_s[order], hrirs.delays_s[partner, ::-1])
    )
