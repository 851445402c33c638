"""How the right answer of each question of a table is written: as a text, a letter or a number."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from starbench.errors import SuiteError
from starbench.text import suggestion

#: Longest text that a fault repeats.
SHOWN = 80
#: What leads an option, or an answer that repeats it: "A.", "(b)", "C)", "D:".
LABEL = re.compile(r"\(?([A-Ja-j])[.):]\)?\s+")
_LETTER = re.compile(r"[(<\[{]?\s*([A-Ja-j])\s*[)>\]}]?[.:]?")

#: Gives the number of the right option from 0; raises a SuiteError that says why there is none.
AnswerReader = Callable[[Any, Sequence[str]], int]


def answer_reader(kind: str, given: Sequence[tuple[Any, Sequence[str]]]) -> AnswerReader:
    """How the answers of a table are written: by the kind of its column, or by all of them together.

    ``given`` has each row's answer and options. One rule reads a whole table, so an answer "A" cannot be a text in
    one row and a letter in the next.
    """
    if kind in _READERS:
        return _READERS[kind]
    given = [(answer, options) for answer, options in given if not is_missing(answer) and options]
    n_texts = sum(_place(answer, options) is not None for answer, options in given)
    n_letters = sum(
        (letter := _letter(answer)) is not None and letter < len(options) for answer, options in given
    )
    numbers = [(number, len(options)) for answer, options in given if (number := _whole(answer)) is not None]
    # What does not read as most do is a fault.
    if n_texts >= max(n_letters, len(numbers)):
        return _by_text
    if n_letters >= len(numbers):
        return _by_letter
    n_from_0, n_from_1 = (sum(start <= n < start + n_options for n, n_options in numbers) for start in (0, 1))
    if n_from_0 == n_from_1:
        return _by_unclear_number
    return _by_index if n_from_0 > n_from_1 else _by_number


def _by_text(answer: Any, options: Sequence[str]) -> int:
    text, place = plain(answer), _place(answer, options)
    if place is not None:
        return place
    label = LABEL.match(text)
    if label and text[label.end() :] in options:
        raise SuiteError(
            f"{text[:SHOWN]!r} says the text of one option and the letter of another: correct one"
        )
    letter = _letter(text)
    if letter is not None and letter < len(options):
        raise SuiteError(
            f"{text!r} is not among the options; if it is a letter, write all answers as letters, or this one as text"
        )
    hint = f": {suggestion(text, options)}" if options else ""
    raise SuiteError(f"{text[:SHOWN]!r} is not among the options{hint}")


def _by_letter(answer: Any, options: Sequence[str]) -> int:
    letter = _letter(answer)
    if letter is None:
        raise SuiteError(
            f"{plain(answer)[:SHOWN]!r} is not a letter from A to {_last(options)}, as the answers of other rows are: "
            "write its letter"
        )
    return _checked(letter, answer, options)


def _by_index(answer: Any, options: Sequence[str]) -> int:
    return _checked(_number(answer), answer, options)


def _by_number(answer: Any, options: Sequence[str]) -> int:
    return _checked(_number(answer) - 1, answer, options)


def _by_unclear_number(answer: Any, options: Sequence[str]) -> int:  # noqa: ARG001
    raise SuiteError(
        f"{plain(answer)} counts from 0 or from 1, and the rows do not show which: write the option's text, or say "
        "which by --map answer_index=COLUMN (from 0) or --map answer_number=COLUMN (from 1)"
    )


def _checked(place: int, answer: Any, options: Sequence[str]) -> int:
    if not 0 <= place < len(options):
        raise SuiteError(
            f"{plain(answer)} names no option: there are {len(options)}, A to {_last(options)}: correct it"
        )
    return place


_READERS: dict[str, AnswerReader] = {
    "answer_letter": _by_letter,
    "answer_index": _by_index,
    "answer_number": _by_number,
}


def plain(value: Any) -> str:
    """What a cell says, in single spaces; a whole number in a column with gaps is one."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(str(value).split())


def is_missing(answer: Any) -> bool:
    """Whether a cell holds no answer."""
    return answer is None or answer == [] or not plain(answer)


def _place(answer: Any, options: Sequence[str]) -> int | None:
    """Number of the option that an answer repeats, perhaps with the letter that led it."""
    text = plain(answer)
    if text in options:
        return list(options).index(text)
    label = LABEL.match(text)
    place = list(options).index(text[label.end() :]) if label and text[label.end() :] in options else None
    return place if label and place == _letter(label[1]) else None


def _letter(answer: Any) -> int | None:
    match = _LETTER.fullmatch(plain(answer))
    return ord(match[1].upper()) - ord("A") if match else None


def _whole(answer: Any) -> int | None:
    text = plain(answer)
    return int(text) if re.fullmatch(r"\d{1,3}", text) else None


def _number(answer: Any) -> int:
    number = _whole(answer)
    if number is None:
        raise SuiteError(
            f"{plain(answer)[:SHOWN]!r} is not the number of an option: write the answers of all rows alike"
        )
    return number


def _last(options: Sequence[str]) -> str:
    return chr(ord("A") + max(len(options), 1) - 1)
