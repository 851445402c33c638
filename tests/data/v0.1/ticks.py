"""The task that built the frozen suite: short ticks in one ear or the other."""

import numpy as np

from starbench.schema import Item
from starbench.synthesis import BuildPlan, BuildSpec, Draft, Recipe, Stimulus

OPTIONS = ("The left ear", "The right ear", "Unable to determine")
SIDES = {"left": 0, "right": 1}


def tick(*, rng: np.random.Generator, side: str, rate: int = 16000) -> Stimulus:
    samples = np.zeros((rate // 20, 2))
    samples[place := int(rng.integers(100, 600)), SIDES[side]] = 0.5
    return Stimulus(samples, rate, {"onset_s": place / rate, "side": side})


class Ticks:
    attributes = ("side",)

    def plan(self, spec: BuildSpec) -> BuildPlan:
        drafts = []
        for i in range(spec.size or 8):
            side = ("left", "right")[i % 2]
            item = Item(
                id=f"tick_{i}",
                task="Ticks",
                category="Sides",
                sub_category=f"side_{i // 4}",
                question="In which ear is the tick?",
                options=OPTIONS,
                answer=f"The {side} ear",
                abstain=2,
                mirror={OPTIONS[0]: OPTIONS[1], OPTIONS[1]: OPTIONS[0]},
                level=float(1 + i % 4),
                level_unit="steps",
                captions={"plain": ("A tick.",), "full": (f"A tick in the {side} ear.",)} if i < 6 else {},
                audio_paths=("",),
            )
            drafts.append(Draft(item, (Recipe("ticks.py:tick", {"side": side}),)))
        return BuildPlan(tuple(drafts), default_protocol="starbench")
