"""Words of a reply and of an option in one form: without case, inflection, or the way a number is written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple


class Token(NamedTuple):
    """A word, its stem, and where it stands."""

    word: str
    stem: str
    start: int
    end: int


_TOKEN = re.compile(
    r"(?:counter|anti)-?clockwise|\d++(?:[.,]\d++)*+(?:(?:st|nd|rd|th)\b)?|[^\W\d_]+(?:'[^\W\d_]+)?"
)
NEGATORS = frozenset({"not", "no", "never", "nothing", "none", "neither", "un", "without", "cannot"})
_NUMBERS = dict(
    zip(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ],
        map(str, range(13)),
        strict=True,
    )
) | {"once": "1", "twice": "2", "thrice": "3"}
_ORDINALS = dict(
    zip(
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"],
        ("1st", "2nd", "3rd", *(f"{n}th" for n in range(4, 11))),
        strict=True,
    )
) | {"firstly": "1st", "secondly": "2nd"}
#: Stems that say nothing about a sound.
GENERIC = frozenset(
    [
        "clip",
        "sound",
        "audio",
        "segment",
        "part",
        "recording",
        "record",
        "tone",
        "track",
        "file",
        "two",
        "both",
        "which",
        "what",
        "silenc",
        "separat",
        "second",
    ]
)
#: Things that are numbered.
_NUMBERED = frozenset(
    [
        "clip",
        "sound",
        "audio",
        "segment",
        "part",
        "recording",
        "tone",
        "track",
        "file",
        "example",
        "sample",
        "excerpt",
        "snippet",
    ]
)
_BY_NUMBER = dict(zip(map(str, range(1, 11)), _ORDINALS.values(), strict=False))
#: Words that say nothing of which option is meant.
FILLERS = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "to",
        "in",
        "at",
        "on",
        "from",
        "with",
        "and",
        "or",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "it",
        "it's",
        "its",
        "that's",
        "that",
        "this",
        "these",
        "those",
        "there",
        "here",
        "they",
        "they're",
        "i",
        "i'm",
        "think",
        "believe",
        "would",
        "say",
        "answer",
        "choice",
        "option",
        "my",
        "correct",
        "clearly",
        "definitely",
        "by",
        "as",
        "for",
        "into",
        "ear",
        "side",
        "about",
        "approximately",
        "roughly",
        "around",
        "than",
        "then",
        "s",
        "t",
        "distance",
        "direction",
        "position",
        "hmm",
        "hm",
        "well",
        "okay",
        "ok",
        "ah",
        "oh",
        "um",
        "sure",
        "so",
    ]
)
#: Fillers of an option's text only: they may be all that a reply says.
_SYNONYMS = {
    "quieter": "soft", "quiet": "soft", "louder": "loud", "nearer": "close", "near": "close", "closer": "close",
    "further": "far", "farther": "far", "centre": "center", "middle": "center", "behind": "back", "rear": "back",
    "ahead": "front", "same": "same", "equal": "same", "equally": "same", "identical": "same", "lefthand": "left", "righthand": "right", "latter": "2nd", "former": "1st",
    "anticlockwise": "counterclockwise", "counter-clockwise": "counterclockwise", "anti-clockwise": "counterclockwise", "straight": "direct", "straightly": "direct",
    "metre": "meter", "metres": "meter", "m": "meter",
}  # fmt: skip
_SUFFIXES = (
    ("nesses", ""), ("ness", ""), ("wards", ""), ("ward", ""), ("iest", "y"), ("ier", "y"), ("ings", ""), ("ing", ""),
    ("est", ""), ("ers", ""), ("er", ""), ("edly", ""), ("ed", ""), ("ly", ""), ("ies", "y"), ("es", ""), ("s", ""), ("e", ""),
)  # fmt: skip
_LEAST = 3


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """A word without its ending: "louder" and "loudest" are "loud"; numbers are digits."""
    if word in _NUMBERS:
        return _NUMBERS[word]
    if word in _ORDINALS:
        return _ORDINALS[word]
    if word in _SYNONYMS:
        return _SYNONYMS[word]
    if word.endswith("n't") or word in NEGATORS:
        return "not"
    if not word.isascii() or not word.isalpha():
        return word
    for suffix, instead in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _LEAST:
            base = word[: -len(suffix)] + instead
            if suffix[0] in "ei" and len(base) > _LEAST and base[-1] == base[-2] and base[-1] not in "lse":
                base = base[:-1]
            return _SYNONYMS.get(base, base)
    return word


def tokens(text: str) -> list[Token]:
    """The words of a text in lower case, in order; the number of a clip ("clip 2") is an ordinal."""
    words = [Token(m[0], stem(m[0]), *m.span()) for m in _TOKEN.finditer(text)]
    for place, (before, token) in enumerate(pairwise(words), 1):
        between = text[before.end : token.start].strip(" ")
        if before.stem in _NUMBERED and token.stem in _BY_NUMBER and between in ("", "#"):
            words[place] = token._replace(stem=_BY_NUMBER[token.stem])
    return words


def content(words: Iterable[Token]) -> list[Token]:
    """The words that are no fillers."""
    return [token for token in words if token.word not in FILLERS and token.stem not in FILLERS]
