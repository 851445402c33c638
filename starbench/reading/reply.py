"""A reply as a reader sees it, and the places in it where an option is pointed at."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from operator import attrgetter

from starbench.reading import patterns
from starbench.reading.choices import LETTER, Choices, words_of
from starbench.reading.stance import StanceReader
from starbench.reading.tokens import GENERIC, Token, content, tokens
from starbench.schema.response import Outcome, Reading

UNPARSED = Reading(outcome=Outcome.UNPARSED)
#: "I cannot tell, but …": what follows may be an answer after all.
AFTER_ALL = re.compile(r"\b(?:but|however|still|nevertheless|so)\b")
#: How far around a candidate its meaning is looked for.
_BEFORE, _AFTER = 90, 60
#: A correction stands between the two candidates that it is about, characters.
_CORRECTION_REACH = 400


class Rank(IntEnum):
    """How firmly a candidate points at its option."""

    HINTED = 0
    MENTIONED = 1
    STATED = 2
    FINAL = 3


@dataclass(slots=True)
class Candidate:
    """A place in the reply where an option is pointed at."""

    index: int
    start: int
    end: int
    rank: Rank = Rank.MENTIONED
    cued: bool = False
    """Words before or behind it make it a choice, not only where it stands."""
    label: bool = False
    """It stands before a text as in a list of options."""
    dropped: bool = False
    """The reply rejects it or leaves it open."""


@dataclass
class Reply:
    """A reply as a reader sees it, the options it may choose from, and what was asked where that is known."""

    text: str
    choices: Choices
    question: str | None = None
    rule: str | None = None
    """Name of the rule that decided how it is read."""
    winner: Candidate | None = None
    """Of a reply read by its letters or its words: the place that decided."""

    @cached_property
    def lower(self) -> str:
        low = self.text.lower()
        return low if len(low) == len(self.text) else "".join(c.lower()[:1] for c in self.text)

    @cached_property
    def words(self) -> tuple[str, ...]:
        return words_of(self.text)

    @cached_property
    def tokens(self) -> list[Token]:
        """All words, in order."""
        return tokens(self.lower)

    @cached_property
    def question_words(self) -> frozenset[str]:
        """Stems of the content words of the question."""
        return frozenset(token.stem for token in content(tokens((self.question or "").lower()))) - GENERIC

    @cached_property
    def stances(self) -> StanceReader:
        return StanceReader(self.text, self.lower)

    @cached_property
    def letters(self) -> list[str]:
        """Lone letters in it, whatever they mean."""
        return LETTER.findall(self.text)

    @property
    def n_letters(self) -> int:
        return len(self.letters)

    @cached_property
    def vocabulary(self) -> list[Token]:
        """The words that distinguish options, in order."""
        known, assents = self.choices.known, [match.span() for match in patterns.ASSENT.finditer(self.lower)]
        telling = (token._replace(stem=known(token.stem)) for token in self.tokens)
        return [
            token
            for token in telling
            if token.stem in self.choices.vocabulary
            and not any(low <= token.start < high for low, high in assents)
        ]

    def tokens_between(self, tokens: list[Token], start: int, end: int) -> list[Token]:
        """Those of ``tokens`` that stand between two positions."""
        first = bisect_left(tokens, start, key=attrgetter("start"))
        return tokens[first : bisect_left(tokens, end, lo=first, key=attrgetter("start"))]

    @cached_property
    def shouts(self) -> bool:
        """Whether the reply is all in capitals, where "A" may be an article."""
        return len(self.text) > 12 and self.text.isupper()

    @cached_property
    def refuses(self) -> bool:
        return patterns.REFUSAL.search(self.lower) is not None

    def answer(self, index: int) -> Reading:
        """The reading of a reply that chose the option of this index, unparsed if there is none."""
        if index >= len(self.choices.words):
            return UNPARSED
        return Reading(outcome=Outcome.ANSWERED, letter=chr(ord("A") + index))

    def before(self, position: int) -> str:
        return self.lower[max(0, position - _BEFORE) : position]

    def after(self, position: int) -> str:
        return self.lower[position : position + _AFTER]

    def corrects(self, start: int, end: int) -> bool:
        return patterns.CORRECTION.search(self.lower, max(start, end - _CORRECTION_REACH), end) is not None


def settle(reply: Reply, candidates: Iterable[Candidate]) -> tuple[Candidate | None, bool]:
    """The candidate that wins, if any, and whether another of its rank disagrees with it."""
    winner: Candidate | None = None
    previous, torn = 0, False
    for candidate in candidates:
        if winner is None:
            winner = candidate
        elif candidate.rank > winner.rank:
            winner, torn = candidate, False
        elif candidate.index != winner.index and reply.corrects(previous, candidate.start):
            candidate.rank, winner, torn = winner.rank, candidate, False
        elif candidate.rank == winner.rank and candidate.index != winner.index:
            torn = True
        previous = candidate.end
    return winner, torn
