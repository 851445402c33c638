"""The perception task: from what the user asks for to the plan of a suite."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from starbench.errors import InputError
from starbench.synthesis import BuildPlan, BuildSpec, FactorialClip, LevelDesign
from starbench.text import printable

from ..design.apportionment import apportion
from ..design.draws import Bounds
from ..design.plans import PartPlan, build_plan, check_name, select_attributes
from ..scenes.feasibility import check_rooms, try_heads
from ..scenes.options import SceneOptions, parse_options
from ..scenes.sounds import TEST_SIGNALS
from ..scenes.varied_sounds import SOUNDS, VARIED_OPTIONS
from .declarations import declarations
from .factorial import factorial_clips
from .level_designs import LEVEL_DESIGNS, LEVEL_PROFILES
from .places.clips import SHORTEST_S, with_recorded
from .places.discrimination import PLACE_DISCRIMINATION, plan_place_discrimination
from .places.identification import plan_place_identification
from .places.star_bench import clips as star_bench
from .places.star_bench.questions import plan_star_bench_discrimination, plan_star_bench_identification
from .places.versions import PLACE_QUESTIONS
from .profiles import DEFAULT_2, PROFILES, STAR_BENCH, Profile
from .tones import audiogram, masked
from .tones.discrimination import LADDERS, plan_tone_discrimination

_TONE_DISCRIMINATION_SIZE = 120
#: STAR-Bench's numbers of items about places.
_PLACE_SIZES = {
    "range_azimuth": 96,
    "range_elevation": 72,
    "range_distance": 51,
    "sensitivity_azimuth": 120,
    "sensitivity_elevation": 64,
    "sensitivity_distance": 45,
}
#: Profile -> its attributes.
_ATTRIBUTES = {
    name: (
        *LADDERS[profile.name],
        *((masked.ATTRIBUTE,) if profile is DEFAULT_2 else ()),
        *PLACE_DISCRIMINATION,
    )
    for name, profile in PROFILES.items()
}
_OPTIONS = ("hrtf", "mix", "recordings", "rt60", "signal", "snr")

#: Profile and kind of question -> what plans the items of one attribute.
_PLACE_PLANNERS: dict[tuple[str, str], Callable[[str, int, SceneOptions, int], PartPlan]] = {
    (STAR_BENCH.name, "range"): plan_star_bench_identification,
    (STAR_BENCH.name, "sensitivity"): plan_star_bench_discrimination,
}
for _profile, _questions in PLACE_QUESTIONS.items():
    _PLACE_PLANNERS[_profile, "range"] = partial(plan_place_identification, _questions.identification)
    _PLACE_PLANNERS[_profile, "sensitivity"] = partial(plan_place_discrimination, _questions.discrimination)


class Perception:
    """Which tones a model hears, where it hears sounds, and which differences of either.

    Sub-categories are STAR-Bench's: ``range_pitch_loudness`` (an audiogram, built if both pitch and loudness
    are selected), ``range_azimuth``, ``range_elevation``, ``range_distance``, and ``sensitivity_`` of each
    attribute. Profile ``default-2`` adds hearing over time (gaps, order, fluctuation, tempo) and
    ``range_masked_tone``.
    """

    attributes = _ATTRIBUTES["default"]
    profiles = tuple(PROFILES)

    def plan(self, spec: BuildSpec) -> BuildPlan:
        """Plan every item. Only short probes are synthesized, to find out what the synthesizer refuses.

        No attributes means all of the profile; no size means STAR-Bench's for its sub-categories (951 items) and
        as many for others. Any other size is split over the sub-categories in that proportion.

        Raises an InputError for an unknown or unusable attribute, profile, size or option.
        """
        check_name("perception", "profile", spec.profile, self.profiles)
        profile = PROFILES[spec.profile]
        attributes = select_attributes(spec, "perception", _ATTRIBUTES[spec.profile], self.profiles)
        options = scene_options(spec, profile, attributes)
        sizes = _sizes(attributes)
        counts = apportion(sum(sizes.values()) if spec.size is None else spec.size, list(sizes.values()))
        parts = (
            _plan_part(name, count, profile, options, spec.seed)
            for name, count in zip(sizes, counts, strict=True)
        )
        return build_plan(
            parts,
            declared=declarations(profile, sizes, attributes, options),
            library=options.library,
            options=options.resolved,
            attributes=attributes,
            profile=profile.name,
            licence=options.licence,
        )

    def level_designs(self, spec: BuildSpec) -> dict[str, LevelDesign]:
        """Attributes that can be asked at any level, for those who choose levels themselves.

        Raises an InputError for an attribute, profile or option that cannot be asked so.
        """
        check_name("perception", "profile", spec.profile, LEVEL_PROFILES)
        by_attribute = LEVEL_DESIGNS[spec.profile]
        attributes = select_attributes(spec, "perception", tuple(by_attribute), LEVEL_PROFILES)
        profile = PROFILES[spec.profile]
        options = scene_options(spec, profile, attributes)
        return {name: by_attribute[name](profile, options, spec.seed) for name in attributes}

    def factorial_clips(self, seed: int, count: int) -> tuple[FactorialClip, ...]:
        """Single sounds whose parameters are drawn independently, for probes of networks."""
        return factorial_clips(seed, count)


def scene_options(spec: BuildSpec, profile: Profile, attributes: tuple[str, ...]) -> SceneOptions:
    """Check the options of a suite; :class:`InputError` where they do not fit its attributes."""
    shortest_s = star_bench.DURATION_S[1] if profile is STAR_BENCH else SHORTEST_S
    signals = SOUNDS if profile is DEFAULT_2 else TEST_SIGNALS
    options = parse_options(
        spec.options,
        "perception",
        _OPTIONS,
        signals=tuple(signals),
        min_recording_s=shortest_s,
        **(VARIED_OPTIONS if profile is DEFAULT_2 else {}),
    )
    places = [name for name in attributes if name in PLACE_DISCRIMINATION]
    if spec.options and not places:
        raise InputError(
            f"option {printable(min(spec.options))} is for questions about places: add "
            f"{', '.join(PLACE_DISCRIMINATION)} to the attributes, or leave it out"
        )
    options = try_heads(options) if places else replace(options, heads=(), head_equalisation=None)
    if profile is not STAR_BENCH:
        designs = [kind[name].design for name in places for kind in PLACE_QUESTIONS[profile.name]]
        check_rooms(options, [(design.rooms, design.reverberation_times(options)) for design in designs])
    return options


def _sizes(attributes: tuple[str, ...]) -> dict[str, int]:
    """Sub-category -> items of a full suite. Tones come first, so that places do not change their items."""
    tones = [name for name in attributes if name in LADDERS[DEFAULT_2.name]]
    sizes = {audiogram.NAME: audiogram.FULL_SIZE} if {"pitch", "loudness"} <= set(tones) else {}
    sizes |= {f"sensitivity_{name}": _TONE_DISCRIMINATION_SIZE for name in tones}
    sizes |= {masked.NAME: masked.FULL_SIZE} if masked.ATTRIBUTE in attributes else {}
    return sizes | {name: n for name, n in _PLACE_SIZES.items() if name.partition("_")[2] in attributes}


def _plan_part(sub_category: str, n: int, profile: Profile, options: SceneOptions, seed: int) -> PartPlan:
    kind, _, attribute = sub_category.partition("_")
    if sub_category == audiogram.NAME:
        return audiogram.plan_audiogram(n, profile, seed)
    if sub_category == masked.NAME:
        return masked.plan_masked_audiogram(n, seed)
    if attribute in LADDERS[profile.name]:
        return plan_tone_discrimination(attribute, n, profile, seed)
    if profile is STAR_BENCH:
        duration_s, needs = star_bench.DURATION_S, star_bench.NEEDS[sub_category]
    else:
        duration_s, needs = _duration_s(profile, kind, attribute), None
    options = with_recorded(sub_category, duration_s, options, seed, needs)
    recorded = options.recorded
    if recorded is None:
        return _PLACE_PLANNERS[profile.name, kind](attribute, n, options, seed)
    if recorded.why_none:
        part = PartPlan(dropped=[f"{sub_category}: all items: {recorded.why_none}"])
    else:
        part = _PLACE_PLANNERS[profile.name, kind](attribute, n, options, seed)
    return replace(part, recordings={sub_category: recorded.facts})


def _duration_s(profile: Profile, kind: str, attribute: str) -> Bounds:
    questions = PLACE_QUESTIONS[profile.name]
    of_kind = questions.identification if kind == "range" else questions.discrimination
    return of_kind[attribute].design.duration_s
