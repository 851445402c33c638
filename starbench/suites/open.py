"""Any suite: a directory that was built, or a data set that a task plug-in loads."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from starbench.errors import InputError, PluginError, StarbenchError
from starbench.plugins import registry
from starbench.schema import Item
from starbench.suites import suite as suites
from starbench.suites.suite import Suite

#: Argument of a task's ``load`` -> the option of the command line that gives it.
LOADING = {"columns": "--map", "sounds": "--sounds"}


def suite_directory(spec: str) -> Path | None:
    """The directory of a built suite that ``spec`` names; None: it names a task and its source."""
    name, _ = registry.split("tasks", spec)
    is_directory = Path(spec).is_dir() or (":" not in spec and name not in registry.available("tasks"))
    return Path(spec) if is_directory else None


def open_suite(
    spec: str,
    *,
    skip_bad: bool = False,
    to_decode: Callable[[Sequence[Item]], Iterable[Item]] = tuple,
    loading: Mapping[str, Any] | None = None,
) -> Suite:
    """Read a suite directory, or load what a task plug-in names (``task:source``).

    ``to_decode`` is as in :func:`starbench.suites.suite.read`; a task that fetches its sounds from elsewhere fetches
    those of the items it picks, and has no others. ``loading`` are arguments of the task's ``load`` (:data:`LOADING`).
    Raises :class:`InputError` if there is nothing there, or it is damaged.
    """
    loading = {name: value for name, value in (loading or {}).items() if value}
    if (directory := suite_directory(spec)) is not None:
        if loading:
            raise InputError(f"{_options(loading)}: is not for {spec}, which is a suite that was built")
        return suites.read(directory, skip_bad=skip_bad, to_decode=to_decode)
    name, source = registry.split("tasks", spec)
    task = registry.make("tasks", name)
    if not hasattr(task, "load"):
        raise InputError(
            f"task {name!r} is built, not loaded: starbench build {name} --out DIR, then --suite DIR"
        )
    taken = inspect.signature(task.load).parameters
    if unknown := {argument: value for argument, value in loading.items() if argument not in taken}:
        raise InputError(f"{_options(unknown)}: task {name!r} takes no such option: leave it out")
    picked = {"to_decode": to_decode} if "to_decode" in taken else {}
    try:
        loaded = task.load(source, skip_bad=skip_bad, **picked, **loading)
    except StarbenchError:
        raise
    except Exception as error:
        raise PluginError(f"task {name!r} cannot load {source!r}: {type(error).__name__}: {error}") from error
    if not isinstance(loaded, Suite):
        raise PluginError(f"task {name!r}: load() returned {type(loaded).__name__}, not a Suite")
    return loaded


def _options(loading: Mapping[str, Any]) -> str:
    return ", ".join(LOADING.get(name, name) for name in loading)
