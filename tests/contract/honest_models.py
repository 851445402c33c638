"""Models that keep the contract, each in its own way."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from starbench.contract import Report
from starbench.schema import Capabilities, Prompt, Response


def verdicts(report: Report) -> dict[str, str]:
    return {finding.check: finding.verdict for finding in report.findings}


class Honest:
    """Answers from the prompt alone."""

    capabilities = Capabilities()

    def generate(self, prompt: Prompt) -> str:
        for clip in prompt.clips:
            clip.audio()
        return f"{prompt.digest[:6]} <A>"


class Slow:
    capabilities = Capabilities()

    async def generate(self, prompt: Prompt) -> str:
        await asyncio.sleep(0.12)
        return Honest().generate(prompt)


class Sampling(Honest):
    def __init__(self) -> None:
        self.rng = random.Random(5)

    def generate(self, prompt: Prompt) -> str:
        return self.rng.choice("AB")


class Batching(Honest):
    capabilities = Capabilities(max_batch=3)

    async def generate_batch(self, prompts: list[Prompt]) -> list[str]:
        return [self.generate(prompt) for prompt in prompts]


class Words(Honest):
    capabilities = Capabilities(max_clips=0)


class Short(Honest):
    capabilities = Capabilities(
        text_only=False, max_clips=1, max_seconds=0.5, rates=(8000,), max_channels=1, max_in_flight=1
    )

    def generate(self, prompt: Prompt) -> str:
        (clip,) = prompt.clips
        assert (clip.audio().rate, clip.audio().channels) == (8000, 1)
        assert 0.1 < clip.audio().seconds < 0.5
        return super().generate(prompt)


class Learning(Honest):
    """Hears from its server what it can take."""

    async def check(self) -> None:
        self.capabilities = Capabilities(max_clips=1, max_batch=2)

    def generate_batch(self, prompts: list[Prompt]) -> list[str]:
        assert all(len(prompt.clips) <= 1 for prompt in prompts)
        return [self.generate(prompt) for prompt in prompts]


class Letters(Honest):
    capabilities = Capabilities(answer_modes=("choice", "logprobs"))

    def generate(self, prompt: Prompt) -> Any:
        if not prompt.options:
            assert prompt.answer_mode == "text"
            return "a tone"
        if prompt.answer_mode == "choice":
            return "B"
        return Response(text="<B>", letter_logprobs={"B": -0.1})
