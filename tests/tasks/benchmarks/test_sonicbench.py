"""The options that a SonicBench prompt states in its own words."""

from __future__ import annotations

import gzip
import json

import pytest

from starbench.errors import InputError
from starbench.tasks.benchmarks.sonicbench import options

END = " Do not add any explanation, punctuation, or extra text."


@pytest.mark.parametrize(
    ("question", "first", "second"),
    [
        ("Was the key hit hard? Answer 'A' for high force, 'B' for low.", "high force", "low"),
        (
            "Only answer letter 'A' (refers to the first tone) or 'B' (refers to the second tone).",
            *("first tone", "second tone"),
        ),
        ("Reply only 'A' or 'B' (A = first, B = second).", "first", "second"),
        ("Just reply with 'A' or 'B', where 'A' means rough and 'B' means smooth.", "rough", "smooth"),
        ("Say 'A' if it's within 1.5 meters, 'B' if it's farther away.", "within 1.5 meters", "farther away"),
        ("Say 'A' if the sound is near (within 2m), or 'B' if far.", "near (within 2m)", "far"),
        ("Enter 'A' for hoarse, 'B' for clear — nothing else.", "hoarse", "clear"),
        ("Choose 'A' (hoarse) or 'B' (clear) only.", "hoarse", "clear"),
        ("Is it A. door_bell or B. bus? Only answer 'A' or 'B'.", "door bell", "bus"),
        ("Use 'A' if the first is rougher, 'B' if the second.", "first is rougher", "second is rougher"),
        (
            "Use 'A' if the first clip has a rougher end, 'B' if the second does.",
            *("first clip has a rougher end", "second clip has a rougher end"),
        ),
        ("Use 'A' if rough, 'B' if not. Only answer 'A' or 'B'.", "rough", "not rough"),
        (
            "Use 'A' if the sound is 2.5 seconds long, 'B' otherwise.",
            *("2.5 seconds long", "not 2.5 seconds long"),
        ),
        ("A and B are two clips. Only answer 'A' for 12, 'B' for 7.", "12", "7"),
        ("Two tones are heard. Which is rougher? Only answer 'A' or 'B'.", "first", "second"),
    ],
)
def test_options_are_the_words_of_the_prompt(question, first, second):
    assert options(question + END) == (first, second)


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "Which is louder?",
        "Is it loud? Only answer 'A' or 'B'.",
        "Say 'A' for loud, 'B' for loud.",
        "Say 'A' for loud.",
    ],
)
def test_a_prompt_without_two_meanings_is_refused(prompt):
    with pytest.raises(InputError, match="not a SonicBench prompt"):
        options(prompt + END)


def test_every_published_prompt_has_two_short_different_options(shared):
    prompts = {
        json.loads(line)["prompt"]
        for path in (shared / "sonicbench-results").glob("*.jsonl.gz")
        for line in gzip.decompress(path.read_bytes()).splitlines()
    }
    assert len(prompts) > 8000
    for prompt in prompts:
        first, second = options(prompt)
        assert first != second
        for text in (first, second):
            assert 0 < len(text) <= 60
            assert text == text.strip(" '\".,;()") or text.endswith(")"), text
            # No word of the instruction is left, and no text holds the other letter's.
            assert not {"answer", "only", "if", "or 'B'"} & set(text.lower().split()), text
