"""``starbench synth``: one stimulus, to look at and to measure."""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path
from typing import Any

import typer

from starbench.build.render import render_stimulus, stem_wav
from starbench.cli.output import echo
from starbench.errors import InputError
from starbench.plugins import registry
from starbench.reporting.files import write_file
from starbench.storage.inputs import MAX_JSON, parse_json, read_json
from starbench.synthesis import Recipe, Synthesizer, generator
from starbench.text import slug, visible_json


def synth(name: str, parameters: str, out: Path | None, seed: int) -> None:
    """Make one stimulus, write its files, print its truth."""
    values = _read(parameters)
    _refuse_unfit(name, registry.load("synthesizers", name), values)
    audio, stimulus = render_stimulus(Recipe(name, values), generator(seed, "synth", name))
    path = out or Path(f"{slug(name.rpartition(':')[2])}.wav")
    files = {path: audio.wav}
    for number, stem in enumerate(stimulus.stems, 1):
        files[path.with_name(f"{path.stem}-stem{number}.wav")] = stem_wav(stem, audio.rate)
    for file, data in files.items():
        write_file(file, data)
        echo(f"wrote {file}", err=True)
    typer.echo(visible_json(json.dumps(stimulus.truth, indent=2, ensure_ascii=False)))


def _read(parameters: str) -> dict[str, Any]:
    values = _from_stdin() if parameters == "-" else read_json(Path(parameters))
    if not isinstance(values, dict):
        raise InputError(f"{parameters} must hold a JSON object, parameter to value")
    return values


def _from_stdin() -> Any:
    try:
        text = sys.stdin.read(MAX_JSON + 1)
    except UnicodeDecodeError as error:
        raise InputError(f"standard input is not UTF-8: {error}") from error
    if len(text) > MAX_JSON:
        raise InputError(f"standard input is larger than {MAX_JSON >> 20} MiB")
    return parse_json(text, "standard input")


def _refuse_unfit(name: str, synthesizer: Synthesizer, values: dict[str, Any]) -> None:
    """Refuse parameters that the synthesizer does not have, and the lack of one that it must have."""
    signature = inspect.signature(synthesizer)
    try:
        signature.bind(**{"rng": None} | values)
        if "rng" in values:
            raise TypeError("'rng' is what --seed gives")
    except TypeError as error:
        named = [name for name, one in signature.parameters.items() if one.kind is not one.VAR_KEYWORD]
        known = ", ".join(parameter for parameter in named if parameter != "rng")
        raise InputError(f"synthesizer {name!r}: {error}; its parameters are {known}") from error
