"""Read in a model's reply which option it chose, or that it chose none.

A reply is read in four steps. ``final_part`` leaves out what a model only thought. ``plain`` takes off mark-up. Then
*candidates* are collected, places where an option is pointed at by its letter or its words and neither rejected nor
left open, each with a rank: merely mentioned, stated as the choice, or stated as the final one. ``settle`` lets the
highest rank win, and among equals the last one only where the reply says that it corrects itself. Letters are tried
before texts, since a letter is what was asked for. Where a careful person would hesitate nothing is answered.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from starbench.reading import patterns
from starbench.reading.choices import choices_of
from starbench.reading.final_part import FinalPart, final_part
from starbench.reading.letters import defines_letters, last_letter, letter_candidates
from starbench.reading.matching import match, mentioned
from starbench.reading.plain import plain, shorten
from starbench.reading.reply import Rank, Reply, settle
from starbench.reading.scored import scored_letter
from starbench.reading.stance import Stance
from starbench.reading.structured import unstructured
from starbench.reading.texts import text_candidates
from starbench.reading.turns import own_turn, templated_turn
from starbench.schema.response import Outcome, Reading

_WORD = re.compile(r"\w")
_UNPARSED = Reading(outcome=Outcome.UNPARSED)


def read(text: str, options: Sequence[str], question: str | None = None) -> Reading:
    """Read which option a reply chose.

    ``text`` is what the model delivered, ``options`` the texts in the order shown, the first as ``<A>``. The
    ``question`` tells whether what is said of a sound is what was asked. The reading is ``answered`` with a letter, or
    ``refused``, ``ambiguous``, ``unparsed``, ``empty`` or ``truncated`` (in the middle of thinking) without one.
    """
    part = final_part(templated_turn(text))
    reply = Reply(
        shorten(plain(unstructured(own_turn(part.text, question)))), choices_of(tuple(options)), question
    )
    reading = _read(reply)
    if reading.outcome is Outcome.EMPTY and _WORD.search(part.text):
        reading = _UNPARSED
    if not part.is_cut and not part.is_aloud:
        return reading
    return reading if reading.letter and _is_verdict(reply, part) else _unfinished(reading, part)


def _unfinished(reading: Reading, part: FinalPart) -> Reading:
    if part.is_aloud and reading.letter is None and reading.outcome is Outcome.REFUSED:
        return reading
    return Reading(outcome=Outcome.TRUNCATED, truncated=True)


def _is_verdict(reply: Reply, part: FinalPart) -> bool:
    """Whether a letter is the answer at the start of a reply that breaks off, or at the end of thinking aloud."""
    candidates = [one for one in letter_candidates(reply)[0] if reply.text[one.start].isupper()]
    if part.is_cut:
        return any(one.start <= _START and one.rank >= Rank.STATED for one in candidates)
    last, _ = reply.stances.sentence(len(reply.text.rstrip()) - 2)
    if any(one.start >= last and one.rank >= Rank.STATED for one in candidates):
        return True
    texts = text_candidates(reply)
    return any(one.start >= last and one.rank >= Rank.STATED and one.cued for one in texts)


#: "No, I cannot hear it" answers nothing: a refusal that follows so soon, characters.
_NEXT = 60
_NUMBERED_LETTER = re.compile(r"(?<![\w.])\d{1,2}[.):]\s{0,2}([A-Z])(?!\w)")
_LAST_LINE = re.compile(
    r"\n\W*(?:so )?(?:my |the )?(?:final |best )?(?:answer|choice|prediction|pick)\b[^\n]{1,60}\Z"
)
#: Lines of a list, at least.
_LIST = 2
#: Words of a reply that says no more than that it cannot tell.
_BRIEF = 8
#: Characters before a letter that a reply begins with.
_START = 40


def _read(reply: Reply) -> Reading:
    for rule in _RULES:
        reading = rule(reply)
        if reading is not None:
            return reading
    return _UNPARSED


def _answer(reply: Reply, index: int) -> Reading:
    if index >= len(reply.choices.words):
        return _UNPARSED
    return Reading(outcome=Outcome.ANSWERED, letter=chr(ord("A") + index))


def _nothing(reply: Reply) -> Reading | None:
    return None if reply.text and not reply.text.isspace() else Reading(outcome=Outcome.EMPTY)


def _server_error(reply: Reply) -> Reading | None:
    return _UNPARSED if patterns.SERVER_ERROR.match(reply.lower) else None


def _retracted(reply: Reply) -> Reading | None:
    return _UNPARSED if patterns.RETRACTION.search(reply.lower) else None


def _not_applicable(reply: Reply) -> Reading | None:
    return _UNPARSED if _NOT_APPLICABLE.fullmatch(reply.lower) else None


def _option_word_for_word(reply: Reply) -> Reading | None:
    """Read a reply that is an option's text and no more."""
    words = reply.words
    if len(words) == 1 and len(words[0]) == 1 and words[0].isalpha():
        return None  # a letter is a letter, whatever the options say
    is_negative = reply.text.lstrip().startswith(("-", "−")) and words[:1] and words[0].isdigit()
    index = None if is_negative else reply.choices.by_words.get(words)
    if index is None and reply.choices.by_digits and len(reply.text) < 40:
        # "2-1-3" states an order; "2) 1" with words around may not.
        only_digits = not any(character.isalpha() for character in reply.text)
        digits = re.findall(r"\d+", reply.text)
        is_order = only_digits and all(len(number) == 1 for number in digits)
        index = reply.choices.by_digits.get("".join(digits)) if is_order else None
    return None if index is None else _answer(reply, index)


def _several_questions(reply: Reply) -> Reading | None:
    """Read a list of answers to several questions: "1. A 2. C 3. B" answers none."""
    letters = _NUMBERED_LETTER.findall(reply.text)
    is_list = len(letters) > _LIST and len(set(letters)) > 1
    return Reading(outcome=Outcome.AMBIGUOUS) if is_list else None


def _undecided(reply: Reply) -> Reading | None:
    """Read a reply that names several options, and ends by saying that it cannot decide between them."""
    last, _ = reply.stances.sentence(len(reply.text.rstrip()) - 1)
    found = patterns.UNDECIDED.search(reply.lower, last)
    if found is None or _AFTER_ALL.search(reply.lower, found.end()) or reply.choices.abstaining:
        return None
    if len(_named(reply)) < _LIST:
        return None
    return Reading(outcome=Outcome.AMBIGUOUS)


def _named(reply: Reply) -> set[int]:
    """Indices of the options that are named in words or by a letter."""
    letters = {ord(letter) - ord("A") for letter in reply.letters if letter.isupper()}
    return mentioned(reply) | {index for index in letters if index < len(reply.choices.words)}


def _scored(reply: Reply) -> Reading | None:
    """Read a list that gives each letter a mark or a probability."""
    letter = scored_letter(reply.lower)
    if letter is None:
        return _marked_text(reply)
    if not letter and _names_its_answer(reply):
        return None
    return Reading(outcome=Outcome.AMBIGUOUS) if not letter else _answer(reply, ord(letter) - ord("a"))


def _names_its_answer(reply: Reply) -> bool:
    """Whether a reply that lists probabilities also says, in its last line, which option it chooses."""
    return _LAST_LINE.search(reply.lower) is not None


def _marked_text(reply: Reply) -> Reading | None:
    """Read a list that marks the texts of options, one of them as right."""
    lines = [line for line in reply.lower.splitlines() if "✅" in line or "❌" in line]
    good = [line for line in lines if "✅" in line]
    if len(lines) < _LIST or len(good) != 1:
        return None
    start = reply.lower.index(good[0])
    option = match(reply, start, start + len(good[0]))
    return None if option is None else _answer(reply, option.index)


def _repeated(reply: Reply) -> Reading | None:
    """Read one letter, again and again."""
    is_row = (
        len(reply.words) > 1
        and len(set(reply.words)) == 1
        and len(reply.words[0]) == 1
        and reply.words[0].isalpha()
    )
    return _answer(reply, ord(reply.words[0]) - ord("a")) if is_row and reply.words[0].isascii() else None


def _letters(reply: Reply) -> Reading | None:
    candidates, offered = letter_candidates(reply)
    winner, torn = settle(reply, candidates)
    last, is_left = last_letter(reply)
    if winner is None and defines_letters(reply):
        return _UNPARSED
    if winner is None:
        if last is not None and is_left and not offered:
            return _answer(reply, last.index)
        return _none_of(reply) if offered else None
    is_marked = reply.text[winner.start - 1 : winner.start] in set("<([{")
    if last is None or last.index == winner.index or is_marked or last.start < winner.start:
        return _none_of(reply) if torn else _answer(reply, winner.index)
    # A short reply that ends in another letter corrects itself, in words that are known or not.
    return _answer(reply, last.index) if reply.corrects(winner.end, last.start) else _none_of(reply)


def _none_of(reply: Reply) -> Reading:
    """Several were named, and none was chosen."""
    return Reading(outcome=Outcome.REFUSED if reply.refuses else Outcome.AMBIGUOUS)


def _texts(reply: Reply) -> Reading | None:
    candidates = text_candidates(reply)
    winner, torn = settle(reply, candidates)
    if winner is None:
        return None
    declines_then = patterns.REFUSAL.search(reply.lower, winner.end, winner.end + _NEXT)
    is_after_all = _AFTER_ALL.search(reply.lower, 0, winner.start) is not None
    if reply.refuses and (torn or declines_then or (winner.rank < Rank.STATED and not is_after_all)):
        return Reading(outcome=Outcome.REFUSED)
    if not torn:
        return _answer(reply, winner.index)
    n = len(reply.choices.words)
    is_echo = n > 2 and len(mentioned(reply)) == n
    return _UNPARSED if is_echo else Reading(outcome=Outcome.AMBIGUOUS)


def _declines(reply: Reply) -> Reading | None:
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
        return _answer(reply, min(reply.choices.abstaining))
    return Reading(outcome=Outcome.REFUSED)


def _offered(reply: Reply) -> set[int]:
    """Indices of the options that "or" stands between, each stated in part at least."""
    places = [0, *(found.end() for found in _OR.finditer(reply.lower)), len(reply.lower)]
    parts = (match(reply, start, end) for start, end in pairwise(places))
    return {option.index for option in parts if option is not None}


def _several(reply: Reply) -> Reading | None:
    """A short reply that holds the words of several options chooses none of them."""
    n = len(reply.choices.words)
    if n > 2 and len(mentioned(reply)) == n:  # the options restated
        return _UNPARSED
    named = {letter for letter in reply.letters if letter.isupper() and ord(letter) - ord("A") < n}
    is_about = len(reply.text) < _FEW and _SEVERAL.search(reply.lower) is not None
    is_lettered = len(reply.text) < _FEW and len(named) > 1 and not defines_letters(reply)
    if is_lettered or (is_about and (len(mentioned(reply)) > 1 or len(_offered(reply)) > 1)):
        return Reading(outcome=Outcome.AMBIGUOUS)
    return None


_MAY_BE = re.compile(r"\b(?:could|might|may) be\b")
_AFTER_ALL = re.compile(r"\b(?:but|however|still|nevertheless|so)\b")
_NOT_APPLICABLE = re.compile(r"\W*n\s?/\s?a\W*")
#: A reply of no more characters that names several options is about them.
_FEW = 200
_OR = re.compile(r"\b(?:or|oder|ou|или)\b")
_SEVERAL = re.compile(
    r"(?<!neither )\b(?:or|and|both|either|between|maybe|perhaps|ou|oder|und|y|et)\b|/|[或和か]"
)
_RULES = (
    _nothing,
    _server_error,
    _not_applicable,
    _retracted,
    _option_word_for_word,
    _repeated,
    _several_questions,
    _undecided,
    _scored,
    _letters,
    _texts,
    _declines,
    _several,
)
