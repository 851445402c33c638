"""Which line of a plug-in an error comes from, so that its author need not search."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from pydantic import BaseModel, ValidationError

from starbench import schema
from starbench.text import printable

#: Characters of a wrong value that are shown.
_SHOWN = 60
#: What calls plug-ins: never the line that is sought. Ours, and the standard library's on the way.
_CALLERS = (
    "starbench.plugins.registry",
    "starbench.models.resolve",
    "starbench.models.call",
    "starbench.models.encoder",
    "starbench.models.batching",
    "starbench.models.limited",
    "starbench.models.processor",
    "importlib",
    "asyncio",
    "concurrent",
    "contextlib",
    "starbench.models.adapter",
)


def explain(error: BaseException, plugin: object = None) -> str:
    """An error in one line, with the line of ``plugin`` that it comes from where that is known."""
    line = line_at_fault(error, plugin) or line_of(plugin)
    if isinstance(error, ImportError) and _message_of(error):  # which say what is wrong by themselves
        return printable(_message_of(error)) + at(line)
    return described(error, line) + at(line)


def described(error: BaseException, line: str | None) -> str:
    """An error's kind and what it says, for a sentence that names ``line`` itself."""
    if isinstance(error, ValidationError):
        problems = (_record_problem(error.title, dict(each)) for each in error.errors(include_url=False))
        return printable("; ".join(problems))
    # A SyntaxError's text repeats its own place, which may be another than the line that is named.
    repeats = isinstance(error, SyntaxError) and line is not None and _own_line(error) == line
    text, kind = printable(_message_of(error.msg if repeats else error)), type(error).__name__  # type: ignore[attr-defined]
    return f"{kind}: {text}" if text else kind


def _record_problem(record: str, detail: dict[str, Any]) -> str:
    """What is wrong with one field of a record that a plug-in made, in one sentence instead of pydantic's page."""
    field = ".".join(str(step) for step in detail["loc"])
    if detail["type"] == "extra_forbidden":
        return f"{record} has no field {field}{_meant(record, field)}"
    if detail["type"] == "missing":
        return f"{record} needs {field}"
    if detail["type"] == "frozen_instance":
        return f"{record} cannot be changed: make another with model_copy(update={{{field!r}: …}})"
    return f"{record}({field}={shown_value(detail['input'])}): {detail['msg']}"


def shown_value(value: object) -> str:
    """The beginning of a wrong value, whatever its ``__repr__`` does."""
    text = _text_of(repr, value) or f"a {type(value).__name__}"
    text = printable(text[: 2 * _SHOWN])
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _meant(record: str, field: str) -> str:
    kind = getattr(schema, record, None)
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return ""
    close = difflib.get_close_matches(field, kind.model_fields, n=1)
    return f"; did you mean {close[0]}?" if close else f": there are {', '.join(kind.model_fields)}"


def is_sayable(error: object) -> bool:
    """Whether an error says something that is a text."""
    return _text_of(str, error) is not None


def _message_of(error: object) -> str:
    """What an error says; one whose own ``__str__`` fails says nothing, and must not end the run."""
    return _text_of(str, error) or ""


def _text_of(form: Callable[[object], str], thing: object) -> str | None:
    try:
        return form(thing)
    except Exception:  # noqa: BLE001 - whatever a plug-in's object does
        return None


def line_at_fault(error: BaseException, plugin: object = None) -> str | None:
    """``file:line`` of the deepest call within the file of ``plugin``, None if it was never entered.

    Without ``plugin``, the first file on the way that is not the harness's is meant.
    """
    if isinstance(error, SyntaxError) and error.filename and not _foreign(error.__traceback__):
        return _own_line(error)
    frames = _foreign(error.__traceback__)
    if not frames:
        return None
    own = source_file(plugin)
    lines = dict(frames)  # of several calls in one file, the deepest
    file = own if own is not None and own in lines else frames[0][0]
    return f"{shown(file)}:{lines[file]}" if Path(file).exists() else None


def _own_line(error: SyntaxError) -> str:
    return f"{shown(error.filename or '')}:{error.lineno or 1}"


def line_of(plugin: object) -> str | None:
    """``file:line`` where a function or class is defined, None where Python does not know."""
    thing, file = _definition(plugin), source_file(plugin)
    if file is None:
        return None
    code = getattr(thing, "__code__", None)
    if code is not None:
        return f"{shown(file)}:{code.co_firstlineno}"
    try:
        return f"{shown(file)}:{inspect.getsourcelines(thing)[1]}"
    except (OSError, TypeError):
        return shown(file)


def at(line: str | None) -> str:
    """The end of a sentence that names a line, nothing if there is none."""
    return f" ({line})" if line else ""


def source_file(plugin: object) -> str | None:
    """The file that ``plugin`` is defined in."""
    try:
        return inspect.getsourcefile(_definition(plugin))
    except TypeError:  # written in C, or nothing at all
        return None


def shown(file: str) -> str:
    """A path as short as it is clear: relative to the working directory where it lies below it."""
    path = Path(file)
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def _definition(plugin: object) -> Any:
    """The class or function behind a method, a partial, a decorated function or an instance."""
    while isinstance(plugin, functools.partial):
        plugin = plugin.func
    if inspect.isclass(plugin) or inspect.ismodule(plugin):
        return plugin
    if inspect.isroutine(plugin):
        return inspect.unwrap(getattr(plugin, "__func__", plugin))
    return type(plugin)


def _foreign(trace: TracebackType | None) -> list[tuple[str, int]]:
    """File and line of every call on the way to an error, without the callers that lead to the plug-in."""
    frames: list[tuple[str, int]] = []
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", ""))
        if frames or not module.startswith(_CALLERS):
            frames.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    return frames
