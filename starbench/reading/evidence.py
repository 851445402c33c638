"""Where in a reply the answer was read, and by which rule: why a trial counts as it does."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from starbench.reading.reader import explained
from starbench.reading.reply import Candidate, Rank
from starbench.schema.response import Outcome


class ReadingReason(StrEnum):
    """Why a reply is read as it is; ``reporting`` has a sentence for each."""

    LETTER_HINTED = "letter-hinted"
    LETTER_MENTIONED = "letter-mentioned"
    LETTER_STATED = "letter-stated"
    LETTER_FINAL = "letter-final"
    TEXT_HINTED = "text-hinted"
    TEXT_MENTIONED = "text-mentioned"
    TEXT_STATED = "text-stated"
    TEXT_FINAL = "text-final"
    OPTION_ALONE = "option-alone"
    LETTER_REPEATED = "letter-repeated"
    SCORED = "scored"
    TORN = "torn"
    NOTHING = "nothing"
    SERVER_ERROR = "server-error"
    NOT_APPLICABLE = "not-applicable"
    RETRACTED = "retracted"
    SEVERAL_QUESTIONS = "several-questions"
    UNDECIDED = "undecided"
    NOTES = "notes"
    DECLINES = "declines"
    SEVERAL = "several"
    NO_OPTION = "no-option"
    UNFINISHED = "unfinished"
    #: What the server said of the reply, whatever stands in it.
    CUT = "cut"
    WITHHELD = "withheld"
    MARKED_REFUSAL = "marked-refusal"
    #: Answer modes under which only a letter alone is an answer.
    NOT_ALONE = "not-alone"
    #: What the official parser of STAR-Bench goes by.
    OFFICIAL_KEYWORD = "official-keyword"
    OFFICIAL_BRACKETS = "official-brackets"
    OFFICIAL_TEXT = "official-text"
    OFFICIAL_LETTER = "official-letter"
    OFFICIAL_NONE = "official-none"
    OFFICIAL_LOWER_CASE = "official-lower-case"


#: Rule of the reader -> the reason, for rules that go by the reply as a whole.
_OF_RULE = {
    "nothing": ReadingReason.NOTHING,
    "server_error": ReadingReason.SERVER_ERROR,
    "not_applicable": ReadingReason.NOT_APPLICABLE,
    "retracted": ReadingReason.RETRACTED,
    "_option_word_for_word": ReadingReason.OPTION_ALONE,
    "_repeated": ReadingReason.LETTER_REPEATED,
    "several_questions": ReadingReason.SEVERAL_QUESTIONS,
    "undecided": ReadingReason.UNDECIDED,
    "_scored": ReadingReason.SCORED,
    "notes": ReadingReason.NOTES,
    "declines": ReadingReason.DECLINES,
    "several": ReadingReason.SEVERAL,
}
_OF_PLACE = {
    ("_letters", Rank.HINTED): ReadingReason.LETTER_HINTED,
    ("_letters", Rank.MENTIONED): ReadingReason.LETTER_MENTIONED,
    ("_letters", Rank.STATED): ReadingReason.LETTER_STATED,
    ("_letters", Rank.FINAL): ReadingReason.LETTER_FINAL,
    ("_texts", Rank.HINTED): ReadingReason.TEXT_HINTED,
    ("_texts", Rank.MENTIONED): ReadingReason.TEXT_MENTIONED,
    ("_texts", Rank.STATED): ReadingReason.TEXT_STATED,
    ("_texts", Rank.FINAL): ReadingReason.TEXT_FINAL,
}
#: Characters around the place that must be alike in the reply as it came and as it was read, longest first.
_CONTEXTS = (40, 20, 10, 5, 2, 1, 0)


class ReadingEvidence(NamedTuple):
    """Why a reply is read as it is, and the place in it that decided: from and to which character, if one did."""

    reason: ReadingReason
    start: int | None = None
    end: int | None = None


def evidence(text: str, options: Sequence[str], question: str | None = None) -> ReadingEvidence:
    """Why :func:`starbench.reading.read` reads a reply as it does; its arguments are the same.

    The reader leaves mark-up out, so a place in what it read is looked for in the reply as it came. Where it is not
    found, or more than once, no place is given.
    """
    reading, reply, part = explained(text, options, question)
    if reading.truncated:
        return ReadingEvidence(ReadingReason.UNFINISHED)
    winner, rule = reply.winner, reply.rule
    if rule not in ("_letters", "_texts"):
        return ReadingEvidence(_OF_RULE.get(rule or "", ReadingReason.NO_OPTION))
    if winner is None and reading.outcome is Outcome.UNPARSED:
        return ReadingEvidence(ReadingReason.NO_OPTION)
    place = (None, None) if winner is None else _place(text, part.text, reply.text, winner)
    if winner is None or reading.letter is None:
        return ReadingEvidence(ReadingReason.TORN, *place)
    return ReadingEvidence(_OF_PLACE[rule, winner.rank], *place)


def _place(whole: str, part: str, read: str, winner: Candidate) -> tuple[int, int] | tuple[None, None]:
    """Where the winner stands in the whole reply, of which ``part`` was read as ``read``."""
    first = whole.rfind(part)
    within, first = (part, first) if first >= 0 else (whole, 0)
    for context in _CONTEXTS:
        before = read[max(0, winner.start - context) : winner.start]
        searched = before + read[winner.start : winner.end + context]
        found = within.find(searched)
        if found >= 0 and within.find(searched, found + 1) < 0:
            start = first + found + len(before)
            return start, start + winner.end - winner.start
    return None, None
