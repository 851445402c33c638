"""``starbench list``: what is installed, and what lies below a folder."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from starbench.cli.output import echo
from starbench.errors import PluginError, StarbenchError
from starbench.plugins import registry
from starbench.plugins.registry import Kind
from starbench.protocols import PROTOCOLS
from starbench.runs import directory, journal
from starbench.suites.suite import MANIFEST, read
from starbench.text import printable, sentence

#: What the model gets under each condition; docs/conditions.md says what each is for.
CONDITIONS = {
    "audio": "the clips",
    "caption": "a text for each clip in place of the clips",
    "audio+caption": "the clips, and the whole scene in words",
    "audio+uncut": "the clips, and the uncut recording",
    "split": "left and right ear as two labelled mono clips",
    "mono": "the mean of the channels",
    "left-ear": "the left ear, in both channels",
    "right-ear": "the right ear, in both channels",
    "swap": "ears swapped, the right answer mirrored",
    "question-only": "no clip",
    "silence": "zeros of the clips' length, rate and channels",
    "noise": "noise at -30 dB re full scale",
}


def show_list(kind: str, folder: Path) -> None:
    """Print a line for each thing of a kind: its name or place, and what it is."""
    if kind == "conditions":
        rows = list(CONDITIONS.items())
    elif kind == "suites":
        rows = [(str(path.parent), _suite(path.parent)) for path in sorted(folder.rglob(MANIFEST))]
    elif kind == "runs":
        rows = [(str(path.parent), _run(path.parent)) for path in sorted(folder.rglob(directory.RUN))]
    else:
        rows = [*_built_in(kind), *_plugins(cast("Kind", kind))]
    rows = [(printable(name), printable(about)) for name, about in rows]
    width = max((len(name) for name, _ in rows), default=0)
    for name, about in rows:
        echo(f"{name:<{width}}  {about}")
    if not rows:
        echo(f"no {kind} below {folder}", err=True)


def _suite(path: Path) -> str:
    try:
        suite = read(path, skip_bad=True, check_digest=False)
    except StarbenchError as error:
        return f"(cannot be read: {sentence(str(error))})"
    return f"{suite.name}: {len(suite.items)} items, {len(suite.clips)} clips, digest {suite.digest[:12]}"


def _run(path: Path) -> str:
    try:
        run = directory.read(path)
        planned, ended = len(directory.read_plan(path)), len({line.key for line in journal.read(path)})
    except StarbenchError as error:
        return f"(cannot be read: {sentence(str(error))})"
    label = f"{run.label}: " if run.label else ""
    suites = ", ".join(suite.name for suite in run.identity.suites)
    return f"{label}{run.identity.model} on {suites}, {ended} of {planned} trials, begun {run.created[:10]}"


def _built_in(kind: str) -> Iterator[tuple[str, str]]:
    if kind == "protocols":
        yield from ((name, _about(protocol)) for name, protocol in PROTOCOLS.items())


def _about(plugin: object) -> str:
    return (inspect.getdoc(plugin) or "").partition("\n")[0].replace("``", "")


def _plugins(kind: Kind) -> Iterator[tuple[str, str]]:
    for name, point in registry.available(kind).items():
        try:
            about = _about(registry.load(kind, name))
        except PluginError as error:
            about = f"(broken: {sentence(str(error))})"
        origin = "" if point.dist is None or point.dist.name == "starbench" else f" [{point.dist.name}]"
        yield name, f"{about}{origin}"
