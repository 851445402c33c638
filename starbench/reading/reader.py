"""Read in a model's reply which option it chose, or that it chose none.

A reply is read in steps. ``turns`` and ``final_part`` leave out what is not the model's own, and what it only
thought. ``structured`` and ``plain`` take off what programs and mark-up put around it. What ``no_choice`` knows by its
form chooses nothing. Then *candidates* are collected, places where an option is pointed at by its letter or its words
and neither rejected nor left open, each with a rank: merely mentioned, stated as the choice, or stated as the final
one. ``settle`` lets the highest rank win, and among equals the last one only where the reply says that it corrects
itself. Letters are tried before texts, since a letter is what was asked for. Where a careful person would hesitate
nothing is answered.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from starbench.reading import no_choice, patterns
from starbench.reading.choices import choices_of
from starbench.reading.final_part import FinalPart, final_part
from starbench.reading.letters import defines_letters, last_letter, letter_candidates, letter_places
from starbench.reading.matching import match, mentioned
from starbench.reading.plain import plain, shorten
from starbench.reading.reply import AFTER_ALL, UNPARSED, Rank, Reply, settle
from starbench.reading.scored import scored_letter
from starbench.reading.structured import unstructured
from starbench.reading.texts import text_candidates
from starbench.reading.turns import own_turn, templated_turn
from starbench.schema.response import Outcome, Reading


def read(text: str, options: Sequence[str], question: str | None = None) -> Reading:
    """Read which option a reply chose.

    ``text`` is what the model delivered, ``options`` the texts in the order shown, the first as ``<A>``. The
    ``question`` tells whether what is said of a sound is what was asked. The reading is ``answered`` with a letter, or
    ``refused``, ``ambiguous``, ``unparsed``, ``empty`` or ``truncated`` (in the middle of thinking) without one.
    """
    return explained(text, options, question)[0]


def explained(text: str, options: Sequence[str], question: str | None) -> tuple[Reading, Reply, FinalPart]:
    """What :func:`read` reads, the reply as it was read with the rule that decided, and the part that was read."""
    part = final_part(templated_turn(text))
    own = own_turn(part.text, question)
    reply, reading = _reading(own, options, question)
    if reading.outcome is Outcome.UNPARSED and own != part.text:
        # It was no turn of another, but the question repeated.
        reply, reading = _reading(part.text, options, question)
    if (part.is_cut or part.is_aloud) and not (reading.letter and _is_verdict(reply, part)):
        reading = _unfinished(reading, part)
    return reading, reply, part


def _reading(text: str, options: Sequence[str], question: str | None) -> tuple[Reply, Reading]:
    reply = Reply(shorten(plain(unstructured(text))), choices_of(tuple(options)), question)
    reading = UNPARSED
    for rule in _RULES:
        found = rule(reply)
        if found is not None:
            reply.rule, reading = rule.__name__, found
            break
    is_dressed_only = reading.outcome is Outcome.EMPTY and any(map(str.isprintable, "".join(text.split())))
    return reply, UNPARSED if is_dressed_only else reading


def _unfinished(reading: Reading, part: FinalPart) -> Reading:
    if part.is_aloud and reading.letter is None and reading.outcome is Outcome.REFUSED:
        return reading
    return Reading(outcome=Outcome.TRUNCATED, truncated=True)


def _is_verdict(reply: Reply, part: FinalPart) -> bool:
    """Whether a letter is the answer at the start of a reply that breaks off, or at the end of thinking aloud."""
    candidates = [
        one for one in letter_candidates(reply, letter_places(reply))[0] if reply.text[one.start].isupper()
    ]
    if part.is_cut:
        return any(one.start <= _START and one.rank >= Rank.STATED for one in candidates)
    last, _ = reply.stances.sentence(len(reply.text.rstrip()) - 2)
    if any(one.start >= last and one.rank >= Rank.STATED for one in candidates):
        return True
    texts = text_candidates(reply)
    return any(one.start >= last and one.rank >= Rank.STATED and one.cued for one in texts)


#: "No, I cannot hear it" answers nothing: a refusal that follows so soon, characters.
_NEXT = 60
_SAME_LETTER = re.compile(r"([A-Z])\1{2,}[.!]?")
_LAST_LINE = re.compile(
    r"\n[^\w\n]{0,8}(?:so )?(?:my |the )?(?:final |best )?(?:answer|choice|prediction|pick)\b[^\n]{1,60}\Z"
)
#: Lines of a list, at least.
_LIST = 2
#: Characters before a letter that a reply begins with.
_START = 40


def _option_word_for_word(reply: Reply) -> Reading | None:
    """Read a reply that is an option's text and no more."""
    words = reply.words
    if len(words) == 1 and len(words[0]) == 1 and words[0].isalpha():
        # A letter is a letter, whatever the options say: unless no option has it, as the chord G among four.
        is_beyond = words[0].isascii() and ord(words[0]) - ord("a") >= len(reply.choices.words)
        index = reply.choices.by_words.get(words) if is_beyond else None
        return None if index is None else reply.answer(index)
    is_negative = reply.text.lstrip().startswith(("-", "−")) and words[:1] and words[0].isdigit()
    index = None if is_negative else reply.choices.by_words.get(words)
    if index is None and reply.choices.by_digits and len(reply.text) < 40:
        # "2-1-3" states an order; "2) 1" with words around may not.
        only_digits = not any(character.isalpha() for character in reply.text)
        digits = re.findall(r"\d+", reply.text)
        is_order = only_digits and all(len(number) == 1 for number in digits)
        index = reply.choices.by_digits.get("".join(digits)) if is_order else None
    return None if index is None else reply.answer(index)


def _scored(reply: Reply) -> Reading | None:
    """Read a list that gives each letter a mark or a probability."""
    letter = scored_letter(reply.lower)
    if letter is None:
        return _marked_text(reply)
    if not letter and _names_its_answer(reply):
        return None
    return Reading(outcome=Outcome.AMBIGUOUS) if not letter else reply.answer(ord(letter) - ord("a"))


def _names_its_answer(reply: Reply) -> bool:
    """Whether a reply that lists probabilities also says, in its last line, which option it chooses."""
    return _LAST_LINE.search(reply.lower) is not None


def _marked_text(reply: Reply) -> Reading | None:
    """Read a list that marks the texts of options, one of them as right."""
    lines = [line for line in reply.lower.splitlines() if "✅" in line or "❌" in line]
    good = [line for line in lines if "✅" in line]
    if len(lines) >= len(reply.choices.words) and not good:
        return UNPARSED  # no box is ticked
    if len(lines) < _LIST or len(good) != 1:
        return None
    start = reply.lower.index(good[0])
    option = match(reply, start, start + len(good[0]))
    return None if option is None else reply.answer(option.index)


def _repeated(reply: Reply) -> Reading | None:
    """Read one letter, again and again."""
    if _SAME_LETTER.fullmatch(reply.text):
        return reply.answer(ord(reply.text[0]) - ord("A"))
    is_row = (
        len(reply.words) > 1
        and len(set(reply.words)) == 1
        and len(reply.words[0]) == 1
        and reply.words[0].isalpha()
    )
    return reply.answer(ord(reply.words[0]) - ord("a")) if is_row and reply.words[0].isascii() else None


def _letters(reply: Reply) -> Reading | None:
    places = letter_places(reply)
    candidates, offered = letter_candidates(reply, places)
    winner, torn = settle(reply, candidates)
    last, is_left = last_letter(reply, places)
    if winner is None and defines_letters(reply):
        return UNPARSED
    if winner is None:
        if last is not None and is_left and not offered:
            reply.winner = last
            return reply.answer(last.index)
        return _none_of(reply) if offered else None
    reply.winner = winner
    is_marked = reply.text[winner.start - 1 : winner.start] in set("<([{")
    if last is None or last.index == winner.index or is_marked or last.start < winner.start:
        return _none_of(reply) if torn else reply.answer(winner.index)
    # A short reply that ends in another letter corrects itself, in words that are known or not.
    reply.winner = last
    return reply.answer(last.index) if reply.corrects(winner.end, last.start) else _none_of(reply)


def _none_of(reply: Reply) -> Reading:
    """Several were named, and none was chosen."""
    return Reading(outcome=Outcome.REFUSED if reply.refuses else Outcome.AMBIGUOUS)


def _texts(reply: Reply) -> Reading | None:
    candidates = text_candidates(reply)
    winner, torn = settle(reply, candidates)
    if winner is None:
        return None
    reply.winner = winner
    declines_then = patterns.REFUSAL.search(reply.lower, winner.end, winner.end + _NEXT)
    is_after_all = AFTER_ALL.search(reply.lower, 0, winner.start) is not None
    if reply.refuses and (torn or declines_then or (winner.rank < Rank.STATED and not is_after_all)):
        return Reading(outcome=Outcome.REFUSED)
    if not torn:
        return reply.answer(winner.index)
    n = len(reply.choices.words)
    is_echo = n > 2 and len(mentioned(reply)) == n
    return UNPARSED if is_echo else Reading(outcome=Outcome.AMBIGUOUS)


_RULES = (
    no_choice.nothing,
    no_choice.server_error,
    no_choice.not_applicable,
    no_choice.retracted,
    _option_word_for_word,
    _repeated,
    no_choice.several_questions,
    no_choice.undecided,
    _scored,
    no_choice.notes,
    _letters,
    _texts,
    no_choice.declines,
    no_choice.several,
)
