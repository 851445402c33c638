"""What is typed on the command line for a plug-in, read as the types that its signature has."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any, get_type_hints

from pydantic import PydanticSchemaGenerationError, PydanticUserError, TypeAdapter, ValidationError

from starbench.errors import InputError, PluginError
from starbench.plugins.source_location import at, line_of
from starbench.storage.inputs import parse_json

#: What is typed before the name of a model's argument.
OF_MODEL = "--model-arg "
_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
#: Hints that say nothing.
_ANYTHING = (None, Any, object)
#: What to write where pydantic speaks of arrays and objects.
_AS_JSON = {
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type"), "a JSON list, e.g. [1, 2]"),
    **dict.fromkeys(("dict_type", "dataclass_type", "model_type"), 'a JSON object, e.g. {"a": 1}'),
}


def typed(
    factory: Callable[..., Any],
    arguments: Mapping[str, str],
    spec: str,
    *,
    kind: str = "model",
    option: str = OF_MODEL,
) -> dict[str, Any]:
    """Read each value as the type of its parameter of ``factory``; what has none is read as JSON if it is.

    A list, a mapping, a dataclass or a ``null`` is written as JSON: ``sizes=[1, 2]``. For messages, ``spec`` is what
    the user calls the plug-in, ``kind`` what it is, and ``option`` what is typed before an argument's name: empty where
    none can be given.

    Raises :class:`InputError` if an argument is unknown, missing, or not of its type, :class:`PluginError` if
    ``factory`` is nothing that can be called by name.
    """
    plugin = f"{kind} {spec!r}"
    parameters = _parameters(factory, plugin)
    hints = _hints(factory)
    open_ended = next((p.name for p in parameters.values() if p.kind is p.VAR_KEYWORD), None)
    named = {name: p for name, p in parameters.items() if p.kind in _BY_NAME}
    values = {}
    for name, text in arguments.items():
        if name not in named and open_ended is None:
            raise InputError(f"{plugin} takes no argument {name!r}: there are {', '.join(named) or 'none'}")
        values[name] = _value(plugin, name, text, hints.get(name if name in named else open_ended or name))
    for name, parameter in named.items():
        if parameter.default is parameter.empty and name not in values:
            raise InputError(f"{plugin} needs {name!r}: {_way_to_give(name, factory, spec, option)}")
    return values


def _way_to_give(name: str, factory: Callable[..., Any], spec: str, option: str) -> str:
    if name == "base_url" and option == OF_MODEL:
        return "give --base-url ADDRESS"
    if name != "model":
        return f"give {option}{name}=…" if option else f"give it a default value{at(line_of(factory))}"
    plugin = spec.rstrip(":")
    if plugin.endswith(".py"):  # with one class, which need not be named otherwise
        plugin = f"{plugin}:{getattr(factory, '__name__', 'CLASS')}"
    return f"name it as {plugin}:MODEL"


def recorded(values: Mapping[str, Any], arguments: Mapping[str, str]) -> dict[str, Any]:
    """Arguments as a run's record can hold them: plain JSON as it is, anything else as it was typed."""
    return {name: value if _is_json(value) else arguments[name] for name, value in values.items()}


def _is_json(value: Any) -> bool:
    try:
        same: bool = json.loads(json.dumps(value, allow_nan=False)) == value
    except (TypeError, ValueError):
        return False
    return same and not isinstance(value, tuple)


def takes(factory: Callable[..., Any], name: str, spec: str) -> bool:
    """Whether ``factory`` has an argument of this name, or takes any."""
    parameters = _parameters(factory, f"model {spec!r}")
    return any(
        parameter.kind is parameter.VAR_KEYWORD or (known == name and parameter.kind in _BY_NAME)
        for known, parameter in parameters.items()
    )


def _parameters(factory: Callable[..., Any], plugin: str) -> Mapping[str, inspect.Parameter]:
    try:
        parameters = inspect.signature(factory).parameters
    except (TypeError, ValueError) as error:
        raise PluginError(f"{plugin} is neither a class nor a function") from error
    for name, parameter in parameters.items():
        if parameter.kind is parameter.POSITIONAL_ONLY and parameter.default is parameter.empty:
            raise PluginError(
                f"{plugin}: arguments are given by name, and {name!r} is taken by position only: "
                f"remove the '/'{at(line_of(factory))}"
            )
    return parameters


def _hints(factory: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(factory.__init__ if isinstance(factory, type) else factory)  # type: ignore[misc]
    except (NameError, TypeError):  # a hint that names what was never imported tells us nothing
        return {}


def _value(plugin: str, name: str, text: str, hint: Any) -> Any:
    if hint in _ANYTHING:
        try:
            return parse_json(text, name)
        except InputError:
            return text
    try:
        reader: TypeAdapter[Any] = TypeAdapter(hint)
    except (PydanticSchemaGenerationError, PydanticUserError):  # a type of the plug-in's own
        return text
    try:
        return reader.validate_strings(text)
    except ValidationError as error:
        try:
            return reader.validate_json(text)
        except ValidationError as other:
            # For a text that is JSON at least, the message says what is wrong with it as JSON.
            is_json = not any(detail["type"] == "json_invalid" for detail in other.errors())
            wrong = (other if is_json else error).errors()[0]
            place = "".join(f"[{step!r}]" for step in wrong["loc"]) if is_json else ""
            form = _AS_JSON.get(wrong["type"])
            problem = f"Input should be {form}" if form else wrong["msg"]
            raise InputError(f"{plugin}: {name}={text}: {place}{place and ': '}{problem}") from error
