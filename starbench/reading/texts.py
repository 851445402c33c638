"""Words in a reply that state an option, whole or in short, and how firmly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from starbench.reading import patterns
from starbench.reading.matching import (
    Match,
    are_alternatives,
    are_coordinated,
    match,
    mentioned,
    telling_words,
)
from starbench.reading.relevance import is_predicate, is_relevant, other_words
from starbench.reading.reply import Candidate, Rank, Reply
from starbench.reading.stance import Stance

_CONCLUDES = re.compile(
    r"(?:\b(?:so|therefore|thus|hence|consequently|overall|in conclusion|conclude|conclusion|answer"
    r"|final|actually|guess|choose|instead|por lo tanto|donc|daher|поэтому)\b|所以|因此|故"
    r"|答案)[^.!?。\n]{0,80}\Z"
)
#: In a sentence that holds the words of all options: it restates them.
_CHOICES = re.compile(
    r"\b(?:we have|choices|options|possibilit\w+|candidates|answers|alternatives|choose|pick|select)\b"
)
_STATES = re.compile(r"\b(?:is|are|was|were|it|it's|so|but|not|than|because|has|have|i)\b|n't|[:>]")
_GUESS = re.compile(r"\b(?:maybe|perhaps|possibly|might be|could be|may(?: also)? be)\b")
_CONTRAST = re.compile(r"\b(?:but|and|while|whereas|with|yet|though|although)\b")
_AND = re.compile(r"\W*\b(?:and|und|et|y|e|и)\b|\W*[和と]")
_OR = re.compile(r"\W*\b(?:or|oder|ou|o|или)\b|\W*[或か]")
#: A longer chain than any option's ends in this.
_CHAIN_BEFORE, _NEAR = re.compile(r"->\s{0,2}(?:[^\W\d]{1,12}\s{0,2})?\Z"), 20
#: "It is the second one that is louder."
_CLEFT_BEFORE = re.compile(r"\bit(?:'s| is| was)\s+(?:the\s+)?\Z")
_CLEFT_AFTER = re.compile(
    r"\s(?:(?:one|sound|clip|segment|audio|recording|tone|source)\s)?(?:that|which|who)(?:'s|\b)"
)
#: "First clip if …": what is meant by an ordinal belongs to it.
_NOUN_AFTER = re.compile(r"\s(?:one|clip|sound|audio|segment|recording|tone|track)\b")
_COMMA = re.compile(r"[,，、]")
#: "I can't assist": who declines does not mean an option "No".
_DECLINES = re.compile(
    r"\b(?:i|we) (?:\w{1,10} )?(?:can't|cannot|can not|won't|will not|couldn't|wouldn't)\Z"
)
_BEFORE = 20


def text_candidates(reply: Reply) -> list[Candidate]:
    """Each option that the reply states in words and asserts, in order."""
    found = _spelled_candidates(reply) if reply.choices.spelled else _matched_candidates(reply)
    kept = [candidate for candidate in found if not candidate.dropped and candidate.rank > Rank.HINTED]
    if kept and kept[-1].index in reply.choices.abstaining and kept[-1].cued:
        return kept
    # Who could not tell at first, and then does, tells.
    return [one for one in kept if one.index not in reply.choices.abstaining] or kept


def _matched_candidates(reply: Reply) -> Iterator[Candidate]:
    """What each sentence states, or else what its clauses do."""
    n = len(reply.choices.words)
    for start, end in reply.stances.sentences():
        is_list = _CHOICES.search(reply.lower, start, end) or not _STATES.search(reply.lower, start, end)
        restates = n > 2 and is_list and len(mentioned(reply, start, end)) == n
        if not restates:
            yield from _of_sentence(reply, start, end)


def _of_sentence(reply: Reply, start: int, end: int) -> Iterator[Candidate]:
    whole = _mention(reply, start, end)
    if whole is not None and whole.rank > Rank.HINTED and not whole.dropped:
        yield whole
    else:
        yield from _of_clauses(reply, start, end)


def _of_clauses(reply: Reply, start: int, end: int) -> list[Candidate]:
    """What the clauses of a sentence state."""
    clauses = list(reply.stances.clauses(start, end))
    mentions = [mention for clause in clauses if (mention := _mention(reply, *clause))]
    if len(_GUESS.findall(reply.lower, start, end)) > 1:  # "maybe high, maybe low"
        return []
    if are_alternatives(reply, telling_words(reply, start, end)) or are_coordinated(reply, start, end):
        mentions = [mention for mention in mentions if mention.cued]
    # "The second, while also vocal, is slower": to point at a sound says nothing yet.
    only = mentions[0] if len(mentions) == 1 else None
    if only is not None and only.end <= clauses[-1][0] and _only_points(reply, only, start):
        return []
    _weigh(reply, mentions)
    return mentions


def _only_points(reply: Reply, mention: Candidate, start: int) -> bool:
    """Whether a mention is the subject of a sentence whose predicate comes later."""
    is_bare = mention.rank == Rank.STATED and not mention.cued
    is_subject = reply.lower[start : mention.start].strip() in ("", "the")
    return is_bare and is_subject and mention.index in reply.choices.pointing


def _weigh(reply: Reply, mentions: list[Candidate]) -> None:
    """What contradicts another mention of the sentence counts for less, and alternatives not at all."""
    if len({mention.index for mention in mentions if not mention.dropped}) > 1:
        most = Rank.HINTED if _hints_otherwise(reply, mentions) else Rank.MENTIONED
        for mention in mentions:
            mention.rank = mention.rank if mention.cued else min(mention.rank, most)
    for one, other in pairwise(mentions):
        between = reply.lower[one.end : other.start]
        if one.index == other.index:
            continue
        is_count = reply.choices.counted and not (one.dropped or other.dropped)
        if _OR.match(between) or is_count:  # "option 2: 3"
            for mention in mentions:
                mention.dropped |= mention.index in (one.index, other.index)
        elif _AND.match(between):
            one.rank = other.rank = min(one.rank, other.rank)


def _hints_otherwise(reply: Reply, mentions: list[Candidate]) -> bool:
    """Whether a clause hints at another option in contrast: "the same duration but different pitch"."""
    return any(
        Rank.HINTED in (one.rank, other.rank) and _CONTRAST.search(reply.lower, one.end, other.start)
        for one, other in pairwise(mentions)
    )


def _mention(reply: Reply, start: int, end: int) -> Candidate | None:
    """The option that the words from ``start`` to ``end`` mention, if they mention one."""
    option = match(reply, start, end)
    if option is None:
        return None
    first, last = option.words[0].start, option.words[-1].end
    if len(option.words) == 1 and _DECLINES.search(reply.lower, max(first - _BEFORE, 0), last):
        return None
    said = other_words(reply, option, start, end)
    is_final, is_cued = _cues(reply, first, last)
    noun = _NOUN_AFTER.match(reply.lower, last)
    last = noun.end() if noun else last
    candidate = Candidate(option.index, first, last, cued=is_cued, dropped=_is_dropped(reply, option, start))
    if is_final:
        candidate.rank = Rank.FINAL
    elif is_cued or not said:
        candidate.rank = Rank.STATED
    if candidate.rank > Rank.MENTIONED:
        return candidate
    if not is_relevant(reply, option, said, start):
        return None
    if not is_predicate(reply, option, start, end):
        candidate.rank = Rank.HINTED
    return candidate


def _is_dropped(reply: Reply, option: Match, start: int) -> bool:
    """Whether the words since ``start`` reject the option, or leave it open."""
    first, last = option.words[0].start, option.words[-1].end
    noun = _NOUN_AFTER.match(reply.lower, last)
    stance = reply.stances.of(first, noun.end() if noun else last)
    if "not" not in option.form:
        return stance in (Stance.OPEN, Stance.REJECTED) or reply.stances.rejects_within(first, last)
    # The negation is the option's own, unless there are two.
    negations = [
        token for token in reply.tokens_between(reply.vocabulary, start, last) if token.stem == "not"
    ]
    return stance is Stance.OPEN or len(negations) > 1 or reply.stances.opens_within(first, last)


def _cues(reply: Reply, start: int, end: int) -> tuple[bool, bool]:
    """Whether words around a place make what stands there the final answer, or a stated one."""
    before = reply.before(start)
    is_final = patterns.FINAL_BEFORE.search(before) is not None
    is_cleft = _CLEFT_BEFORE.search(before) and _CLEFT_AFTER.match(reply.lower, end)
    is_cued = is_final or is_cleft or patterns.STATED_BEFORE.search(before) or _CONCLUDES.search(before)
    return is_final, bool(is_cued)


def _spelled_candidates(reply: Reply) -> Iterator[Candidate]:
    """Options that are found by their patterns: orders of clips, and scripts without spaces."""
    for text in reply.choices.pattern.finditer(reply.lower):
        index, (start, end) = int((text.lastgroup or "o")[1:]), text.span()
        begin, stop = reply.stances.clause(start, end)
        around = reply.lower[begin:start].strip(" \"'<([{•-:") + reply.lower[end:stop].strip(" \"'>)]}.!")
        is_stated = not around or _cues(reply, start, end)[1]
        if _CHAIN_BEFORE.search(reply.lower, max(0, start - _NEAR), start):
            continue
        # "I heard clip 1, clip 2, clip 3" states no order.
        is_list = index in reply.choices.chained and _COMMA.search(text[0]) and "then" not in text[0]
        if reply.stances.of(start, end) is Stance.ASSERTED and (is_stated or not is_list):
            yield Candidate(index, start, end, Rank.STATED if is_stated else Rank.MENTIONED)
