"""Prompts with sounds in them, made without a suite, and what a local model answers to one."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

import numpy as np
import pytest
from numpy.typing import NDArray

from starbench.audio import Audio, quantise
from starbench.errors import RequestError
from starbench.schema import ClipPart, Prompt, Response, TextPart

RATE = 16_000


class Model(Protocol):
    """What is asked."""

    async def generate(self, prompt: Prompt) -> Response: ...


def tone(hz: float = 440.0, seconds: float = 0.5, rate: int = RATE) -> NDArray[np.float64]:
    """One channel, 10 dB below full scale."""
    return 0.3 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)[:, None]


def noise(seconds: float = 0.5, rate: int = RATE, seed: int = 0) -> NDArray[np.float64]:
    return 0.1 * np.random.default_rng(seed).standard_normal((round(seconds * rate), 1))


def clip(samples: NDArray[np.floating], rate: int = RATE) -> ClipPart:
    """A clip of ``samples``, shape (n, channels)."""
    return ClipPart.of(lambda: Audio(quantise(samples), rate))


def question(
    *sounds: NDArray[np.floating] | ClipPart,
    text: str = "Which is it?",
    options: str = "ABCD",
    **fields: Any,
) -> Prompt:
    """Each sound after its label, then the question; as many options as ``options`` has letters."""
    parts: list[TextPart | ClipPart] = []
    for i, sound in enumerate(sounds):
        part = sound if isinstance(sound, ClipPart) else clip(sound)
        parts += [TextPart(text=f"Audio {i + 1}:"), part]
    shown = tuple(f"option {letter}" for letter in options)
    return Prompt(parts=(*parts, TextPart(text=text)), options=shown, **fields)


def ask(model: Model, prompt: Prompt) -> Response:
    return asyncio.run(model.generate(prompt))


def refusal(model: Model, prompt: Prompt) -> RequestError:
    """The error that ``prompt`` is refused with."""
    with pytest.raises(RequestError) as caught:
        ask(model, prompt)
    return caught.value
