"""``starbench probe``: probes of an encoder's layers, shown and kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from starbench.cli.commands.progress import counting
from starbench.cli.commands.shared import key_values, names_in
from starbench.cli.output import echo
from starbench.diagnose.probe import prepare
from starbench.diagnose.probe import probe as run_probes
from starbench.diagnose.records import FOLDER, check_writable, write_record
from starbench.errors import InputError
from starbench.models.encoder import NamedEncoder, resolve_encoder
from starbench.models.resolve import resolve
from starbench.reporting.probe import show
from starbench.runs.load import load
from starbench.suites.open import open_suite
from starbench.text import slug


def probe(values: Mapping[str, Any]) -> None:
    """Probe as the options of the command say; show what was found, and write it."""
    run, model, out = (values[name] for name in ("run", "model", "json"))
    if run is not None and model is not None:
        raise InputError("--run and --model both name whose answers are compared: give one of them")
    answered, asked = None if run is None else load(run), None if model is None else resolve(model)
    encoder = resolve_encoder(
        values["encoder"], dict(key_values("--encoder-arg", values["encoder_arg"] or ()))
    )
    paths: list[Path] = [] if out is None else [out]
    if run is not None:
        paths.append(run / FOLDER / f"probe-{_name(encoder)}.json")
    check_writable(*paths)
    with counting("sounds", first="reading the suite") as on_item:
        suite = open_suite(values["suite"], to_decode=lambda _: ())
        attributes = names_in([values["attributes"]])
        prepared = prepare(
            suite, attributes, values["count"], values["seed"], lambda _, *done: on_item(*done)
        )
    with counting("encoding", first="encoding") as on_item:
        record = run_probes(
            encoder, prepared, run=answered, model=asked, on_progress=lambda _, *done: on_item(*done)
        )
    show(record)
    for path in paths:
        write_record(record, path)
        echo(f"written to {path}")


def _name(encoder: NamedEncoder) -> str:
    """A file's name for what was read of an encoder, another one for other arguments."""
    if not encoder.arguments:
        return slug(encoder.spec)
    arguments = json.dumps(dict(encoder.arguments), sort_keys=True)
    return f"{slug(encoder.spec)}-{sha256(arguments.encode()).hexdigest()[:8]}"
