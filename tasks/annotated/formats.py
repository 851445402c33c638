"""What the channels of a recording are, and what of a place they can carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .question_types import BEHIND, DISTANCE, SIDE

#: Microphones tell directions along a line on which they lie this far from each other, m.
_APART_M = 0.01


@dataclass(frozen=True, kw_only=True)
class ClipFormat:
    """The channels of sounds, and what of a place they can carry; front and behind need the band ``behind_hz``."""

    name: str
    channels: tuple[str, ...]
    carries: frozenset[str]
    cues: str
    behind_hz: float | None = None
    microphones_m: tuple[tuple[float, float, float], ...] = ()

    def carried(self, bandwidth_hz: float) -> frozenset[str]:
        """What a sound that reaches up to this frequency carries."""
        return self.carries - {BEHIND} if bandwidth_hz < (self.behind_hz or 0.0) else self.carries

    @property
    def facts(self) -> dict[str, Any]:
        """What the truth of a clip says of it."""
        places = (
            {"microphones_m": [list(place) for place in self.microphones_m]} if self.microphones_m else {}
        )
        return {"format": self.name, "channels": list(self.channels), **places}

    @property
    def outermost(self) -> tuple[int, int]:
        """Numbers of the leftmost and the rightmost microphone."""
        left = [y for _, y, _ in self.microphones_m]
        return int(np.argmax(left)), int(np.argmin(left))


FOA = ClipFormat(
    name="foa",
    channels=("W", "Y", "Z", "X"),
    carries=frozenset({SIDE, BEHIND, DISTANCE}),
    cues="first-order ambisonics (ACN, SN3D): levels and signs tell every direction",
)
MICROPHONES = ClipFormat(
    name="mic",
    channels=("left front up", "right front down", "left back down", "right back up"),
    carries=frozenset({SIDE, BEHIND, DISTANCE}),
    cues="four microphones on a rigid sphere of 4.2 cm: differences of time and level tell every direction",
)
MID_SIDE = ClipFormat(
    name="mid-side stereo",
    channels=("left", "right"),
    carries=frozenset({SIDE, DISTANCE}),
    cues="level differences only (left W + Y, right W - Y): no difference of time, no front and behind, no height",
)
STEREO = ClipFormat(
    name="stereo",
    channels=("left", "right"),
    carries=frozenset({SIDE, DISTANCE}),
    cues="two microphones: differences of level, time or both tell the side; no front and behind, no height",
)
BINAURAL = ClipFormat(
    name="binaural",
    channels=("left", "right"),
    carries=frozenset({SIDE, BEHIND, DISTANCE}),
    cues="two ears: differences of time and level tell the side, and what the head does to high frequencies tells "
    "front from behind; height it tells too weakly to be asked about",
    behind_hz=12_000.0,
)
DECODED = ClipFormat(
    name="binaural, decoded from first-order ambisonics",
    channels=("left", "right"),
    carries=frozenset({SIDE, DISTANCE}),
    cues="differences of time and level of a measured head tell the side; four channels tell no more than one "
    "direction a moment and band, so front and behind are not asked about, nor is height",
)


def array(positions_m: Sequence[tuple[float, float, float]]) -> ClipFormat:
    """Microphones at positions from the listener's place: x to the front, y to the left, z up, m.

    Two directions that are mirror images in the line or plane of the microphones sound the same.
    """
    flat = np.array(positions_m)[:, :2]
    along_x, along_y = np.ptp(flat, axis=0) >= _APART_M
    width = np.linalg.svd(flat - flat.mean(axis=0), compute_uv=False)[1]
    carries, cues = (
        {DISTANCE},
        "what is on either side of their line sounds the same, so no direction is asked about",
    )
    if width >= _APART_M / 2:
        carries, cues = carries | {SIDE, BEHIND}, "they tell every direction in the horizontal plane"
    elif along_y and not along_x:
        carries, cues = (
            carries | {SIDE},
            "they tell the side; front and behind sound the same, as do above and below",
        )
    return ClipFormat(
        name="array",
        channels=tuple(f"mic{number}" for number in range(1, len(positions_m) + 1)),
        carries=frozenset(carries),
        cues=f"{len(positions_m)} microphones, by differences of time: {cues}",
        microphones_m=tuple(positions_m),
    )
