"""What is worth knowing of the options before any reply is read."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from starbench.protocols.plain import plain

#: A lone capital, or a lone small letter with an end behind it. "I'm" and "A's" hold none.
LETTER = re.compile(
    r"(?<![A-Za-z0-9À-ʯ])(?<![A-Za-z]['\-])(?:[A-Z](?!'[A-Za-z])|[a-z](?=\s{0,3}(?:[>)\]}.,:;\"'!?|]|\Z|\n)))(?![A-Za-z0-9À-ʯ_])"
)
_WORD = re.compile(r"\w+(?:'\w+)?")
NEGATORS = frozenset({"not", "no", "never", "nothing", "none", "neither", "un", "isn't", "don't"})
#: Words that a short reply may add to an option's own without saying more.
FILLERS = frozenset(
    _WORD.findall(
        "the a an one ones it it's its is are was were they they're that's that this i think believe would"
        " say answer choice sound sounds option my correct clearly definitely"
    )
)
_CHAIN = re.compile(r"(?P<noun>[^\W\d]+)? ?\d(?: ?-> ?(?P=noun)? ?\d)+" r"|\d(?: ?-> ?\d)+")
#: "Speaker A", not "I don't know" nor "A dog".
_NAME = re.compile(r"\w\W{1,2}(?!I\b)[A-Z](?![\w'])|(?<!\w)[B-HJ-Z](?![\w'])\W{1,2}\w")
_ABSTAINS = re.compile(
    r"unable|unknown|don't know|cannot|can't|not sure|uncertain|无法|不知道|不确定|impossible"
)


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text, without case or punctuation."""
    return tuple(_WORD.findall(text.casefold()))


class Choices(NamedTuple):
    """What is worth knowing of a tuple of options before any reply is read."""

    words: tuple[tuple[str, ...], ...]
    pattern: re.Pattern[str]
    """Finds an option's text in a lower-case reply; group ``o<i>`` says which."""
    chained: frozenset[int]
    """Options that state an order of clips."""
    abstaining: frozenset[int]
    by_words: dict[tuple[str, ...], int]
    by_digits: dict[str, int]
    lettered: bool
    """A lone letter is part of an option's text, so it names nothing there."""


@lru_cache(maxsize=512)
def choices_of(options: tuple[str, ...]) -> Choices:
    """Prepare a tuple of option texts; kept, as a task asks the same few again and again."""
    texts = [plain(option).casefold() for option in options]
    words = tuple(words_of(text) for text in texts)
    chained = frozenset(i for i, text in enumerate(texts) if _CHAIN.fullmatch(text))
    digits = {i: "".join(re.findall(r"\d", texts[i])) for i in chained}
    patterns = {
        i: _chain_pattern(texts[i]) if i in chained else _text_pattern(words[i]) for i in range(len(texts))
    }
    # The longest first, so that "same" is not found inside "both are the same".
    longest = sorted((i for i in patterns if words[i]), key=lambda i: -len(texts[i]))
    return Choices(
        words=words,
        pattern=re.compile("|".join(f"(?P<o{i}>{patterns[i]})" for i in longest) or r"(?!)"),
        chained=chained,
        abstaining=frozenset(i for i, text in enumerate(texts) if _ABSTAINS.search(text)),
        by_words={w: i for i, w in enumerate(words) if w and words.count(w) == 1},
        by_digits={d: i for i, d in digits.items() if list(digits.values()).count(d) == 1},
        lettered=any(_NAME.search(option) for option in options),
    )


def _text_pattern(words: tuple[str, ...]) -> str:
    body = r"[^\w\n]{1,4}".join(map(re.escape, words))
    # Chinese and Japanese put no space between words.
    before = r"(?<![a-z0-9])" if words and words[0].isascii() else ""
    after = r"(?![a-z0-9]|'[a-z])" if words and words[-1].isascii() else ""
    return before + body + after


def _chain_pattern(text: str) -> str:
    """Match "clip 2 (a tap) -> clip 1: a door -> clip 3", "2-1-3" or "Clip 2, Clip 1, Clip 3"."""
    noun = re.escape((_WORD.search(text) or [""])[0].rstrip("0123456789"))
    item = rf"(?:\b{noun}s?\W{{0,2}})?"
    link = r"\s{0,2}(?:\([^()\n]{0,80}\)|:[^:>\n]{0,60}?)?\s{0,2}"
    link += r"(?:->|>|-|,|then|,? ?(?:and )?then|followed by)\s{0,2}"
    clips = re.findall(r"\d", text)
    return (
        r"(?<![\w.-])"
        + item
        + link.join((clips[0], *(item + clip for clip in clips[1:])))
        + r"(?!\w|\s?->|-\d|\.\d|, ?\d)"
    )
