"""What a reply does with an option that it mentions: asserts it, rejects it, or leaves it open.

A mention is judged in its *clause*, which ends at a punctuation mark or at a word such as "but" or "so". A
rejection covers its clause; a condition ("if …") and a question cover the rest of their sentence.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from enum import Enum
from functools import cached_property

from starbench.reading import stance_words

#: Characters of a clause that are looked at, before and after a mention.
_REACH = 160
#: Words of a quotation besides the option that stands in it.
_LONG_QUOTE = 3


#: Words before an option in a reply that is one tentative answer: "Maybe B?".
_FEW = 2


class Stance(Enum):
    """What a mention says of its option."""

    ASSERTED = "asserted"
    REJECTED = "rejected"
    OPEN = "open"
    """Neither: a condition, a question, one of several, what another is compared with."""
    CONFIRMED = "confirmed"
    """Asked about, and answered with yes."""


class StanceReader:
    """The stances of a reply, which is given as it is and in lower case."""

    def __init__(self, text: str, lower: str) -> None:
        self._sentence_ends = [match.end() for match in stance_words.SENTENCE_END.finditer(text)]
        text = stance_words.IDIOMS.sub(lambda match: " " * len(match[0]), lower)
        self._text = stance_words.ANYTHING_BUT.sub(lambda match: "not".ljust(len(match[0])), text)

    @cached_property
    def _quotes(self) -> list[int]:
        return [place for place, character in enumerate(self._text) if character == '"']

    @cached_property
    def _joints(self) -> list[tuple[int, int]]:
        """Where clauses part, sentences included: start and end of each mark or word."""
        marks = [
            match.span()
            for match in stance_words.JOINTS.finditer(self._text)
            if not self._is_in_number(match.start())
        ]
        return sorted({*marks, *((end - 1, end) for end in self._sentence_ends)})

    def _is_in_number(self, position: int) -> bool:
        around = self._text[max(0, position - 1) : position + 2]
        return len(around) == 3 and around[0].isdigit() and around[2].isdigit() and around[1] == ","

    def sentence(self, start: int) -> tuple[int, int]:
        """Bounds of the sentence around a position."""
        place = bisect_right(self._sentence_ends, start)
        begin = self._sentence_ends[place - 1] if place else 0
        return begin, self._sentence_ends[place] if place < len(self._sentence_ends) else len(self._text)

    def clause(self, start: int, end: int) -> tuple[int, int]:
        """Bounds of the clause around a mention."""
        joints = self._joints
        place = bisect_right(joints, (start, start))
        begin = joints[place - 1][1] if place else 0
        after = bisect_left(joints, (end, 0))
        return min(begin, start), joints[after][0] if after < len(joints) else len(self._text)

    def sentences(self) -> Iterator[tuple[int, int]]:
        """Bounds of all sentences."""
        start = 0
        while start < len(self._text):
            _, end = self.sentence(start)
            yield start, end
            start = max(end, start + 1)

    def clauses(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Bounds of the clauses between two positions."""
        first = bisect_left(self._joints, (start, start))
        for left, right in self._joints[first:]:
            if left >= end:
                break
            if left > start:
                yield start, left
            start = max(start, right)
        if start < end:
            yield start, end

    def of(self, start: int, end: int) -> Stance:
        """What is said of the option that is mentioned from ``start`` to ``end``."""
        begin, _ = self.clause(start, end)
        before = self._text[max(begin, start - _REACH) : start]
        after = self._text[end : min(len(self._text), end + _REACH)]
        sentence, sentence_end = self.sentence(start)
        if (
            stance_words.EXAMPLE.search(self._text, max(0, start - _REACH), start)
            or self._is_quoted(start, end)
            or stance_words.SO_IS.search(self._text, max(0, start - _REACH), start)
            or stance_words.DOUBT.search(before)
            or self._is_open(start, sentence, before, after)
        ):
            return Stance.OPEN
        listed = self._text[max(sentence, start - _REACH) : start]
        if self._is_rejected(before, after) or stance_words.REJECTED_LIST.search(listed):
            return Stance.REJECTED
        return self._question(start, sentence, sentence_end) or Stance.ASSERTED

    def _is_quoted(self, start: int, end: int) -> bool:
        """Whether it stands within a longer quotation, which is not all of the reply."""
        place = bisect_left(self._quotes, start)
        if place % 2 == 0 or place >= len(self._quotes):
            return False
        left, right = self._quotes[place - 1], self._quotes[place]
        n_words = len(self._text[left:right].split()) - len(self._text[start:end].split())
        return (
            n_words >= _LONG_QUOTE
            and len(self._text[:left].strip()) + len(self._text[right + 1 :].strip()) > 1
        )

    def rejects_within(self, start: int, end: int) -> bool:
        """Whether a negation stands between two words."""
        return stance_words.NEGATION.search(self._text, start, end) is not None

    def opens_within(self, start: int, end: int) -> bool:
        """Whether a condition begins between two words."""
        return stance_words.OPENED.search(self._text, start, end) is not None

    def _is_rejected(self, before: str, after: str) -> bool:
        if stance_words.REJECTED_AFTER.match(after) or stance_words.OTHER_END.match(after):
            return True
        cues = list(stance_words.CUE.finditer(before))
        return stance_words.NEGATION.search(before, cues[-1].start() if cues else 0) is not None

    def _question(self, start: int, sentence: int, end: int) -> Stance | None:
        """What a question becomes by the answer that follows it; None where there is no question."""
        if not self._text[sentence:end].rstrip("\n").endswith(("?", "？")):
            return None
        if stance_words.IS_NO.match(self._text, end):
            return Stance.REJECTED
        if stance_words.IS_YES.match(self._text, end):
            return Stance.CONFIRMED
        is_all = len(self._text[:start].split()) < _FEW and not self._text[end:].strip()
        return None if is_all else Stance.OPEN

    def _is_open(self, start: int, sentence: int, before: str, after: str) -> bool:
        if (
            stance_words.WOULD.match(after)
            or stance_words.COMPARED.search(before)
            or stance_words.IF_AFTER.match(after)
            or stance_words.OPENED_HERE.search(before)
            or stance_words.OPEN_AFTER.match(after)
        ):
            return True
        _, sentence_end = self.sentence(start)
        if stance_words.OTHERWISE.search(
            self._text, max(sentence, start - _REACH), min(sentence_end, start + _REACH)
        ):
            return True
        led = self._text[max(sentence, start - 2 * _REACH) : start]
        openings = list(stance_words.OPENED.finditer(led))
        return bool(openings) and stance_words.CLOSED.search(led, openings[-1].end()) is None
