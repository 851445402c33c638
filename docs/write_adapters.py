"""Writes docs/adapters.md, the arguments of every adapter, from signatures and docstrings.

Run it as ``python docs/write_adapters.py``.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from types import NoneType
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

TARGET = Path(__file__).with_name("adapters.md")
HEAD = """\
# Arguments of the adapters

<!-- Written by docs/write_adapters.py from the adapters' signatures and docstrings: edit those. -->

`--model ADAPTER:MODEL` chooses the adapter and its argument `model`. `--model-arg ARGUMENT=VALUE`, as often
as needed, sets the others; `--base-url` is short for `base_url`. All but the server's address are part of a
run's identity: a run is not resumed with other values. Keys are read from the environment only and are never
an argument. [Models](models.md) has an example for each adapter.
"""
_TYPES = {str: "text", int: "whole number", float: "number", bool: "`true` or `false`", dict: "JSON object"}
_ROLE = re.compile(r":\w+:`[~.]?(?:[\w.]*\.)?(\w+)`")


class Docstring(NamedTuple):
    """What a class's docstring says of the class, and of each argument."""

    text: str
    arguments: dict[str, str]


def read(adapter: type) -> Docstring:
    """Read a class's docstring in NumPy's form."""
    text, _, rest = inspect.cleandoc(adapter.__doc__ or "").partition("\nParameters\n----------\n")
    parameters = re.split(r"\n\n\w+\n-{3,}\n", rest)[0]
    entries = re.findall(r"^(\w+) : .*\n((?: +.*\n?)+)", parameters, re.MULTILINE)
    paragraphs = (markdown(paragraph) for paragraph in text.split("\n\n"))
    return Docstring("\n\n".join(paragraphs), {name: markdown(body) for name, body in entries})


def markdown(text: str) -> str:
    """Turn reStructuredText of several lines into Markdown of one."""
    return " ".join(_ROLE.sub(r"`\1`", text).replace("``", "`").split())


def value(hint: Any) -> str:
    """Say what a value of a type looks like on the command line."""
    kind = get_origin(hint) or hint
    if kind in _TYPES:
        return _TYPES[kind]
    if kind is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(hint))
    return " or ".join(value(member) for member in get_args(hint) if member is not NoneType)


def default(parameter: inspect.Parameter) -> str:
    """Say what holds if an argument is not given; nothing where its description says it."""
    if parameter.default is parameter.empty:
        return "required"
    if parameter.default is None or parameter.default == "":
        return ""
    return f"`{str(parameter.default).lower() if parameter.annotation == 'bool' else parameter.default}`"


def rows(adapter: type) -> Iterator[str]:
    """Yield a table's row for each argument."""
    hints, described = get_type_hints(adapter.__init__), read(adapter).arguments
    for name, parameter in inspect.signature(adapter).parameters.items():
        cells = (f"`{name}`", value(hints[name]), default(parameter), described[name])
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def sections() -> Iterator[str]:
    """Yield a section for each installed adapter of ours."""
    for point in sorted(entry_points(group="starbench.adapters"), key=lambda point: point.name):
        if point.value.startswith("starbench."):
            adapter = point.load()
            table = ["| argument | value | default | what it is |", "|---|---|---|---|", *rows(adapter)]
            yield "\n".join([f"## `{point.name}`", "", read(adapter).text, "", *table, ""])


def render() -> str:
    """Return the document."""
    return "\n".join([HEAD, *sections()])


if __name__ == "__main__":
    TARGET.write_text(render(), "utf-8")
