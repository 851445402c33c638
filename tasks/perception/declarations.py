"""What a perception suite declares in its manifest: cue features, flaws, and the constants of its levels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..scenes import cue_features
from ..scenes.definitions import DEFINITIONS
from ..scenes.options import SceneOptions, rt60_words, snr_words
from . import jnd
from .places.discrimination import PLACE_DISCRIMINATION
from .places.star_bench import clips as star_bench_clips
from .places.versions import PLACE_QUESTIONS, PlaceQuestions
from .profiles import DEFAULT_1, RATE_HZ, STAR_BENCH, Profile
from .tones import audiogram, masked
from .tones.discrimination import JND_LEVELS, LADDERS

_PLACE_CUES = {
    "azimuth": cue_features.AZIMUTH,
    "elevation": cue_features.ELEVATION,
    "distance": cue_features.DISTANCE,
}
#: Sub-category -> the features that carry its question, if it has no ladder.
_CUE_FEATURES: dict[str, tuple[str, ...]] = {
    audiogram.NAME: audiogram.CUE_FEATURES,
    masked.NAME: masked.CUE_FEATURES,
    **{f"range_{name}": features for name, features in _PLACE_CUES.items()},
    **{f"sensitivity_{name}": features for name, features in _PLACE_CUES.items()},
}

#: Sub-category -> partial listeners who hear what is asked about.
_SUFFICIENT = {
    audiogram.NAME: ("level", "colour"),
    masked.NAME: ("level", "colour"),
    "sensitivity_pitch": ("colour",),
    "sensitivity_loudness": ("level",),
    **dict.fromkeys(("range_elevation", "sensitivity_elevation"), cue_features.HEAR_ELEVATION),
    **dict.fromkeys(("range_distance", "sensitivity_distance"), cue_features.HEAR_DISTANCE),
}

_TIMING = "STAR-Bench's blocks are as long as the longer tone and 1 s more"
_SPL = "STAR-Bench's tones have equal levels in dB HL, which are not equal in dB SPL"
_BALANCE = "STAR-Bench's own counts: the lowest level alone is the same"
#: Sub-category whose levels are no JNDs -> attribute, the key of its human threshold in the table, and the unit.
_HUMAN_THRESHOLDS = {
    "sensitivity_gap": ("gap", "milliseconds", "ms"),
    "sensitivity_tone_order": ("tone_order", "milliseconds", "ms"),
    "sensitivity_am_depth": ("am_depth", "depth_db", "dB"),
    masked.NAME: (masked.ATTRIBUTE, "threshold_db_re_erb", "dB"),
}

#: What profile ``star-bench`` keeps of the original although it predicts answers: reported, but not a
#: failure.
_FLAWS: dict[str, dict[str, str]] = {
    audiogram.NAME: {"balance": "STAR-Bench has no catch trials: a tone is always there"},
    "sensitivity_pitch": {"tones.level_db_spl": _SPL, "tones.level_dbfs_rms": _SPL},
    "sensitivity_duration": {
        "seconds": _TIMING,
        "bytes": _TIMING,
        "tones.onset_s": _TIMING,
        "tones.nominal_onset_s": _TIMING,
        "total_s": _TIMING,
    },
}


def declarations(
    profile: Profile, sub_categories: Iterable[str], attributes: Iterable[str], options: SceneOptions
) -> dict[str, Any]:
    """Everything that a suite with these sub-categories and attributes declares."""
    sub_categories, attributes = tuple(sub_categories), tuple(attributes)
    places = [name for name in attributes if name in PLACE_DISCRIMINATION]
    level_cues = cue_features.LEVEL if profile is STAR_BENCH else ()
    declared: dict[str, Any] = {
        "calibration": audiogram.calibration(),
        "rate_hz": RATE_HZ,
        "profile": profile.description,
        # The key is part of the file format.
        "asked": {name: [*_cue_features(name, profile), *level_cues] for name in sub_categories},
        **options.declared_heads,
    }
    if profile is STAR_BENCH:
        constants = {"rate_hz": star_bench_clips.RATE_HZ, "rt60_s": star_bench_clips.RT60_S}
        return declared | {"flaws": _flaws(sub_categories)} | ({"places": constants} if places else {})
    if masked.NAME in sub_categories:
        # JSON has no numbers as keys.
        declared["ideal_d_prime"] = {
            masked.NAME: {f"{level:g}": value for level, value in masked.ideal_d_prime().items()}
        }
    if human := _human_thresholds(sub_categories):
        declared["human_thresholds"] = human
    if profile is not DEFAULT_1:  # which is what it was when it was published
        declared["sufficient"] = {
            name: list(_SUFFICIENT[name]) for name in sub_categories if name in _SUFFICIENT
        }
    questions = PLACE_QUESTIONS[profile.name]
    declared |= _jnds(profile, attributes, places, questions)
    if places and questions is not PLACE_QUESTIONS["default-1"]:
        declared |= {"definitions": DEFINITIONS}
    return declared | (_places(places, questions, options) if places else {})


def _cue_features(sub_category: str, profile: Profile) -> tuple[str, ...]:
    ladder = LADDERS[profile.name].get(sub_category.removeprefix("sensitivity_"))
    return _CUE_FEATURES[sub_category] if ladder is None else ladder.cue_features


def _flaws(sub_categories: Iterable[str]) -> dict[str, dict[str, str]]:
    flaws = {
        name: _FLAWS.get(name, {}) | ({"balance": _BALANCE} if name.startswith("sensitivity") else {})
        for name in sub_categories
    }
    return {name: reasons for name, reasons in flaws.items() if reasons}


def _human_thresholds(sub_categories: Iterable[str]) -> dict[str, Any]:
    """What people need to hear, in the unit of a sub-category's levels, where that is no JND."""
    return {
        name: {"threshold": jnd.TABLE[attribute][key], "unit": unit}
        | {part: jnd.TABLE[attribute][part] for part in ("source", "of", "basis")}
        for name, (attribute, key, unit) in _HUMAN_THRESHOLDS.items()
        if name in sub_categories
    }


def _jnds(
    profile: Profile, attributes: Iterable[str], places: list[str], questions: PlaceQuestions
) -> dict[str, Any]:
    declared: dict[str, Any] = {"version": profile.jnd_version}
    ladders = {name: [0.0, *questions.discrimination[name].levels] for name in places}
    if profile is DEFAULT_1:  # all of its tones have one ladder
        declared["ladder"] = [0.0, *JND_LEVELS]
    else:
        own = {name: ladder for name, ladder in LADDERS[profile.name].items() if name in attributes}
        ladders |= {name: list(ladder.levels) for name, ladder in own.items()}
        declared["units"] = {name: questions.discrimination[name].unit for name in places}
        declared["units"] |= {name: ladder.unit for name, ladder in own.items()}
    declared |= {name: jnd.TABLE[name] for name in attributes}
    if ladders:
        declared["ladders"] = ladders
    return {"jnd": declared}


def _places(places: list[str], questions: PlaceQuestions, options: SceneOptions) -> dict[str, Any]:
    designs = {
        f"{kind}_{name}": design
        for name in places
        for kind, design in (
            ("range", questions.identification[name].design),
            ("sensitivity", questions.discrimination[name].design),
        )
    }
    one_design = next(iter(designs.values()))
    return {
        "places": {
            "level_db_spl": one_design.level_db_spl,
            "signal": list(options.signal or one_design.default_signals),
            "snr_db": snr_words(options.backgrounds()),
            "rt60_s": {
                name: rt60_words(design.reverberation_times(options)) for name, design in designs.items()
            },
        }
    }
