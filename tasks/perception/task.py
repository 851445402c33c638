"""Foundational acoustic perception: which tones and places are heard, and which differences of them."""

from __future__ import annotations

from typing import Any

from starbench.errors import InputError
from starbench.redact import printable
from starbench.synthesis import BuildPlan, BuildSpec, Draft

from ..design import asked
from ..design.dealing import shares
from ..scenes import options as scene_options
from ..scenes.options import ANECHOIC, NO_BACKGROUND, SceneOptions
from ..scenes.recipe import check_head, check_room
from ..scenes.sounds import TEST_SIGNALS
from . import jnd
from .places import star_bench as place_star_bench
from .places.clips import DEFAULT_SIGNALS, LEVELS_DB_SPL, LONGEST_S, Shape, rooms_of
from .places.discrimination import PLACE_LADDERS, plan_place_ladder
from .places.identification import PLACE_RANGES, plan_place_range
from .profiles import DEFAULT, PROFILES, RATE_HZ, STAR_BENCH, Profile
from .tones import audiogram
from .tones.discrimination import JND_LADDER, LADDERS, plan_ladder

_LADDER_SIZE = 120
#: STAR-Bench's counts of items that ask where a sound is.
_PLACE_SIZES = {
    "range_azimuth": 96,
    "range_elevation": 72,
    "range_distance": 51,
    "sensitivity_azimuth": 120,
    "sensitivity_elevation": 64,
    "sensitivity_distance": 45,
}
_OPTIONS = ("hrtf", "recordings", "rt60", "signal", "snr")


class Perception:
    """Which tones a model hears, where it hears sounds, and which differences of either.

    Sub-categories are STAR-Bench's: ``range_pitch_loudness`` (a joint audiogram, built where both pitch
    and loudness are asked), ``range_azimuth``, ``range_elevation``, ``range_distance``, and
    ``sensitivity_`` of each of the six attributes.
    """

    attributes = (*LADDERS, *PLACE_LADDERS)
    profiles = tuple(PROFILES)

    def plan(self, spec: BuildSpec) -> BuildPlan:
        """Plan every item; nothing is synthesized but what tells what can be made.

        Parameters
        ----------
        spec : BuildSpec
            No attributes means all six; no size means STAR-Bench's (951 items). Any other size is split
            over the sub-categories in that proportion.

        Raises
        ------
        InputError
            For an attribute, a profile, a size or an option that there is not, or cannot be used.
        """
        profile, attributes = self._profile(spec), self._attributes(spec)
        options = self._options(spec, profile, attributes)
        if spec.size is not None and spec.size < 1:
            raise InputError(f"a suite of {spec.size} items cannot be built: it needs at least one")

        full = _sizes(attributes)
        counts = shares(sum(full.values()) if spec.size is None else spec.size, list(full.values()))
        drafts: list[Draft] = []
        dropped: list[str] = []
        for part, count in zip(full, counts, strict=True):
            made, left_out = _plan(part, count, profile, options, spec.seed)
            drafts += made
            dropped += left_out
        if not drafts:
            raise InputError(
                f"none of these items can be made: {dropped[0] if dropped else 'ask for more of them'}"
            )
        return BuildPlan(
            tuple(drafts),
            "starbench",
            tuple(dropped),
            _declared(profile, attributes, options),
            options.resolved,
            options.licence,
        )

    def _profile(self, spec: BuildSpec) -> Profile:
        if spec.profile not in PROFILES:
            raise InputError(
                f"perception has no profile {spec.profile!r}: there are {' and '.join(self.profiles)}"
            )
        return PROFILES[spec.profile]

    def _attributes(self, spec: BuildSpec) -> tuple[str, ...]:
        for attribute in spec.attributes:
            if attribute not in self.attributes:
                raise InputError(
                    f"perception has no attribute {attribute!r}: there are {', '.join(self.attributes)}"
                )
        return tuple(name for name in self.attributes if not spec.attributes or name in spec.attributes)

    def _options(self, spec: BuildSpec, profile: Profile, attributes: tuple[str, ...]) -> SceneOptions:
        longest_s = place_star_bench.LASTS_S[1] if profile is STAR_BENCH else LONGEST_S
        options = scene_options.read(
            spec.options, "perception", _OPTIONS, tuple(TEST_SIGNALS), (longest_s, 1)
        )
        places = [name for name in attributes if name in PLACE_LADDERS]
        if spec.options and not places:
            raise InputError(
                f"option {printable(min(spec.options))} is about where sounds are: add "
                f"{', '.join(PLACE_LADDERS)} to the attributes, or leave it out"
            )
        check_head(options)
        if options.rt60 is not None and profile is DEFAULT:
            for shape in (shape for name in places for shape in _shapes(name)):
                for rt60 in rooms_of(shape, options):
                    if rt60 is not None:
                        check_room(options, shape.family, rt60)
        return options


def _sizes(attributes: tuple[str, ...]) -> dict[str, int]:
    """Sub-category -> items of a full suite: the tones' first, so that theirs do not hang on the others."""
    tones = [name for name in attributes if name in LADDERS]
    sizes = {audiogram.NAME: audiogram.FULL_SIZE} if {"pitch", "loudness"} <= set(tones) else {}
    sizes |= {f"sensitivity_{name}": _LADDER_SIZE for name in tones}
    return sizes | {part: n for part, n in _PLACE_SIZES.items() if part.partition("_")[2] in attributes}


def _plan(
    part: str, n: int, profile: Profile, options: SceneOptions, seed: int
) -> tuple[list[Draft], list[str]]:
    kind, _, attribute = part.partition("_")
    if part == audiogram.NAME:
        return audiogram.plan_audiogram(n, profile, seed)
    if attribute in LADDERS:
        return plan_ladder(attribute, n, profile, seed), []
    if profile is STAR_BENCH:
        plan = place_star_bench.plan_range if kind == "range" else place_star_bench.plan_ladder
    else:
        plan = plan_place_range if kind == "range" else plan_place_ladder
    return plan(attribute, n, options, seed)


def _shapes(attribute: str) -> tuple[Shape, Shape]:
    return PLACE_RANGES[attribute].shape, PLACE_LADDERS[attribute].shape


def _declared(profile: Profile, attributes: tuple[str, ...], options: SceneOptions) -> dict[str, Any]:
    declared: dict[str, Any] = {
        "calibration": audiogram.calibration(),
        "rate_hz": RATE_HZ,
        "profile": profile.choices,
        "asked": asked.declared(_sizes(attributes), level_is_a_cue=profile is STAR_BENCH),
    }
    places = [name for name in attributes if name in PLACE_LADDERS]
    if profile is STAR_BENCH:
        declared["flaws"] = asked.flaws(_sizes(attributes))
    if profile is STAR_BENCH and places:
        declared["places"] = {"rate_hz": place_star_bench.RATE_HZ, "rt60_s": place_star_bench.RT60_S}
    if profile is DEFAULT:
        ladders = {name: [0.0, *PLACE_LADDERS[name].jnds] for name in places}
        tables = {name: jnd.TABLE[name] for name in attributes}
        declared["jnd"] = {"version": jnd.TABLE["version"], "ladder": [0.0, *JND_LADDER]} | tables
        if places:
            declared["jnd"]["ladders"] = ladders
            declared["places"] = {
                "level_db_spl": LEVELS_DB_SPL,
                "signal": list(options.signal or DEFAULT_SIGNALS),
                "snr_db": [NO_BACKGROUND if snr is None else snr for snr in options.backgrounds()],
                "rt60_s": {
                    f"{kind}_{name}": [
                        ANECHOIC if rt60 is None else rt60 for rt60 in rooms_of(shape, options)
                    ]
                    for name in places
                    for kind, shape in zip(("range", "sensitivity"), _shapes(name), strict=True)
                },
            }
    return declared
