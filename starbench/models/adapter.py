"""What a model is to the rest of starbench: an adapter with one method, and what identifies it."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from starbench.errors import PluginError, StarbenchError
from starbench.plugins import registry
from starbench.plugins.source_location import at, explain, line_of
from starbench.redact import redact
from starbench.schema import Capabilities, Prompt, Response

#: How the names of plug-ins' files begin among the versions that a run records.
PLUGIN = "plugin:"
#: How long an adapter's ``check()`` and ``close()`` may take, s.
CHECK_LIMIT_S, CLOSE_LIMIT_S = 120.0, 30.0
#: What an adapter that declares nothing is assumed to declare.
NO_LIMITS = Capabilities()


@runtime_checkable
class Adapter(Protocol):
    """A model. One method is required; all else is optional.

    Optional attributes and methods: ``capabilities`` (:class:`Capabilities`), ``server`` (the address
    that answers, for the record), ``identity`` (``dict[str, str]``: what the adapter chose or found by
    itself and answers depend on, such as ``{"checkpoint": "name@commit"}``; it stands beside the arguments
    in a run's record, and a run is not resumed with another), ``versions`` (``dict[str, str]``: digests of further
    files of plug-ins that it was made from, by ``plugin:<file name>``), ``prices``
    (:class:`starbench.schema.Prices`), ``async check()`` (raise before anything is asked if nothing can
    succeed; it may take two minutes, or the seconds that an attribute ``check_limit_s`` says),
    ``close()`` (sync or async; it may take half a minute), ``delivered(audio)`` (sync: the
    :class:`starbench.audio.Audio` that is left of a clip once the model's own front end has read it, for
    ``starbench audit``), and
    ``generate_batch(prompts)`` (sync or async): for a list of at most ``capabilities.max_batch`` prompts
    a list with the answer, or an :class:`starbench.errors.AdapterError`, of each in its place. One that
    raises fails every prompt of its batch. Batches come one at a time.
    """

    def generate(self, prompt: Prompt) -> Response | str | Awaitable[Response | str]:
        """Answer one prompt, sync or async; raise a :class:`starbench.errors.AdapterError` on failure.

        A sync one is called from several threads at once, as many as may be in flight: a model that
        supports only one call at a time declares ``Capabilities(max_in_flight=1)``.
        """


@dataclass(frozen=True)
class Model:
    """An adapter ready to be asked, and what identifies it."""

    spec: str
    arguments: dict[str, Any]
    adapter: Adapter
    versions: dict[str, str] = field(default_factory=dict)
    """``plugin:<file name>`` -> digest of the file that the adapter was made from, if it was one."""

    def declared(self, name: str, default: Any = None) -> Any:
        """An optional attribute of the adapter; raises :class:`PluginError` if reading it fails."""
        with registry.plugin_errors(
            lambda error: f"model {self.spec!r}: its {name} raises {explain(error, self.adapter)}"
        ):
            return getattr(self.adapter, name, default)

    @property
    def capabilities(self) -> Capabilities:
        declared: Capabilities = self.declared("capabilities", NO_LIMITS)
        return declared

    @property
    def server(self) -> str | None:
        """The address that answers, if the adapter names one."""
        server = self.declared("server")
        return str(server) if server else None

    @property
    def identity(self) -> dict[str, str]:
        """What answers depend on besides the arguments, as the adapter reports it."""
        identity = self.declared("identity") or {}
        is_dict = isinstance(identity, dict)
        if not is_dict or not all(isinstance(text, str) for pair in identity.items() for text in pair):
            raise PluginError(
                f"model {self.spec!r}: its identity is not a dict of str, such as {{'weights': 'name@commit'}}"
                f"{at(line_of(type(self.adapter)))}"
            )
        return {name: redact(text) for name, text in identity.items()}

    @property
    def check_limit_s(self) -> float:
        """How long ``check()`` may take, s: one that loads weights declares that it takes longer."""
        declared = self.declared("check_limit_s", CHECK_LIMIT_S)
        return float(declared) if isinstance(declared, int | float) and declared > 0 else CHECK_LIMIT_S

    async def check(self) -> None:
        """Let the adapter object before anything is asked.

        Raises :class:`PluginError` if its own ``check()`` fails by accident, or does not end in time; what it
        raises of our tree passes.
        """
        await self._call("check", self.check_limit_s)

    async def close(self, limit_s: float | None = None) -> None:
        """Let the adapter clean up, within :data:`CLOSE_LIMIT_S` if not within ``limit_s``; raises as :meth:`check`."""
        await self._call("close", limit_s or CLOSE_LIMIT_S)

    def overrun(self, name: str, limit_s: float) -> PluginError:
        """The error for a method that did not end in time."""
        line = at(line_of(getattr(self.adapter, name)))
        return PluginError(f"model {self.spec!r}: {name}() did not end within {limit_s:g} s{line}")

    async def _call(self, name: str, limit_s: float) -> None:
        from starbench.models.limited import limited

        method = getattr(self.adapter, name, None)
        if method is None:
            return
        with registry.plugin_errors(
            lambda error: f"model {self.spec!r}: {name}() failed: {explain(error, method)}", StarbenchError
        ):
            is_over = await limited(method, limit_s)
        if not is_over:
            raise self.overrun(name, limit_s)


async def finished(value: Any) -> Any:
    """What ``value`` is, or what it comes to once awaited."""
    return await value if inspect.isawaitable(value) else value
