"""From ``--model`` to something that can be asked: finding an adapter, creating it, checking its form."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Mapping
from contextlib import chdir, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from starbench.errors import InputError, PluginError, StarbenchError
from starbench.models.adapter import NO_LIMITS, PLUGIN, Model
from starbench.plugins import arguments as command_line
from starbench.plugins import registry
from starbench.plugins.consent import of_a_record
from starbench.plugins.source_location import at, explain, line_of
from starbench.redact import address, names_secret, redact, register, register_address, register_fields
from starbench.schema import Capabilities, Run
from starbench.schema.base import Facts
from starbench.storage.inputs import read_bytes
from starbench.text import validation_problem

_FACTS: TypeAdapter[dict[str, Any]] = TypeAdapter(Facts)
#: A text that is an address and nothing else; a prompt that mentions one is recorded as it is.
_URL = re.compile(r"\w[\w+.-]*://\S+")


def resolve(spec: str, arguments: Mapping[str, str] | None = None) -> Model:
    """Find and make the adapter that ``spec`` names.

    ``spec`` is ``name``, ``name:model`` (the adapter's first argument), ``file.py:Class`` or
    ``package.module:Class``; ``arguments`` are as typed on the command line, each read as the type of its parameter.

    Raises :class:`InputError` if it cannot be found or made, with the line of a plug-in that is broken.
    """
    if redact(spec) != spec:
        raise InputError("--model names a key of the environment: name the model, keys are never stored")
    name, model = registry.split("adapters", spec)
    typed = {"model": model, **(arguments or {})} if model else dict(arguments or {})
    with chdir("."):  # a plug-in that goes elsewhere leaves the caller where it was
        factory = registry.load("adapters", name)
    with chdir("."):
        return make(factory, spec, typed, file_versions(name))


def resolve_again(
    run: Run, typed: Mapping[str, str], *, is_named: bool = False
) -> tuple[Model, dict[str, str]]:
    """Make the model of a run's record again; also returns its arguments, as they are typed.

    If the user has named the model (``is_named``), its arguments are those that are ``typed``. Else they are those of
    the record, and ``typed`` ones; then code that is not installed is not run, and no address is taken from the record.

    Raises :class:`InputError` as :func:`resolve`, and if it is another model now.
    """
    spec, recorded = run.identity.model, run.identity.model_args
    if is_named:
        arguments = dict(typed)
        model = resolve(spec, arguments)
    else:
        with of_a_record():
            arguments = {**_recorded_as_typed(run), **typed}
            model = resolve(spec, arguments)
    now = recorded_arguments(model)
    for name, value in recorded.items():
        if now.get(name) != value:
            raise InputError(f"the run was of {name}={value}, and the model of today has {now.get(name)}")
    for name, digest in run.versions.items():
        if name.startswith(PLUGIN) and model.versions.get(name) != digest:
            raise InputError(
                f"{name.removeprefix(PLUGIN)} changed since the run: what it answered was another model's"
            )
    return model, arguments


def _recorded_as_typed(run: Run) -> dict[str, str]:
    """Arguments of a record as they were typed, without addresses: nobody's key goes to a server that a file names."""
    spec = run.identity.model
    adapter, in_spec = registry.split("adapters", spec)
    factory = registry.load("adapters", adapter)
    not_typed = {*run.adapter_facts, *(("model",) if in_spec else ())}
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in run.identity.model_args.items()
        # A run of an older version does not say what the adapter said of itself.
        if name not in not_typed
        and command_line.takes(factory, name, spec)
        and not (isinstance(value, str) and _URL.fullmatch(value))
    }


def make(
    factory: Callable[..., Any],
    spec: str,
    typed: Mapping[str, str],
    versions: Mapping[str, str] | None = None,
) -> Model:
    """Make an adapter from its class; as :func:`resolve`, which names the class by ``spec``."""
    for name, value in typed.items():
        refuse_keys(name, value)
    values = command_line.typed(factory, typed, spec)
    if inspect.iscoroutinefunction(factory):
        raise PluginError(
            f"model {spec!r} is made by an async function: make it in a plain one, and connect in "
            f"async check() or at the first question{at(line_of(factory))}"
        )
    with registry.plugin_errors(
        lambda error: f"model {spec!r} cannot be made: {explain(error, factory)}", StarbenchError
    ):
        adapter = factory(**values)
    return as_model(adapter, spec, command_line.recorded(values, typed), versions)


def refuse_keys(name: str, value: str, option: str = command_line.OF_MODEL) -> None:
    """Raise :class:`InputError` if an argument is or holds a key; an address is recorded without it instead.

    ``option`` is what is typed before its name.
    """
    register_fields(value)
    is_address = bool(_URL.fullmatch(value))
    if is_address:
        register_address(value)
    if names_secret(name):
        register(value)
    if names_secret(name) or (not is_address and redact(value) != value):
        raise InputError(f"{option}{name}: keys are read from the environment only, and never stored")


def file_versions(name: str) -> dict[str, str]:
    """What identifies the state of a plug-in's file; an installed package has a version instead."""
    file = Path(name.partition(":")[0])
    return {f"{PLUGIN}{file.name}": sha256(read_bytes(file)).hexdigest()} if file.suffix == ".py" else {}


def as_model(
    adapter: Any,
    spec: str,
    arguments: Mapping[str, Any] | None = None,
    versions: Mapping[str, str] | None = None,
) -> Model:
    """Wrap an adapter that exists already.

    Raises :class:`PluginError`, with the line to fix, if it has no ``generate`` that takes one prompt and returns
    its answer, or what it declares is not :class:`Capabilities`.
    """
    _refuse_uncallable(adapter, spec)
    with registry.plugin_errors(
        lambda error: f"model {spec!r}: its capabilities raise {explain(error, adapter)}"
    ):
        declared = adapter.capabilities if _has(adapter, "capabilities") else NO_LIMITS
        if isinstance(declared, Capabilities):
            Capabilities.model_validate(declared)
    if not isinstance(declared, Capabilities):
        raise PluginError(
            f"model {spec!r}: its capabilities are of type {type(declared).__name__} and no "
            f"starbench.schema.Capabilities: write Capabilities(max_clips=1){at(line_of(type(adapter)))}"
        )
    if (declared.max_batch or 1) > 1 and not callable(getattr(adapter, "generate_batch", None)):
        raise PluginError(
            f"model {spec!r} declares max_batch={declared.max_batch} and has no method "
            f"generate_batch(prompts){at(line_of(type(adapter)))}"
        )
    # Looked up as it stands: a proxy raises whatever it likes for a name that it does not know.
    is_there = inspect.getattr_static(adapter, "versions", None) is not None
    own = Model(spec, {}, adapter).declared("versions") if is_there else None
    further = own if isinstance(own, dict) else {}
    return Model(spec, dict(arguments or {}), adapter, {**(versions or {}), **further})


def _has(adapter: object, name: str) -> bool:
    """Whether an attribute is there, even one that fails: ``getattr`` with a default would hide that."""
    missing = object()
    return inspect.getattr_static(adapter, name, missing) is not missing or hasattr(adapter, name)


def _refuse_uncallable(adapter: object, spec: str) -> None:
    generate = getattr(adapter, "generate", None)
    if generate is None:
        wrong = "has no method generate(prompt)"
    elif not callable(generate):
        wrong = f"has a generate of type {type(generate).__name__}, not a method generate(prompt)"
    elif inspect.isgeneratorfunction(generate) or inspect.isasyncgenfunction(generate):
        wrong = "has a generate() that yields: return the whole answer as one text"
    elif not _takes_a_prompt(generate):
        wrong = f"has generate{inspect.signature(generate)}, which does not take one prompt: generate(prompt)"
    else:
        return
    line = line_of(generate if callable(generate) else type(adapter))
    raise PluginError(f"model {spec!r} {wrong}{at(line)}")


def _takes_a_prompt(generate: Callable[..., Any]) -> bool:
    with suppress(ValueError):  # written in C: it will be seen
        try:
            inspect.signature(generate).bind(object())
        except TypeError:
            return False
    return True


def without_logins(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments whose addresses hold nothing that may be a key."""
    return {
        name: address(value) if isinstance(value, str) and _URL.fullmatch(value) else value
        for name, value in arguments.items()
    }


def recorded_arguments(model: Model) -> dict[str, Any]:
    """A model's arguments without what an address can hide, and without its server's address.

    They include what the adapter says about its own identity (:class:`starbench.models.adapter.Adapter`).
    Where a model is served is not what it is: a local server may come back on another port. Raises
    :class:`InputError` if they have no form in JSON, as infinity has none.
    """
    recorded = without_logins(model.arguments)
    kept = {name: value for name, value in recorded.items() if not model.server or value != model.server}
    try:
        arguments: dict[str, Any] = _FACTS.validate_python({**kept, **model.identity})
    except ValidationError as error:
        problem = validation_problem(error)
        raise InputError(f"model {model.spec!r}: its arguments or its identity: {problem}") from error
    return arguments
