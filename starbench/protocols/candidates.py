"""Find the places where a reply points at an option, and let the firmest win."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from itertools import pairwise

from starbench.protocols import patterns
from starbench.protocols.choices import LETTER, Choices, words_of

#: How far around a candidate its meaning is looked for.
_BEFORE, _AFTER = 90, 60


class Rank(IntEnum):
    """How firmly a candidate points at its option."""

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
    rejected: bool = False


@dataclass
class Reply:
    """A reply as a reader sees it, and the options it may choose from."""

    text: str
    choices: Choices

    @cached_property
    def lower(self) -> str:
        low = self.text.lower()
        return low if len(low) == len(self.text) else "".join(c.lower()[:1] for c in self.text)

    @cached_property
    def words(self) -> tuple[str, ...]:
        return words_of(self.text)

    @cached_property
    def shouts(self) -> bool:
        """Say whether the reply is all in capitals, where "A" may be an article."""
        return len(self.text) > 12 and self.text.isupper()

    @cached_property
    def refuses(self) -> bool:
        return patterns.REFUSAL.search(self.lower) is not None

    def before(self, position: int) -> str:
        return self.lower[max(0, position - _BEFORE) : position]

    def after(self, position: int) -> str:
        return self.lower[position : position + _AFTER]

    def corrects(self, start: int, end: int) -> bool:
        return patterns.CORRECTION.search(self.lower, max(start, end - 400), end) is not None


def settle(reply: Reply, candidates: Iterable[Candidate]) -> tuple[Candidate | None, bool]:
    """Return the candidate that wins, if any, and whether another of its rank disagrees with it."""
    winner: Candidate | None = None
    previous, torn = 0, False
    for candidate in candidates:
        if winner is None:
            winner = candidate
        elif candidate.rank > winner.rank:
            winner, torn = candidate, False
        elif candidate.rank >= Rank.STATED and reply.corrects(previous, candidate.start):
            candidate.rank, winner, torn = winner.rank, candidate, False
        elif candidate.rank == winner.rank and candidate.index != winner.index:
            torn = True
        previous = candidate.end
    return winner, torn


# --- letters --------------------------------------------------------------------------------------

_LABEL_GAP = re.compile(r"[>)\]}\"']{0,3}[\s.:,|=>–—-]{0,4}[\"'(]?")
_LISTING = re.compile(r"and|or|&|/|或|和|与")
_NEIGHBOUR_BEFORE = re.compile(
    r"(?<![A-Za-z0-9'])[A-Z][>)\]}\"']{0,2}\s{0,2}(?:,? ?or|,? ?and|/|&|[或和与]|(?P<comma>,))\s{0,2}"
    r"[\"'<(\[{]{0,2}\Z"
)
_NEW_SENTENCE = re.compile(r"\s+[A-Z]\w")
_REASON = re.compile(r",?\s+(?:because|since)\b")
_HYPOTHESIS = re.compile(
    r"\bif\b[^.\n]*\Z|\b(?:maybe|perhaps|possibly|(?:could|might|may) be)\b[^.\n]{0,20}\Z"
)
_NEIGHBOUR = re.compile(
    r"[>)\]}\"']{0,2}\s{0,2}(?:or|and|/|&|[或和与])\s{0,2}(?:maybe )?[\"'<(\[{]{0,2}[A-Z](?![A-Za-z0-9'])"
)
_LINE_START = re.compile(r"(?:^|\n)[^\w\n]{0,8}\Z")
_DELIMITER = re.compile(r"[>)\]}\"']{0,3}\s{0,2}[.,:;!)>\]}|。：，、)–—-]")
_LINE_END = re.compile(r"[>)\]}\"'.,:;!。|✅ \t]{0,6}(?:\n|\Z)")
_SENTENCE_START = re.compile(r"[.!?:;。！？)]\s{1,3}[\"'<(\[{]{0,3}\Z")
_SHORT_FOR_ANSWER = re.compile(r"\s{0,2}:\s{0,2}[<(\[{]?[A-Z](?!\w)")


def letter_candidates(reply: Reply) -> list[Candidate]:
    """Return each letter that names an option and is not rejected, in order."""
    spans = [m.span() for m in reply.choices.pattern.finditer(reply.lower)] if reply.choices.lettered else []
    possible = (
        _letter_candidate(reply, m.start(), m.end())
        for m in LETTER.finditer(reply.text)
        if not any(start <= m.start() < end for start, end in spans)
    )
    candidates = [candidate for candidate in possible if candidate is not None]
    for one, other in pairwise(candidates):
        if other.start - one.end <= 16 and patterns.JOINED.fullmatch(reply.lower, one.end, other.start):
            # What is said of one of a pair is said of both: "not A or B", "A and B are wrong".
            if (one.rejected or other.rejected) and _LISTING.search(reply.lower, one.end, other.start):
                one.rejected = other.rejected = True
            other.rank, other.cued = max(one.rank, other.rank), one.cued or other.cued
            if _LISTING.search(reply.lower, one.end, other.start):
                one.rank = other.rank
    return _without_lists(reply, [candidate for candidate in candidates if not candidate.rejected])


def _letter_candidate(reply: Reply, start: int, end: int) -> Candidate | None:
    text, letter = reply.text, reply.text[start]
    before, after = reply.before(start), reply.after(end)
    index = ord(letter.upper()) - ord("A")
    beyond = index >= len(reply.choices.words)
    closed = text[end : end + 1] in set(">)]}")
    bracketed = text[start - 1 : start] in set("<([{") and (closed or text[end : end + 1] == ":")
    starts_line = _LINE_START.search(before) is not None and (start < _BEFORE or "\n" in before)
    ends_line = _LINE_END.match(text, end) is not None
    gap = _LABEL_GAP.match(text, end)
    own_text = reply.choices.pattern.match(reply.lower, gap.end() if gap else end)
    names_own = own_text is not None and own_text.lastgroup == f"o{index}"

    # What could be an article, a pronoun or a note must be set off as a letter is.
    small = letter.islower()
    word_like = letter in "aAiI" or small or reply.shouts
    set_off = (
        bracketed
        or names_own
        or (patterns.ENDING_AFTER if small or letter in "iI" else patterns.AFTER_LETTER).match(after)
    )
    reasoned = start <= 1 and not small and _REASON.match(text, end)
    if (word_like and not set_off and not reasoned) or patterns.NOTE_AFTER.match(after) or (beyond and small):
        return None
    label = names_own or (starts_line and not ends_line and _DELIMITER.match(text, end) is not None)
    if label and not bracketed and (beyond or (letter == "A" and _SHORT_FOR_ANSWER.match(text, end))):
        return None  # "Q: … A: B" is no list of options

    candidate = Candidate(index, start, end, label=label)
    candidate.rejected = bool(patterns.NEGATED_BEFORE.search(before) or patterns.NEGATED_AFTER.match(after))
    if patterns.FINAL_BEFORE.search(before):
        candidate.rank, candidate.cued = Rank.FINAL, True
    elif (
        patterns.STATED_BEFORE.search(before)
        or (
            patterns.HEDGED_BEFORE.search(before)
            and patterns.ENDING_AFTER.match(after)
            and not _HYPOTHESIS.search(before)
        )
        or patterns.RIGHT_AFTER.match(after)
    ):
        candidate.rank, candidate.cued = Rank.STATED, True
    elif (starts_line and ends_line and (not small or closed or len(text) < 6)) or (
        start <= 4 and label and not _NEIGHBOUR.match(text, end)
    ):
        candidate.rank = Rank.STATED
    elif not (
        bracketed
        or candidate.label
        or patterns.OPTION_BEFORE.search(before)
        or patterns.HEDGED_BEFORE.search(before)
    ):
        # A capital that is a sentence, heads the reply or stands beside another names an option.
        by_itself = ends_line and (start == 0 or _SENTENCE_START.search(before))
        heads = start <= 1 and (reasoned or (_NEW_SENTENCE.match(text, end) and not word_like))
        pair = _NEIGHBOUR_BEFORE.search(text, max(0, start - 12), start)
        beside = _NEIGHBOUR.match(text, end) or (
            pair and (not pair["comma"] or patterns.ENDING_AFTER.match(after))
        )
        if small or not (by_itself or heads or beside):
            return None
    return candidate


def _without_lists(reply: Reply, candidates: list[Candidate]) -> list[Candidate]:
    """Drop runs of labels in alphabetical order: the options told again, choosing none.

    Unless one line of them, and only one, is ticked.
    """
    ticked = [
        candidate
        for candidate in candidates
        if candidate.label and "✅" in reply.text and "✅" in _line(reply.text, candidate.start)
    ]
    if len({candidate.index for candidate in ticked}) == 1:
        ticked[0].rank = Rank.FINAL
        ticked[0].label = False
    kept: list[Candidate] = []
    run: list[Candidate] = []
    for candidate in [*candidates, None]:
        listed = (
            candidate is not None
            and candidate.label
            and not (candidate.cued and not _after_newline(reply, candidate))
        )
        if listed and candidate is not None and (not run or candidate.index == run[-1].index + 1):
            run.append(candidate)
            continue
        kept += run if len(run) == 1 else []
        run = [candidate] if listed and candidate is not None else []
        if candidate is not None and not listed:
            kept.append(candidate)
    return sorted(kept, key=lambda candidate: candidate.start)


def _after_newline(reply: Reply, candidate: Candidate) -> bool:
    return reply.text[: candidate.start].rstrip(" <([{\"'-").endswith("\n")


def _line(text: str, position: int) -> str:
    end = text.find("\n", position)
    return text[text.rfind("\n", 0, position) + 1 : end if end >= 0 else len(text)]


# --- texts ----------------------------------------------------------------------------------------

_ALONE_BEFORE = re.compile(r"(?:[.!?:;。！？：\n]\s{0,3}|\A)[\s\"'<(\[{•-]{0,4}\Z")
_ALONE_AFTER = re.compile(r"[\"'>)\]}\s]{0,3}(?:[.!?。！;\n]|\Z)")
_CONCLUDES = re.compile(
    r"(?:\b(?:so|therefore|thus|hence|consequently|overall|in conclusion|conclude|conclusion|answer"
    r"|final|actually|guess|choose|instead|por lo tanto|donc|daher|поэтому)\b|所以|因此|故"
    r"|答案)[^.!?。\n]{0,80}\Z"
)
_COMMA = re.compile(r"[,，、]")
_GOES_ON = re.compile(r"\s{1,2}(?:which|whether|if|what|how|the|where|who|why)\b")
_OTHER_SIDE = re.compile(
    r"[\"'>)\]}]{0,2}\s{0,2}(?:[.!?,;:。，；)\n]|"
    r"\Z|(?:because|since|as|and|but|due|than|rather|instead|based|for)\b)"
)


def text_candidates(reply: Reply) -> Iterator[Candidate]:
    """Yield each option whose text the reply states and does not reject."""
    for match in reply.choices.pattern.finditer(reply.lower):
        index = int((match.lastgroup or "o")[1:])
        start, end = match.span()
        before, after = reply.before(start), reply.after(end)
        alone = _ALONE_BEFORE.search(
            before if start > _BEFORE else reply.lower[:start]
        ) and _ALONE_AFTER.match(after)
        cued = (
            patterns.STATED_BEFORE.search(before)
            or patterns.FINAL_BEFORE.search(before)
            or _CONCLUDES.search(before)
        )
        if patterns.NEGATED_BEFORE.search(before) or patterns.NEGATED_AFTER.match(after):
            continue
        # "two different sounds" does not say "Different": one word must end its clause.
        if len(reply.choices.words[index]) == 1 and match[0].isascii() and not _OTHER_SIDE.match(after):
            continue
        if index in reply.choices.abstaining and _GOES_ON.match(after):
            continue
        if (
            index in reply.choices.chained
            and not (alone or cued)
            and _COMMA.search(match[0])
            and "then" not in match[0]
        ):
            continue  # "I heard clip 1, clip 2, clip 3" states no order
        yield Candidate(index, start, end, rank=Rank.STATED if alone or cued else Rank.MENTIONED)
