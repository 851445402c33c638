"""The scorer of MMAU, which MMAR shares: a reply is right if it has every word of the answer and no other option's.

Sources: github Sakshi113/MMAU, evaluation.py, 110127f; github ddlBoJack/MMAR, code/evaluation.py, 3bce090. The two
match alike, and differ in what they split their reports by.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from starbench.protocols.base import Result
from starbench.protocols.official import OfficialProtocol, ReplyScore

_WORD = re.compile(r"\w+")

_NO_TEXT, _OTHER_WORDS, _MENTIONED, _SAME_WORDS = "no-text", "other-words", "mentioned", "same-words"


class TokenMatchProtocol(OfficialProtocol):
    """Base of both: the scorer and its defects."""

    defects: ClassVar[Mapping[str, str]] = {
        _NO_TEXT: "a reply must have all words of the right option, so a right answer that is a letter alone, "
        "or in other words, counts as wrong",
        _OTHER_WORDS: "a reply that explains itself counts as wrong as soon as it has a word that only another "
        "option has",
        _MENTIONED: "words are enough, wherever they stand: a reply that denies the right option, declines, or breaks "
        "off counts as right if it has the words of the right option alone",
        _SAME_WORDS: "options of the same words in another order, or with other signs, count as one",
        "no-output": "a record without a reply is left out of the denominator; here each reply is scored, an empty "
        "one as wrong",
    }

    def score_replies(self, results: Sequence[Result]) -> Sequence[ReplyScore]:
        """Each reply by its words; order does not matter."""
        return [_score(result) for result in results]


def words(text: str) -> frozenset[str]:
    """The words of a text in lower case, as a set: neither their order nor their number counts."""
    return frozenset(_WORD.findall(text.lower()))


def is_match(reply: str, options: Sequence[str], answer: str) -> bool:
    """Whether the scorer counts ``reply`` as right."""
    said, wanted = words(reply), words(answer)
    return bool(said) and wanted <= said and said.isdisjoint(_of_others(options, wanted))


def _of_others(options: Sequence[str], wanted: frozenset[str]) -> frozenset[str]:
    """The words that only wrong options have."""
    return frozenset().union(*map(words, options)) - wanted


def _score(result: Result) -> ReplyScore:
    correct = is_match(result.reply, result.options, result.answer)
    return ReplyScore(correct, None if correct == result.correct else _why(result, correct=correct))


def _why(result: Result, *, correct: bool) -> str:
    """The defect by which the scorer differs from our reading."""
    wanted = words(result.answer)
    if not correct:
        return _OTHER_WORDS if wanted <= words(result.reply) else _NO_TEXT
    is_shared = sum(words(option) == wanted for option in result.options) > 1
    return _SAME_WORDS if is_shared else _MENTIONED
