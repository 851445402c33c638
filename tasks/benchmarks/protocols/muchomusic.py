"""MuChoMusic: prompt and scorer (github mulab-mir/muchomusic, prepare_prompts.py and muchomusic_eval/, d3c9a42)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from starbench.protocols.base import Result
from starbench.protocols.official import OfficialProtocol, ReplyScore, letter_of, published
from starbench.schema import Item

_EXAMPLE = (
    "Question: What rhythm pattern do the digital drums primarily follow in this pop music piece? \n Options: "
    "(A) Four on the floor. (B) Off-beat syncopation. (C) Scat singing. (D) E-guitar playing a simple melody. \n "
    "The correct answer is: A"
)
_PREFIX = "The correct answer is:"
_LETTERS = frozenset("ABCD")
_ALONE = re.compile(r"\b[A-D]\b")
_ANY_LETTER, _CONTAINED = "any-letter", "contained"


class MuChoMusicProtocol(OfficialProtocol):
    """MuChoMusic: the prompt with one example, and the search for letters and texts of its repository (d3c9a42)."""

    name = "muchomusic"
    prompt_version = "muchomusic/d3c9a42"
    scorer = "github mulab-mir/muchomusic, muchomusic_eval/scoring.py, d3c9a42"
    defects: ClassVar[Mapping[str, str]] = {
        _ANY_LETTER: "a capital A, B, C or D is the answer wherever it stands, also within a word such as Bass, if no "
        "other of the four stands in the reply",
        _CONTAINED: "else the first option whose text stands in the reply counts, also within a word or denied",
        "columns": "the report's table (results.csv) has the accuracies of knowledge and reasoning under each "
        "other's name",
        "order": "options are shuffled without a seed, so no two prompt files are alike",
    }

    def prompt(self, item: Item, options: tuple[str, ...]) -> str:
        """An example with its answer, then the question."""
        shown = "".join(f"({letter_of(place)}) {option} " for place, option in enumerate(options))
        return f"{_EXAMPLE}\n Question: {item.question}\n Options: {shown}\n {_PREFIX} "

    def groups_of(self, item: Item) -> Iterator[tuple[str, str]]:
        """Knowledge and reasoning, which a question may both need, the kinds of each, and the genre."""
        for part in ("knowledge", "reasoning"):
            kinds = published(item, f"music_{part}")
            if isinstance(kinds, list) and kinds:
                yield "dimension", part
                yield from ((part, str(kind)) for kind in kinds)
        genre = published(item, "genre")
        if genre:
            yield "genre", str(genre)

    def score_replies(self, results: Sequence[Result]) -> Sequence[ReplyScore]:
        """Each reply by its one letter, else by the first option that it contains."""
        return [_score(result) for result in results]


def _score(result: Result) -> ReplyScore:
    said = result.reply.split(_PREFIX)[-1].strip()
    letters = _LETTERS & set(said)
    if len(letters) == 1:
        (letter,) = letters
        place = ord(letter) - ord("A")
        correct = result.options[place : place + 1] == (result.answer,)
        is_plain = letter in _ALONE.findall(said) and correct == result.correct
        return ReplyScore(correct, None if is_plain else _ANY_LETTER)
    text = said.lower()
    contained = next((option for option in result.options if option.lower().strip() in text), None)
    correct = contained == result.answer
    return ReplyScore(correct, None if correct == result.correct else _CONTAINED)
