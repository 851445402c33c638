"""Head-related transfer functions of a head, at the measured directions and interpolated between them.

Each measured response is separated into a delay and a filter without delay (``alignment``). Between the
measured directions both are interpolated with the same barycentric weights (``mesh``). Renderers apply the
delay.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from starbench.errors import StimulusError

from ..geometry import MIRROR, angles, unit
from .mesh import Mesh

Floats = NDArray[np.float64]
Filters = NDArray[np.float32]

#: Resolution of ``Head.clamp``, degrees.
CLAMP_DEG = 0.01
#: Directions interpolated at a time.
BATCH = 256


@dataclass(frozen=True, eq=False)
class Head:
    """A head at one sampling rate.

    Attributes
    ----------
    name, digest : str
        What its authors call it, and the SHA-256 of the measurement's SOFA file.
    rate : int
        Sampling rate, Hz.
    directions : ndarray, shape (n, 3)
        Unit vectors of the measurement; ``mesh`` holds the triangles over them.
    delays_s : ndarray, shape (n, 2)
        When the sound reaches each ear (left first), s after it reaches the middle of the head. The
        difference, left minus right, is the measured difference of the *onsets* (positive for sources on
        the right); the mean is that of a sphere (``alignment.centre_delays``).
    filters : ndarray of float32, shape (n, 2, taps)
        Responses without their delays: every onset is at tap ``lead``. One common factor makes the
        energy of white noise from the front at the ears (mean of the two) equal to that in the free field.
    symmetric : bool
        Whether left and right are mirror images to the last bit; interpolation then keeps them so.
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
    def elevation_range_deg(self) -> tuple[float, float]:
        """Lowest and highest measured elevation, degrees."""
        elevations = angles(self.directions)[1]
        return float(elevations.min()), float(elevations.max())

    def covers(self, directions: Floats) -> NDArray[np.bool_]:
        """Whether the head has data around each direction, shape (m, 3) -> (m,)."""
        return self._locate(_unit_rows(directions))[2]

    def clamp(self, directions: Floats) -> Floats:
        """Move directions in gaps up or down to the nearest elevation with data; unit vectors, (m, 3).

        For late reflections only, never for a source: azimuth stays, and elevation moves towards the horizon
        until there is data (to ``CLAMP_DEG``). Straight down counts as in front.

        Raises a StimulusError if there is no data at the horizon either.
        """
        directions = _unit_rows(directions)
        gaps = ~self.covers(directions)
        if not gaps.any():
            return directions
        azimuth, outer, _ = angles(directions[gaps])
        inner = np.zeros_like(outer)
        self._refuse_gaps(unit(azimuth, inner))
        for _ in range(math.ceil(math.log2(90.0 / CLAMP_DEG))):
            middle = (outer + inner) / 2.0
            covered = self.covers(unit(azimuth, middle))
            inner, outer = np.where(covered, middle, inner), np.where(covered, outer, middle)
        clamped = directions.copy()
        clamped[gaps] = unit(azimuth, inner)
        return clamped

    def at(self, directions: Floats) -> tuple[Floats, Filters]:
        """Delays (m, 2), s, and filters (m, 2, taps) for directions (m, 3) of any length.

        Raises a StimulusError if the head was not measured around one of them.
        """
        directions = _unit_rows(directions)
        corners, weights, covered = self._locate(directions)
        if not covered.all():
            self._refuse_gaps(directions[~covered])
        delays = np.einsum("mk,mke->me", weights, self.delays_s[corners])
        filters = np.empty((len(directions), *self.filters.shape[1:]), dtype=np.float32)
        weights32 = weights.astype(np.float32)[..., None, None]
        for start in range(0, len(directions), BATCH):
            part = slice(start, start + BATCH)
            a, b, c = corners[part].T
            np.multiply(self.filters[a], weights32[part, 0], out=filters[part])
            filters[part] += self.filters[b] * weights32[part, 1]
            filters[part] += self.filters[c] * weights32[part, 2]
        mirrored = self._mirrored(directions)
        delays[mirrored] = delays[mirrored, ::-1]
        filters[mirrored] = filters[mirrored, ::-1]
        return delays, filters

    def _mirrored(self, directions: Floats) -> NDArray[np.bool_]:
        """Directions for which the mirrored direction is looked up, and the ears are swapped.

        Four directions on one circle can be divided into triangles in two ways, and qhull divides the two
        sides of a symmetric head differently. Therefore the left side of a symmetric head is taken from its
        right side. (There is no jump between them if directions in the median plane were measured.)
        """
        return (directions[:, 1] > 0.0) & self.symmetric

    def _locate(self, directions: Floats) -> tuple[NDArray[np.intp], Floats, NDArray[np.bool_]]:
        mirrored = self._mirrored(directions)[:, None]
        return self.mesh.locate(np.where(mirrored, directions * MIRROR, directions))

    def _refuse_gaps(self, directions: Floats) -> None:
        """Raise a StimulusError that names the first of these directions without data around it."""
        gaps = directions[~self.covers(directions)]
        if len(gaps):
            azimuth, elevation, _ = (float(values[0]) for values in angles(gaps[:1]))
            lowest, highest = self.elevation_range_deg
            raise StimulusError(
                f"the head {self.name!r} has no data at elevation {_degrees(elevation)} (azimuth "
                f"{_degrees(azimuth)}): it is measured from {_degrees(lowest)} to "
                f"{_degrees(highest)}; choose another direction or give a full-sphere head "
                "with --hrtf"
            )


def _unit_rows(directions: Floats) -> Floats:
    directions = np.asarray(directions, dtype=np.float64).reshape(-1, 3)
    length = np.linalg.norm(directions, axis=1, keepdims=True)
    if not np.all((length > 0.0) & np.isfinite(length)):
        raise StimulusError("a direction must be a vector of finite numbers that are not all zero")
    return np.asarray(directions / length)


def _degrees(value: float) -> str:
    return f"{value:.4g}°".replace("-", "−")
