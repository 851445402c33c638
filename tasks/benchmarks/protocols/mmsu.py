"""MMSU: prompt and scorer (github dingdongwang/MMSU_Bench, mmsu_inference.py and mmsu_evaluation.py, 321b276)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from starbench.protocols.base import Result
from starbench.protocols.official import OfficialProtocol, ReplyScore, ScorerError
from starbench.schema import Item

from .letter_match import (
    FIRST_LETTER,
    SHARED_DEFECTS,
    begins_a_word,
    four_options,
    is_right,
    letter_in,
    text_of,
)

_INSTRUCTION = (
    "Choose the most suitable answer from options A, B, C, and D to respond the question in next line, **you should "
    "only choose A or B or C or D.** Do not provide any additional explanations or content."
)
_UNPARSED, _PREVIOUS = "unparsed", "previous-letter"


class MmsuProtocol(OfficialProtocol):
    """MMSU: the prompt and the search for a letter of its repository (mmsu_evaluation.py, 321b276)."""

    name = "mmsu"
    prompt_version = "mmsu/321b276"
    scorer = "github dingdongwang/MMSU_Bench, mmsu_evaluation.py, 321b276"
    groups = ("category", "sub-category")
    defects: ClassVar[Mapping[str, str]] = {
        _UNPARSED: "a reply in which neither the first character nor the last but one is A, B, C or D is left out of "
        "the denominator, so a model that declines or explains loses nothing; The answer is B without a full stop is "
        "such a reply",
        _PREVIOUS: "an empty reply, or one that says None, is scored with the letter of the reply before it",
        **SHARED_DEFECTS,
    }

    def prompt(self, item: Item, options: tuple[str, ...]) -> str:
        """The instruction, the question, and always four options."""
        return f"{_INSTRUCTION}\n\nQuestion: {item.question}\n\n{four_options(options)}"

    def score_replies(self, results: Sequence[Result]) -> Sequence[ReplyScore]:
        """Each reply by its letter, in the order of the data set: an empty one takes the last letter found."""
        scores = []
        letter: str | None = None
        for result in results:
            text = text_of(result.reply)
            if text in ("", "None"):
                if letter is None:
                    raise ScorerError(
                        "an empty reply comes before any reply with a letter that it could take"
                    )
                scores.append(ReplyScore(is_right(letter, result), _PREVIOUS))
                continue
            found = letter_in(text)
            if found is None:
                scores.append(ReplyScore(None, _UNPARSED))
                continue
            letter = found
            scores.append(ReplyScore(is_right(found, result), FIRST_LETTER if begins_a_word(text) else None))
        return scores
