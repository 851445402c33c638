"""Which sound files can be used as recordings, from their samples alone, and why others cannot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from starbench.audio import FULL_SCALE, Audio
from starbench.measure.channels import layout

HOP_S = 0.010
#: A recording whose loudest 10 ms are softer than this is silence, dB re full scale: 16 bits leave it 30 steps.
SILENT_DBFS = -60.0
#: Samples in flat tops, as a part of all, from which on a recording counts as clipped.
CLIPPED_PART = 2e-3
#: A flat top is the last so many parts of a peak; it is flat if it holds this many times what the next part holds: of
#: a sine, 2.4 times, since most of its samples are near its extremes.
_TOP_PARTS, _EXCESS = 128, 4


@dataclass(frozen=True)
class Requirement:
    """What every recording must have: at least so many seconds, and one channel unless channels may be mixed."""

    min_seconds: float
    mix: bool = False


def mixed(audio: Audio) -> NDArray[np.float32]:
    """The mean of the channels, shape (n,), full scale 1."""
    return np.asarray(audio.samples.mean(axis=1, dtype=np.float64), dtype=np.float32)


def power_by_hop(samples: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    """Mean square of each 10 ms, shape (hops,); a constant offset is no sound."""
    hop = max(1, round(HOP_S * rate))
    frames = samples[: samples.size // hop * hop].astype(np.float64).reshape(-1, hop)
    return np.asarray(np.mean(np.square(frames - samples.mean(dtype=np.float64)), axis=1))


def faults(audio: Audio, required: Requirement) -> Iterator[str]:
    """Everything for which a file cannot be used; nothing where it can."""
    if audio.channels > 1 and not required.mix:
        name = layout(audio.samples, audio.rate)
        channels = f"{audio.channels} channels" + (
            " that are the same (dual mono)" if name == "dual mono" else ""
        )
        yield f"has {channels}: mix it to mono, or build with --mix"
    if audio.seconds < required.min_seconds:
        yield f"lasts {audio.seconds:.2f} s, and {required.min_seconds:.2f} s are needed"
    samples = mixed(audio)
    power = power_by_hop(samples, audio.rate)
    loudest_db = 10.0 * np.log10(max(float(power.max(initial=0.0)), 1e-20))
    if loudest_db < SILENT_DBFS:
        if audio.pcm.any() and audio.channels > 1 and np.abs(audio.pcm).max() > FULL_SCALE // 100:
            yield "has channels that cancel each other when they are mixed"
        else:
            yield f"is silent: its loudest 10 ms have {max(loudest_db, -120.0):.0f} dB re full scale"
    elif (part := clipped_part(audio)) > CLIPPED_PART:
        yield f"is clipped: {part:.1%} of its samples lie in flat tops"


def clipped_part(audio: Audio) -> float:
    """Part of the samples (0 to 1) that lie in flat tops: more at the extremes of a channel than any sound has."""
    return max(_flat_part(audio.pcm[:, channel].astype(np.int32)) for channel in range(audio.channels))


def _flat_part(pcm: NDArray[np.int32]) -> float:
    total = 0
    steps = np.unique(np.abs(pcm))
    step = int(np.diff(steps).min(initial=FULL_SCALE))  # 256 where eight bits became sixteen
    for signed in (pcm, -pcm):
        peak = int(signed.max())
        depth = max(step, peak // _TOP_PARTS)
        top = int(np.count_nonzero(signed > peak - depth))
        below = int(np.count_nonzero(signed > peak - 2 * depth)) - top
        total += max(0, top - _EXCESS * below)
    return total / pcm.size
