"""Where in a reply the answer was read, and by which rule: for people who ask why a trial counts as it does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from starbench.reading.reader import explained
from starbench.reading.reply import Candidate, Rank

#: Rule of the reader -> why the reply is read as it is.
_REASONS = {
    "nothing": "the reply is empty",
    "server_error": "it is what a server says in place of a model",
    "not_applicable": "it says that the question does not apply",
    "retracted": "it takes back what it said, and says nothing in its place",
    "_option_word_for_word": "it is the text of one option and no more",
    "_repeated": "it is one letter, again and again",
    "several_questions": "it is a list of answers to several questions",
    "undecided": "it names several options and ends undecided",
    "_scored": "it gives each option a mark or a probability, or marks one as right",
    "notes": "the options are letters themselves, and it does not say which it means",
    "declines": "it declines, or says that it cannot tell",
    "several": "it names several options and chooses none",
    None: "no option is chosen in it",
}
_RANKS = {
    Rank.HINTED: "hinted at",
    Rank.MENTIONED: "mentioned",
    Rank.STATED: "stated as the choice",
    Rank.FINAL: "stated as the final choice",
}
#: Characters around the place that must be alike in the reply as it came and as it was read, longest first.
_CONTEXTS = (40, 20, 10, 5, 2, 1, 0)


class ReadingEvidence(NamedTuple):
    """Why a reply is read as it is, and the place in it that decided: from and to which character, if one did."""

    reason: str
    start: int | None = None
    end: int | None = None


def evidence(text: str, options: Sequence[str], question: str | None = None) -> ReadingEvidence:
    """Why :func:`starbench.reading.read` reads a reply as it does; its arguments are the same.

    The reader leaves mark-up out, so a place in what it read is looked for in the reply as it came. Where it is not
    found, or more than once, no place is given.
    """
    reading, reply, part = explained(text, options, question)
    if reading.truncated:
        return ReadingEvidence("it ends while the model still thinks")
    winner = reply.winner
    if reply.rule not in ("_letters", "_texts"):
        return ReadingEvidence(_REASONS.get(reply.rule, _REASONS[None]))
    place = (None, None) if winner is None else _place(text, part.text, reply.text, winner)
    if winner is None or reading.letter is None:
        return ReadingEvidence("several options are named, and none is clearly the choice", *place)
    what = "the letter" if reply.rule == "_letters" else "the words of the option"
    return ReadingEvidence(f"{what}, {_RANKS[winner.rank]}", *place)


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
