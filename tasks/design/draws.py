"""Random numbers, rounded so that a recipe states exactly what is synthesized."""

from __future__ import annotations

import numpy as np

Bounds = tuple[float, float]


def uniform(rng: np.random.Generator, bounds: Bounds) -> float:
    """Draw uniformly between two bounds, rounded to four digits."""
    return round(float(rng.uniform(*bounds)), 4)


def log_uniform(rng: np.random.Generator, bounds: Bounds) -> float:
    """Draw between two bounds, uniformly in the logarithm, rounded to four digits."""
    return round(float(np.exp(rng.uniform(*np.log(bounds)))), 4)


def either_side(rng: np.random.Generator, bounds: Bounds) -> float:
    """Draw an angle between two bounds, to the left (negative) as often as to the right."""
    return uniform(rng, bounds) * (1.0 if rng.random() < 0.5 else -1.0)
