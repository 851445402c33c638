"""Over many combinations: never "dropped" where somebody listens, never "arrived" where nothing arrives."""

from __future__ import annotations

from typing import get_args

import pytest
from canary_minds import (
    Mind,
    by_text,
    chatty,
    constant,
    hash_letters,
    hash_sentences,
    hashes,
    listener,
    one_of,
    sampling,
    text_model,
    tossed,
)
from canary_servers import (
    Behaviour,
    Count,
    Way,
    always_100,
    by_chance,
    claiming_audio,
    cut,
    dropped,
    float_average,
    left_only,
    of_bytes,
    of_kilobytes,
    of_padded,
    of_seconds,
    of_seconds_sent,
    of_text,
    of_words,
    placeholder,
    resampled,
    uncounted,
    whole,
)
from diagnosed import diagnosed
from hypothesis import given, settings
from hypothesis import strategies as st

from starbench.schema import ProbeSet

pytestmark = pytest.mark.slow

WAYS: list[Way] = [whole, float_average, left_only, cut(30), cut(4), resampled(16_000), resampled(8_000)]
COUNTS: list[Count] = [
    uncounted, of_text, of_words, of_seconds, of_seconds_sent, of_padded, of_bytes, of_kilobytes,
    always_100, by_chance, claiming_audio,
]  # fmt: skip
MINDS: list[Mind] = [
    listener, chatty(listener), sampling(listener, 0.15), hash_sentences(3), hash_letters(4),
    sampling(hashes(5), 0.1), chatty(hash_sentences(6)),
]  # fmt: skip
DROPPING: list[Way] = [
    dropped,
    placeholder("[audio]"),
    placeholder("The user sent a file that cannot be read."),
]
DEAF: list[Mind] = [
    by_text, text_model, tossed, chatty(text_model), sampling(text_model, 0.3), constant("<B>"),
    constant("Yes."),
    one_of("I hear a bird.", "I hear a train.", "A voice says hello."),
    one_of("Please attach the audio.", "I can't listen to recordings.", "No sound was included."),
    chatty(constant("Entschuldigung, ich kann keine Datei hören.")),
]  # fmt: skip


@settings(max_examples=12)
@given(st.sampled_from(WAYS), st.sampled_from(MINDS), st.sampled_from(COUNTS), st.integers(0, 999))
def test_somebody_who_listens_is_never_said_to_get_nothing(
    way: Way, mind: Mind, count: Count, seed: int
) -> None:
    canary = diagnosed(Behaviour(way, mind, count, seed))
    assert canary.transport == "arrived", canary.evidence


@settings(max_examples=12)
@given(st.sampled_from(WAYS), st.sampled_from(MINDS), st.sampled_from(COUNTS), st.integers(0, 999))
def test_few_probes_say_it_neither(way: Way, mind: Mind, count: Count, seed: int) -> None:
    canary = diagnosed(Behaviour(way, mind, count, seed), probe="basic")
    assert canary.transport != "dropped", canary.evidence


@settings(max_examples=30)
@given(st.sampled_from(DROPPING), st.sampled_from(DEAF), st.sampled_from(COUNTS), st.integers(0, 999))
def test_nobody_is_said_to_get_what_was_dropped(way: Way, mind: Mind, count: Count, seed: int) -> None:
    for probe in get_args(ProbeSet):
        canary = diagnosed(Behaviour(way, mind, count, seed), probe=probe)
        assert canary.transport != "arrived", canary.evidence
        assert canary.hearing != "heard", canary.evidence
        assert (canary.ears, canary.length, canary.band) == ("unknown",) * 3
