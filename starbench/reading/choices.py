"""What is worth knowing of the options before any reply is read."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from starbench.reading.plain import plain
from starbench.reading.tokens import FILLERS, GENERIC, NEGATORS, SIGNS, Token, content, tokens

#: A lone capital, or a lone small letter with an end behind it. "I'm" and "A's" hold none.
LETTER = re.compile(
    r"(?<![A-Za-z0-9À-ʯ])(?<![A-Za-z]['\-])(?:[A-Z](?!'[A-Za-z]|-[A-Za-z]{2})"
    r"|[a-z](?=\s{0,3}(?:[>)\]}.,:;\"'!?|]|\Z"
    r"|\n)))(?![A-Za-z0-9À-ʯ_])"
)
_CHAIN = re.compile(r"(?P<noun>[^\W\d]+)? ?\d(?: ?-> ?(?P=noun)? ?\d)+" r"|\d(?: ?-> ?\d)+")
#: "Speaker A", not "I don't know" nor "A dog".
_NAME = re.compile(r"\w\W{1,2}(?!I\b)[A-Z](?![\w'])|(?<!\w)[B-HJ-Z](?![\w'])\W{1,2}\w")
_ABSTAINS = re.compile(
    r"unable|unknown|don't know|cannot|can't|not sure|uncertain|无法|不知道|不确定|impossible"
)
#: What another option is compared with, to the end of its clause.
COMPARISON = re.compile(
    r"\b(?:(?P<contrast>as opposed to|rather than|instead of|unlike)|than|dan|als|do que|que|чем|niż"
    r"|compared (?:to|with)|relative to|versus)\b"
)
_BRACKETED = re.compile(r"\(([^()]{1,80})\)")
_WORD = re.compile(rf"[\w{SIGNS}]+(?:'\w+)?")
#: Words that say which of several things is meant, and nothing about it.
POINTERS = frozenset(["1st", "2nd", "3rd", "4th", "5th", "6th", "last", "latter", "former"])

#: "Der erste Ton": in German a tone is any sound.
_NOUNS = GENERIC | {"ton"}
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_NAMED = re.compile(r"\w\W{1,2}[a-z]\Z")
Form = tuple[str, ...]


class Choices(NamedTuple):
    """What is worth knowing of a tuple of options before any reply is read."""

    texts: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]
    forms: tuple[frozenset[Form], ...]
    """The ways to say each option: its content words in order, brackets with or without."""
    has_comparison: bool
    """An option compares one sound with another ("higher than the first")."""
    vocabulary: frozenset[str]
    """Content words that some options have and others have not."""
    pattern: re.Pattern[str]
    """Finds an option's text in a lower-case reply; group ``o<i>`` says which."""
    spelled: bool
    """Options are found by their patterns alone: orders of clips, and scripts without spaces."""
    chained: frozenset[int]
    """Options that state an order of clips."""
    abstaining: frozenset[int]
    by_words: dict[tuple[str, ...], int]
    by_digits: dict[str, int]
    lettered: bool
    """A lone letter is part of an option's text, so it names nothing there."""
    negated: bool
    """An option holds a negation, so one in a reply may be its words."""
    is_yes_no: bool
    """An option is no more than "no"."""
    counted: bool
    """The options are numbers."""
    stems: frozenset[str]
    """Stems of all words of all options."""
    pointing: frozenset[int]
    """Options that only point at a sound ("the second"), so what a reply says of it must be what was asked."""

    def known(self, stem: str) -> str:
        """The stem of an option that ``stem`` is a longer or shorter form of, else itself."""
        if stem in self.vocabulary or len(stem) < _LEAST_COMMON:
            return stem
        forms = (known for known in self.vocabulary if len(known) >= _LEAST_COMMON)
        return next((known for known in forms if known.startswith(stem) or stem.startswith(known)), stem)


#: Words with so many first letters in common, where one is the start of the other, are forms of one word.
_LEAST_COMMON = 5


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, without case or punctuation."""
    return tuple(_WORD.findall(text.casefold()))


@lru_cache(maxsize=512)
def choices_of(options: tuple[str, ...]) -> Choices:
    """Prepare a tuple of option texts; kept, as a task asks the same few again and again."""
    texts = tuple(plain(option).casefold() for option in options)
    words = tuple(words_of(text) for text in texts)
    chained = frozenset(i for i, text in enumerate(texts) if _CHAIN.fullmatch(text))
    digits = {i: "".join(re.findall(r"\d", texts[i])) for i in chained}
    patterns = {
        i: _chain_pattern(texts[i]) if i in chained else _text_pattern(words[i]) for i in range(len(texts))
    }
    # The longest first, so that "same" is not found inside "both are the same".
    longest = sorted((i for i in patterns if words[i]), key=lambda i: -len(texts[i]))
    contents = [_content_words(text) for text in texts]
    negated = any(NEGATORS & set(text_words) for text_words in words)
    common = set(contents[0]).intersection(*contents[1:]) if len(contents) > 1 and not negated else set()
    lettered = any(_NAME.search(option) for option in options)
    if lettered or not all(set(of) - common for of in contents):  # "from left to right", "from right to left"
        common = set()
    forms = tuple(frozenset() if i in chained else _forms(text, common) for i, text in enumerate(texts))
    return Choices(
        texts=texts,
        words=words,
        forms=forms,
        vocabulary=frozenset(word for of in forms for form in of for word in form),
        has_comparison=any(COMPARISON.search(text) or " of the " in text for text in texts),
        pattern=re.compile("|".join(f"(?P<o{i}>{patterns[i]})" for i in longest) or r"(?!)"),
        spelled=bool(chained) or any(_UNSPACED.search(text) for text in texts),
        chained=chained,
        abstaining=frozenset(i for i, text in enumerate(texts) if _ABSTAINS.search(text)),
        by_words={w: i for i, w in enumerate(words) if w and words.count(w) == 1},
        by_digits={d: i for i, d in digits.items() if list(digits.values()).count(d) == 1},
        lettered=lettered,
        negated=negated,
        is_yes_no=any(("not",) in of for of in forms),
        counted=all(text.isdigit() for text in texts),
        stems=frozenset(token.stem for text in texts for token in tokens(text)),
        pointing=frozenset(
            i
            for i, of in enumerate(contents)
            if any(w in POINTERS for w in of) and len(set(of) - common - _NOUNS) == 1
        ),
    )


def _content_words(text: str) -> list[str]:
    # A lone letter that names an option's subject ("Speaker A") is no article.
    words = tokens(text)
    return [token.stem for token in (words if _NAMED.search(text) else content(words))]


def _forms(text: str, common: set[str]) -> frozenset[Form]:
    """The content words of the text, of the text without its brackets, and of what stands in them."""
    ways = (text, _BRACKETED.sub(" ", text), *_BRACKETED.findall(text))
    forms = {tuple(word for word in _content_words(way) if word not in common) for way in ways}
    # "Both sounds are the same": "they are the same".
    forms |= {
        tuple(word for word in form if word not in ("both", "sound")) for form in forms if "same" in form
    }
    return frozenset(forms - {()})


def _text_pattern(words: tuple[str, ...]) -> str:
    body = r"[^\w\n]{1,4}".join(map(re.escape, words))
    # Chinese and Japanese put no space between words.
    before = r"(?<![a-z0-9])" if words and words[0].isascii() else r"(?<![不没非无])"
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


__all__ = ["FILLERS", "LETTER", "NEGATORS", "Choices", "Form", "Token", "choices_of", "words_of"]
