"""``starbench synth``: one stimulus, to look at and to measure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from starbench.synthesis import Synthesizer


def synth(
    name: Annotated[str, typer.Argument(help="A synthesizer (see: starbench list synthesizers).")],
    parameters: Annotated[
        str, typer.Argument(help="File with its parameters, a JSON object; - reads standard input.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="WAV file to write; default: NAME.wav.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same samples.")] = 0,
) -> None:
    """Make one stimulus: a 16-bit WAV, and its truth as JSON on standard output.

    Sources alone, where the parameters ask for them, are written beside it as 32-bit float.
    """
    import json
    import os

    from starbench.execution.processes import ONE_THREAD

    os.environ.update(ONE_THREAD)  # before anything imports numpy

    from starbench.build.render import render_stimulus, stem_wav
    from starbench.errors import InputError
    from starbench.plugins import registry
    from starbench.storage.atomic import write_bytes
    from starbench.synthesis import Recipe, generator
    from starbench.text import slug

    wanted = _read(parameters)
    _refuse_unfit(name, registry.load("synthesizers", name), wanted)
    audio, stimulus = render_stimulus(Recipe(name, wanted), generator(seed, "synth", name))
    path = out or Path(f"{slug(name.rpartition(':')[2])}.wav")
    files = {path: audio.wav}
    for number, stem in enumerate(stimulus.stems, 1):
        files[path.with_name(f"{path.stem}-stem{number}.wav")] = stem_wav(stem, audio.rate)
    for file, data in files.items():
        try:
            write_bytes(file, data)
        except OSError as error:
            raise InputError(f"{file} cannot be written: {error.strerror}") from error
        typer.echo(f"wrote {file}", err=True)
    typer.echo(json.dumps(stimulus.truth, indent=2, ensure_ascii=False))


def _read(parameters: str) -> dict[str, Any]:
    import json
    import sys

    from starbench.errors import InputError

    try:
        text = sys.stdin.read() if parameters == "-" else Path(parameters).read_text("utf-8")
        wanted = json.loads(text)
    except OSError as error:
        raise InputError(f"{parameters} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{parameters} is not JSON: {error}") from error
    if not isinstance(wanted, dict):
        raise InputError(f"{parameters} must hold a JSON object, parameter to value")
    return wanted


def _refuse_unfit(name: str, synthesizer: Synthesizer, wanted: dict[str, Any]) -> None:
    """Refuse parameters that the synthesizer does not have, and the lack of one that it must have."""
    import inspect

    from starbench.errors import InputError

    signature = inspect.signature(synthesizer)
    try:
        signature.bind(**{"rng": None} | wanted)
        if "rng" in wanted:
            raise TypeError("'rng' is what --seed gives")
    except TypeError as error:
        named = [name for name, one in signature.parameters.items() if one.kind is not one.VAR_KEYWORD]
        known = ", ".join(parameter for parameter in named if parameter != "rng")
        raise InputError(f"synthesizer {name!r}: {error}; its parameters are {known}") from error
