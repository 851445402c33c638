"""Sound in JSON: put in as it is, encoded once, and kept within bounds."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from starbench.adapters.http_client.audio_body import CLIP, EncodedClips, json_body
from starbench.audio import Audio, silence
from starbench.canary.stimuli.probes import byte_variant

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=10,
)


def audio(value: int, n: int = 400) -> Audio:
    return Audio(np.full((n, 1), value, np.int16), 16_000)


@given(st.lists(st.tuples(JSON, st.binary())))
def test_a_body_is_the_json_of_the_same_values(parts: list[tuple[Any, bytes]]) -> None:
    clips = [base64.b64encode(data) for _, data in parts]
    value = [{"before": before, "url": f"data:audio/wav;base64,{CLIP}"} for before, _ in parts]
    whole = [
        {"before": before, "url": f"data:audio/wav;base64,{clip.decode()}"}
        for (before, _), clip in zip(parts, clips, strict=True)
    ]
    expected = json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
    assert json_body(value, clips) == expected


@pytest.mark.parametrize("n", [0, 1, 3])
def test_a_clip_too_few_or_too_many_is_an_error(n: int) -> None:
    with pytest.raises(ValueError, match="zip"):
        json_body([CLIP, CLIP], [b"AA=="] * n)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_json_cannot_hold_is_an_error(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_body({"temperature": number}, [])


def test_equal_sound_is_encoded_once() -> None:
    clips = EncodedClips()
    first = clips.encode(audio(1))
    assert base64.b64decode(first, validate=True) == audio(1).wav
    assert clips.encode(audio(1)) is first
    assert clips.encode(audio(2)) != first


def test_what_was_not_used_for_longest_is_dropped_first() -> None:
    size = len(base64.b64encode(audio(1).wav))
    clips = EncodedClips(max_bytes=2 * size)
    one, two = clips.encode(audio(1)), clips.encode(audio(2))
    assert clips.encode(audio(1)) is one
    clips.encode(audio(3))
    assert clips.encode(audio(1)) is one
    again = clips.encode(audio(2))
    assert again == two
    assert again is not two


def test_a_clip_larger_than_all_that_is_kept_is_sent_all_the_same() -> None:
    clips = EncodedClips(max_bytes=10)
    small = EncodedClips(max_bytes=0)
    for encoded in (clips.encode(audio(1)), clips.encode(audio(1)), small.encode(audio(1))):
        assert base64.b64decode(encoded) == audio(1).wav


def test_threads_that_ask_together_get_one_encoding() -> None:
    clips = EncodedClips()
    sound = audio(1, 200_000)
    with ThreadPoolExecutor(8) as pool:
        encoded = list(pool.map(lambda _: clips.encode(sound), range(32)))
    assert len({id(one) for one in encoded}) == 1


def test_one_sound_in_two_files_is_sent_as_each_of_them() -> None:
    # The canary repeats a probe in other bytes of the same sound: a cache by sound would hide them.
    plain = silence(0.1, 16_000)
    other = byte_variant(plain, 1)
    assert other.digest == plain.digest
    clips = EncodedClips()
    assert [base64.b64decode(clips.encode(clip)) for clip in (plain, other, plain)] == [
        plain.wav,
        other.wav,
        plain.wav,
    ]
