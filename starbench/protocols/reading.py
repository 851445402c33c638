"""Read in a model's reply which option it chose, or that it chose none.

A reply is read in three steps. ``plain`` takes off what only dresses it: hidden reasoning,
markdown, LaTeX, tags. Then *candidates* are collected, places where an option is pointed at, each with
a rank: merely mentioned, stated as the choice, or stated as the final one. ``settle`` lets the
highest rank win, and among equals the last one only where the reply says that it corrects itself.
Option letters are tried before option texts, since a letter is what was asked for. Where a careful
person would hesitate nothing is answered.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from starbench.protocols import patterns
from starbench.protocols.candidates import Rank, Reply, letter_candidates, settle, text_candidates
from starbench.protocols.choices import FILLERS, NEGATORS, choices_of
from starbench.protocols.plain import plain, shorten
from starbench.schema.response import Outcome, Reading


def read(text: str, options: Sequence[str]) -> Reading:
    """Read which option a reply chose.

    ``text`` is what the model delivered, ``options`` the texts in the order shown, the first as ``<A>``. The
    reading is ``answered`` with a letter, or ``refused``, ``ambiguous``, ``unparsed`` or ``empty`` without one.
    Whether the text was cut or blocked is not decided here.
    """
    reply = Reply(shorten(plain(text)), choices_of(tuple(options)))
    for rule in _RULES:
        reading = rule(reply)
        if reading is not None:
            return reading
    return Reading(outcome=Outcome.UNPARSED)


def _answer(reply: Reply, index: int) -> Reading:
    if index >= len(reply.choices.words):
        return Reading(outcome=Outcome.UNPARSED)
    return Reading(outcome=Outcome.ANSWERED, letter=chr(ord("A") + index))


def _nothing(reply: Reply) -> Reading | None:
    return None if reply.text and not reply.text.isspace() else Reading(outcome=Outcome.EMPTY)


def _server_error(reply: Reply) -> Reading | None:
    return Reading(outcome=Outcome.UNPARSED) if patterns.SERVER_ERROR.match(reply.lower) else None


def _option_word_for_word(reply: Reply) -> Reading | None:
    """Read a reply that is an option's text and no more."""
    words = reply.words
    if len(words) == 1 and len(words[0]) == 1 and words[0].isalpha():
        return None  # a letter is a letter, whatever the options say
    index = reply.choices.by_words.get(words)
    if index is None and reply.choices.by_digits and len(reply.text) < 40:
        # "2-1-3" states an order; "2) 1" with words around may not.
        only_digits = not any(character.isalpha() for character in reply.text)
        index = reply.choices.by_digits.get("".join(re.findall(r"\d", reply.text))) if only_digits else None
    return None if index is None else _answer(reply, index)


def _letters(reply: Reply) -> Reading | None:
    winner, torn = settle(reply, letter_candidates(reply))
    if winner is None:
        return None
    if torn:
        return Reading(outcome=Outcome.REFUSED if reply.refuses else Outcome.AMBIGUOUS)
    return _answer(reply, winner.index)


def _texts(reply: Reply) -> Reading | None:
    candidates = list(text_candidates(reply))
    winner, torn = settle(reply, candidates)
    if winner is None:
        return None
    if reply.refuses and (torn or winner.rank < Rank.STATED):
        return Reading(outcome=Outcome.REFUSED)
    if not torn:
        return _answer(reply, winner.index)
    indices = [candidate.index for candidate in candidates]
    echo = len(indices) > 2 and indices == list(range(len(reply.choices.words)))
    return Reading(outcome=Outcome.UNPARSED if echo else Outcome.AMBIGUOUS)


def _short_form(reply: Reply) -> Reading | None:
    """Read "the second one" where exactly one option has that word and no negation is lost."""
    stated = {word for word in reply.words if word not in FILLERS} if len(reply.words) <= 12 else set()
    if not any(word.isalpha() and len(word) > 1 for word in stated):
        return None
    possible = [i for i, words in enumerate(reply.choices.words) if stated <= set(words)]
    if len(possible) != 1 or (NEGATORS & set(reply.choices.words[possible[0]])) - stated:
        return None
    return _answer(reply, possible[0])


def _declines(reply: Reply) -> Reading | None:
    if reply.refuses:
        return Reading(outcome=Outcome.REFUSED)
    if not patterns.INDECISION.search(reply.lower):
        return None
    # "It cannot be determined" says just what an option like "Unable to determine" says.
    if len(reply.choices.abstaining) == 1 and len(reply.text) < 60:
        return _answer(reply, min(reply.choices.abstaining))
    return Reading(outcome=Outcome.REFUSED)


_RULES = (_nothing, _server_error, _option_word_for_word, _letters, _texts, _short_form, _declines)
