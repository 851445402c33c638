"""Words for people, whatever a model, a server or a data set put into them."""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from starbench.redact import redact

if TYPE_CHECKING:
    from pydantic import ValidationError

_NOT_PLAIN = re.compile(r"[^\w.-]+", re.ASCII)
_LONGEST_SLUG = 100
_MOST_SUGGESTIONS = 30
#: pydantic's name of a problem -> what it is for who does not know pydantic.
_IN_OUR_WORDS = {
    "string_unicode": "holds a lone surrogate, half of a character: write the character itself",
    # Pydantic's sentence names a class of ours.
    "model_type": "must be an object: names and their values, in braces",
}
_LONGEST_SENTENCE = 1000
#: A server's megabytes are not looked at to say a sentence.
_MOST_READ = 20_000
#: Categories of Unicode: controls (C0, C1), and formats such as the marks of reading direction.
_INVISIBLE = ("Cc", "Cf")


def visible(text: str) -> str:
    """Text that moves no cursor, sets no colour and turns no reading direction, whatever a data set is named.

    Each blank is a space. Controls and invisible marks are dropped; what else cannot be shown, such as half
    a surrogate pair, is a question mark.
    """
    return text if text.isprintable() else "".join(map(_visible_character, text))


def _visible_character(character: str) -> str:
    if character.isprintable():
        return character
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in _INVISIBLE else "?"


def printable(text: str) -> str:
    """Text on one line, as :func:`visible`, in single spaces."""
    return " ".join(visible(text).split())


def visible_json(document: str) -> str:
    """The same JSON value with an escape for every character that a terminal would obey or not show."""
    if document.isprintable():
        return document
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in document)


def sentence(text: str) -> str:
    """One printable line without secrets, whatever a server or a file put into ``text``."""
    # Again: a dropped control may have stood within a secret.
    line = redact(printable(redact(text[:_MOST_READ])))
    return line if len(line) <= _LONGEST_SENTENCE else f"{line[:_LONGEST_SENTENCE]} …"


def slug(text: str) -> str:
    """``text`` fit for a path: everything but letters, digits, dots and dashes made a dash, never empty."""
    return _NOT_PLAIN.sub("-", text).strip("-.")[:_LONGEST_SLUG] or "unnamed"


def suggestion(name: str, known: Iterable[str]) -> str:
    """What may have been meant by a name that is not known: the closest known one, or all of them."""
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    more = len(names) - _MOST_SUGGESTIONS
    listed = ", ".join(names[:_MOST_SUGGESTIONS]) or "none"
    return f"there are {listed}{f' and {more} more' if more > 0 else ''}"


def validation_problem(error: ValidationError) -> str:
    """The first thing that pydantic objects to, as ``field: what is wrong with it``."""
    return problem_sentence(error.errors(include_url=False, include_context=False)[0])


def problem_sentence(detail: Any) -> str:
    """One entry of ``ValidationError.errors()``, as ``field: what is wrong with it``."""
    field = ".".join(str(part) for part in detail["loc"])
    problem = _IN_OUR_WORDS.get(detail["type"]) or str(detail["msg"]).removeprefix("Value error, ")
    return f"{field}: {problem}" if field else problem
