"""The observer answers questions about gaps, order, fluctuation, tempo and tones in noise by listening."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from starbench.adapters.observer import Observer
from starbench.audio import Audio, quantise
from starbench.plugins.registry import load
from starbench.schema import ClipPart, Prompt, TextPart
from starbench.synthesis import BuildSpec, generator
from starbench.tasks.perception import Perception

RATE = 48_000


def ask(question: str, options: tuple[str, ...], sound: np.ndarray) -> str:
    lines = "".join(f"<{chr(65 + k)}>: {option}\n" for k, option in enumerate(options))
    audio = Audio(quantise(sound.reshape(sound.shape[0], -1)), RATE)
    parts = (ClipPart.of(lambda: audio), TextPart(text=f"{question}\n{lines}"))
    reply = Observer().generate(Prompt(parts=parts, options=options))
    return options[ord(reply[1]) - 65] if reply.startswith("<") else reply


def right(attribute: str, size: int) -> dict[float | None, list[bool]]:
    hits: dict[float | None, list[bool]] = defaultdict(list)
    for draft in Perception().plan(BuildSpec((attribute,), "default-2", 23, size)).drafts:
        (recipe,) = draft.clips
        synthesizer = load("synthesizers", recipe.synthesizer)
        sound = synthesizer(rng=generator(23, draft.item.id), **recipe.parameters).samples
        hits[draft.item.level].append(
            ask(draft.item.question, draft.item.options, sound) == draft.item.answer
        )
    return hits


@pytest.mark.parametrize(
    ("attribute", "size"), [("pitch", 32), ("gap", 21), ("tone_order", 18), ("am_rate", 12), ("tempo", 12)]
)
def test_hears_every_level(attribute: str, size: int) -> None:
    hits = right(attribute, size)
    assert np.mean([hit for level in hits.values() for hit in level]) == 1.0


def test_hears_modulations_of_24_db_and_more() -> None:
    hits = right("am_depth", 21)
    assert all(hit for level, found in hits.items() if level is None or level > -28 for hit in found)


def test_hears_tones_in_noise_from_the_masked_threshold_of_people() -> None:
    hits = right("masked_tone", 33)
    assert np.mean([hit for level, found in hits.items() if (level or -99) >= 0 for hit in found]) == 1.0


@pytest.mark.parametrize(
    ("question", "options", "place"),
    [
        ("Which of the two noises has a gap in it?", ("the second", "the first", "neither"), "the first"),
        ("Is one of the sounds interrupted?", ("Neither is", "Yes, the first", "Yes, the second"), "Yes, the first"),
    ],
)  # fmt: skip
def test_understands_other_words(question: str, options: tuple[str, ...], place: str) -> None:
    rng = np.random.default_rng(2)
    noise = 0.03 * rng.standard_normal(RATE // 2)
    with_gap = noise.copy()
    with_gap[10_000:10_500] = 0.0
    silence = 1e-5 * rng.standard_normal(RATE // 2)
    sound = np.concatenate([silence, with_gap, silence, noise[::-1], silence])
    assert ask(question, options, sound) == place


def test_declines_what_it_cannot_hear() -> None:
    options = ("The first sound", "The second sound", "Neither sound", "Unable to determine")
    silence = 1e-5 * np.random.default_rng(3).standard_normal(RATE)
    for question in ("Which sound is interrupted by a gap?", "Which sound fluctuates in strength?"):
        assert ask(question, options, silence) == "Unable to determine"
    order = ("The low tone begins first", "The high tone begins first", "Unable to determine")
    assert ask("Which begins first, the low tone or the high tone?", order, silence) == "Unable to determine"
