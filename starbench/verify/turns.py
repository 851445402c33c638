"""Whether all places of a suite are turned by some angle, which no single clip could tell.

A lateral angle read off a delay is up to 17° off, because no head obeys the sine law. But the law's error is the same
to both sides, while a turn shifts every place the same way. Both are fitted together, by least squares that
large errors weigh little in (Huber 1964, Ann. Math. Statist. 35:73).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from starbench.verify.claims import Measurement

#: Errors beyond this many standard deviations count as if they were that large.
_HUBER, _ROUNDS = 1.5, 20


class CommonTurn(NamedTuple):
    """The angle by which the sounds are clockwise of their claims, and its standard error, both in degrees."""

    angle_deg: float
    error_deg: float


def common_turn(measurements: Sequence[Measurement]) -> CommonTurn | None:
    """The turn that measurements of lateral angles have in common; None where they do not tell one."""
    of_turn = [one for one in measurements if one.per_degree is not None and np.isfinite(one.measured)]
    claimed = np.array([one.claimed for one in of_turn])
    errors = np.array([one.measured for one in of_turn]) - claimed
    # Any error of the law that is the same to both sides is odd in the angle.
    odd = (np.radians(claimed), np.sin(3.0 * np.radians(claimed)))
    design = np.stack([np.array([one.per_degree for one in of_turn], dtype=np.float64), *odd], axis=1)
    if len(of_turn) <= design.shape[1] or np.linalg.matrix_rank(design) < design.shape[1]:
        return None
    weights = np.ones(errors.size)
    for _ in range(_ROUNDS):
        root = np.sqrt(weights)
        fitted = np.linalg.lstsq(design * root[:, None], errors * root, rcond=None)[0]
        left = np.abs(errors - design @ fitted)
        spread = max(1.4826 * float(np.median(left)), 1e-6)
        weights = np.minimum(1.0, _HUBER * spread / np.maximum(left, 1e-9))
    covariance = np.linalg.inv((design * weights[:, None]).T @ design) * spread**2
    return CommonTurn(float(fitted[0]), float(np.sqrt(covariance[0, 0])))
