"""The formats of prediction files: two that name any data set, and those that task plug-ins bring for their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from starbench.errors import InputError, PluginError, StarbenchError
from starbench.importing import generic, inspect_log
from starbench.plugins import registry
from starbench.schema.imported import PredictionSet
from starbench.text import suggestion

Reader = Callable[[Path], Iterable[PredictionSet]]
#: Formats that belong to no data set -> how they are read.
FORMATS: Mapping[str, Reader] = {"jsonl": generic.read, "inspect": inspect_log.read}


def read_predictions(name: str, path: Path) -> list[PredictionSet]:
    """The predictions in the file or folder ``path``: one set for each system.

    ``name`` is a format, or a task that has a method ``read_predictions(path)``. Raises an InputError if there is no
    such format, or the files are not in it.
    """
    reader = FORMATS.get(name) or _of_task(name)
    if not path.exists():
        raise InputError(f"there is no file or folder {path}")
    try:
        found = list(reader(path))
    except StarbenchError:
        raise
    except Exception as error:
        raise PluginError(f"format {name!r} cannot read {path}: {type(error).__name__}: {error}") from error
    if not found:
        raise InputError(f"{path} holds no predictions in format {name!r}")
    return found


def _of_task(name: str) -> Reader:
    if name in registry.available("tasks"):
        registry.load("tasks", name)  # which says why it is broken, if it is
    known = [*FORMATS, *(task for task in registry.available("tasks") if _reads_predictions(task))]
    if name not in known:
        raise InputError(f"no format of predictions is called {name!r}: {suggestion(name, known)}")
    reader: Reader = registry.make("tasks", name).read_predictions
    return reader


def _reads_predictions(task: str) -> bool:
    try:
        return hasattr(registry.load("tasks", task), "read_predictions")
    except PluginError:  # one that is broken is no format, and keeps nobody from the others
        return False
