"""The one way to load synthesizers, tasks, protocols and adapters, ours and anyone's.

A plug-in is named by an entry point (``openai``), a file (``my_model.py:MyModel``) or an importable
object (``package.module:Class``). Names are resolved without importing anything but the plug-in
that was asked for.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from starbench.errors import PluginError, StarbenchError
from starbench.plugins.consent import ask_consent
from starbench.plugins.source_location import at, described, explain, line_at_fault, shown, source_file
from starbench.text import suggestion

Kind = Literal["adapters", "encoders", "protocols", "recognisers", "separators", "synthesizers", "tasks"]


def is_of_the_harness(error: BaseException) -> bool:
    """Whether an exception that came through a plug-in is the user's interrupt, or a cancellation by the harness.

    Anything else that a plug-in ends in is its failure: ``sys.exit()``, an exception above ``Exception``, a
    ``CancelledError`` that nobody asked for. Let through, these would end the harness without a message.
    """
    asyncio = sys.modules.get("asyncio")  # which costs time to import, and nothing is cancelled without it
    if asyncio is not None and isinstance(error, asyncio.CancelledError):
        try:
            task = asyncio.current_task()
        except RuntimeError:  # no event loop runs
            return False
        return task is None or bool(task.cancelling())
    return isinstance(error, KeyboardInterrupt)


@contextmanager
def plugin_errors(describe: Callable[[BaseException], str], *passing: type[Exception]) -> Iterator[None]:
    """Raise whatever a plug-in ends in as a :class:`PluginError`, which ``describe`` words; ``passing`` pass."""
    try:
        yield
    except BaseException as error:
        if is_of_the_harness(error) or isinstance(error, passing):
            raise
        raise PluginError(describe(error)) from error


@cache  # to read what every installed package declares takes milliseconds, and tasks load synthesizers often
def available(kind: Kind) -> Mapping[str, EntryPoint]:
    """Entry points of one kind by name, sorted; raises :class:`PluginError` if two packages claim one name."""
    points: dict[str, EntryPoint] = {}
    for point in sorted(entry_points(group=f"starbench.{kind}"), key=lambda p: p.name):
        other = points.setdefault(point.name, point)
        if other.value != point.value:
            raise PluginError(
                f"two packages install {kind} named {point.name!r} ({other.value} and {point.value}): "
                "uninstall one, or name the object itself as package.module:Object"
            )
    return points


def split(kind: Kind, spec: str) -> tuple[str, str]:
    """Split a plug-in's name from the argument that follows it; the argument is empty if there is none.

    ``spec`` is ``name``, ``name:argument``, ``file.py:Class``, ``file.py:Class:argument``,
    ``package.module:Class`` or ``package.module:Class:argument``.
    """
    head, _, rest = spec.partition(":")
    if head not in available(kind) and (head.endswith(".py") or (rest and _is_module(head))):
        attribute, _, argument = rest.partition(":")
        return (f"{head}:{attribute}" if attribute else head), argument
    return head, rest


def make(kind: Kind, name: str, **arguments: Any) -> Any:
    """Load a plug-in and call it with ``arguments``.

    Raises :class:`PluginError` if there is none of that name, or making it fails; an exception of our own tree passes.
    """
    factory = load(kind, name)
    with plugin_errors(
        lambda error: f"{kind[:-1]} {name!r} cannot be made: {explain(error, factory)}", StarbenchError
    ):
        return factory(**arguments)


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return "." in name


def load(kind: Kind, name: str) -> Any:
    """Import the plug-in called ``name``.

    Raises :class:`PluginError`, with what was tried and why it failed, or :class:`InputError` if it is not installed
    and only a record names it (:mod:`starbench.plugins.consent`).
    """
    target, _, attribute = name.partition(":")
    if target.endswith(".py") or attribute:
        ask_consent(name)
    if target.endswith(".py"):
        return _attribute(_from_file(Path(target)), attribute, target)
    if attribute:
        with plugin_errors(lambda error: f"module {target!r} cannot be imported: {explain(error)}"):
            module = importlib.import_module(target)
        return _attribute(module, attribute, target)
    points = available(kind)
    if name not in points:
        raise PluginError(f"no {kind[:-1]} is called {name!r}: {suggestion(name, points)}")
    point = points[name]

    def describe(error: BaseException) -> str:
        # A class that is missing raises in importlib: the module's own file is the next best place.
        file = source_file(sys.modules.get(point.value.partition(":")[0]))
        place = "" if line_at_fault(error) or file is None else at(shown(file))
        return f"plug-in {point.name!r} ({point.value}) cannot be loaded: {explain(error)}{place}"

    with plugin_errors(describe):
        return point.load()


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise PluginError(f"there is no file {path}")
    name = f"starbench_plugin_{path.stem}_{sha256(str(path.resolve()).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PluginError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    # Known by name before it runs, so that dataclasses and pickles of its classes resolve.
    sys.modules[name] = module
    folder = str(path.parent.resolve())
    sys.path.insert(0, folder)
    try:
        with plugin_errors(
            lambda error: f"{path}:{_line_in(error, path)}: {described(error, line_at_fault(error))}"
        ):
            spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    finally:
        if folder in sys.path:
            sys.path.remove(folder)
    return module


def _line_in(error: BaseException, path: Path) -> str:
    """Number of the line of ``path`` that failed; 1 if Python names none."""
    file, _, line = (line_at_fault(error) or "").rpartition(":")
    return line if file and Path(file).resolve() == path.resolve() else "1"


def _attribute(module: ModuleType, attribute: str, target: str) -> Any:
    if not attribute:
        own = [
            name
            for name, value in vars(module).items()
            if isinstance(value, type) and value.__module__ == module.__name__ and not name.startswith("_")
        ]
        if len(own) != 1:
            listed = ", ".join(own) or "no class"
            raise PluginError(f"{target} defines {listed}: name the one to use as {target}:Class")
        attribute = own[0]
    if not hasattr(module, attribute):
        close = difflib.get_close_matches(attribute, vars(module), n=1)
        hint = f"; did you mean {target}:{close[0]}?" if close else ""
        raise PluginError(f"{target} has nothing called {attribute!r}{hint}")
    return getattr(module, attribute)
