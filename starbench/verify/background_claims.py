"""What a clip claims of its background: its level, and how far it lies below the sources."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from starbench.measure.levels import db, power
from starbench.verify.claims import ClaimResult, Clip, Measurement, Unmeasured, sources

#: A stretch of background that is shorter fluctuates too much, s.
_LEAST_S = 0.1


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

    sounding = np.zeros(clip.samples.shape[0], dtype=bool)
    for source in sources(clip):
        sounding[round(source.onset_s * clip.rate) : round(source.offset_s * clip.rate)] = True
    sources_power = float(np.mean(power(clip.samples[sounding][:, clip.level_channels])))
    yield Measurement(
        "background SNR", "clip", float(claimed["snr_db"]), float(db(sources_power - noise) - db(noise))
    )
