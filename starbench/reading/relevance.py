"""Whether a sentence that holds an option's words says it: as its predicate, and in the respect asked about."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from starbench.reading.choices import POINTERS
from starbench.reading.matching import Match
from starbench.reading.reply import Reply
from starbench.reading.tokens import FILLERS, GENERIC, Token, tokens

#: A single word is an option where it is what a sentence says of its subject, not where it describes something else.
_PREDICATE = re.compile(
    r"(?:(?<!there )\b(?:is|are|was|were|be|being|seems?|appears?|sounds?|sounded|has|have|conveys?|shows?"
    r"|features?|exhibits?|remains?|feels?)|(?<!there)'s|\b(?:as|with|by|from|in|on|at|to|towards?"
    r"|(?:sound|noise|audio|recording|clip) of|like|de la|del|de|da|dalla|dal|von|vom|van|aus|à|с|из"
    r"|category|class|level))\s+(?:(?:to be|being|the|a|an|very|more|most|likely|clearly|probably|quite"
    r"|relatively|rather"
    r"|somewhat|slightly|much|\w+ly|coming|located|positioned|heard|considered|classified|described|in"
    r"|on|from"
    r"|as|at|your|its|my"
    r"|be|just|only|about|approximately|mostly|perceived|directly|primarily)\s+){0,5}\Z"
)
#: "I don't know what language it is" says nothing of other questions.
_OBJECT = re.compile(r"\s(?:what|which|who|why|how|where|when|the|any|much)\b")
_ENDS = re.compile(r"\W*(?:\w+\W{0,3}){0,1}(?:\Z|(?:of|in|from|with|at|than|compared)\b)")
_ENDS_OR_REASON = re.compile(
    r"[\"'>)\]}]{0,2}\s{0,2}(?:\Z|(?:because|since|as|and|but|due|than|rather|instead|based|for)\b)"
)
_VERB_AFTER = re.compile(
    r"\s+(?:(?:sound|noise|one|tone|clip|segment|source|instrument) )?(?:is|are|was|were|can|could|has|have"
    r"|seems|sounds|appears|plays)\b"
    r"|\s+and \w+\W*\Z"
)
#: What may follow an ordinal that stands for a sound: "the second one", "the second is higher"; not "first aid".
_POINTED_AT = re.compile(
    r"\W*\Z|[,.;:!?]|\s(?:(?:sound|audio|clip|segment|part|recording|tone|track|one|half|option|note"
    r"|event|sample)s?\b"
    r"|\w+ (?:is|was|has|plays|sounds|seems)|is|was|has|had|sounds|seems|appears|gives|carries|because"
    r"|since|as|due|than|and|but|by|in)\b"
)
_CONTRASTS = ("but", "instead", "rather", "sondern", "sino")
_COMPARATIVE = re.compile(r"(?:greater|smaller|\w{3,}er|\w{3,}est)")
#: Opposites, by stem: a reply that says the one was not asked for the other.
_PAIRS = (
    ("high", "low"), ("loud", "soft"), ("long", "short"), ("bright", "dark"), ("fast", "slow"), ("close", "far"),
    ("more", "less"), ("more", "few"), ("great", "small"), ("strong", "weak"), ("hard", "soft"), ("left", "right"),
    ("large", "small"), ("big", "small"), ("front", "back"), ("early", "late"), ("above", "below"), ("up", "down"),
    ("reverberant", "dry"), ("wide", "narrow"), ("thick", "thin"), ("increas", "decreas"), ("ris", "fall"),
)  # fmt: skip
_LESS = frozenset(["less", "least", "fewer", "moins", "menos", "meno", "weniger", "minder", "mniej", "менее"])
_OPPOSITES: dict[str, set[str]] = {}
for _one, _other in _PAIRS:
    _OPPOSITES.setdefault(_one, set()).add(_other)
    _OPPOSITES.setdefault(_other, set()).add(_one)


def other_words(reply: Reply, match: Match, start: int, end: int) -> list[Token]:
    """What else is said between ``start`` and ``end``: words that are no fillers, and in no option."""
    places = {token.start for token in match.words}
    return [
        token
        for token in reply.tokens_between(reply.tokens, start, end)
        if token.start not in places
        and token.word not in FILLERS
        and token.stem not in GENERIC
        and (token.word not in ("one", "ones") or reply.choices.counted)
        and token.stem not in reply.choices.stems
        and len(token.word) > 1
    ]


def is_relevant(reply: Reply, match: Match, said: Sequence[Token], start: int) -> bool:
    """Whether words since ``start`` that also say ``said`` say what was asked: no inference is made."""
    if match.index in reply.choices.abstaining and _OBJECT.match(reply.lower, match.words[-1].end):
        return reply.question is not None and _answers_question(reply, said)
    if match.index in reply.choices.pointing:
        if reply.question:
            return _answers_question(reply, said)
        is_whole = len(match.form) == len(match.words)
        points = _POINTED_AT.match(reply.lower, match.words[-1].end) is not None
        return is_whole and points and _agrees(said, reply.choices.stems)
    if _is_of_another(reply, match, start):
        return False
    only_points = {token.stem for token in match.words} - GENERIC <= POINTERS and len(match.form) > len(
        match.words
    )
    if match.compared or only_points:
        return reply.question is not None and _answers_question(reply, said)
    return _agrees(said, reply.question_words | set(match.form))


def _is_of_another(reply: Reply, match: Match, start: int) -> bool:
    """Whether the first of two sounds is spoken of where the question is about the second."""
    asked = [token.stem for token in tokens((reply.question or "").lower()) if token.stem in POINTERS]
    subject = [
        token.stem
        for token in reply.tokens_between(reply.tokens, start, match.words[0].start)
        if token.stem in POINTERS
    ]
    return bool(asked and subject) and subject[0] != asked[0]


def is_predicate(reply: Reply, match: Match, start: int, end: int) -> bool:
    """Whether a single word is what a sentence states of its subject; of several words any may be."""
    first, last = match.words[0], match.words[-1]
    is_telling = first.stem in POINTERS or first.stem.isdigit() or not first.word.isascii()
    if len(match.words) > 1 or is_telling or _is_phrase(reply, first, start, end):
        return True
    before, after = reply.lower[start : first.start], reply.lower[last.end : end]
    if reply.lower[:start].rstrip().endswith(_CONTRASTS):
        return _ENDS.match(after) is not None
    if before.strip(" \"'<([") in ("", "the", "a", "an"):
        return _VERB_AFTER.match(after) is not None
    is_end = _ENDS.match(after) or _ENDS_OR_REASON.match(after)
    return bool(is_end and _PREDICATE.search(before))


def _is_phrase(reply: Reply, word: Token, start: int, end: int) -> bool:
    """Whether a word stands in an option's text of several words."""
    texts = reply.choices.pattern.finditer(reply.lower, start, end)
    return any(text.end() > word.start and " " in text[0] for text in texts)


def _answers_question(reply: Reply, said: Sequence[Token]) -> bool:
    is_other = any(
        _COMPARATIVE.fullmatch(token.word) and token.stem not in reply.question_words for token in said
    )
    return (
        not is_other
        and _agrees(said, reply.question_words)
        and any(token.stem in reply.question_words for token in said)
    )


def _agrees(said: Sequence[Token], expected: Set[str]) -> bool:
    """Whether nothing that is said is the opposite of what is expected."""
    return not any(
        not expected.isdisjoint(_OPPOSITES.get(token.stem, ()))
        or token.word in _LESS
        or (token.word == "last" and "1st" in expected)
        for token in said
        if token.stem not in expected
    )
