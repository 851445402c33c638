"""The formats that suites and runs are exported to, by the name that ``starbench export --to`` takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from starbench.errors import InputError
from starbench.interchange import (
    chat,
    eval_results,
    every_eval_ever,
    hugging_face,
    inspect_log,
    lm_eval,
    tables,
)
from starbench.interchange.files import new_folder
from starbench.plugins import registry
from starbench.runs import directory
from starbench.runs.load import load
from starbench.suites.open import open_suite
from starbench.suites.suite import Suite
from starbench.text import suggestion

Options = Mapping[str, Any]


@dataclass(frozen=True)
class Format:
    """What is exported, and how: ``write`` returns sentences that say what was written, and what was left out."""

    of: Literal["run", "suite"]
    write: Callable[[Any, Path, Options], tuple[str, ...]]
    takes: frozenset[str] = frozenset()
    """Options that it knows."""
    default_name: Callable[[Options], str] | None = None
    """Name of the file in the run's directory where nobody says where."""


def _by_plugin(suite: Suite, out: Path, _: Options, *, task: str) -> tuple[str, ...]:
    """In the layout that the task plug-in of this name reads, by its method ``write(suite, out)``."""
    plugin = registry.make("tasks", task)
    with new_folder(out) as folder:
        sentences: tuple[str, ...] = plugin.write(suite, folder)
    return sentences


FORMATS: dict[str, Format] = {
    **{
        suffix: Format(
            "run",
            partial(tables.write, suffix=suffix),
            frozenset({"scores"}),
            partial(tables.default_name, suffix=suffix),
        )
        for suffix in tables.WRITERS
    },
    "every-eval-ever": Format("run", every_eval_ever.write),
    "eval-results": Format("run", eval_results.write, frozenset({"dataset"})),
    "inspect": Format("run", inspect_log.write),
    "lm-eval": Format("run", lm_eval.write),
    "hugging-face": Format("suite", hugging_face.write, frozenset({"dataset"})),
    "chat": Format("suite", chat.write, frozenset({"rotations"})),
    "star-bench": Format("suite", partial(_by_plugin, task="star-bench")),
}


def export(target: str, to: str, out: Path | None, options: Options) -> tuple[str, ...]:
    """Export a run's directory, or any suite, to a format; returns sentences about it.

    Raises :class:`InputError` if there is no such format, it is not for that, or the disk refuses it.
    """
    one = FORMATS.get(to)
    if one is None:
        raise InputError(f"there is no format {to!r}: {suggestion(to, FORMATS)}")
    for name, value in options.items():
        if value and name not in one.takes:
            users = ", ".join(name_ for name_, other in FORMATS.items() if name in other.takes)
            raise InputError(f"--{name} is for the formats {users}: leave it out")
    is_run = directory.is_run(Path(target))
    if is_run != (one.of == "run"):
        kind = "run" if is_run else "suite"
        fitting = ", ".join(name for name, other in FORMATS.items() if other.of == kind)
        raise InputError(f"{to} holds a {one.of}, and {target} is a {kind}: export it to {fitting}")
    data: Any = load(Path(target)) if is_run else open_suite(target)
    if out is None:
        if one.default_name is None:
            raise InputError(f"--to {to} needs --out: the folder to write")
        out = Path(target) / one.default_name(options)
    return one.write(data, out, options)
