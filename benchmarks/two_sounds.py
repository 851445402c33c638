"""Two sounds at once, one on each side, and a listener that asks of each clip it gets how high it is and from where.

``HigherPitchedSide`` is a task (``starbench build benchmarks/two_sounds.py:HigherPitchedSide --out SUITE``): is the
sound with the higher pitch on the left or on the right? Stems are kept. ``StreamListener`` is a model that measures
each clip of a prompt, shares no code with the synthesizers, and reads no truth.
"""

from __future__ import annotations

import numpy as np

from starbench.audio import Audio
from starbench.measure.binaural import time_difference_us
from starbench.measure.complexes import fundamental_hz
from starbench.schema import Capabilities, Item, Prompt
from starbench.synthesis import BuildPlan, BuildSpec, Draft, Recipe, generator

SIDES = ("Left", "Right")
_QUESTION = "Two sounds are heard at once. On which side is the one with the higher pitch?"
_SECONDS, _RATE_HZ = 0.9, 16_000


class HigherPitchedSide:
    """Two harmonic complexes of equal level, 3 semitones apart or more, 20 to 60 degrees to either side."""

    attributes = ("pitch",)
    profiles = ("default",)

    def plan(self, spec: BuildSpec) -> BuildPlan:
        """Plan ``size`` items (60), with the right answer on each side equally often."""
        drafts = [self._draft(number, spec.seed) for number in range(spec.size or 60)]
        return BuildPlan(tuple(drafts), "starbench")

    def _draft(self, number: int, seed: int) -> Draft:
        rng = generator(seed, "two sounds", str(number))
        low_hz = float(rng.uniform(110.0, 220.0))
        high_hz = low_hz * 2.0 ** (float(rng.uniform(3.0, 10.0)) / 12.0)
        side = SIDES[number % 2]
        azimuths = (-float(rng.uniform(20.0, 60.0)), float(rng.uniform(20.0, 60.0)))
        pitches = (high_hz, low_hz) if side == "Left" else (low_hz, high_hz)
        sources = [
            {
                "signal": {"kind": "complex", "f0_hz": pitch_hz, "duration_s": _SECONDS, "high_hz": 6000.0},
                "onset_s": round(0.15 + 0.1 * float(rng.uniform()), 4),
                "at": {"azimuth_deg": azimuth_deg % 360.0},
                "level_db_spl": 60.0,
            }
            for azimuth_deg, pitch_hz in zip(azimuths, pitches, strict=True)
        ]
        order = rng.permutation(2).tolist()
        parameters = {
            "sources": [sources[k] for k in order], "total_s": 1.4, "rate": _RATE_HZ, "stems": True,
        }  # fmt: skip
        item = Item.model_validate(
            {
                "id": f"higher_pitched_side_{number:04d}",
                "task": "Two sounds",
                "sub-category": "higher_pitched_side",
                "question": _QUESTION,
                "options": SIDES,
                "answer": side,
                "audio_paths": ("",),
                "truth": {"planned": {"pitches_hz": pitches}},
            }
        )
        return Draft(item, (Recipe("scene", parameters),))


class StreamListener:
    """Answers :class:`HigherPitchedSide` from the pitch and the side of each clip; of one clip, by its side alone."""

    capabilities = Capabilities(channels_kept=True)

    def generate(self, prompt: Prompt) -> str:
        """Choose the side of the clip whose pitch is the highest."""
        if prompt.options and set(prompt.options) == set(SIDES) and prompt.clips:
            heard = [_pitch_and_side(clip.audio()) for clip in prompt.clips]
            side = max(heard)[1]
            return f"<{prompt.letters[prompt.options.index(side)]}>"
        return "Unable to determine."


def _pitch_and_side(clip: Audio) -> tuple[float, str]:
    samples = clip.samples.astype(np.float64)
    middle = samples[round(0.3 * clip.rate) : round(1.0 * clip.rate)]
    louder = middle[:, int(np.square(middle).sum(axis=0).argmax())]
    lead_us = time_difference_us(samples, clip.rate, low_hz=100.0, reach_s=0.001)
    return fundamental_hz(louder, clip.rate) or 0.0, SIDES[lead_us > 0]
