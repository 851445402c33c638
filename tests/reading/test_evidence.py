"""Where in a reply the answer was read: the place is that of the option that was read, and the reason says how."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from starbench.reading import read
from starbench.reading.evidence import ReadingReason as Why
from starbench.reading.evidence import evidence

OPTIONS = ("The first half", "The second half", "It is not present at all")
QUESTION = "In which half is the tone?"


@pytest.mark.parametrize(
    ("reply", "place", "reason"),
    [
        ("<B>", "B", Why.LETTER_STATED),
        ("**Answer: B**", "B", Why.LETTER_STATED),
        ("<think>A or B? A</think>\n\nThe answer is **C**.", "C", Why.LETTER_STATED),
        ('{"answer": "B"}', "B", Why.LETTER_STATED),
        ("A is soft and C is silent. So the answer is B.", "B", Why.LETTER_STATED),
        ("I think the tone is in the second half.", "second half", Why.TEXT_MENTIONED),
        ("The first half", None, Why.OPTION_ALONE),
        ("A or B", None, Why.TORN),
        ("I cannot tell.", None, Why.DECLINES),
        ("", None, Why.NOTHING),
        ("What a lovely day.", None, Why.NO_OPTION),
        ("<think>Is it A? Or is it", None, Why.UNFINISHED),
    ],
)
def test_the_place_and_the_reason(reply: str, place: str | None, reason: Why) -> None:
    found = evidence(reply, OPTIONS, QUESTION)
    assert found.reason is reason
    assert (None if found.start is None else reply[found.start : found.end]) == place


@given(st.text(alphabet="AB<>()*: \n.answeristhn", max_size=60))
def test_a_place_lies_in_the_reply_and_a_marked_letter_is_the_one_that_was_read(reply: str) -> None:
    found, reading = evidence(reply, OPTIONS), read(reply, OPTIONS)
    if found.start is None or found.end is None:
        return
    assert 0 <= found.start < found.end <= len(reply)
    if reading.letter and found.reason.startswith("letter-"):
        assert reply[found.start : found.end].upper() == reading.letter
