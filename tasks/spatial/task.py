"""The spatial task: from what the user asks for to the plan of a suite, in STAR-Bench's three categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from starbench.synthesis import BuildPlan, BuildSpec

from ..design.apportionment import apportion
from ..design.plans import PartPlan, build_plan, select_attributes
from ..scenes.cue_features import HEAR_DISTANCE, HEAR_ELEVATION
from ..scenes.definitions import DEFINITIONS
from ..scenes.feasibility import check_rooms, try_heads
from ..scenes.options import SceneOptions, parse_options, rt60_words, snr_words
from ..scenes.recipes import RATE_HZ
from ..scenes.varied_sounds import VARIED_OPTIONS
from . import localisation, relations, trajectories, version_2
from .items import plan_items
from .measured_places import at_measured_places, declared_places
from .question_types import QuestionType

#: Attribute -> STAR-Bench's name of the category.
_CATEGORIES = {
    "localisation": "Single-Source Static Localization",
    "relations": "Multi-source Spatial Relation",
    "trajectories": "Dynamic Trajectory Tracking",
}
_VERSION_1 = {
    "localisation": localisation.QUESTION_TYPES,
    "relations": relations.QUESTION_TYPES,
    "trajectories": trajectories.QUESTION_TYPES,
}
_VERSION_2 = {
    "localisation": version_2.LOCALISATION,
    "relations": version_2.RELATIONS,
    "trajectories": version_2.TRAJECTORIES,
}
#: Profile -> attribute -> types of questions. ``default`` stands for the newest version.
_PROFILES: dict[str, dict[str, tuple[QuestionType, ...]]] = {
    "default": _VERSION_2,
    "default-1": _VERSION_1,
    "default-2": _VERSION_2,
}
_OPTIONS = ("format", "hrtf", "mix", "recordings", "rir", "rt60", "snr", "stems")


class Spatial:
    """Where sounds are, how they are placed relative to each other and how they move; one to five sources."""

    attributes = tuple(_CATEGORIES)
    profiles = tuple(_PROFILES)

    def plan(self, spec: BuildSpec) -> BuildPlan:
        """Plan every item. Only short probes are synthesized, to find out what the synthesizer refuses.

        No attributes means all three; no size means STAR-Bench's (283, 113 and 106 items).

        Raises an InputError for an unknown or unusable attribute, profile, size or option.
        """
        attributes = select_attributes(spec, "spatial", self.attributes, self.profiles)
        by_attribute = _PROFILES[spec.profile]
        question_types = [each for name in attributes for each in by_attribute[name]]
        options = try_heads(
            parse_options(
                spec.options,
                "spatial",
                _OPTIONS,
                min_recording_s=min(each.duration_s[1] for each in question_types),
                **(VARIED_OPTIONS if by_attribute is _VERSION_2 else {}),
            )
        )
        check_rooms(options, [(each.rooms, each.reverberation_times(options)) for each in question_types])

        sizes = [sum(each.size for each in by_attribute[name]) for name in attributes]
        counts = apportion(sum(sizes) if spec.size is None else spec.size, sizes)
        parts = (
            _plan_category(
                _CATEGORIES[name], at_measured_places(by_attribute[name], options), count, options, spec.seed
            )
            for name, count in zip(attributes, counts, strict=True)
        )
        return build_plan(
            parts,
            declared=_declarations(question_types, options)
            | (_declarations_of_version_2(question_types) if by_attribute is _VERSION_2 else {}),
            library=options.library,
            options=options.resolved,
            attributes=attributes,
            profile=next(name for name in reversed(_PROFILES) if _PROFILES[name] is by_attribute),
            licence=options.licence,
        )


def _declarations_of_version_2(question_types: Sequence[QuestionType]) -> dict[str, Any]:
    names = [each.name for each in question_types if each.name in _SUFFICIENT]
    return {"definitions": DEFINITIONS, "sufficient": {name: list(_SUFFICIENT[name]) for name in names}}


#: Sub-category -> partial listeners who hear what is asked about.
_SUFFICIENT = {
    "height": HEAR_ELEVATION,
    "higher": HEAR_ELEVATION,
    "near_far": HEAR_DISTANCE,
    "nearer": HEAR_DISTANCE,
    "nearer_by_level": ("level", *HEAR_DISTANCE),
}


def _plan_category(
    category: str, question_types: Sequence[QuestionType], n: int, options: SceneOptions, seed: int
) -> PartPlan:
    """Plan ``n`` items of a category over the types that can be asked, in proportion to their sizes."""
    recorded = {each: each.recorded(options, seed) for each in question_types}
    reasons = {
        each: each.inapplicable_reason(options) or (sounds.why_none if sounds else None)
        for each, sounds in recorded.items()
    }
    usable = [each for each, reason in reasons.items() if not reason]
    counts = apportion(n, [each.size for each in usable]) if usable else []
    return PartPlan(
        [
            draft
            for each, count in zip(usable, counts, strict=True)
            for draft in plan_items(each, category, count, replace(options, recorded=recorded[each]), seed)
        ],
        [f"{each.name}: all items: {reason}" for each, reason in reasons.items() if reason],
        {each.name: sounds.facts for each, sounds in recorded.items() if sounds},
    )


def _declarations(question_types: Sequence[QuestionType], options: SceneOptions) -> dict[str, Any]:
    snr = {each.name: snr_words(options.backgrounds(each.snr_db)) for each in question_types}
    return {
        # The key is part of the file format.
        "asked": {each.name: list(each.cue_features) for each in question_types},
        "rate_hz": RATE_HZ,
        "format": options.format,
        "level_db_spl": question_types[0].level_db_spl,
        "snr_db": snr if len(set(map(tuple, snr.values()))) > 1 else next(iter(snr.values())),
        **(declared_places(options) or _declared_rooms(question_types, options)),
        **options.declared_heads,
    }


def _declared_rooms(question_types: Sequence[QuestionType], options: SceneOptions) -> dict[str, Any]:
    return {"rt60_s": {each.name: rt60_words(each.reverberation_times(options)) for each in question_types}}
