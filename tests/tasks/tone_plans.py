"""Plans of questions about tones, and how their tests read them."""

from __future__ import annotations

from typing import Any

from starbench.synthesis import BuildPlan, BuildSpec, Draft
from starbench.tasks.perception import Perception

TONES = ("pitch", "loudness", "duration")
#: Sub-category -> the parameter of a tone that it asks about.
DISCRIMINATION = {
    f"sensitivity_{name}": key
    for name, key in zip(TONES, ("f0_hz", "level_db_spl", "duration_s"), strict=True)
}
AUDIOGRAM = "range_pitch_loudness"
#: What can be right, in the order of the options.
INTERVALS = ("first", "second", "neither")
CHANCE = 1 / 3


def plan(profile: str = "default-1", size: int | None = None, seed: int = 5, **more: Any) -> BuildPlan:
    build_plan: BuildPlan = Perception().plan(
        BuildSpec(more.pop("attributes", TONES), profile, seed, size, more)
    )
    return build_plan


def right_interval(draft: Draft) -> str:
    return INTERVALS[draft.item.options.index(str(draft.item.answer))]


def tones(draft: Draft) -> list[dict[str, float]]:
    pair: list[dict[str, float]] = draft.clips[0].parameters["tones"]
    return pair
