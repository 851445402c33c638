"""A triangle mesh over measured directions: which three surround a direction, and with what weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from starbench.errors import StimulusError

#: A facet whose corners lie on a circle of a larger angular radius spans a gap in the data, degrees.
#: Facets of published sets have 3 to 16; the one that closes KEMAR below its lowest ring has 50.
WIDEST_DEG = 20.0

#: Weights may be this little below zero: a direction on an edge belongs to both sides.
EDGE = 1e-9

#: Most steps from one facet of a plane to another.
FARTHEST = 32

#: Directions looked up at a time, so that the table of all facets stays in the cache's reach.
BATCH = 512


@dataclass(frozen=True, eq=False)
class Mesh:
    """The facets of the convex hull of unit vectors, prepared for look-ups.

    Attributes
    ----------
    corners : ndarray of int, shape (f, 3)
        Each facet's corners, as rows of the directions.
    across : ndarray of int, shape (f, 3)
        The facet that one comes to by leaving across the side opposite each corner.
    planes : ndarray, shape (3, f)
        Each facet's outer normal over its distance from the origin: a ray from the origin leaves the
        hull through the facet whose plane has the largest product with it.
    inverses : ndarray, shape (f, 3, 3)
        Times a direction, the weights of the facet's corners (before they are scaled to sum to 1).
    open : ndarray of bool, shape (f,)
        Whether the facet is small enough to interpolate on; the others span gaps.
    """

    corners: NDArray[np.intp]
    across: NDArray[np.intp]
    planes: NDArray[np.float64]
    inverses: NDArray[np.float64]
    open: NDArray[np.bool_]

    def find(
        self, directions: NDArray[np.float64]
    ) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.bool_]]:
        """Find the facet that each unit vector points through.

        Parameters
        ----------
        directions : ndarray, shape (m, 3)
            Unit vectors.

        Returns
        -------
        corners : ndarray of int, shape (m, 3)
            The three directions around each.
        weights : ndarray, shape (m, 3)
            Barycentric weights in the facet's plane, which sum to 1.
        covered : ndarray of bool, shape (m,)
            False where there is a gap; corners and weights mean nothing there.
        """
        facets = np.empty(len(directions), dtype=np.intp)
        for start in range(0, len(directions), BATCH):
            part = slice(start, start + BATCH)
            facets[part] = np.argmax(directions[part] @ self.planes, axis=1)
        weights = self._weights(facets, directions)
        # Measured grids are regular: four directions and more lie in one plane, which names none of
        # the facets in it. From one of them the right one is a few steps off, across the sides that
        # the direction lies beyond.
        for _ in range(FARTHEST):
            lost = np.flatnonzero((weights.min(axis=1) < -EDGE) & self.open[facets])
            if not len(lost):
                break
            facets[lost] = self.across[facets[lost], weights[lost].argmin(axis=1)]
            weights[lost] = self._weights(facets[lost], directions[lost])
        covered = self.open[facets] & (weights.min(axis=1) >= -EDGE)
        weights = np.maximum(weights, 0.0)
        total = weights.sum(axis=1, keepdims=True)
        return self.corners[facets], weights / np.where(total > 0.0, total, 1.0), covered

    def _weights(self, facets: NDArray[np.intp], directions: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray((self.inverses[facets] @ directions[:, :, None])[..., 0])


def span(directions: NDArray[np.float64]) -> Mesh:
    """Span a mesh over unit vectors.

    Raises
    ------
    StimulusError
        If the directions lie in one plane, or so far apart that no facet can be interpolated on.
    """
    try:
        hull = ConvexHull(directions)
    except QhullError as error:
        raise StimulusError("the head's directions lie in one plane: a surface of them is wanted") from error
    corners, distance = hull.simplices.astype(np.intp), -hull.equations[:, 3]
    bases = directions[corners].transpose(0, 2, 1)
    # A facet that the origin lies in or beyond cannot be left through; a sliver has no inverse.
    usable = (distance > 1e-6) & (np.abs(np.linalg.det(bases)) > 1e-9)
    narrow = usable & (distance >= np.cos(np.radians(WIDEST_DEG)))
    if not narrow.any():
        raise StimulusError(
            f"the head's directions lie too far apart to interpolate between: no three of them are on a "
            f"circle of {WIDEST_DEG:g} degrees"
        )
    # Where a gap begins, the facet with data is to win the tie.
    scale = np.where(narrow, 1.0, 1.0 - EDGE) / np.where(usable, distance, np.inf)
    return Mesh(
        corners=corners,
        across=hull.neighbors.astype(np.intp),
        planes=np.ascontiguousarray((hull.equations[:, :3] * scale[:, None]).T),
        inverses=np.linalg.inv(np.where(usable[:, None, None], bases, np.eye(3))),
        open=narrow,
    )
