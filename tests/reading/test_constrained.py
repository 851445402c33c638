"""Under answer modes ``choice`` and ``logprobs`` only a letter alone is an answer."""

from __future__ import annotations

from typing import get_args

import pytest

from starbench.protocols import PROTOCOLS
from starbench.reading.constrained import constrained_answer
from starbench.schema import AnswerMode, Outcome, Response

OPTIONS = ("the first", "the second", "the same")
FREE = "Let me think. It could be B, but on balance the answer is <A>."


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("mode", get_args(AnswerMode))
@pytest.mark.parametrize("text", ["A", "<A>", " <A>\n", "<A>\n<A>"])
def test_a_letter_alone_is_read_in_every_mode(protocol: str, mode: AnswerMode, text: str) -> None:
    response = Response(text=text)
    reading = constrained_answer(PROTOCOLS[protocol].read(response, OPTIONS), response, mode)
    assert (reading.outcome, reading.letter) == (Outcome.ANSWERED, "A")


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("text", [FREE, "Answer: A", "A because it is louder", "the first", "<A> <B>"])
def test_free_text_is_no_held_answer(protocol: str, text: str) -> None:
    response = Response(text=text)
    free = PROTOCOLS[protocol].read(response, OPTIONS)
    for mode in ("choice", "logprobs"):
        reading = constrained_answer(free, response, mode)
        assert reading.letter is None
        assert reading.outcome is (Outcome.UNPARSED if free.letter else free.outcome)
    assert constrained_answer(free, response, "text") == free


@pytest.mark.parametrize(
    ("response", "outcome"),
    [
        (Response(text=None), Outcome.EMPTY),
        (Response(text=None, stop="blocked"), Outcome.BLOCKED),
        (Response(text="I cannot hear audio.", stop="refused"), Outcome.REFUSED),
    ],
)
def test_what_is_no_answer_stays_what_it_is(response: Response, outcome: Outcome) -> None:
    reading = constrained_answer(PROTOCOLS["starbench"].read(response, OPTIONS), response, "choice")
    assert reading.outcome is outcome
