"""Spatial reasoning: questions about scenes, in STAR-Bench's three categories, in words that vary."""

from __future__ import annotations

from typing import Any

from starbench.errors import InputError
from starbench.redact import printable
from starbench.synthesis import BuildPlan, BuildSpec, Draft

from ..design import asked
from ..design.dealing import shares
from ..perception.places.clips import LEVELS_DB_SPL
from ..scenes import options as scene_options
from ..scenes.options import ANECHOIC, NO_BACKGROUND, SceneOptions
from ..scenes.recipe import RATE_HZ, check_head, check_room
from . import localisation as spatial_localisation
from . import question_types as questions
from . import relations as spatial_relations
from . import trajectories as spatial_trajectories
from .question_types import Kind

#: Category by the name that the user gives, and its kinds of questions.
_CATEGORIES: dict[str, tuple[str, tuple[Kind, ...]]] = {
    "localisation": ("Single-Source Static Localization", spatial_localisation.KINDS),
    "relations": ("Multi-source Spatial Relation", spatial_relations.KINDS),
    "trajectories": ("Dynamic Trajectory Tracking", spatial_trajectories.KINDS),
}
_OPTIONS = ("format", "hrtf", "recordings", "rt60", "snr", "stems")


class Spatial:
    """Where sounds are, how they lie to each other and how they move, in scenes of one to five sources."""

    attributes = tuple(_CATEGORIES)
    profiles = ("default",)

    def plan(self, spec: BuildSpec) -> BuildPlan:
        """Plan every item; nothing is synthesized but what tells which directions the head has data for.

        Parameters
        ----------
        spec : BuildSpec
            Attributes are ``localisation``, ``relations``, ``trajectories`` (none: all three); no size
            means STAR-Bench's (283, 113 and 106 items).

        Raises
        ------
        InputError
            For an attribute, a profile, a size or an option that there is not, or cannot be used.
        """
        if spec.profile not in self.profiles:
            raise InputError(f"spatial has no profile {printable(spec.profile)!r}: there is default")
        for name in spec.attributes:
            if name not in _CATEGORIES:
                raise InputError(
                    f"spatial has no attribute {printable(name)!r}: there are {', '.join(self.attributes)}"
                )
        if spec.size is not None and spec.size < 1:
            raise InputError(f"a suite of {spec.size} items cannot be built: it needs at least one")
        chosen = [name for name in self.attributes if not spec.attributes or name in spec.attributes]
        kinds = [kind for name in chosen for kind in _CATEGORIES[name][1]]
        needs = max(kind.lasts_s[1] for kind in kinds), max(len(kind.sounds[0]) for kind in kinds)
        options = scene_options.read(spec.options, "spatial", _OPTIONS, (), needs)
        check_head(options)
        _check_rooms(kinds, options)

        sizes = [sum(kind.size for kind in _CATEGORIES[name][1]) for name in chosen]
        counts = shares(sum(sizes) if spec.size is None else spec.size, sizes)
        drafts: list[Draft] = []
        dropped: list[str] = []
        for name, count in zip(chosen, counts, strict=True):
            made, left_out = _plan_category(name, count, options, spec.seed)
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
            _declared(kinds, options),
            options.resolved,
            options.licence,
        )


def _plan_category(name: str, n: int, options: SceneOptions, seed: int) -> tuple[list[Draft], list[str]]:
    """Plan ``n`` items of a category over the kinds that can be asked, in proportion to their sizes."""
    category, kinds = _CATEGORIES[name]
    refused = {kind: kind.cannot(options) for kind in kinds}
    dropped = [f"{kind.name}: all items: {why}" for kind, why in refused.items() if why]
    left = [kind for kind, why in refused.items() if not why]
    drafts: list[Draft] = []
    for kind, count in zip(left, shares(n, [kind.size for kind in left]) if left else (), strict=True):
        drafts += questions.plan(kind, category, count, options, seed)
    return drafts, dropped


def _check_rooms(kinds: list[Kind], options: SceneOptions) -> None:
    if options.rt60 is None:
        return
    tried = {(kind.family, rt60) for kind in kinds for rt60 in kind.rooms(options) if rt60 is not None}
    for family, rt60 in sorted(tried, key=lambda pair: (pair[0].length_m, pair[1])):
        check_room(options, family, rt60)


def _declared(kinds: list[Kind], options: SceneOptions) -> dict[str, Any]:
    return {
        "asked": asked.declared(kind.name for kind in kinds),
        "rate_hz": RATE_HZ,
        "format": options.format,
        "level_db_spl": LEVELS_DB_SPL,
        "snr_db": [NO_BACKGROUND if snr is None else snr for snr in options.backgrounds()],
        "rt60_s": {
            kind.name: [ANECHOIC if rt60 is None else rt60 for rt60 in kind.rooms(options)] for kind in kinds
        },
    }
