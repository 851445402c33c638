"""Which option some words state: by all its words, by a form of it, or by a part that no other option has."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from starbench.reading.choices import COMPARISON, Choices, Form
from starbench.reading.reply import Reply
from starbench.reading.tokens import Token

#: Words of an option that is known again by its wording.
_PHRASE = 3
_LIST_MARKER = re.compile(r"(?:\A|\n)\s*(?=\d+[.)]\s)")
_CHOSEN_FROM = re.compile(r"\b(?:of|among|out of)\s")
_LISTED = re.compile(r"(?:\s\w+)?\s?(?:&|,? (?:and|und|et|y|e|и))\s(?!not\b)(?:an? |the |some )?(?:\w+ )?")
_OR = re.compile(r"\b(?:or|oder|ou|o|или)\b")


@dataclass(frozen=True)
class Match:
    """An option that words state."""

    index: int
    form: Form
    words: tuple[Token, ...]
    """The words that state it."""
    compared: bool = False
    """It is compared with another option, which was left aside."""


def match(reply: Reply, start: int, end: int) -> Match | None:
    """The one option that the words from ``start`` to ``end`` state, if they state one."""
    words = telling_words(reply, start, end)
    if not words or are_alternatives(reply, reply.tokens_between(reply.vocabulary, start, end)):
        return None
    cut = None if reply.choices.has_comparison else COMPARISON.search(reply.lower, start, end)
    uncut = [token for token in words if cut is None or token.end <= cut.start()]
    rivals = frozenset(token.stem for token in uncut)
    stated = _spelled_out(reply, words, start, end, rivals) or _stated(words, reply.choices, rivals)
    if stated is not None:
        return Match(*stated, _aligned(words, stated[1]))
    if cut is None:
        return None
    words = uncut
    stated = _stated(words, reply.choices, rivals) if words else None
    return (
        None if stated is None else Match(*stated, _aligned(words, stated[1]), compared=not cut["contrast"])
    )


#: What follows a number that counts things, and what stands before it; else it may be a name, a date, a level.
_COUNTED_AFTER = re.compile(
    r"\s?(?:(?:\w{4,} )?\w+s\b|\W*\Z|[,.;:!?)\]]|times?\b|(?:is|are|was|were|or|and|because|since)\b)"
)
_COUNTED_BEFORE = re.compile(
    r"(?:\A|[,.:;(!?]|\b(?:\w{2,}s|\w{2,}ed|is|are|be|was|were|hear|heard|count|total|exactly|only|just|about"
    r"|of|answer|say|think"
    r"|guess|once|option|maybe|not|or|and|the|has|it's|that|either|be|i'd say))\W{0,3}\Z"
)
#: "No vowels": not the answer "no".
_NO_SUCH = re.compile(r"\s(?!(?:it|its|it's|there|they|the|this|that|i|he|she|we|you|one)\b)[a-z]{2}")
_PRONOUN_AFTER = re.compile(r"\s(?:can|could|may|might|would|must|has to|hears?|notices?)\b")
_TIMES = ("once", "twice", "thrice")
_UNIT = re.compile(
    r"\s?(?:k?hz|db|ms|s|sec\w*|minutes?|m|met\w{1,2}s?|cm|km|%|°|degrees?|bpm|am|pm|st|nd)\b"
    r"|\s(?:of the|day|man|woman|more)\b"
)


def telling_words(reply: Reply, start: int, end: int) -> list[Token]:
    """The words that distinguish options, each run of the same one once."""
    markers = _list_markers(reply.lower) if reply.choices.counted else frozenset()
    kept: list[Token] = []
    for token in reply.tokens_between(reply.vocabulary, start, end):
        is_repeated = kept and kept[-1].stem == token.stem and token.stem != "not"
        is_no_count = reply.choices.counted and (token.start in markers or not _is_count(reply.lower, token))
        is_none = token.word == "no" and reply.choices.is_yes_no and _NO_SUCH.match(reply.lower, token.end)
        if not is_repeated and not is_no_count and not is_none:
            kept.append(token)
    return kept


def _is_count(text: str, number: Token) -> bool:
    """Whether a number says how many: "3 times", "there are 3"; not "3 kHz", "channel 3 news"."""
    if number.word in _TIMES:
        return True
    if number.stem == "1" and _PRONOUN_AFTER.match(text, number.end):
        return False
    if _UNIT.match(text, number.end):
        return False
    before = text[max(0, number.start - 20) : number.start]
    return bool(_COUNTED_AFTER.match(text, number.end) and _COUNTED_BEFORE.search(before))


@lru_cache(maxsize=64)
def _list_markers(text: str) -> frozenset[int]:
    """Where numbers stand that count nothing: "1. Listen."."""
    return frozenset(marker.end() for marker in _LIST_MARKER.finditer(text))


def are_alternatives(reply: Reply, words: Sequence[Token]) -> bool:
    """Whether "or" stands between words of options, and in no option."""
    if len(words) < 2 or any(_OR.search(text) for text in reply.choices.texts):
        return False
    return _OR.search(reply.lower, words[0].end, words[-1].start) is not None


def are_coordinated(reply: Reply, start: int, end: int) -> bool:
    """Whether one of several things listed is meant: "piano, guitar and drums"."""
    words = [token for token in telling_words(reply, start, end) if _is_telling(token.stem, reply.choices)]
    return any(
        one.stem != other.stem
        and not _CHOSEN_FROM.search(reply.lower, start, one.start)
        and _LISTED.fullmatch(reply.lower, one.end, other.start)
        for one, other in pairwise(words)
    )


def mentioned(reply: Reply, start: int = 0, end: int | None = None) -> set[int]:
    """Indices of all options whose words the reply holds in any order, asserted or not."""
    words = reply.tokens_between(reply.vocabulary, start, len(reply.text) if end is None else end)
    stems = {token.stem for token in words} - {"not"}

    every = [(i, set(form)) for i, forms in enumerate(reply.choices.forms) for form in forms]
    held = [(i, form) for i, form in every if form <= stems]
    # "Above ear level" mentions no "at ear level".
    whole = {i for i, form in held if not any(j != i and form < other for j, other in held)}
    return whole | {i for i, form in every if any(_is_telling(word, reply.choices) for word in stems & form)}


def _spelled_out(
    reply: Reply, words: Sequence[Token], start: int, end: int, rivals: Set[str]
) -> tuple[int, Form] | None:
    """The only option whose text stands there word for word, and those of its words that distinguish options.

    None where one of the ``rivals`` beside it, words that nothing is compared with, tells of another option.
    """
    spans = {
        int((found.lastgroup or "o")[1:]): found.span()
        for found in reply.choices.pattern.finditer(reply.lower, start, end)
    }
    if len(spans) != 1:
        return None
    ((index, (first, last)),) = spans.items()
    form = tuple(token.stem for token in words if first <= token.start < last)
    outside = tuple(token.stem for token in words if not first <= token.start < last)
    others = (other for i, forms in enumerate(reply.choices.forms) if i != index for other in forms)
    is_phrase = len(reply.choices.words[index]) >= _PHRASE
    beside = (set(outside) & rivals) - set(form)
    is_other_meant = any(
        _within(other, outside) or ((telling := _telling(other, reply.choices)) and telling <= beside)
        for other in others
    )
    return (index, form) if form and is_phrase and not is_other_meant else None


def _stated(words: Sequence[Token], choices: Choices, rivals: Set[str]) -> tuple[int, Form] | None:
    """The option that is stated by exactly these words, by the only form that they hold, or by a part of only one."""
    stated = tuple(token.stem for token in words)
    every = [(i, form) for i, forms in enumerate(choices.forms) for form in forms]
    exact = [(i, form) for i, form in every if form == stated]
    if exact:
        return _only(exact)
    held = [(i, form) for i, form in every if _within(form, stated)]
    if held:
        return _longest(held, choices, rivals)
    if choices.lettered:
        return None
    reordered = [(i, form) for i, form in every if set(form) == set(stated)]
    if not choices.has_comparison and _only(reordered):  # "the louder sound is the second one"
        return _only(reordered)
    every = [(i, form) for i, form in every if i not in choices.abstaining]
    part = _only([(i, form) for i, form in every if _within(stated, form)])
    # "present" does not say "not present".
    is_whole = part is not None and stated != ("not",) and ("not" in stated or "not" not in part[1])
    return part if is_whole else None


def _only(pairs: Sequence[tuple[int, Form]]) -> tuple[int, Form] | None:
    """The shortest of some forms if they are all of one option."""
    return min(pairs, key=lambda pair: len(pair[1])) if len({i for i, _ in pairs}) == 1 else None


def _longest(held: Sequence[tuple[int, Form]], choices: Choices, rivals: Set[str]) -> tuple[int, Form] | None:
    """The longest form, unless another option's form is no part of it, or it is one word among words of others."""
    index, longest = max(held, key=lambda pair: len(pair[1]))
    if any(i != index and not _within(form, longest) for i, form in held):
        return None
    others = rivals - set(longest) - {"not"}
    n_telling = sum(_is_telling(word, choices) for word in longest)
    is_firm = n_telling > 1 or not any(_is_telling(word, choices) for word in others)
    return (index, longest) if is_firm else None


def _aligned(words: Sequence[Token], form: Form) -> tuple[Token, ...]:
    """The last words that make up the form, or all of it where it does not stand there whole."""
    used: list[Token] = []
    rest = list(form)
    for token in reversed(words):
        if rest and token.stem == rest[-1]:
            used.append(token)
            rest.pop()
    return tuple([token for token in words if token.stem in form] or words if rest else used[::-1])


def _telling(form: Form, choices: Choices) -> set[str]:
    """The words of a form that stand in no other option."""
    return {word for word in form if word != "not" and _is_telling(word, choices)}


def _is_telling(word: str, choices: Choices) -> bool:
    """Whether a word stands in one option alone."""
    return sum(any(word in form for form in forms) for forms in choices.forms) == 1


def _within(form: Sequence[str], words: Sequence[str]) -> bool:
    """Whether all words of ``form`` stand in ``words``, in their order."""
    rest = iter(words)
    return all(word in rest for word in form)
