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
    return _READERS.get(kind) or _usual_reader(given)


def _usual_reader(given: Sequence[tuple[Any, Sequence[str]]]) -> AnswerReader:
    given = [(answer, options) for answer, options in given if not is_missing(answer) and options]
    is_text = [_place(answer, options) is not None for answer, options in given]
    is_letter = [_letter(_text(answer)) is not None for answer, _ in given]
    numbers = [_whole(answer) for answer, _ in given]
    if all(is_text) or any(
        text and not letter and number is None
        for text, letter, number in zip(is_text, is_letter, numbers, strict=True)
    ):
        return _by_text
    if sum(is_letter) > len(given) / 2:  # the others are faults
        return _by_letter
    if sum(number is not None for number in numbers) > len(given) / 2:
        from_one = any(number == len(options) for number, (_, options) in zip(numbers, given, strict=True))
        return _by_index if 0 in numbers else _by_number if from_one else _by_unclear_number
    return _by_text


def _by_text(answer: Any, options: Sequence[str]) -> int:
    text, place = _text(answer), _place(answer, options)
    if place is not None:
        return place
    letter = _letter(text)
    if letter is not None and letter < len(options):
        raise SuiteError(
            f"{text!r} is not among the options; if it is a letter, write all answers as letters, or this one as text"
        )
    hint = f": {suggestion(text, options)}" if options else ""
    raise SuiteError(f"{text[:SHOWN]!r} is not among the options{hint}")


def _by_letter(answer: Any, options: Sequence[str]) -> int:
    letter = _letter(_text(answer))
    if letter is None:
        raise SuiteError(f"{_text(answer)[:SHOWN]!r} is not a letter from A to {_last(options)}")
    return _checked(letter, answer, options)


def _by_index(answer: Any, options: Sequence[str]) -> int:
    return _checked(_number(answer), answer, options)


def _by_number(answer: Any, options: Sequence[str]) -> int:
    return _checked(_number(answer) - 1, answer, options)


def _by_unclear_number(answer: Any, options: Sequence[str]) -> int:  # noqa: ARG001
    raise SuiteError(
        f"{_text(answer)} counts from 0 or from 1, and no row shows which: write the option's text, or say which by "
        "--map answer_index=COLUMN (from 0) or --map answer_number=COLUMN (from 1)"
    )


def _checked(place: int, answer: Any, options: Sequence[str]) -> int:
    if not 0 <= place < len(options):
        raise SuiteError(f"{_text(answer)} names no option: there are {len(options)}, A to {_last(options)}")
    return place


_READERS: dict[str, AnswerReader] = {
    "answer_letter": _by_letter,
    "answer_index": _by_index,
    "answer_number": _by_number,
}


def _text(answer: Any) -> str:
    if isinstance(answer, float) and answer.is_integer():  # a column of whole numbers with gaps
        answer = int(answer)
    return " ".join(str(answer).split())


def _place(answer: Any, options: Sequence[str]) -> int | None:
    """Number of the option that an answer repeats, perhaps with the letter that led it."""
    text = _text(answer)
    label = LABEL.match(text)
    for candidate in (text, text[label.end() :] if label else text):
        if candidate in options:
            return list(options).index(candidate)
    return None


def _letter(text: str) -> int | None:
    match = _LETTER.fullmatch(text)
    return ord(match[1].upper()) - ord("A") if match else None


def _whole(answer: Any) -> int | None:
    text = _text(answer)
    return int(text) if re.fullmatch(r"\d{1,3}", text) and not isinstance(answer, bool) else None


def _number(answer: Any) -> int:
    number = _whole(answer)
    if number is None:
        raise SuiteError(f"{_text(answer)[:SHOWN]!r} is not a whole number")
    return number


def _last(options: Sequence[str]) -> str:
    return chr(ord("A") + max(len(options), 1) - 1)


def is_missing(answer: Any) -> bool:
    """Whether a cell holds no answer."""
    return answer is None or answer in ("", []) or answer != answer  # noqa: PLR0124 - a table's NaN
