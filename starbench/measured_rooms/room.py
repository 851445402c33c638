"""A real room as it was measured: responses of two ears or microphones to a loudspeaker at some places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from starbench.errors import StimulusError

#: Fewest samples of a response, and its longest duration, s.
MIN_TAPS, MAX_SECONDS = 256, 20.0
#: Nearest and farthest loudspeaker, m.
DISTANCES_M = (0.2, 100.0)
#: A place is one that was measured if it is this near to it: degrees, and m.
_SAME_DEG, _SAME_M = 0.05, 0.005

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MeasuredRoom:
    """Responses of a room by the place of the loudspeaker, as seen from the listener.

    ``name`` is what its authors call it, ``digest`` the SHA-256 of its files, ``convention`` that of the SOFA file, or
    ``folder``. ``places``, shape (n, 3), are azimuths (degrees, clockwise from the front), elevations (degrees) and
    distances (m), no two of them the same; ``responses``, shape (n, 2, taps), have the left channel first.
    """

    name: str
    digest: str
    convention: str
    rate: int
    places: Floats
    responses: Floats

    def index(self, azimuth_deg: float, elevation_deg: float, distance_m: float) -> int:
        """The number of the response that was measured at a place.

        Raises a StimulusError, which names the nearest one, if there is none.
        """
        azimuth, elevation, distance = self.places.T
        aside = np.abs((azimuth - azimuth_deg + 180.0) % 360.0 - 180.0)
        off = np.maximum(
            np.maximum(aside, np.abs(elevation - elevation_deg)) / _SAME_DEG,
            np.abs(distance - distance_m) / _SAME_M,
        )
        nearest = int(off.argmin())
        if off[nearest] <= 1.0:
            return nearest
        a, e, d = self.places[nearest]
        raise StimulusError(
            f"nothing was measured in {self.name} at azimuth {azimuth_deg:g}, elevation {elevation_deg:g}, "
            f"{distance_m:g} m: the nearest place is azimuth {a:g}, elevation {e:g}, {d:g} m"
        )


def measured_room(
    described: tuple[str, str, str], rate: int, vectors: Floats, responses: Floats, subject: str
) -> MeasuredRoom:
    """A room whose loudspeakers are at ``vectors``, shape (n, 3), from the listener: x front, y left, z up, m.

    ``described`` are its name, digest and convention; ``subject`` is what errors call it. Of several responses at one
    place the first is kept.

    Raises a StimulusError if a response is silent, too short or too long, or a loudspeaker too near or too far.
    """
    taps = responses.shape[2]
    if not MIN_TAPS <= taps <= MAX_SECONDS * rate:
        raise StimulusError(
            f"{subject} has responses of {taps} samples, and {MIN_TAPS} samples to {MAX_SECONDS:g} s can be used"
        )
    if not np.any(responses, axis=2).all():
        raise StimulusError(f"{subject} has responses that are all zero")
    x, y, z = vectors.T
    distance = np.linalg.norm(vectors, axis=1)
    nearest, farthest = DISTANCES_M
    if not (nearest <= distance.min() and distance.max() <= farthest):
        wrong = distance.min() if distance.min() < nearest else distance.max()
        raise StimulusError(
            f"{subject} has a loudspeaker {wrong:.3g} m from the listener, and {nearest:g} to {farthest:g} m "
            "can be used"
        )
    azimuth, elevation = np.degrees(np.arctan2(-y, x)) % 360.0, np.degrees(np.arctan2(z, np.hypot(x, y)))
    places = np.round(np.column_stack([azimuth, elevation, distance]), 4) + 0.0
    places[:, 0] %= 360.0
    _, first = np.unique(places, axis=0, return_index=True)
    kept = np.sort(first)
    return MeasuredRoom(*described, rate, places[kept], responses[kept])
