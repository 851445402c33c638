"""Replies for programs: JSON, and calls of tools. What a field of the answer holds is read; names of fields are not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic_core import from_json

_ANSWERS = re.compile(
    r"(?:(?:final|correct|best|my|selected|predicted|chosen)_?)?(?:answer|choice|option|prediction|label|letter|response"
    r"|result|verdict|selected|chosen|value|text)(?:_?(?:letter|option|text|choice|\d))?"
)
#: Tools that hand in an answer.
_HANDS_IN = re.compile(r"(?:final|finish|submit|answer|respond|choose|select|return)", re.IGNORECASE)
#: Fields that hold what was thought or turned down.
_ASIDE = re.compile(
    r"errors?|messages?|not|rejected|excluded|ruled_out|thoughts?|thinking|reasoning|analysis|options|choices"
)
_FENCE = "```"
_CALL = re.compile(
    r"<tool_call>(?P<json>.*?)(?:</tool_call>|\Z)"
    r"|^[^\S\n]*action:[^\S\n]*(?P<action>\w{1,40})[\[(](?P<input>[^\n]*?)[\])]?[^\S\n]*$"
    r"|<function=(?P<tag>\w{1,40})>(?P<body>.*?)(?:</function>|\Z)"
    r"|\bfunctions\.(?P<function>\w{1,40})\((?P<arguments>[^\n]{0,400})\)",
    re.DOTALL | re.IGNORECASE | re.MULTILINE,
)
#: A longer document is read as text.
_LONGEST = 20_000


def unstructured(text: str) -> str:
    """A reply that is a JSON document as the text of its answer, and one that calls tools without those calls."""
    if len(text) > _LONGEST:
        return text
    document = _parsed(_unfenced(text.strip()))
    if isinstance(document, (dict, list)):
        said = _said(document)
        return text if said is None else said
    return _CALL.sub(_called, text)


def _unfenced(text: str) -> str:
    is_fenced = text.startswith(_FENCE) and text.endswith(_FENCE) and "\n" in text
    return text.removesuffix(_FENCE).partition("\n")[2] if is_fenced else text


def _parsed(text: str) -> Any:
    text = text.strip()
    if not text.startswith(("{", "[")):
        return None
    try:
        return from_json(text)
    except ValueError:
        return None


def _called(call: re.Match[str]) -> str:
    """What a call hands in, if that is what it does."""
    if call["json"] is None:
        pairs = (("action", "input"), ("tag", "body"), ("function", "arguments"))
        name, given = next((call[name], call[given]) for name, given in pairs if call[name])
    else:
        document = _parsed(call["json"])
        document = document if isinstance(document, dict) else {}
        name, given = str(document.get("name", "")), document.get("arguments", document.get("parameters", ""))
    if not _HANDS_IN.match(name):
        return "\n"
    document = given if isinstance(given, dict) else _parsed(str(given))
    said = _said(document) if isinstance(document, dict) else str(given)
    return f"\nfinal answer: {said}\n"


def _said(document: Any) -> str | None:
    """The text of the answer; None where the names of fields matter: "{"A": 0.7, "B": 0.3}"."""
    if isinstance(document, list):
        blocks = [block for block in document if isinstance(block, dict)]
        return (
            "\n".join(filter(None, map(_said, blocks))) if blocks and len(blocks) == len(document) else None
        )
    if any(len(name) == 1 for name in document):
        return None
    if "thinking" in str(document.get("type", "")):
        return ""
    answers = [value for name, value in document.items() if _ANSWERS.fullmatch(name.lower())]
    rest = [value for name, value in document.items() if not _ASIDE.fullmatch(name.lower())]
    return "\n".join(map(_joined, answers or rest))


def _joined(value: Any) -> str:
    """The values of a field: an order where they are numbers, else several things."""
    values = list(_values(value))
    return ("-" if all(text.isdigit() for text in values) else " and ").join(values)


def _values(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _values(one)
    elif value is not None:
        yield str(value)
