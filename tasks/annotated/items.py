"""From a question about an annotated clip to the fields of an item: wording, order of options, captions, truth."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from starbench.synthesis import generator
from starbench.text import slug

from .annotations import FRAMES_PER_SECOND
from .conventions import signed_azimuth
from .formats import ClipFormat
from .layouts import Layout
from .question_types import AnnotatedQuestion, SeldQuestion
from .scenes import Scene, Track

TASK = "Spatial Reasoning"
_LONGEST = 80


def item_id(question_type: SeldQuestion, question: AnnotatedQuestion) -> str:
    """What no other item of the data set is called."""
    scene = question.scene
    # A clip is asked about each of its sounds, and once about two.
    sounds = [track.sound.name for track in question.about] if len(question.about) == 1 else []
    return "-".join([_plain(scene.recording), f"{scene.start:05}", question_type.name, *map(_plain, sounds)])


def _plain(name: str) -> str:
    """A name as a part of an id: other names that look alike without their signs and accents get another."""
    is_kept = name.isascii() and len(name) < _LONGEST
    return slug(name) if is_kept else f"{slug(name[:_LONGEST])}-{sha256(name.encode()).hexdigest()[:8]}"


def item_fields(
    question_type: SeldQuestion,
    question: AnnotatedQuestion,
    path: str,
    layout: Layout,
    heard: ClipFormat,
    decoding: Mapping[str, Any],
) -> dict[str, Any]:
    """The fields of an item of a data set; ``path`` leads to its clip, which is ``heard`` in a format.

    Its wording and the order of its options are drawn by a generator that its id seeds.
    """
    identifier = item_id(question_type, question)
    rng = generator(0, identifier)
    sounds = [track.sound for track in question.about]
    words = {"the": sounds[0].definite, **question.words} if sounds else {"counted": layout.counted}
    wording = question_type.wordings[int(rng.integers(len(question_type.wordings)))]
    return {
        "id": identifier,
        "task": TASK,
        "category": question_type.category,
        "sub-category": question_type.name,
        "question": wording.format_map(words),
        "options": tuple(question.options[k] for k in rng.permutation(len(question.options))),
        "answer": question.answer,
        "audio_paths": (path,),
        "source": layout.source,
        "mirror": question.mirror,
        "captions": {
            "plain": (_plain_caption(question, layout.place),),
            "full": (_full_caption(question.scene),),
        },
        "bandwidth_hz": question_type.needed_hz(heard.behind_hz),
        "truth": {
            "recording": question.scene.recording,
            "start_s": question.scene.start / FRAMES_PER_SECOND,
            "annotated": [_track_truth(track) for track in question.scene.tracks],
            "clips": [{**decoding, **heard.facts}],
        },
    }


def _plain_caption(question: AnnotatedQuestion, place: str) -> str:
    """What the question itself names, without place, movement or number."""
    names = [track.sound.indefinite for track in question.about]
    return f"A recording made {place}, in which one hears {' and '.join(names) or 'sounds of everyday life'}."


def _full_caption(scene: Scene) -> str:
    """Every sound with its times, places and distances, and how many there are at once."""
    clauses = [_sentence(track) for track in scene.tracks]
    return " ".join([*clauses, f"Sounds at the same time, at most: {max(scene.n_active.values())}."])


def _sentence(track: Track) -> str:
    times = ", ".join(
        f"from {start / FRAMES_PER_SECOND:.1f} to {stop / FRAMES_PER_SECOND:.1f} s"
        for start, stop in track.stretches
    )
    first, last = track.activities[0], track.activities[-1]
    if track.keeps_direction:
        place = _direction_words(track.direction_deg[0])
    else:
        place = f"first {_direction_words(first.azimuth_deg)}, last {_direction_words(last.azimuth_deg)}"
    distance = f", {track.distance_m:.2f} m away on average" if track.distance_m else ""
    name = track.sound.indefinite
    return f"{name[:1].upper()}{name[1:]} ({times}): {place}{distance}."


def _direction_words(azimuth_deg: float) -> str:
    signed = round(signed_azimuth(azimuth_deg))
    side = "right" if signed > 0 else "left"
    return f"{abs(signed)} degrees to the {side} of the front" if signed else "straight in front"


def _track_truth(track: Track) -> dict[str, Any]:
    azimuth, elevation = track.direction_deg
    return {
        "sound": track.sound.name,
        "source": track.source,
        "stretches_s": [
            [start / FRAMES_PER_SECOND, stop / FRAMES_PER_SECOND] for start, stop in track.stretches
        ],
        "azimuth_deg": round(azimuth, 2),
        "elevation_deg": round(elevation, 2),
        "distance_m": None if track.distance_m is None else round(track.distance_m, 3),
        "sideways_deg": None if track.sideways_deg is None else round(track.sideways_deg, 2),
    }
