"""What a recording shows by itself: whether its samples can be what its annotation says.

Nobody has checked a user's own recordings. Silence, clipping, one channel twice, and sounds that are annotated on the
other side than they are heard are faults of a recording; how far up in frequency each annotated sound reaches says
which questions it can answer.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from starbench.audio import Audio, decode
from starbench.errors import InputError
from starbench.measure.bandwidth import bandwidth_hz
from starbench.measure.channels import layout
from starbench.recordings.screening import CLIPPED_PART, SILENT_DBFS, clipped_part, power_by_hop
from starbench.schema.base import Frozen
from starbench.storage.atomic import write_text
from starbench.storage.inputs import read_json

from .annotations import FRAMES_PER_SECOND, Activity
from .clips import clips_folder, state
from .conventions import lateral_deg
from .formats import ClipFormat
from .question_types import SIDE
from .scenes import Scene

#: A sound so far to a side, degrees, must be heard on that side, in frames where it is alone and not softer than the
#: loudest of its recording by so much, dB.
_ASIDE_DEG, _SOFTEST_DB = 30.0, -40.0
#: Sides are told from a difference of so much between the channels, as a part of their sum.
_LEAST = 0.1
#: Frames that a verdict on a recording needs, and the part of them that contradicts its annotation.
_FEWEST_FRAMES, _MOST_WRONG = 15, 0.8
_SPEED_OF_SOUND = 343.0


class Evidence(Frozen):
    """Faults of a recording, what its sides say, and how far up its sounds reach."""

    faults: tuple[str, ...] = ()
    compared: int = 0
    """Frames whose sound is annotated, and heard, to a side."""
    agreeing: int = 0
    bandwidths_hz: dict[str, float] = Field(default_factory=dict)
    """Of each sound of each scene (:func:`key`) that is alone for a while."""


def key(scene: Scene, sound: str, source: int) -> str:
    """Names a sound of a scene."""
    return f"{scene.start}/{source}/{sound}"


def evidence(
    recording: Path, activities: Sequence[Activity], scenes: Sequence[Scene], recorded: ClipFormat
) -> Evidence:
    """Compare a recording with its annotation. One that has not changed is not read again.

    Raises an AudioError if it cannot be read.
    """
    said = repr((activities, [scene.start for scene in scenes], recorded))
    path = clips_folder() / f"{state(recording, 'evidence', said)}.json"
    try:
        return Evidence.model_validate(read_json(path))
    except (InputError, OSError, ValueError):
        pass  # not there, or damaged
    found = _measure(decode(recording), activities, scenes, recorded)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, found.model_dump_json(), sync=False)
    except OSError:
        pass  # it is measured again next time
    return found


def _measure(
    audio: Audio, activities: Sequence[Activity], scenes: Sequence[Scene], recorded: ClipFormat
) -> Evidence:
    samples = audio.samples
    powers = np.stack([power_by_hop(samples[:, channel], audio.rate) for channel in range(audio.channels)])
    loudest_db = 10.0 * np.log10(max(float(powers.max(initial=0.0)), 1e-20))
    if loudest_db < SILENT_DBFS:
        return Evidence(
            faults=(f"is silent: its loudest 10 ms have {max(loudest_db, -120.0):.0f} dB re full scale",)
        )
    faults = []
    if (part := clipped_part(audio)) > CLIPPED_PART:
        faults.append(f"is clipped: {part:.1%} of its samples lie in flat tops")
    aside = _aside(activities) if SIDE in recorded.carries else {}
    if aside and (same := _one_sound(audio)):
        faults.append(f"{same}, and sounds are annotated to the side")
        aside = {}
    compared, agreeing = _compare(samples, audio.rate, aside, recorded)
    if compared >= _FEWEST_FRAMES and compared - agreeing >= _MOST_WRONG * compared:
        faults.append(
            f"in {compared - agreeing} of {compared} frames its sound is on the other side than annotated: correct "
            "'azimuth' (clockwise or counter-clockwise), or the order of the channels"
        )
    bands = {} if faults else dict(_bandwidths(samples, audio.rate, scenes))
    return Evidence(faults=tuple(faults), compared=compared, agreeing=agreeing, bandwidths_hz=bands)


def _one_sound(audio: Audio) -> str | None:
    """What is wrong with channels that hold one sound between them."""
    if audio.channels == 2:
        kind = layout(audio.samples, audio.rate)
        return {
            "dual mono": "has the same sound in both channels (dual mono)",
            "one channel silent": "has a channel that is silent",
        }.get(kind)
    same = np.abs(audio.pcm.astype(np.int32) - audio.pcm[:, :1]).max() <= 1
    return "has the same sound in all channels" if same else None


def _aside(activities: Iterable[Activity]) -> dict[int, float]:
    """Frame -> angle to the right, where one sound alone is clearly to a side."""
    of_frame: defaultdict[int, list[Activity]] = defaultdict(list)
    for one in activities:
        of_frame[one.frame].append(one)
    laterals = {
        frame: lateral_deg(sounds[0].azimuth_deg, sounds[0].elevation_deg)
        for frame, sounds in of_frame.items()
        if len(sounds) == 1
    }
    return {frame: lateral for frame, lateral in laterals.items() if abs(lateral) >= _ASIDE_DEG}


def _compare(
    samples: NDArray[np.float32], rate: int, aside: dict[int, float], recorded: ClipFormat
) -> tuple[int, int]:
    """Frames whose sound is heard to a side, and those of them where it is the annotated one."""
    powers, sides = [], []
    for frame in aside:
        part = samples[
            round(frame * rate / FRAMES_PER_SECOND) : round((frame + 1) * rate / FRAMES_PER_SECOND)
        ]
        powers.append(float(np.mean(np.square(part, dtype=np.float64))) if len(part) else 0.0)
        sides.append(_to_the_right(part.astype(np.float64), rate, recorded) if powers[-1] else 0.0)
    loudest = max(powers, default=0.0) * 10.0 ** (_SOFTEST_DB / 10.0)
    outcomes = Counter(
        (side > 0) == (lateral > 0)
        for lateral, power, side in zip(aside.values(), powers, sides, strict=True)
        if power > loudest and abs(side) >= _LEAST
    )
    return outcomes.total(), outcomes[True]


def _to_the_right(frame: NDArray[np.float64], rate: int, recorded: ClipFormat) -> float:
    """How far to the right a sound is heard, from -1 to 1, by levels, intensity or phases."""
    if recorded.name == "foa":
        w, y = frame[:, 0], frame[:, 1]
        return -2.0 * float(np.mean(w * y)) / max(float(np.mean(w**2 + y**2)), 1e-30)
    if not recorded.microphones_m:
        left, right = np.mean(frame**2, axis=0).tolist()
        return float((right - left) / max(right + left, 1e-30))
    first, last = recorded.outermost
    apart_m = recorded.microphones_m[first][1] - recorded.microphones_m[last][1]
    cross = np.fft.rfft(frame[:, last]) * np.conj(np.fft.rfft(frame[:, first]))
    # Below this frequency the phase of the cross-spectrum has the sign of the delay.
    cross = cross[1 : max(2, int(_SPEED_OF_SOUND / (2.0 * apart_m) * len(frame) / rate))]
    return float(cross.imag.sum() / max(np.abs(cross).sum(), 1e-30))


def _bandwidths(
    samples: NDArray[np.float32], rate: int, scenes: Sequence[Scene]
) -> Iterable[tuple[str, float]]:
    """The highest frequency of each sound, in the frames where nothing else is heard."""
    for scene in scenes:
        for track in scene.tracks:
            alone = [scene.start + frame for frame in track.frames if scene.n_active[frame] == 1]
            if not alone:
                continue
            step = rate / FRAMES_PER_SECOND
            parts = [samples[round(frame * step) : round((frame + 1) * step)] for frame in alone]
            sound = np.concatenate(parts)
            # A channel in which it is loud: a figure-of-eight may hold nothing of it.
            loudest = int(np.square(sound, dtype=np.float64).mean(axis=0).argmax()) if len(sound) else 0
            if len(sound):
                yield key(scene, track.sound.name, track.source), bandwidth_hz(sound[:, loudest], rate)
