"""Letters in a reply that name an option: which of them do, and how firmly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from starbench.reading import patterns
from starbench.reading.choices import LETTER
from starbench.reading.letter_rows import drop_enumerations, join, without_lists
from starbench.reading.reply import Candidate, Rank, Reply
from starbench.reading.stance import Stance

_ABBREVIATION = re.compile(r"\.[a-z]\.")
_LABEL_GAP = re.compile(r"[>)\]}\"']{0,3}[\s.:,|=>–—-]{0,4}[\"'(]?")
#: "'A' for high, 'B' for low": what letters stand for.
_DEFINES = re.compile(
    r"[>)\]}\"']{0,2}\s?(?:=|(?:means?|for|if|when|refers? to|represents?|stands for|corresponds? to"
    r"|indicates?"
    r"|is for|denotes?)\b)"
)
_OPENING, _CLOSING, _QUOTES = frozenset("<([{"), frozenset(">)]}"), frozenset("'\"")
#: The most letters that are looked at; in a longer row of them the first and the last count.
_MOST = 120
#: Words of a reply so short that its last letter, set off by a comma or in another script, is its answer.
_SHORT = 8
#: Words of a reply in which every letter counts.
_FEW = 12
#: Characters of a reply that is hardly more than a letter, and before a letter that heads one.
_BRIEF, _HEAD = 6, 4
_SET_OFF = re.compile(r"(?:(?P<comma>[,，])|[^\x00-\x7f])\s?[\"'<(\[]?\Z")
_NEIGHBOUR_BEFORE = re.compile(
    r"(?<![A-Za-z0-9'])[A-Z][>)\]}\"']{0,2}\s{0,2}(?:,? ?or|,? ?and|,? ?(?:ou|oder|o|или|y|e|et|und|и)|/|&"
    r"|[或和与かと]|또는|または|أو|या|(?P<comma>,))\s{0,2}"
    r"[\"'<(\[{]{0,2}\Z"
)
_NEW_SENTENCE = re.compile(r"\s+[A-Z]\w")
_REASON = re.compile(r",?\s+(?:because|since)\b")
_TENTATIVE = re.compile(r"\b(?:maybe|perhaps|possibly|(?:could|might|may) be)\b[^.\n]{0,20}\Z")
_NEIGHBOUR = re.compile(
    r"[>)\]}\"']{0,2}\s{0,2}(?:or|and|ou|oder|o|или|y|e|et|und|и|/|&|[或和与かと]|또는|または|أو"
    r"|या)\s{0,2}(?:maybe )?[\"'<(\[{]{0,2}[A-Z](?![A-Za-z0-9'])"
    r"|,\s{0,2}[\"'<(\[{]{0,2}[A-Z](?=\W{0,3}(?:\Z|\n|[,.]|\bor\b|\band\b))"
)
_COLON = re.compile(r": ?[\"'<(\[]?\Z")
_SHARE_BEFORE = re.compile(r"\d ?% \Z")
_LINE_START = re.compile(r"(?:^|\n)[^\w\n]{0,8}\Z")
_DELIMITER = re.compile(r"[>)\]}\"']{0,3}\s{0,2}[.,:;!)>\]}|。：，、)–—-]")
_LINE_END = re.compile(r"[^\w\n(<\[{]{0,8}(?:\n|\Z)")
_SENTENCE_START = re.compile(r"[.!?:;。！？)]\s{1,3}[\"'<(\[{]{0,3}\Z")
_SHORT_FOR_ANSWER = re.compile(r"\s{0,2}:\s{0,2}[<(\[{]?[A-Z](?!\w)")


def defines_letters(reply: Reply) -> bool:
    """Whether the reply says what two letters stand for: "A for the first, B for the second"."""
    return (
        len(
            {
                match[0].lower()
                for match in LETTER.finditer(reply.text)
                if _DEFINES.match(reply.lower, match.end())
            }
        )
        > 1
    )


def letter_places(reply: Reply) -> list[LetterPlace]:
    """Each lone letter, in order; of very many the first and the last."""
    letters = [match.span() for match in LETTER.finditer(reply.text)]
    if len(letters) > _MOST:
        letters = [*letters[: _MOST // 2], *letters[-_MOST // 2 :]]
    return [LetterPlace(reply, *span) for span in letters]


def letter_candidates(reply: Reply, places: list[LetterPlace]) -> tuple[list[Candidate], bool]:
    """Each letter that names an option and is asserted, in order; and whether several were offered instead."""
    spans = [m.span() for m in reply.choices.pattern.finditer(reply.lower)] if reply.choices.lettered else []
    possible = (
        _letter_candidate(place)
        for place in places
        if not any(start <= place.start < end for start, end in spans)
    )
    candidates = [candidate for candidate in possible if candidate is not None]
    drop_enumerations(reply, candidates)
    offered = join(reply, candidates)
    if defines_letters(reply):
        for candidate in candidates:
            candidate.dropped |= _DEFINES.match(reply.lower, candidate.end) is not None
    return without_lists(reply, [candidate for candidate in candidates if not candidate.dropped]), offered


def last_letter(reply: Reply, places: list[LetterPlace]) -> tuple[Candidate | None, bool]:
    """The letter of an option that a short reply ends in; and whether it is left because others are rejected."""
    if len(reply.words) > _FEW:
        return None, False
    naming = [
        place
        for place in places
        if place.names_an_option and not place.is_small and place.index < len(reply.choices.words)
    ]
    asserted = [place for place in naming if place.stance in (Stance.ASSERTED, Stance.CONFIRMED)]
    if not asserted:
        return None, False
    last = asserted[-1]
    is_end = last.ends_line and not reply.text[last.end :].strip(" .!?>)]}\"'。।")
    is_left = len({place.index for place in asserted}) == 1 and any(
        place.stance is Stance.REJECTED for place in naming
    )
    return (Candidate(last.index, last.start, last.end) if is_end or is_left else None), is_left


def _letter_candidate(place: LetterPlace) -> Candidate | None:
    if not place.names_an_option:
        return None
    rank, is_cued = _rank(place, is_confirmed=place.stance is Stance.CONFIRMED)
    if rank is None:
        return None
    is_dropped = place.stance in (Stance.REJECTED, Stance.OPEN)
    return Candidate(
        place.index, place.start, place.end, rank, cued=is_cued, label=place.is_label, dropped=is_dropped
    )


@dataclass
class LetterPlace:
    """A lone letter in a reply, and what stands around it."""

    reply: Reply
    start: int
    end: int

    def __post_init__(self) -> None:
        self.text = self.reply.text
        self.letter = self.text[self.start]
        self.index = ord(self.letter.upper()) - ord("A")
        self.is_small = self.letter.islower()
        self.before, self.after = self.reply.before(self.start), self.reply.after(self.end)
        left, right = self.text[self.start - 1 : self.start], self.text[self.end : self.end + 1]
        self.is_closed = right in _CLOSING
        is_glued = left in _OPENING and self.text[self.start - 2 : self.start - 1].isalnum()  # "dB(A)"
        is_quoted = left in _QUOTES and right == left
        is_marked = left in _OPENING and (self.is_closed or right == ":") and not is_glued
        self.is_bracketed = is_quoted or is_marked
        is_first = self.start < len(self.before) + 1 or "\n" in self.before
        self.starts_line = is_first and _LINE_START.search(self.before) is not None
        self.ends_line = _LINE_END.match(self.text, self.end) is not None
        gap = _LABEL_GAP.match(self.text, self.end)
        option = self.reply.choices.pattern.match(self.reply.lower, gap.end() if gap else self.end)
        is_delimited = (
            gap is not None and not gap[0].isspace() and gap[0] != ""
        )  # "A dog" begins with an article
        self.names_own = option is not None and option.lastgroup == f"o{self.index}" and is_delimited
        self.has_reason = (
            self.start <= 1 and not self.is_small and _REASON.match(self.text, self.end) is not None
        )

    @cached_property
    def stance(self) -> Stance:
        """What the reply says of it."""
        return self.reply.stances.of(self.start, self.end)

    @cached_property
    def is_label(self) -> bool:
        """Whether it stands before a text, as in a list of options."""
        is_delimited = _DELIMITER.match(self.text, self.end) is not None
        return self.names_own or (self.starts_line and not self.ends_line and is_delimited)

    @cached_property
    def names_an_option(self) -> bool:
        """Whether it is no article, no pronoun, no note and no part of "Q: … A: …"."""
        is_beyond = self.index >= len(self.reply.choices.words)
        if (
            patterns.NOTE_AFTER.match(self.after)
            or _ABBREVIATION.match(self.after)
            or (is_beyond and self.is_small)
        ):
            return False
        is_answer_mark = self.letter == "A" and _SHORT_FOR_ANSWER.match(self.text, self.end)
        if self.is_label and not self.is_bracketed and (is_beyond or is_answer_mark):
            return False
        if self.letter in "XYZ" and is_beyond:  # "answer with X"
            return False
        is_word = self.letter in "aAiI" or self.is_small or self.reply.shouts
        return not is_word or self.has_reason or self._is_set_off

    @property
    def _is_set_off(self) -> bool:
        """Whether it stands as a letter does, and not as a word."""
        ending = patterns.ENDING_AFTER if self.is_small or self.letter in "iI" else patterns.AFTER_LETTER
        return self.is_bracketed or self.names_own or ending.match(self.after) is not None

    @property
    def is_short(self) -> bool:
        """Whether the reply is so short that it says little else."""
        return len(self.reply.words) <= _SHORT


def _rank(place: LetterPlace, *, is_confirmed: bool) -> tuple[Rank | None, bool]:
    """How firmly a letter points at its option, None if it does not; and whether words make it a choice."""
    if patterns.FINAL_BEFORE.search(place.before):
        return Rank.FINAL, True
    is_last = place.end >= len(place.text.rstrip(" .!>)]\"'")) and _COLON.search(place.before) is not None
    if is_confirmed or is_last or _is_cued(place):
        return Rank.STATED, True
    if _stands_alone(place):
        return Rank.STATED, False
    apart = (
        _SET_OFF.search(place.text, 0, place.start) if place.is_short and place.reply.n_letters == 1 else None
    )
    if apart is not None:  # "fast, A"
        return (None if apart["comma"] and not place.ends_line else Rank.STATED), False
    is_option = patterns.OPTION_BEFORE.search(place.before) or patterns.HEDGED_BEFORE.search(place.before)
    if place.is_bracketed or place.is_label or is_option:
        return Rank.MENTIONED, False
    return _rank_by_place(place), False


def _is_cued(place: LetterPlace) -> bool:
    is_hedged = patterns.HEDGED_BEFORE.search(place.before) and not _TENTATIVE.search(place.before)
    return bool(
        patterns.STATED_BEFORE.search(place.before)
        or (is_hedged and patterns.ENDING_AFTER.match(place.after))
        or patterns.RIGHT_AFTER.match(place.after)
    )


def _stands_alone(place: LetterPlace) -> bool:
    """Whether it is a line of its own, heads the reply as a label, or has a percentage before it."""
    if (
        place.starts_line
        and place.ends_line
        and (not place.is_small or place.is_closed or len(place.text) < _BRIEF)
    ):
        return True
    is_head = place.start <= _HEAD and (place.is_label or place.text.startswith((" (", "("), place.end))
    if is_head and not _NEIGHBOUR.match(place.text, place.end):
        return True
    return place.is_short and place.ends_line and _SHARE_BEFORE.search(place.before) is not None


def _rank_by_place(place: LetterPlace) -> Rank | None:
    """A capital that is a sentence, heads the reply or stands beside another letter names an option."""
    if place.is_small:
        return None
    if place.ends_line and (place.start == 0 or _SENTENCE_START.search(place.before)):
        return Rank.STATED
    is_word = place.letter in "AI" or place.reply.shouts
    is_head = place.start <= 1 and (
        place.has_reason or (_NEW_SENTENCE.match(place.text, place.end) and not is_word)
    )
    pair = _NEIGHBOUR_BEFORE.search(place.text, max(0, place.start - 12), place.start)
    is_beside = pair is not None and (not pair["comma"] or patterns.ENDING_AFTER.match(place.after))
    if is_head or is_beside or _NEIGHBOUR.match(place.text, place.end):
        return Rank.MENTIONED
    return None
