"""What carries the question, so that an audit for leaks leaves it out; nothing else may tell the answer.

Names are those of ``starbench.verify.features``: a truth's keys without numbers, and what is measured of
the clip itself (``rms``, ``peak``, ``bytes``). A sub-category's list is all that its answer may be read from.
"""

from __future__ import annotations

from collections.abc import Iterable

#: What a place does to the two ears and, in a room, to each of them: cues of direction and of distance.
_EARS = (
    "sources.itd_us",
    "sources.ild_db",
    "sources.received_db_spl",
    "sources.drr_db",
    "sources.c50_db",
    "sources.t30_s",
    "room.t30_s",
    # The louder ear has the higher peak, so in clips of one mean level the peak tells how lateral a sound is.
    "peak",
)
_AZIMUTH = ("sources.azimuth_deg", *_EARS)
_ELEVATION = ("sources.elevation_deg", "sources.azimuth_deg", *_EARS)
_DISTANCE = ("sources.distance_m", *_EARS)
#: A movement is heard as a level that changes, so its mean and its peak are what is asked too.
_PATH = ("sources.path", "sources.received_db_spl", "sources.level_db_spl", "rms", "peak")

_ASKED: dict[str, tuple[str, ...]] = {
    "range_pitch_loudness": ("tones", "half", "ramp", "rms", "peak"),
    "sensitivity_pitch": ("tones.f0_hz",),
    "sensitivity_loudness": ("tones.level_db_spl", "tones.level_dbfs_rms", "rms", "peak"),
    "sensitivity_duration": ("tones.duration_s", "tones.nominal_duration_s", "rms"),
    "range_azimuth": _AZIMUTH,
    "sensitivity_azimuth": _AZIMUTH,
    "range_elevation": _ELEVATION,
    "sensitivity_elevation": _ELEVATION,
    "range_distance": _DISTANCE,
    "sensitivity_distance": _DISTANCE,
    "direction": _AZIMUTH,
    "sector": _AZIMUTH,
    "front_behind": _AZIMUTH,
    "height": _ELEVATION,
    "near_far": _DISTANCE,
    "further_side": _AZIMUTH,
    "further_side_alike": _AZIMUTH,
    "further_side_three": _AZIMUTH,
    "higher": _ELEVATION,
    "nearer": _DISTANCE,
    "nearer_by_level": (*_DISTANCE, "sources.level_db_spl", "rms"),
    "how_many_places": _AZIMUTH,
    "first_and_where": (*_AZIMUTH, "sources.signal"),
    "path": _PATH,
    "passing": _PATH,
    "circle_direction": _PATH,
}


#: What distance does to the level, where sources keep their own (profile ``star-bench``).
_LEVEL = ("rms", "sources.level_db_spl")


def declared(sub_categories: Iterable[str], *, level_is_a_cue: bool = False) -> dict[str, list[str]]:
    """Give the features that carry the questions of these sub-categories, for a suite's manifest."""
    more = _LEVEL if level_is_a_cue else ()
    return {name: [*_ASKED[name], *more] for name in sub_categories}


_TIMING = "STAR-Bench's blocks are as long as the longer tone and 1 s more"
_SPL = "STAR-Bench's tones have equal levels in dB HL, which are not equal in dB SPL"
#: What profile ``star-bench`` keeps of the original, though it tells something: shown, and no breach.
_ORIGINAL_FLAWS: dict[str, dict[str, str]] = {
    "range_pitch_loudness": {"balance": "STAR-Bench has no catch trials: a tone is always there"},
    "sensitivity_pitch": {"tones.level_db_spl": _SPL, "tones.level_dbfs_rms": _SPL},
    "sensitivity_duration": {
        "seconds": _TIMING,
        "bytes": _TIMING,
        "tones.onset_s": _TIMING,
        "tones.nominal_onset_s": _TIMING,
        "total_s": _TIMING,
    },
}
_BALANCE = "STAR-Bench's own counts: the lowest level alone is the same"


def flaws(sub_categories: Iterable[str]) -> dict[str, dict[str, str]]:
    """Give the flaws that profile ``star-bench`` keeps on purpose, for a suite's manifest."""
    found = {name: dict(_ORIGINAL_FLAWS.get(name, {})) for name in sub_categories}
    for name, known in found.items():
        if name.startswith("sensitivity"):
            known["balance"] = _BALANCE
    return {name: known for name, known in found.items() if known}
