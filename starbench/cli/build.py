"""``starbench build``: a suite from synthesizers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def build(
    task: Annotated[
        str, typer.Argument(help="A task that is built, e.g. perception (see: starbench list tasks).")
    ],
    out: Annotated[Path, typer.Option(help="Directory of the new suite.", show_default=False)],
    attributes: Annotated[
        str, typer.Option(help="What is to be heard, separated by commas; default: all that the task has.")
    ] = "",
    profile: Annotated[
        str, typer.Option(help="default, or star-bench: the paper's own design with its flaws.")
    ] = "default",
    size: Annotated[int | None, typer.Option(min=1, help="Number of items; default: the task's own.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 0,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=1024, help="Processes; any number gives the same bytes. Default: the CPUs."),
    ] = None,
    output_format: Annotated[
        str | None, typer.Option("--format", help="Channels of the clips, e.g. binaural, foa.")
    ] = None,
    hrtf: Annotated[
        Path | None, typer.Option(help="SOFA file of the head to listen with; default: the task's own.")
    ] = None,
    recordings: Annotated[
        Path | None, typer.Option(help="Folder of mono recordings to use as sources.")
    ] = None,
    stems: Annotated[
        bool, typer.Option("--stems", help="Keep each source alone as well, where the task has several.")
    ] = False,
    option: Annotated[
        list[str] | None, typer.Option(help="key=value for the task. Repeatable.", show_default=False)
    ] = None,
) -> None:
    """Build a suite: stimuli with known physics, questions about them, and their right answers.

    A build that was interrupted is gone on with by the same command. Exit codes: 0 done, 2 bad input or a
    full disk, 130 interrupted.
    """
    import os

    from starbench.execution.processes import ONE_THREAD

    os.environ.update(ONE_THREAD)  # before numpy is imported, by whatever comes next

    from starbench.build.build import build as build_suite
    from starbench.cli.progress import counting
    from starbench.plugins import registry
    from starbench.suites.suite import MANIFEST
    from starbench.synthesis import BuildSpec

    sugar = {
        "format": output_format,
        "hrtf": _existing("--hrtf", hrtf, Path.is_file, "file"),
        "recordings": _existing("--recordings", recordings, Path.is_dir, "folder"),
        "stems": "true" if stems else None,
    }
    options = _options(option or [], {name: value for name, value in sugar.items() if value is not None})
    known = getattr(registry.load("tasks", task), "attributes", ())
    wanted = tuple(part.strip() for part in attributes.split(",") if part.strip()) or tuple(known)
    spec = BuildSpec(wanted, profile, seed, size, options)
    try:
        with counting("building") as on_item:
            suite = build_suite(task, spec, out, on_item, workers=workers, on_note=_note)
    except KeyboardInterrupt:
        typer.echo("\nstarbench: interrupted; what was made is kept, and the same command goes on", err=True)
        raise
    typer.echo(f"{len(suite.items)} items, {len(suite.clips)} clips, digest {suite.digest[:12]}: {out}")
    dropped = _dropped(out)
    if dropped:
        typer.echo(
            f"{len(dropped)} cells of the design cannot be made; {out}/{MANIFEST} lists each with its reason"
        )


def _note(text: str) -> None:
    typer.echo(f"note: {text}", err=True)


def _existing(name: str, path: Path | None, is_one: Callable[[Path], bool], kind: str) -> str | None:
    from starbench.errors import InputError

    if path is None:
        return None
    if not is_one(path):
        raise InputError(f"{name} {path}: there is no such {kind}")
    return str(path.resolve())


def _options(pairs: Sequence[str], sugar: dict[str, str]) -> dict[str, str]:
    from starbench.errors import InputError

    options = dict(sugar)
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise InputError(f"--option {pair!r} is not key=value")
        if name in options:
            raise InputError(f"option {name!r} is given twice")
        options[name] = value
    return options


def _dropped(out: Path) -> list[str]:
    import json

    from starbench.suites.suite import MANIFEST

    return list(json.loads((out / MANIFEST).read_text("utf-8"))["dropped"])
