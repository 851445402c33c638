"""``starbench.read_answer``: the public way to read one reply."""

from __future__ import annotations

import pytest

import starbench
from starbench.schema import Outcome

OPTIONS = ("The first sound", "The second sound", "Both are the same")


@pytest.mark.parametrize(
    ("reply", "letter", "outcome"),
    [
        ("<B>", "B", "answered"),
        ("It is not the first sound but the second.", "B", "answered"),
        ("A or B", None, "ambiguous"),
        ("Please play the sound.", None, "refused"),
        ("<think>First I", None, "truncated"),
        ("", None, "empty"),
        (None, None, "empty"),
    ],
)
def test_a_reply_has_a_letter_or_an_outcome_that_says_why_not(
    reply: str | None, letter: str | None, outcome: str
) -> None:
    reading = starbench.read_answer(reply, OPTIONS)
    assert (reading.letter, reading.outcome) == (letter, Outcome(outcome))


def test_the_question_tells_whether_what_is_said_was_asked() -> None:
    reply = "The second sound is louder."
    assert starbench.read_answer(reply, OPTIONS, "Which sound is louder?").letter == "B"
    assert starbench.read_answer(reply, OPTIONS, "Which sound is softer?").letter is None


def test_the_original_parser_reads_by_its_own_rules() -> None:
    assert starbench.read_answer("I would not say <A>.", OPTIONS, protocol="star-bench").letter == "A"


@pytest.mark.parametrize("options", [("one",), (), "AB", tuple(map(str, range(27))), ("one", 2)])
def test_what_are_no_options_is_refused(options: object) -> None:
    with pytest.raises(starbench.InputError, match="from 2 to 26 texts"):
        starbench.read_answer("A", options)  # type: ignore[arg-type]


def test_an_unknown_protocol_is_refused() -> None:
    with pytest.raises(starbench.InputError, match="no protocol"):
        starbench.read_answer("A", OPTIONS, protocol="other")
