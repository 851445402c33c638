"""Replies that decoding was to hold to a letter: a server that ignored that is not read as one that did."""

from __future__ import annotations

import re

from starbench.schema import AnswerMode, Outcome, Reading, Response

#: Once, or again and again the same (two calls of one tool, say).
_LETTER_ALONE = re.compile(r"\s*<?([A-Z])>?(?:\s+<?\1>?)*\s*")


def constrained_answer(reading: Reading, response: Response, mode: AnswerMode) -> Reading:
    """``reading``, unless the answer was to be a letter alone and is something else: then there is none.

    Servers drop constraints they do not know without a word; a letter found in free text would be another
    experiment's answer under this one's name.
    """
    if mode == "text" or reading.letter is None or _LETTER_ALONE.fullmatch(response.text or ""):
        return reading
    return Reading(outcome=Outcome.UNPARSED, truncated=reading.truncated)
