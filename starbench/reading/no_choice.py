"""Replies that choose no option, known by their form: errors, refusals, what is taken back or left undecided."""

from __future__ import annotations

import re
from itertools import pairwise

from starbench.reading import patterns
from starbench.reading.choices import LETTER
from starbench.reading.letters import defines_letters
from starbench.reading.matching import match, mentioned
from starbench.reading.reply import AFTER_ALL, UNPARSED, Reply
from starbench.reading.stance import Stance
from starbench.schema.response import Outcome, Reading

#: Options that are several, and answers that are a list.
_LIST = 2
_NUMBERED_LETTER = re.compile(r"(?<![\w.])\d{1,2}[.):]\s{0,2}([A-Z])(?!\w)")
#: Words of a reply that says no more than that it cannot tell.
_BRIEF = 8
_LABELS = re.compile(r"\b(?:answer|option|choice|letter)\b")
_MAY_BE = re.compile(r"\b(?:could|might|may) be\b")
_NOT_APPLICABLE = re.compile(r"\W*n\s?/\s?a\W*")
#: A reply of no more characters that names several options is about them.
_FEW = 200
_OR = re.compile(r"\b(?:or|oder|ou|или)\b")
_SEVERAL = re.compile(
    r"(?<!neither )\b(?:or|and|both|either|between|maybe|perhaps|ou|oder|und|y|et)\b|/|[或和か]"
)


def nothing(reply: Reply) -> Reading | None:
    """Read an empty reply."""
    return None if reply.text and not reply.text.isspace() else Reading(outcome=Outcome.EMPTY)


def server_error(reply: Reply) -> Reading | None:
    """Read what a server says in place of the model."""
    return UNPARSED if patterns.SERVER_ERROR.match(reply.lower) else None


def not_applicable(reply: Reply) -> Reading | None:
    """Read "n/a"."""
    return UNPARSED if _NOT_APPLICABLE.fullmatch(reply.lower) else None


def retracted(reply: Reply) -> Reading | None:
    """Read a reply that takes back what it said, and says nothing in its place."""
    retractions = list(patterns.RETRACTION.finditer(reply.lower))
    if not retractions:
        return None
    rest = retractions[-1].end()
    letters = (letter for letter in LETTER.findall(reply.text[rest:]) if letter.isupper() and letter != "I")
    is_replaced = any(ord(letter) - ord("A") < len(reply.choices.words) for letter in letters)
    return None if is_replaced or mentioned(reply, rest) else UNPARSED


def several_questions(reply: Reply) -> Reading | None:
    """Read a list of answers to several questions: "1. A 2. C 3. B" answers none."""
    letters = _NUMBERED_LETTER.findall(reply.text)
    is_list = len(letters) > _LIST and len(set(letters)) > 1
    return Reading(outcome=Outcome.AMBIGUOUS) if is_list else None


def undecided(reply: Reply) -> Reading | None:
    """Read a reply that names several options, and ends by saying that it cannot decide between them."""
    last, _ = reply.stances.sentence(len(reply.text.rstrip()) - 1)
    found = patterns.UNDECIDED.search(reply.lower, last)
    if found is None or AFTER_ALL.search(reply.lower, found.end()) or reply.choices.abstaining:
        return None
    if len(_named(reply)) < _LIST:
        return None
    return Reading(outcome=Outcome.AMBIGUOUS)


def _named(reply: Reply) -> set[int]:
    """Indices of the options that are named in words or by a letter."""
    letters = {ord(letter) - ord("A") for letter in reply.letters if letter.isupper()}
    return mentioned(reply) | {index for index in letters if index < len(reply.choices.words)}


def notes(reply: Reply) -> Reading | None:
    """Read a reply about options that are letters themselves, where nobody knows which it means."""
    are_letters = all(
        len(words) == 1 and len(words[0]) == 1 and words[0].isalpha() for words in reply.choices.words
    )
    return UNPARSED if are_letters and reply.n_letters > 1 and not _LABELS.search(reply.lower) else None


def declines(reply: Reply) -> Reading | None:
    """Read a reply that refuses or cannot tell, which may be an option of its own."""
    if reply.refuses:
        return Reading(outcome=Outcome.REFUSED)
    undecided = patterns.INDECISION.search(reply.lower)
    if undecided is None:
        return None
    if len(_MAY_BE.findall(reply.lower)) > 1:
        return Reading(outcome=Outcome.AMBIGUOUS)
    # "I cannot tell" says just what an option like "Unable to determine" says.
    n = len(reply.choices.words)
    is_brief = len(reply.words) <= _BRIEF and not any(
        ord(letter.upper()) - ord("A") < n for letter in reply.letters
    )
    is_rejected = reply.stances.of(*undecided.span()) is Stance.REJECTED
    others = mentioned(reply) - reply.choices.abstaining
    if len(reply.choices.abstaining) == 1 and is_brief and not is_rejected and not others:
        return reply.answer(min(reply.choices.abstaining))
    return Reading(outcome=Outcome.REFUSED)


def _offered(reply: Reply) -> set[int]:
    """Indices of the options that "or" stands between, each stated in part at least."""
    places = [0, *(found.end() for found in _OR.finditer(reply.lower)), len(reply.lower)]
    parts = (match(reply, start, end) for start, end in pairwise(places))
    return {option.index for option in parts if option is not None}


def several(reply: Reply) -> Reading | None:
    """Read a short reply that holds the words of several options: it chooses none of them."""
    n = len(reply.choices.words)
    if n > 2 and len(mentioned(reply)) == n:  # the options restated
        return UNPARSED
    named = {letter for letter in reply.letters if letter.isupper() and ord(letter) - ord("A") < n}
    is_about = len(reply.text) < _FEW and _SEVERAL.search(reply.lower) is not None
    is_lettered = len(reply.text) < _FEW and len(named) > 1 and not defines_letters(reply)
    if is_lettered or (is_about and (len(mentioned(reply)) > 1 or len(_offered(reply)) > 1)):
        return Reading(outcome=Outcome.AMBIGUOUS)
    return None
