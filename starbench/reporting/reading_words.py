"""Why a reply is read as it is, in words, and where in it."""

from __future__ import annotations

from starbench.reading.evidence import ReadingEvidence, ReadingReason
from starbench.text import printable

_SENTENCES = {
    ReadingReason.LETTER_HINTED: "by a letter that is hinted at",
    ReadingReason.LETTER_MENTIONED: "by the letter that it mentions",
    ReadingReason.LETTER_STATED: "by a letter stated as the choice",
    ReadingReason.LETTER_FINAL: "by a letter stated as the final choice",
    ReadingReason.TEXT_HINTED: "by the words of an option, hinted at",
    ReadingReason.TEXT_MENTIONED: "by the words of an option that it mentions",
    ReadingReason.TEXT_STATED: "by the words of an option, stated as the choice",
    ReadingReason.TEXT_FINAL: "by the words of an option, stated as the final choice",
    ReadingReason.OPTION_ALONE: "the reply is the text of one option and no more",
    ReadingReason.LETTER_REPEATED: "the reply is one letter, again and again",
    ReadingReason.SCORED: "the reply gives each option a mark or a probability",
    ReadingReason.TORN: "several options are named, and none is clearly the choice",
    ReadingReason.NOTHING: "the reply is empty",
    ReadingReason.SERVER_ERROR: "the reply is what a server says in place of a model",
    ReadingReason.NOT_APPLICABLE: "the reply says that the question does not apply",
    ReadingReason.RETRACTED: "the reply takes back what it said, and says nothing in its place",
    ReadingReason.SEVERAL_QUESTIONS: "the reply is a list of answers to several questions",
    ReadingReason.UNDECIDED: "the reply names several options and ends undecided",
    ReadingReason.NOTES: "the options are letters themselves, and the reply does not say which it means",
    ReadingReason.DECLINES: "the reply declines, or says that it cannot tell",
    ReadingReason.SEVERAL: "the reply names several options and chooses none",
    ReadingReason.NO_OPTION: "no option is chosen in the reply",
    ReadingReason.UNFINISHED: "the reply ends while the model still thinks",
    ReadingReason.CUT: "the reply was cut at a limit of length",
    ReadingReason.WITHHELD: "a filter withheld the reply",
    ReadingReason.MARKED_REFUSAL: "the server marked the reply as a refusal",
    ReadingReason.NOT_ALONE: "only a letter alone is an answer in this run",
    ReadingReason.OFFICIAL_KEYWORD: "by a letter after a word such as answer (official parser)",
    ReadingReason.OFFICIAL_BRACKETS: "by the last letter in brackets (official parser)",
    ReadingReason.OFFICIAL_TEXT: "by the last option whose words occur (official parser)",
    ReadingReason.OFFICIAL_LETTER: "by the last letter that stands alone (official parser)",
    ReadingReason.OFFICIAL_NONE: "the official parser finds no option",
    ReadingReason.OFFICIAL_LOWER_CASE: "the official parser finds a lower-case letter, which is never right",
}
#: Characters of a reply around the place.
_AROUND = 40
#: Characters of the place itself.
_LONGEST = 80


def reading_sentence(evidence: ReadingEvidence) -> str:
    """Why a reply is read as it is."""
    return _SENTENCES[evidence.reason]


def reading_excerpt(evidence: ReadingEvidence, reply: str) -> str | None:
    """The words around the place that decided, the place itself between ▸ and ◂; None where no place did."""
    if evidence.start is None or evidence.end is None:
        return None
    before = reply[max(0, evidence.start - _AROUND) : evidence.start]
    after = reply[evidence.end : evidence.end + _AROUND]
    first = "…" if evidence.start > _AROUND else ""
    last = "…" if evidence.end + _AROUND < len(reply) else ""
    place = printable(reply[evidence.start : evidence.end])
    place = place if len(place) <= _LONGEST else f"{place[:_LONGEST]} …"
    # Printed one by one: a mark must not be moved by what stands beside it.
    parts = [_spaced(before, first=first), f"▸{place}◂", _spaced(after, last=last)]
    return "".join(parts).strip()


def _spaced(text: str, *, first: str = "", last: str = "") -> str:
    """Text on one line that keeps a blank at either end."""
    line = printable(text)
    return f"{first}{' ' * text[:1].isspace()}{line}{' ' * text[-1:].isspace()}{last}"
