"""Letters in a reply that name an option: which of them do, and how firmly."""

from __future__ import annotations

import re
from itertools import pairwise

from starbench.reading import patterns
from starbench.reading.choices import LETTER
from starbench.reading.reply import Candidate, Rank, Reply
from starbench.reading.stance import Stance

_LABEL_GAP = re.compile(r"[>)\]}\"']{0,3}[\s.:,|=>–—-]{0,4}[\"'(]?")
_LISTING = re.compile(r"and|or|&|/|或|和|与|か|또는|または|oder|ou\b|или|und\b|\b(?:et|y|e|o)\b|أو|या|\bи\b")
_OR = re.compile(r"\b(?:or|oder|ou|o|или|and/or)\b|/|或|か|또는|または|أو|या")
#: "'A' for high, 'B' for low": what letters stand for.
_DEFINES = re.compile(
    r"[>)\]}\"']{0,2}\s?(?:=|(?:means?|for|if|when|refers? to|represents?|stands for|corresponds? to|indicates?"
    r"|is for|denotes?)\b)"
)
#: The most letters that are looked at; in a longer row of them the first and the last count.
_MOST = 120
#: Words of a reply so short that its last letter, set off by a comma or in another script, is its answer.
_SHORT = 8
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
)
_SHARE_BEFORE = re.compile(r"\d ?% \Z")
#: Letters further apart are not side by side, characters.
_JOINED_REACH = 60
_LINE_START = re.compile(r"(?:^|\n)[^\w\n]{0,8}\Z")
_DELIMITER = re.compile(r"[>)\]}\"']{0,3}\s{0,2}[.,:;!)>\]}|。：，、)–—-]")
_LINE_END = re.compile(r"[^\w\n(<\[{]{0,8}(?:\n|\Z)")
_SENTENCE_START = re.compile(r"[.!?:;。！？)]\s{1,3}[\"'<(\[{]{0,3}\Z")
_SHORT_FOR_ANSWER = re.compile(r"\s{0,2}:\s{0,2}[<(\[{]?[A-Z](?!\w)")


def letter_candidates(reply: Reply) -> tuple[list[Candidate], bool]:
    """Each letter that names an option and is asserted, in order; and whether several were offered instead."""
    spans = [m.span() for m in reply.choices.pattern.finditer(reply.lower)] if reply.choices.lettered else []
    letters = [
        match
        for match in LETTER.finditer(reply.text)
        if not any(start <= match.start() < end for start, end in spans)
    ]
    if len(letters) > _MOST:
        letters = [*letters[: _MOST // 2], *letters[-_MOST // 2 :]]
    possible = (_letter_candidate(reply, match.start(), match.end()) for match in letters)
    candidates = [candidate for candidate in possible if candidate is not None]
    offered = _drop_enumerations(reply, candidates) | _join(reply, candidates)
    defining = [candidate for candidate in candidates if _DEFINES.match(reply.lower, candidate.end)]
    if len({candidate.index for candidate in defining}) > 1:
        for candidate in defining:
            candidate.dropped = True
    return _without_lists(reply, [candidate for candidate in candidates if not candidate.dropped]), offered


def _join(reply: Reply, candidates: list[Candidate]) -> bool:
    """Treat letters that stand side by side alike, and drop alternatives; whether there were any."""
    offered = False
    for one, other in reversed(list(pairwise(candidates))):
        between = _between(reply, one, other)
        if not patterns.JOINED.fullmatch(between):
            continue
        is_listing = _LISTING.search(between) is not None
        # What is said of one of a pair is said of both: "not A or B", "A and B are wrong".
        if is_listing and (one.dropped or other.dropped):
            one.dropped = other.dropped = True
        elif offered and other.dropped and not one.cued:  # "A, B or C"
            one.dropped = True
        elif one.index != other.index and _OR.search(between):
            offered = one.dropped = other.dropped = True
        other.rank, other.cued = max(one.rank, other.rank), one.cued or other.cued
        if is_listing:
            one.rank = other.rank
    return offered


def _between(reply: Reply, one: Candidate, other: Candidate) -> str:
    """What stands between two letters, without the options' texts."""
    return reply.choices.pattern.sub("", reply.lower[one.end : min(other.start, one.end + _JOINED_REACH)])


def _drop_enumerations(reply: Reply, candidates: list[Candidate]) -> bool:
    """Drop all letters in a row ("choose one: A, B, C"); whether there was such a row."""
    n = len(reply.choices.words)
    rows = 0
    for place in range(len(candidates) - n + 1):
        row = candidates[place : place + n]
        is_row = n > 2 and [one.index for one in row] == list(range(n))
        if is_row and all(patterns.JOINED.fullmatch(_between(reply, *pair)) for pair in pairwise(row)):
            rows += 1
            for one in row:
                one.dropped = True
    return rows > 0


def _letter_candidate(reply: Reply, start: int, end: int) -> Candidate | None:
    text, letter = reply.text, reply.text[start]
    before, after = reply.before(start), reply.after(end)
    index = ord(letter.upper()) - ord("A")
    beyond = index >= len(reply.choices.words)
    closed = text[end : end + 1] in set(">)]}")
    quoted = text[start - 1 : start] in set("'\"") and text[end : end + 1] == text[start - 1 : start]
    bracketed = quoted or (text[start - 1 : start] in set("<([{") and (closed or text[end : end + 1] == ":"))
    starts_line = _LINE_START.search(before) is not None and (start < len(before) + 1 or "\n" in before)
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
    stance = reply.stances.of(start, end)
    candidate.dropped = stance in (Stance.REJECTED, Stance.OPEN)
    if patterns.FINAL_BEFORE.search(before):
        candidate.rank, candidate.cued = Rank.FINAL, True
    elif (
        patterns.STATED_BEFORE.search(before)
        or (
            patterns.HEDGED_BEFORE.search(before)
            and patterns.ENDING_AFTER.match(after)
            and not _TENTATIVE.search(before)
        )
        or patterns.RIGHT_AFTER.match(after)
        or stance is Stance.CONFIRMED
    ):
        candidate.rank, candidate.cued = Rank.STATED, True
    elif (
        (starts_line and ends_line and (not small or closed or len(text) < 6))
        or (start <= 4 and (label or text.startswith(" (", end)) and not _NEIGHBOUR.match(text, end))
        or (len(reply.words) <= _SHORT and ends_line and _SHARE_BEFORE.search(before))
    ):
        candidate.rank = Rank.STATED
    elif (
        len(reply.words) <= _SHORT and reply.n_letters == 1 and (set_apart := _SET_OFF.search(text, 0, start))
    ):
        if set_apart["comma"] and not ends_line:
            return None
        candidate.rank = Rank.STATED  # "fast, A"
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
        if by_itself:
            candidate.rank = Rank.STATED
    return candidate


def _without_lists(reply: Reply, candidates: list[Candidate]) -> list[Candidate]:
    """Drop runs of labels in alphabetical order: the options restated, choosing none."""
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
