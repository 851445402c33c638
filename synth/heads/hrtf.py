"""A head: what each ear makes of a sound from any direction it was measured at, and between.

Each measured response is split into a delay and a filter without one (``alignment.py``). Between the
measured directions both are interpolated with the same weights (barycentric, ``mesh.py``), and whoever
renders puts the delay back in.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from starbench.errors import StimulusError

from ..geometry import angles, unit
from . import kemar, sofa
from .alignment import aligned, centred, onsets
from .mesh import Mesh, span

Floats = NDArray[np.float64]
Filters = NDArray[np.float32]

#: What the aligned filters span, s: 256 taps at 48 kHz. At 44.1 kHz they have 256 taps too, a little more.
#: What KEMAR loses by it, rms in ERB bands: 0.5 dB from 200 to 500 Hz, 0.2 to 1500, 0.1 to 5000, 0.6 above
#: (in the far ear's notches); below 200 Hz 2.5 dB, for these waves are longer than the filter.
SPAN_S = 256 / 48_000
#: Time before the onset that is kept, s (what precedes it is the ripple of band-limited sampling).
LEAD_S = 16 / 48_000
#: Where ``clamped`` stops halving, degrees.
CLAMP_DEG = 0.01
#: Directions interpolated at a time.
BATCH = 256

MIRROR = np.array([1.0, -1.0, 1.0])


@dataclass(frozen=True, eq=False)
class Head:
    """A head at one sampling rate.

    Attributes
    ----------
    name : str
        What its makers call it.
    digest : str
        SHA-256 of the measurement's SOFA file.
    rate : int
        Sampling rate, Hz.
    directions : ndarray, shape (n, 3)
        Unit vectors at which it was measured.
    delays_s : ndarray, shape (n, 2)
        When the sound reaches each ear (left first), s after it reaches the head's middle. Their difference,
        left minus right, is the measured one (positive for sources on the right), between *onsets*; their
        mean is a sphere's (``alignment.centred``).
    filters : ndarray of float32, shape (n, 2, taps)
        Responses without their delays: every onset is at tap ``lead``. Scaled once so that white noise
        from the front has the energy at the ears (mean of the two) that it has in the free field.
    lead : int
        Taps before the onset.
    symmetric : bool
        Whether left and right are mirror images to the last bit; then interpolation keeps them so.
    mesh : Mesh
        The triangles over the directions.
    """

    name: str
    digest: str
    rate: int
    directions: Floats
    delays_s: Floats
    filters: Filters
    lead: int
    symmetric: bool
    mesh: Mesh

    @property
    def lowest_deg(self) -> float:
        """Lowest measured elevation, degrees."""
        return float(angles(self.directions)[1].min())

    @property
    def highest_deg(self) -> float:
        """Highest measured elevation, degrees."""
        return float(angles(self.directions)[1].max())

    def covers(self, directions: Floats) -> NDArray[np.bool_]:
        """Whether the head has data around each direction, shape (m, 3) -> (m,)."""
        return self._around(_unit_rows(directions))[2]

    def clamped(self, directions: Floats) -> Floats:
        """Move what lies in a gap up or down to the nearest elevation with data; unit vectors, (m, 3).

        The policy for late reflections, never for a source: azimuth stays, elevation moves towards the
        horizon until there is data (to ``CLAMP_DEG``). Straight down counts as in front.

        Raises
        ------
        StimulusError
            If there is no data at the horizon either.
        """
        directions = _unit_rows(directions)
        lost = ~self.covers(directions)
        if not lost.any():
            return directions
        azimuth, outer, _ = angles(directions[lost])
        inner = np.zeros_like(outer)
        self._refuse_gaps(unit(azimuth, inner))
        for _ in range(math.ceil(math.log2(90.0 / CLAMP_DEG))):
            middle = (outer + inner) / 2.0
            covered = self.covers(unit(azimuth, middle))
            inner, outer = np.where(covered, middle, inner), np.where(covered, outer, middle)
        moved = directions.copy()
        moved[lost] = unit(azimuth, inner)
        return moved

    def at(self, directions: Floats) -> tuple[Floats, Filters]:
        """Delays (m, 2), s, and filters (m, 2, taps) for directions (m, 3) of any length.

        Raises
        ------
        StimulusError
            If one of them lies where the head was not measured.
        """
        directions = _unit_rows(directions)
        corners, weights, covered = self._around(directions)
        if not covered.all():
            self._refuse_gaps(directions[~covered])
        delays = np.einsum("mk,mke->me", weights, self.delays_s[corners])
        filters = np.empty((len(directions), *self.filters.shape[1:]), dtype=np.float32)
        light = weights.astype(np.float32)[..., None, None]
        for start in range(0, len(directions), BATCH):
            part = slice(start, start + BATCH)
            a, b, c = corners[part].T
            np.multiply(self.filters[a], light[part, 0], out=filters[part])
            filters[part] += self.filters[b] * light[part, 1]
            filters[part] += self.filters[c] * light[part, 2]
        left = self._folded(directions)
        delays[left] = delays[left, ::-1]
        filters[left] = filters[left, ::-1]
        return delays, filters

    def _folded(self, directions: Floats) -> NDArray[np.bool_]:
        """Which directions a symmetric head answers from the right side.

        Four directions on one circle can be cut into triangles in two ways, and qhull cuts the two sides
        of a symmetric head differently. What is on the left is therefore read off the right side. (Nothing
        jumps between them, as long as directions in the median plane were measured, as they are.)
        """
        return (directions[:, 1] > 0.0) & self.symmetric

    def _around(self, directions: Floats) -> tuple[NDArray[np.intp], Floats, NDArray[np.bool_]]:
        left = self._folded(directions)[:, None]
        return self.mesh.find(np.where(left, directions * MIRROR, directions))

    def _refuse_gaps(self, directions: Floats) -> None:
        """Refuse the first of these directions that has no data around it."""
        gaps = directions[~self.covers(directions)]
        if len(gaps):
            azimuth, elevation, _ = (float(values[0]) for values in angles(gaps[:1]))
            raise StimulusError(
                f"the head {self.name!r} has no data at elevation {_degrees(elevation)} (azimuth "
                f"{_degrees(azimuth)}): it is measured from {_degrees(self.lowest_deg)} to "
                f"{_degrees(self.highest_deg)}; choose another direction or give a full-sphere head "
                "with --hrtf"
            )


def load(source: str | None, rate: int) -> Head:
    """Load a head, ready to render at a sampling rate; loaded once and kept.

    Parameters
    ----------
    source : str or None
        A SOFA file; None is the embedded KEMAR.
    rate : int
        Sampling rate to render at, Hz.

    Raises
    ------
    StimulusError
        If the file cannot be used (``sofa.read``), or the rate is not one of a head's.
    """
    lowest, highest = sofa.RATE_RANGE
    if not lowest <= rate <= highest or rate % sofa.RATE_STEP:
        raise StimulusError(
            f"a head cannot be rendered at {rate} Hz: give a multiple of {sofa.RATE_STEP} from {lowest} "
            f"to {highest}"
        )
    if source is None:
        return _loaded(None, rate, 0, 0)
    try:
        facts = os.stat(source)
    except (OSError, ValueError):
        return prepared(sofa.read(source), rate)  # which says what is wrong
    return _loaded(str(Path(source).resolve()), rate, facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=4)
def _loaded(path: str | None, rate: int, size: int, modified_ns: int) -> Head:  # noqa: ARG001 - keys of the cache
    return prepared(kemar.read() if path is None else sofa.read(path), rate)


def prepared(measured: sofa.Measured, rate: int) -> Head:
    """Align, resample and scale a measured head."""
    mesh = span(measured.directions)
    onset = onsets(measured.responses, measured.rate)
    taps = max(256, round(SPAN_S * rate))
    lead = round(LEAD_S * rate)
    filters = aligned(measured, onset, rate, taps, lead)
    head = Head(
        name=measured.name,
        digest=measured.digest,
        rate=rate,
        directions=measured.directions,
        delays_s=centred(onset + measured.delays_s, measured.directions),
        filters=filters.astype(np.float32),
        lead=lead,
        symmetric=_is_symmetric(measured),
        mesh=mesh,
    )
    energy = np.square(head.at(unit(0.0)[None])[1], dtype=np.float64).sum(axis=-1).mean()
    head = replace(head, filters=head.filters / np.float32(math.sqrt(energy)))
    for values in (head.directions, head.delays_s, head.filters):
        values.setflags(write=False)
    return head


def _is_symmetric(measured: sofa.Measured) -> bool:
    """Whether mirroring the directions and swapping the ears gives the same measurements."""
    here, mirrored = measured.directions, measured.directions * MIRROR
    order, partner = (np.lexsort(np.round(v, 6).T) for v in (here, mirrored))
    return bool(
        np.abs(here[order] - mirrored[partner]).max() < 1e-5
        and np.array_equal(measured.responses[order], measured.responses[partner, ::-1])
        and np.array_equal(measured.delays_s[order], measured.delays_s[partner, ::-1])
    )


def _unit_rows(directions: Floats) -> Floats:
    directions = np.asarray(directions, dtype=np.float64).reshape(-1, 3)
    length = np.linalg.norm(directions, axis=1, keepdims=True)
    if not np.all((length > 0.0) & np.isfinite(length)):
        raise StimulusError("a direction of no length or of values that are not numbers points nowhere")
    return np.asarray(directions / length)


def _degrees(value: float) -> str:
    return f"{value:.4g}°".replace("-", "−")
