"""From ``--model`` to something that answers: finding an adapter, making it, and calling it."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread
from typing import Any, Protocol, TypeVar, get_type_hints, runtime_checkable

from pydantic import PydanticSchemaGenerationError, TypeAdapter, ValidationError

from starbench import plugins
from starbench.errors import AdapterError, AudioError, InputError, PluginError, RequestError, StarbenchError
from starbench.redact import names_secret, redact
from starbench.schema import Capabilities, Prompt, Response

T = TypeVar("T")


@runtime_checkable
class Adapter(Protocol):
    """A model. One method is required; all else is optional.

    Optional attributes and methods: ``capabilities`` (:class:`Capabilities`), ``server`` (the address
    that answers, for the record), ``async check()`` (raise before anything is asked if nothing can
    succeed), ``close()`` (sync or async).
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

    @property
    def capabilities(self) -> Capabilities:
        """What the adapter declares, or no known limit."""
        declared: Capabilities = getattr(self.adapter, "capabilities", Capabilities())
        return declared

    @property
    def server(self) -> str | None:
        """The address that answers, if the adapter names one."""
        server = getattr(self.adapter, "server", None)
        return str(server) if server else None

    async def check(self) -> None:
        """Let the adapter object before anything is asked."""
        check = getattr(self.adapter, "check", None)
        if check is not None:
            await _finished(check())

    async def close(self) -> None:
        """Let the adapter clean up."""
        close = getattr(self.adapter, "close", None)
        if close is not None:
            await _finished(close())


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
        If it cannot be found or made; one sentence.
    """
    given = dict(arguments or {})
    for name, value in given.items():
        if names_secret(name) or redact(value) != value:
            raise InputError(f"--model-arg {name}: keys are read from the environment only, and never stored")
    name, model = plugins.split("adapters", spec)
    factory = plugins.load("adapters", name)
    if model:
        given = {"model": model, **given}
    typed = _typed(factory, given, spec)
    try:
        adapter = factory(**typed)
    except StarbenchError:
        raise
    except Exception as error:
        raise PluginError(f"model {spec!r} cannot be made: {type(error).__name__}: {error}") from error
    if not callable(getattr(adapter, "generate", None)):
        raise PluginError(f"model {spec!r} has no method generate(prompt)")
    if not isinstance(getattr(adapter, "capabilities", Capabilities()), Capabilities):
        raise PluginError(f"model {spec!r}: its capabilities are not a starbench.schema.Capabilities")
    return Model(spec, typed, adapter)


def _typed(factory: Callable[..., Any], given: Mapping[str, str], spec: str) -> dict[str, Any]:
    try:
        parameters = inspect.signature(factory).parameters
    except (TypeError, ValueError) as error:
        raise PluginError(f"model {spec!r} is neither a class nor a function") from error
    hints = _hints(factory)
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    typed = {}
    for name, value in given.items():
        if name not in parameters and not open_ended:
            known = ", ".join(parameters) or "none"
            raise InputError(f"model {spec!r} takes no argument {name!r}: there are {known}")
        typed[name] = _value(spec, name, value, hints.get(name))
    for name, parameter in parameters.items():
        required = parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
        if required and parameter.kind is not parameter.VAR_POSITIONAL and name not in typed:
            hint = (
                f"name it as {spec.partition(':')[0]}:MODEL"
                if name == "model"
                else f"give --model-arg {name}=…"
            )
            raise InputError(f"model {spec!r} needs {name!r}: {hint}")
    return typed


def _hints(factory: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(factory.__init__ if isinstance(factory, type) else factory)  # type: ignore[misc]
    except (NameError, TypeError):  # a hint that names what was never imported tells us nothing
        return {}


def _value(spec: str, name: str, text: str, hint: Any) -> Any:
    """Read a command-line value as its parameter's type; without one, as JSON if it is."""
    if hint is None:
        try:
            return json.loads(text)
        except ValueError:
            return text
    try:
        return TypeAdapter(hint).validate_strings(text)
    except ValidationError as error:
        raise InputError(f"model {spec!r}: {name}={text}: {error.errors()[0]['msg']}") from error
    except PydanticSchemaGenerationError:
        return text


class Asker:
    """Calls an adapter; a sync one in a thread a call, so that one that hangs holds up no other.

    Parameters
    ----------
    adapter : Adapter
        What to call.
    """

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter
        self._is_async = inspect.iscoroutinefunction(adapter.generate)

    async def __call__(self, prompt: Prompt) -> Response:
        """Ask once.

        Raises
        ------
        AdapterError
            As the adapter raised it, or made from whatever else it raised.
        """
        try:
            if self._is_async:
                answer = await self._adapter.generate(prompt)  # type: ignore[misc]
            else:
                answer = await _finished(await _in_thread(lambda: self._generate(prompt)))
        except (AdapterError, AudioError, TimeoutError):
            raise
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Nobody cancelled us: let through, it would end the worker and lose its trial unseen.
            raise RequestError("generate() raised CancelledError", kind="adapter") from error
        except Exception as error:
            raise RequestError(f"{type(error).__name__}: {error}", kind="adapter") from error
        if isinstance(answer, str) or answer is None:
            return Response(text=answer)
        if not isinstance(answer, Response):
            raise RequestError(
                f"generate() returned {type(answer).__name__}, not str or Response", kind="adapter"
            )
        return answer

    def _generate(self, prompt: Prompt) -> object:
        try:
            return self._adapter.generate(prompt)
        except StopIteration as error:  # the one exception that no future can hold: it would hang
            raise RuntimeError("generate() raised StopIteration") from error


async def _in_thread(call: Callable[[], T]) -> T:
    """Run ``call`` in a thread that the process does not wait for when it ends, as a pool's would be."""
    done: Future[T] = Future()
    done.set_running_or_notify_cancel()

    def work() -> None:
        try:
            done.set_result(call())
        except BaseException as error:  # noqa: BLE001 - raised again where it is awaited
            done.set_exception(error)

    Thread(target=work, name="adapter", daemon=True).start()
    return await asyncio.wrap_future(done)


async def _finished(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value
