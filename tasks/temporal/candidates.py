"""The cuts of one recording that can be asked about, and why there are none."""

from __future__ import annotations

from collections.abc import Iterator
from math import floor

import numpy as np

from starbench.build.render import render_stimulus
from starbench.measure.levels import db
from starbench.measure.splices import shares_right
from starbench.synthesis import Recipe

from .course import LEAST_CHANGE_DB, LEAST_RATIO, change_between, has_direction
from .cuts import Material, Segments, cuts_at_marks, random_cuts
from .options import CLIP_S, TemporalOptions
from .selection import Candidate

#: Excerpts that are played forwards or backwards, s.
EXCERPT_S = (1.5, CLIP_S[1])
#: Level of equal clips, dB re full scale, lowered where peaks would come nearer to full scale than the headroom.
_LEVEL_DBFS, _HEADROOM_DB = -23.0, 0.5
#: Softer clips are nothing but the recording's noise.
_SOFTEST_DBFS = -60.0


def excerpt_recipe(
    material: Material,
    start_s: float,
    duration_s: float,
    level_dbfs: float | None,
    fade_s: float,
    **more: object,
) -> Recipe:
    """Of an excerpt of a recording."""
    one = material.recording
    parameters = {"path": one.path, "digest": one.digest, "start_s": start_s, "duration_s": duration_s}
    return Recipe("recording-excerpt", {**parameters, "level_dbfs": level_dbfs, "fade_s": fade_s, **more})


def order_candidates(
    material: Material, n: int, options: TemporalOptions, rng: np.random.Generator
) -> tuple[list[Candidate], str]:
    """Cuts into ``n`` clips whose order can be asked about; where there are none, why."""
    recording = material.recording
    at_marks = len(recording.marks) >= n
    cuts = list(
        cuts_at_marks(recording, n, options.gap) if at_marks else random_cuts(material, n, options, rng)
    )
    if not cuts:
        needed = n * CLIP_S[0] + (n - 1) * options.gap
        return [], f"lasts {recording.seconds:.1f} s, and {n} clips with gaps take {needed:.1f} s"
    if max(cut.duration_s for cut in cuts) < CLIP_S[0]:
        longest = max(cut.duration_s for cut in cuts)
        return [], f"its marks leave clips of {longest:.2f} s, and {CLIP_S[0]:g} s are needed"
    changes = [change_between(material.levels_of(cut)) for cut in cuts]
    # Whoever marked or named what happens has heard that something does. Of many cuts some differ by chance.
    overruled = at_marks or bool(recording.kind)
    if not overruled and sum(change.is_heard for change in changes) < len(changes) / 2:
        typical = sorted(changes, key=lambda one: one.decibels)[len(changes) // 2]
        return [], (
            f"has no course: its clips differ by {typical.decibels:.1f} dB, {typical.ratio:.1f} times what chance "
            f"makes ({LEAST_CHANGE_DB:g} dB and {LEAST_RATIO:g} times are needed; marks or a kind overrule this)"
        )
    found = [
        one
        for cut, change in zip(cuts, changes, strict=True)
        if cut.duration_s >= CLIP_S[0] and (change.is_heard or overruled)
        for one in _heard(
            material,
            cut,
            {"change_db": round(change.decibels, 2), "change_ratio": round(change.ratio, 2)},
            options,
        )
    ]
    return found, "a clip of it would be nearly silent"


def direction_candidates(
    material: Material, options: TemporalOptions, rng: np.random.Generator
) -> tuple[list[Candidate], str]:
    """Excerpts that could be played backwards and noticed; where there are none, why."""
    recording = material.recording
    cuts = cuts_at_marks(recording, 1, 0.0) or list(random_cuts(material, 1, options, rng, EXCERPT_S))
    cuts = [cut for cut in cuts if cut.duration_s >= EXCERPT_S[0]]
    if not cuts:
        return [], f"has no {EXCERPT_S[0]:g} s to play backwards"
    found = [
        one
        for cut in cuts
        if has_direction(material.levels_of(cut)[0])
        for one in _heard(material, cut, {}, options)
    ]
    return found, "sounds the same backwards: its levels rise as they fall"


def _heard(
    material: Material, cut: Segments, facts: dict[str, float], options: TemporalOptions
) -> Iterator[Candidate]:
    """A cut with the level of its clips and what matching their edges tells; nothing where one is silent."""
    clips = [
        render_stimulus(
            excerpt_recipe(material, start, cut.duration_s, None, options.fade), np.random.default_rng(0)
        )[0].samples[:, 0]
        for start in cut.starts_s
    ]
    rms_db = [float(db(float(np.mean(np.square(clip, dtype=np.float64))))) for clip in clips]
    if min(rms_db) < _SOFTEST_DBFS:
        return
    level = None
    if options.levels == "equal":
        peaks_db = [float(db(float(np.max(np.abs(clip))) ** 2)) for clip in clips]
        crest_db = max(peak - rms for peak, rms in zip(peaks_db, rms_db, strict=True))
        level = floor(10 * min(_LEVEL_DBFS, -_HEADROOM_DB - crest_db)) / 10
        clips = [clip * 10 ** ((level - rms) / 20) for clip, rms in zip(clips, rms_db, strict=True)]
    matched = shares_right(clips, material.recording.rate) if len(clips) > 1 and options.is_balanced else {}
    yield Candidate(material, cut, level, matched, facts)
