"""Excerpts of a user's recordings as the signals of scenes."""

from __future__ import annotations

from typing import Any

import numpy as np

from starbench.recordings import Recording

_HOP_S = 0.010
#: A stretch this much softer than the loudest of its length is a pause, dB.
_PAUSE_DB = 20.0
#: What an excerpt needs beside its duration, for its ramps, s.
AROUND_S = 4 * _HOP_S


def draw_excerpt(recording: Recording, duration_s: float, rng: np.random.Generator) -> dict[str, Any]:
    """Draw the parameters of a signal of ``duration_s`` (plus ramps) that does not begin in a pause."""
    hops = max(1, round(duration_s / _HOP_S))
    energy = np.convolve(recording.power, np.ones(hops), "valid")
    last = max(0.0, recording.seconds - duration_s - 2 * _HOP_S)
    starts = np.flatnonzero(energy >= energy.max() * 10.0 ** (-_PAUSE_DB / 10.0)) * _HOP_S
    starts = starts[starts <= last] if (starts <= last).any() else np.array([last])
    start_s = round(float(starts[int(rng.random() * starts.size)]), 4)
    return {
        "kind": "recording",
        "path": recording.path,
        "digest": recording.digest,
        "start_s": start_s,
        "duration_s": duration_s,
    }
