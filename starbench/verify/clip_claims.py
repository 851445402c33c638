"""What a clip claims as a file, and the tones that it claims to hold."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from starbench.measure.tones import STEP, find_tones, mono
from starbench.verify.claims import ClaimResult, Clip, Measurement, Unmeasured


def rate(clip: Clip) -> Iterator[ClaimResult]:
    """The sample rate."""
    yield Measurement("rate", "clip", float(clip.truth["rate"]), float(clip.rate))


def length(clip: Clip) -> Iterator[ClaimResult]:
    """The clip's length."""
    yield Measurement("length", "clip", float(clip.truth["total_s"]), clip.seconds)


def channels(clip: Clip) -> Iterator[ClaimResult]:
    """The number of channels."""
    yield Measurement("channels", "clip", float(len(clip.truth["channels"])), float(clip.samples.shape[1]))


def tones(clip: Clip) -> Iterator[ClaimResult]:
    """Every tone's frequency, level, onset and duration; or that there is none."""
    claimed = clip.truth["tones"]
    if clip.truth.get("flags"):
        yield Unmeasured("tones", f"flagged {', '.join(clip.truth['flags'])}")
        return
    signal = mono(clip.samples)
    measured = find_tones(signal, clip.rate)
    yield Measurement("tones", "clip", float(len(claimed)), float(len(measured)))
    if not claimed:
        yield Measurement("silence", "clip", 0.0, float(np.sqrt(np.mean(np.square(signal)))) / STEP)
    if len(claimed) != len(measured):
        return
    for number, (truth, tone) in enumerate(zip(claimed, measured, strict=True), 1):
        where = f"tone {number}"
        level = tone.level + clip.full_scale_db_spl
        yield Measurement("tone f0", where, float(truth["f0_hz"]), tone.frequency)
        yield Measurement("tone level", where, float(truth["level_db_spl"]), level)
        yield Measurement("tone onset", where, float(truth["onset_s"]), tone.onset)
        yield Measurement("tone duration", where, float(truth["duration_s"]), tone.duration)
