"""What a clip claims as a whole: as a file, the tones that it holds, and its background."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from starbench.measure.levels import db, power
from starbench.measure.tones import STEP, find_tones, mono
from starbench.verify.claims import ClaimResult, Clip, Measurement, Unmeasured, sources

#: A stretch of background that is shorter fluctuates too much, s.
_LEAST_S = 0.1


def rate(clip: Clip) -> Iterator[ClaimResult]:
    yield Measurement("rate", "clip", float(clip.truth["rate"]), float(clip.rate))


def length(clip: Clip) -> Iterator[ClaimResult]:
    yield Measurement("length", "clip", float(clip.truth["total_s"]), clip.seconds)


def channels(clip: Clip) -> Iterator[ClaimResult]:
    yield Measurement("channels", "clip", float(len(clip.truth["channels"])), float(clip.samples.shape[1]))


def excerpt(clip: Clip) -> Iterator[ClaimResult]:
    """Length and level of an excerpt of a recording; where it was cut and how it was faded only its file could tell."""
    claimed = clip.truth["excerpt"]
    yield Measurement("length", "excerpt", float(claimed["duration_s"]), clip.seconds)
    if claimed["level_dbfs"] is not None:
        level_db = float(db(float(power(clip.samples).mean())))
        yield Measurement("excerpt level", "clip", float(claimed["level_dbfs"]), level_db)


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


def background(clip: Clip) -> Iterator[ClaimResult]:
    """Level of the background before the first source, and the sources' level above it."""
    claimed = clip.truth["background"]
    if claimed is None:
        return
    if clip.quiet is None or clip.quiet_until_s < _LEAST_S:
        yield Unmeasured("background level", "less than 0.1 s of it is heard alone")
        return
    noise = float(np.mean(clip.background[clip.level_channels]))
    level = float(db(noise)) + clip.full_scale_db_spl
    yield Measurement("background level", "clip", float(claimed["level_db_spl"]), level)

    stretches = [
        slice(round(source.onset_s * clip.rate), round(source.offset_s * clip.rate))
        for source in sources(clip)
    ]
    samples = clip.samples[:, clip.level_channels]
    if claimed.get("below") == "softest":
        if any(later.start < earlier.stop for earlier, later in pairwise(sorted(stretches, key=_start))):
            yield Unmeasured("background SNR", "sounds overlap, and the softest is not heard alone")
            return
        heard = min(float(np.mean(power(samples[stretch]))) for stretch in stretches)
    else:
        sounding = np.zeros(len(samples), dtype=bool)
        for stretch in stretches:
            sounding[stretch] = True
        heard = float(np.mean(power(samples[sounding])))
    yield Measurement(
        "background SNR", "clip", float(claimed["snr_db"]), float(db(heard - noise) - db(noise))
    )


def _start(stretch: slice) -> int:
    return int(stretch.start)
