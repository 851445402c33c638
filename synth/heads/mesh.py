"""A triangle mesh over measured directions: which three surround a direction, and their weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from starbench.errors import StimulusError

#: A facet whose corners lie on a circle of a larger angular radius spans a gap in the data, degrees.
#: Facets of published sets have 3 to 16; the one that closes KEMAR below its lowest ring has 50.
MAX_FACET_RADIUS_DEG = 20.0

#: Weights may be this little below zero: a direction on an edge belongs to the facets on both sides.
WEIGHT_TOLERANCE = 1e-9

#: Most steps from one facet of a plane to another.
MAX_STEPS = 32

#: Directions located at a time, so that their products with all facets fit into the cache.
BATCH = 512


@dataclass(frozen=True, eq=False)
class Mesh:
    """The facets of the convex hull of unit vectors, prepared to locate directions.

    Attributes
    ----------
    corners, neighbours : ndarray of int, shape (f, 3)
        Each facet's corners, as rows of the directions, and the facets beyond the edges opposite them.
    planes : ndarray, shape (3, f)
        Each facet's outer normal divided by its distance from the origin: a ray from the origin leaves
        the hull through the facet whose column has the largest product with it.
    inverses : ndarray, shape (f, 3, 3)
        Times a direction, they give the weights of the facet's corners (not yet scaled to sum to 1).
    dense : ndarray of bool, shape (f,)
        Whether the facet is small enough to interpolate on; the others span gaps.
    """

    corners: NDArray[np.intp]
    neighbours: NDArray[np.intp]
    planes: NDArray[np.float64]
    inverses: NDArray[np.float64]
    dense: NDArray[np.bool_]

    def locate(
        self, directions: NDArray[np.float64]
    ) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.bool_]]:
        """Locate the facet that each of the unit vectors, shape (m, 3), points through.

        Gives the three directions around each (as rows of the mesh's directions), shape (m, 3), their
        barycentric weights in the facet's plane, which sum to 1, and whether there is data around it, (m,):
        corners and weights mean nothing in a gap.
        """
        facets = np.empty(len(directions), dtype=np.intp)
        for start in range(0, len(directions), BATCH):
            part = slice(start, start + BATCH)
            facets[part] = np.argmax(directions[part] @ self.planes, axis=1)
        weights = self._weights(facets, directions)
        # Measured grids are regular: four or more directions can lie in one plane, and the products do not
        # say which of its facets is the right one. From any of them it is a few steps away, across the
        # edges that the direction lies beyond.
        for _ in range(MAX_STEPS):
            outside = np.flatnonzero((weights.min(axis=1) < -WEIGHT_TOLERANCE) & self.dense[facets])
            if not len(outside):
                break
            facets[outside] = self.neighbours[facets[outside], weights[outside].argmin(axis=1)]
            weights[outside] = self._weights(facets[outside], directions[outside])
        covered = self.dense[facets] & (weights.min(axis=1) >= -WEIGHT_TOLERANCE)
        weights = np.maximum(weights, 0.0)
        total = weights.sum(axis=1, keepdims=True)
        return self.corners[facets], weights / np.where(total > 0.0, total, 1.0), covered

    def _weights(self, facets: NDArray[np.intp], directions: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray((self.inverses[facets] @ directions[:, :, None])[..., 0])


def triangulate(directions: NDArray[np.float64]) -> Mesh:
    """Make a mesh over unit vectors.

    Raises a StimulusError if the directions lie in one plane, or so far apart that no facet can be
    interpolated on.
    """
    try:
        hull = ConvexHull(directions)
    except QhullError as error:
        raise StimulusError("the head's directions lie in one plane: they must surround the head") from error
    corners, distance = hull.simplices.astype(np.intp), -hull.equations[:, 3]
    bases = directions[corners].transpose(0, 2, 1)
    # No ray leaves through a facet that the origin lies in or beyond, and a sliver has no inverse.
    usable = (distance > 1e-6) & (np.abs(np.linalg.det(bases)) > 1e-9)
    dense = usable & (distance >= np.cos(np.radians(MAX_FACET_RADIUS_DEG)))
    if not dense.any():
        raise StimulusError(
            f"the head's directions lie too far apart to interpolate between: no three of them are on a "
            f"circle of {MAX_FACET_RADIUS_DEG:g} degrees"
        )
    # At the edge of a gap, the facet with data must win the tie.
    scale = np.where(dense, 1.0, 1.0 - WEIGHT_TOLERANCE) / np.where(usable, distance, np.inf)
    return Mesh(
        corners=corners,
        neighbours=hull.neighbors.astype(np.intp),
        planes=np.ascontiguousarray((hull.equations[:, :3] * scale[:, None]).T),
        inverses=np.linalg.inv(np.where(usable[:, None, None], bases, np.eye(3))),
        dense=dense,
    )
