"""Lists that give every letter a mark (a tick, a cross, true, false) or a probability."""

from __future__ import annotations

import re

_GOOD = {"✅", "true", "yes", "correct", "right"}
_MARKS = r"✅|❌|true\b|false\b|(?<=[:=] )(?:yes|no|correct|incorrect|right|wrong)\b|(?<=[:=])(?:yes|no)\b"
_MARK_FIRST = re.compile(rf"({_MARKS})\s{{0,3}}[(<\[\"']?(?:option )?([a-z])(?![\w'])")
_LETTER_FIRST = re.compile(
    rf"(?<![\w'])([a-z])[)>\]\"']{{0,2}}\s?(?:[:=.–-]|(?<=\))|(?=[✅❌]))[^\n✅❌]{{0,80}}?({_MARKS})"
)
_SHARE = re.compile(
    r"(?<![\w'])([a-z])[)>\]\"']{0,2}\s?(?:[:=(–-]|is|at)\s?\(?~?\s?(\d{1,3}(?:\.\d+)?)\s?(%)?"
)
_OF_ONE = re.compile(r"(?<![\w'])([a-z])[)>\]\"']{0,2}\s?(?:[:=(–-]\s?)?(0?\.\d+|1\.0+)(?!\s?%)")
_SHARE_OF = re.compile(
    r"(\d{1,3}(?:\.\d+)?)\s?%\s?(?:chance|probability|likelihood|confidence|likely)?\s?(?:of|for|that it is"
    r"|that it's)?\s?([a-z])(?![\w'])"
)
_SAYS_SO = re.compile(r"\bp\(|probab|confiden|likel|chance|概率|可能性|確率|확률")


def scored_letter(text: str) -> str | None:
    """The one letter, in lower case, that a list marks as right or most probable; "" if it marks none or several.

    ``text`` is a reply in lower case; None if it holds no such list.
    """
    marked = _marked(text)
    return marked if marked is not None else _most_probable(text)


def _marked(text: str) -> str | None:
    first: re.Match[str] | None = re.search(_MARKS, text)
    if first is None:
        return None
    letter = re.search(r"(?<![\w'])[a-z](?![\w'])", text)
    if letter is not None and letter.start() < first.start():
        pairs = [(str(name), str(mark)) for name, mark in _LETTER_FIRST.findall(text)]
    else:
        pairs = [(str(name), str(mark)) for mark, name in _MARK_FIRST.findall(text)]
    names = [name for name, _ in pairs]
    if len(names) == 1 and pairs[0][1] == "✅" and text.count("✅") == 1 and "❌" not in text:
        return names[0]
    if len(set(names)) < 2 or len(set(names)) != len(names):
        return None
    good = [name for name, mark in pairs if mark in _GOOD]
    return good[0] if len(good) == 1 else ""


def _most_probable(text: str) -> str | None:
    shares = {str(name): float(share) for name, share, percent in _SHARE.findall(text) if percent}
    shares = (
        shares if len(shares) > 1 else {str(name): float(share) for share, name in _SHARE_OF.findall(text)}
    )
    shares = (
        shares
        if len(shares) > 1
        else {str(name): 100 * float(share) for name, share in _OF_ONE.findall(text)}
    )
    if len(shares) < 2:
        return None
    if not _SAYS_SO.search(text):
        return ""
    best = max(shares.values())
    names = [name for name, share in shares.items() if share == best]
    return names[0] if len(names) == 1 else ""
