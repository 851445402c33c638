"""``starbench build``: a suite from synthesizers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starbench.build.build import InterruptedBuild


def build(
    task: Annotated[
        str, typer.Argument(help="A task that is built, e.g. perception (see: starbench list tasks).")
    ],
    out: Annotated[Path, typer.Option(help="Directory of the new suite.", show_default=False)],
    attributes: Annotated[
        str, typer.Option(help="Attributes to test, separated by commas; default: all that the task has.")
    ] = "",
    profile: Annotated[
        str, typer.Option(help="default, or star-bench: the design of the STAR-Bench paper, with its flaws.")
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
        Path | None, typer.Option(help="SOFA file of the listener's head (HRTF); default: the task's own.")
    ] = None,
    recordings: Annotated[
        Path | None, typer.Option(help="Folder of mono recordings to use as sources.")
    ] = None,
    stems: Annotated[
        bool, typer.Option("--stems", help="Also keep each source alone, where the task has several.")
    ] = False,
    option: Annotated[
        list[str] | None, typer.Option(help="key=value for the task. Repeatable.", show_default=False)
    ] = None,
) -> None:
    """Build a suite: stimuli with known physics, questions about them, and their right answers.

    The same command resumes a build that was interrupted. Exit codes: 0 done, 2 bad input, a full disk or a
    worker process that died, 130 interrupted.
    """
    import os

    from starbench.execution.processes import ONE_THREAD

    os.environ.update(ONE_THREAD)  # before anything imports numpy

    from starbench.build.build import build as build_suite
    from starbench.cli.progress import counting
    from starbench.plugins import registry
    from starbench.suites.suite import MANIFEST
    from starbench.synthesis import BuildSpec

    shorthands = {
        "format": output_format,
        "hrtf": _existing("--hrtf", hrtf, Path.is_file, "file"),
        "recordings": _existing("--recordings", recordings, Path.is_dir, "folder"),
        "stems": "true" if stems else None,
    }
    options = _options(option or [], {name: value for name, value in shorthands.items() if value is not None})
    known = getattr(registry.load("tasks", task), "attributes", ())
    chosen = tuple(part.strip() for part in attributes.split(",") if part.strip()) or tuple(known)
    spec = BuildSpec(chosen, profile, seed, size, options)
    try:
        with counting("building") as on_item:
            suite = build_suite(task, spec, out, on_item, workers=workers, on_interrupted=_note)
    except KeyboardInterrupt:
        typer.echo(
            "\nstarbench: interrupted; what is rendered is kept, and the same command resumes", err=True
        )
        raise
    typer.echo(f"{len(suite.items)} items, {len(suite.clips)} clips, digest {suite.digest[:12]}: {out}")
    dropped = _dropped(out)
    if dropped:
        typer.echo(
            f"{len(dropped)} cells of the design cannot be made; {out}/{MANIFEST} lists each with its reason"
        )


def _note(earlier: InterruptedBuild) -> None:
    if earlier.differences:
        differences = " and ".join(earlier.differences)
        text = f"what an interrupted build left is thrown away, because it differs in {differences}"
    else:
        text = f"an interrupted build is resumed: {earlier.items} of {earlier.total} items are there"
    typer.echo(f"note: {text}", err=True)


def _existing(name: str, path: Path | None, is_kind: Callable[[Path], bool], kind: str) -> str | None:
    from starbench.errors import InputError

    if path is None:
        return None
    if not is_kind(path):
        raise InputError(f"{name} {path}: there is no such {kind}")
    return str(path.resolve())


def _options(pairs: Sequence[str], shorthands: dict[str, str]) -> dict[str, str]:
    from starbench.errors import InputError

    options = dict(shorthands)
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
