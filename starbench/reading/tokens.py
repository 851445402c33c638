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


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Vowel signs and other marks within words, which ``\\w`` leaves out (Arabic, Indic scripts, Thai and others).
SIGNS = (
    "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0963\u0966-\u0dff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
)
_TOKEN = re.compile(
    r"(?:counter|anti)-?clockwise|(?<![^\W\d_])(?:(?<![\w°)])[-−])?\d++(?:[.,]\d++)*+(?:(?:st|nd|rd"
    rf"|th)\b)?|(?:[^\W\d_]|[{SIGNS}])+(?:'[^\W\d_]+)?"
)
NEGATORS = _words("not no never nothing none neither un without cannot")
_ENGLISH = _words(
    """
    the a an of to in at on from with and or is are was were be been being it it's its that's that this these those
    there here they they're i i'm think believe would say answer choice option my correct clearly definitely by as for
    into ear side about approximately roughly around than then s t distance direction position
    hand getting do does did directly direct straight
    pitched hmm hm well okay ok ah oh um sure so
    """
)
#: Words that say nothing of which option is meant.
FILLERS = _ENGLISH | _words(
    """
    le la les il lo el los las o os der die das dem den het een ein eine un une una um uma
    ist est es è é jest sind sont são son är er più plus mais más mehr meer daha
    welch welcher welche welches welk welke quel quelle cuál qual quale какой какая какое hangi który która które
    """
)
#: Stems that say nothing about a sound.
GENERIC = _words(
    "clip sound audio segment part recording record tone track file two both which what silenc separat"
    " away instrument someon somebody person tempo rhythm pace beat pitch timbre volum"
    # sound, recording, tone in other languages
    " geluid son som suono sonido звук звука dźwięk dźwięku ses geräusch aufnahm klang toon áudio enregistrement"
    " grabación gravação registrazion запись nagranie आवाज़ ध्वनि"
)
#: Things that are numbered.
_NUMBERED = _words(
    "clip sound audio segment part recording tone track file example sample excerpt snippet number"
)
_CARDINALS = (
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
)
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_BY_NUMBER = {str(n): {1: "1st", 2: "2nd", 3: "3rd"}.get(n, f"{n}th") for n in range(1, 11)}
_ENDINGS = ("1st", "2nd", "3rd", "th")
#: Stems of words that have another one than their ending tells.
_STEMS = {
    **{word: str(n) for n, word in enumerate(_CARDINALS)},
    **dict(zip(_ORDINALS, _BY_NUMBER.values(), strict=True)),
    **dict.fromkeys(NEGATORS, "not"),
    "once": "1", "twice": "2", "thrice": "3", "firstly": "1st", "secondly": "2nd", "former": "1st", "latter": "2nd",
    **dict.fromkeys(("same", "equal", "equally", "identical", "unchanged"), "same"),
    **dict.fromkeys(("quiet", "quieter", "gentle"), "soft"),
    **dict.fromkeys(("quick", "rapid"), "fast"),
    **dict.fromkeys(("yeah", "yep", "yup"), "yes"),
    **dict.fromkeys(("nope", "nah"), "not"),
    **dict.fromkeys(("approach", "approaches", "approaching"), "close"),
    **dict.fromkeys(("near", "nearer", "nearby", "closer"), "close"),
    **dict.fromkeys(("further", "farther", "distant"), "far"),
    **dict.fromkeys(("centre", "middle"), "center"),
    **dict.fromkeys(("behind", "rear"), "back"),
    **dict.fromkeys(("metre", "metres", "m"), "met"),
    **dict.fromkeys(("anticlockwise", "counter-clockwise", "anti-clockwise"), "counterclockwise"),
    **{
        word: ordinal
        for ordinal, forms in (
            ("1st", "erste ersten erster erstes erstem premier première premiers primero primera primer primeiro"
                    " primeira primo prima eerste första første birinci первый первая первое первого первой первом"
                    " pierwszy pierwsza pierwsze pierwszego pierwszej पहला पहली पहले"),
            ("2nd", "zweite zweiten zweiter zweites zweitem deuxième seconde segundo segunda secondo seconda tweede"
                    " andra anden ikinci второй вторая второе второго втором drugi druga drugie drugiego drugiej"
                    " दूसरा दूसरी दूसरे"),
            ("3rd", "dritte dritten dritter drittes drittem troisième tercero tercera tercer terceiro terceira terzo"
                    " terza derde üçüncü третий третья третье третьего trzeci trzecia trzecie तीसरा तीसरी तीसरे"),
        )
        for word in forms.split()
    },
    "ahead": "front", "straight": "direct", "overhead": "above", "lefthand": "left", "righthand": "right",
}  # fmt: skip
#: Endings, and what stands in their place in a stem.
_SUFFIXES = (
    *((suffix, "") for suffix in ("nesses", "ness", "wards", "ward")),
    *((suffix, "y") for suffix in ("iest", "ier")),
    *((suffix, "") for suffix in ("ings", "ing", "est", "ers", "er", "edly", "ed", "ly")),
    ("ies", "y"),
    *((suffix, "") for suffix in ("es", "s", "e")),
)
_LEAST = 3


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """A word without its ending: "louder" and "loudest" are "loud"; numbers are digits."""
    if word in _STEMS:
        return _STEMS[word]
    if word.endswith("n't"):
        return "not"
    if not (word.isascii() and word.isalpha()):
        return word
    for suffix, instead in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _LEAST:
            base = word[: -len(suffix)] + instead
            is_doubled = suffix[0] in "ei" and len(base) > _LEAST and base[-1] == base[-2]
            base = base[:-1] if is_doubled and base[-1] not in "lse" else base
            # "seconds" are no ordinal.
            return base if base in _CARDINALS or base in _ORDINALS else _STEMS.get(base, base)
    return word


def tokens(text: str) -> list[Token]:
    """The words of a text in lower case, in order; the number of a clip ("clip 2") is an ordinal."""
    words = [Token(m[0], stem(m[0]), *m.span()) for m in _TOKEN.finditer(text)]
    for place, (before, token) in enumerate(pairwise(words), 1):
        between = text[before.end : token.start].strip(" ")
        if before.word.removesuffix("s") in _NUMBERED and token.stem in _BY_NUMBER and between in ("", "#"):
            words[place] = token._replace(stem=_BY_NUMBER[token.stem])
    for place in range(3, len(words)):  # "clip one or two"
        name, number, joint, other = words[place - 3 : place + 1]
        if (
            name.word.removesuffix("s") in _NUMBERED
            and number.stem.endswith(_ENDINGS)
            and joint.word in ("or", "and")
        ):
            words[place] = other._replace(stem=_BY_NUMBER.get(other.stem, other.stem))
    return words


def content(words: Iterable[Token]) -> list[Token]:
    """The words that are no fillers."""
    return [token for token in words if token.word not in FILLERS and token.stem not in _ENGLISH]
