"""What a part of the validation found: errors by cue, and over how many sounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Found:
    """Errors of an attribute, JND, by cue; and over how many sounds."""

    errors: dict[str, np.ndarray]
    sounds: int
