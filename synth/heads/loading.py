"""Loading of heads: from a SOFA file or the embedded KEMAR to filters at a sampling rate."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from starbench.errors import StimulusError

from ..geometry import MIRROR, unit
from . import kemar, sofa
from .alignment import align, centre_delays, onset_times
from .hrtf import Head
from .mesh import triangulate

#: Length of the aligned filters, s: 256 taps at 48 kHz. At 44.1 kHz they also have 256 taps, a little more.
#: What KEMAR loses by it, rms in ERB bands: 0.5 dB from 200 to 500 Hz, 0.2 to 1500, 0.1 to 5000, 0.6 above
#: (in the notches of the far ear); below 200 Hz 2.5 dB, because these waves are longer than the filter.
SPAN_S = 256 / 48_000
#: Time before the onset that is kept, s (what precedes the onset is the ripple of band-limited sampling).
LEAD_S = 16 / 48_000


def load(source: str | None, rate: int) -> Head:
    """Load a head, ready to render at a sampling rate. Heads are cached.

    ``source`` is a SOFA file, or None for the embedded KEMAR; ``rate`` is in Hz.

    Raises a StimulusError if the file cannot be used (``sofa.read``), or the rate is not supported.
    """
    lowest, highest = sofa.RATE_RANGE
    if not lowest <= rate <= highest or rate % sofa.RATE_STEP:
        raise StimulusError(
            f"a head cannot be rendered at {rate} Hz: give a multiple of {sofa.RATE_STEP} from {lowest} "
            f"to {highest}"
        )
    if source is None:
        return _cached(None, rate, 0, 0)
    try:
        status = os.stat(source)
    except (OSError, ValueError):
        return prepare(sofa.read(source), rate)  # which raises an error that says what is wrong
    return _cached(str(Path(source).resolve()), rate, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=4)
def _cached(path: str | None, rate: int, size: int, modified_ns: int) -> Head:  # noqa: ARG001 - keys of the cache
    return prepare(kemar.read() if path is None else sofa.read(path), rate)


def prepare(hrirs: sofa.HrirSet, rate: int) -> Head:
    """Align, resample and scale measured responses."""
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
