"""From ``--model`` to something that can be asked: finding an adapter, making it, holding it to its form."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from starbench.errors import InputError, PluginError, StarbenchError
from starbench.models.call import Asker, finished
from starbench.plugins import arguments as command_line
from starbench.plugins import registry
from starbench.plugins.source_location import at, explain, line_of
from starbench.redact import names_secret, redact
from starbench.schema import Capabilities, Prompt, Response

__all__ = ["PLUGIN", "Adapter", "Asker", "Model", "as_model", "resolve"]

#: How the names of plug-ins' files begin among the versions that a run records.
PLUGIN = "plugin:"

_NONE = Capabilities()


@runtime_checkable
class Adapter(Protocol):
    """A model. One method is required; all else is optional.

    Optional attributes and methods: ``capabilities`` (:class:`Capabilities`), ``server`` (the address
    that answers, for the record), ``identity`` (``dict[str, str]``: what the adapter chose or found by
    itself and answers depend on, such as ``{"checkpoint": "name@commit"}``; it stands beside the arguments
    in a run's record, and a run is not resumed with another), ``prices``
    (:class:`starbench.schema.Prices`), ``async check()`` (raise before anything is asked if nothing can
    succeed), ``close()`` (sync or async), and
    ``generate_batch(prompts)`` (sync or async): for a list of at most ``capabilities.max_batch`` prompts
    a list with the answer, or an :class:`starbench.errors.AdapterError`, of each in its place. One that
    raises fails every prompt of its batch. Batches come one at a time.
    """

    def generate(self, prompt: Prompt) -> Response | str | Awaitable[Response | str]:
        """Answer one prompt, sync or async; raise a :class:`starbench.errors.AdapterError` on failure.

        A sync one is called from several threads at once, as many as may be in flight: a model that
        bears only one call at a time declares ``Capabilities(max_in_flight=1)``.
        """
        ...


@dataclass(frozen=True)
class Model:
    """An adapter ready to be asked, and what identifies it."""

    spec: str
    arguments: dict[str, Any]
    adapter: Adapter
    versions: dict[str, str] = field(default_factory=dict)
    """``plugin:<file name>`` -> digest of the file that the adapter was made from, if it was one."""

    @property
    def capabilities(self) -> Capabilities:
        """What the adapter declares, or no known limit."""
        declared: Capabilities = getattr(self.adapter, "capabilities", _NONE)
        return declared

    @property
    def server(self) -> str | None:
        """The address that answers, if the adapter names one."""
        server = getattr(self.adapter, "server", None)
        return str(server) if server else None

    @property
    def identity(self) -> dict[str, str]:
        """What answers depend on besides the arguments, as the adapter tells it.

        Raises
        ------
        PluginError
            If that is no dictionary of texts.
        """
        told = getattr(self.adapter, "identity", None) or {}
        if not isinstance(told, dict) or not all(isinstance(x, str) for pair in told.items() for x in pair):
            raise PluginError(
                f"model {self.spec!r}: its identity is no dict of str, such as {{'weights': 'name@commit'}}"
                f"{at(line_of(type(self.adapter)))}"
            )
        return {name: redact(text) for name, text in told.items()}

    async def check(self) -> None:
        """Let the adapter object before anything is asked.

        Raises
        ------
        PluginError
            If the adapter's own ``check()`` fails by accident; what it raises of our tree passes.
        """
        await self._call("check")

    async def close(self) -> None:
        """Let the adapter clean up.

        Raises
        ------
        PluginError
            As :meth:`check`.
        """
        await self._call("close")

    async def _call(self, name: str) -> None:
        method = getattr(self.adapter, name, None)
        if method is None:
            return
        try:
            await finished(method())
        except StarbenchError:
            raise
        except registry.FAILURES as error:
            raise PluginError(f"model {self.spec!r}: {name}() failed: {explain(error, method)}") from error


def resolve(spec: str, arguments: Mapping[str, str] | None = None) -> Model:
    """Find and make the adapter that ``spec`` names.

    Parameters
    ----------
    spec : str
        ``name``, ``name:model`` (the adapter's first argument), ``file.py:Class`` or
        ``package.module:Class``.
    arguments : mapping
        Further arguments as typed on the command line; each is read as the type its parameter has.

    Raises
    ------
    InputError
        If it cannot be found or made; one sentence, with the file and line of a plug-in that is broken.
    """
    given = dict(arguments or {})
    if redact(spec) != spec:
        raise InputError("--model names a key of the environment: name the model, keys are never stored")
    for name, value in given.items():
        if names_secret(name) or redact(value) != value:
            raise InputError(f"--model-arg {name}: keys are read from the environment only, and never stored")
    name, model = registry.split("adapters", spec)
    factory = registry.load("adapters", name)
    versions = _versions(name)
    if model:
        given = {"model": model, **given}
    typed = command_line.typed(factory, given, spec)
    if inspect.iscoroutinefunction(factory):
        raise PluginError(
            f"model {spec!r} is made by an async function: make it in a plain one, and connect in "
            f"async check() or at the first question{at(line_of(factory))}"
        )
    try:
        adapter = factory(**typed)
    except StarbenchError:
        raise
    except registry.FAILURES as error:
        raise PluginError(f"model {spec!r} cannot be made: {explain(error, factory)}") from error
    return as_model(adapter, spec, command_line.recorded(typed, given), versions)


def _versions(name: str) -> dict[str, str]:
    """What tells one state of a plug-in's file from another; what is installed has a version of its own."""
    file = Path(name.partition(":")[0])
    return {f"{PLUGIN}{file.name}": sha256(file.read_bytes()).hexdigest()} if file.suffix == ".py" else {}


def as_model(
    adapter: Any,
    spec: str,
    arguments: Mapping[str, Any] | None = None,
    versions: Mapping[str, str] | None = None,
) -> Model:
    """Take an adapter that is made already, if it can be asked at all.

    Raises
    ------
    PluginError
        If it has no ``generate`` that takes one prompt and returns its answer, or what it declares is
        not :class:`Capabilities`; names the line to mend.
    """
    _refuse_uncallable(adapter, spec)
    try:
        declared = adapter.capabilities if _has(adapter, "capabilities") else _NONE
    except registry.FAILURES as error:
        raise PluginError(f"model {spec!r}: its capabilities raise {explain(error, adapter)}") from error
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
    return Model(spec, dict(arguments or {}), adapter, dict(versions or {}))


def _has(adapter: object, name: str) -> bool:
    """Whether an attribute is there, be it one that fails: ``getattr`` with a default would hide that."""
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
    try:
        inspect.signature(generate).bind(object())
    except TypeError:
        return False
    except ValueError:  # written in C: it will be seen
        return True
    return True
