"""Foundational acoustic perception: which tones are heard, and which differences between two of them."""

from __future__ import annotations

from typing import Any

from starbench.errors import InputError
from starbench.synthesis import BuildPlan, BuildSpec, Draft

from . import audiogram, jnd
from .dealing import shares
from .ladders import JND_LADDER, LADDERS, plan_ladder
from .profiles import DEFAULT, PROFILES, RATE_HZ, Profile

_LADDER_SIZE = 120


class Perception:
    """Which tones a model hears, and which differences of pitch, loudness and duration.

    Sub-categories are STAR-Bench's: ``range_pitch_loudness`` (a joint audiogram, built where both pitch
    and loudness are asked) and ``sensitivity_pitch``, ``sensitivity_loudness``, ``sensitivity_duration``.
    """

    attributes = tuple(LADDERS)
    profiles = tuple(PROFILES)

    def plan(self, spec: BuildSpec) -> BuildPlan:
        """Plan every item; nothing is synthesized but what tells which cells of the audiogram exist.

        Parameters
        ----------
        spec : BuildSpec
            No attributes means all; no size means STAR-Bench's (143 and three times 120 items). Any
            other size is split over the sub-categories in that proportion.

        Raises
        ------
        InputError
            For an attribute, a profile, a size or an option that there is not.
        """
        profile, attributes = self._profile(spec), self._attributes(spec)
        if spec.options:
            raise InputError(f"perception has no option {sorted(spec.options)[0]!r}: it takes none")
        if spec.size is not None and spec.size < 1:
            raise InputError(f"a suite of {spec.size} items cannot be built: it needs at least one")

        has_audiogram = {"pitch", "loudness"} <= set(attributes)
        full = [audiogram.FULL_SIZE] * has_audiogram + [_LADDER_SIZE] * len(attributes)
        counts = shares(sum(full) if spec.size is None else spec.size, full)
        drafts: list[Draft] = []
        dropped: list[str] = []
        if has_audiogram:
            drafts, dropped = audiogram.plan_audiogram(counts.pop(0), profile, spec.seed)
        for attribute, count in zip(attributes, counts, strict=True):
            drafts += plan_ladder(attribute, count, profile, spec.seed)
        return BuildPlan(tuple(drafts), "starbench", tuple(dropped), _declared(profile, attributes))

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


def _declared(profile: Profile, attributes: tuple[str, ...]) -> dict[str, Any]:
    declared: dict[str, Any] = {
        "calibration": audiogram.calibration(),
        "rate_hz": RATE_HZ,
        "profile": profile.choices,
    }
    if profile is DEFAULT:
        tables = {name: jnd.TABLE[name] for name in attributes}
        declared["jnd"] = {"version": jnd.TABLE["version"], "ladder": [0.0, *JND_LADDER]} | tables
    return declared
