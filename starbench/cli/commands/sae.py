"""``starbench sae``: train dictionaries of layers, and measure them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from starbench.cli.commands.progress import counting
from starbench.cli.commands.shared import key_values
from starbench.cli.output import echo
from starbench.diagnose.records import check_writable, write_record
from starbench.diagnose.sae.folder import RECORD
from starbench.diagnose.sae.report import report_checkpoints, report_folder
from starbench.diagnose.sae.sounds import SoundRequest
from starbench.diagnose.sae.train import SaeRequest, train_layers
from starbench.errors import InputError
from starbench.models.encoder import NamedEncoder, resolve_encoder
from starbench.reporting.sae import show, show_training
from starbench.schema.sae import SaeSettings
from starbench.text import validation_problem


def train(values: Mapping[str, Any]) -> None:
    """Train, write, and say what there is now."""
    check_writable(values["out"] / RECORD)
    try:
        settings = SaeSettings(
            expansion=values["width"],
            **{name: values[name] for name in SaeSettings.model_fields if name in values},
        )
    except ValidationError as error:
        raise InputError(f"sae train: {validation_problem(error)}") from error
    layers = tuple(dict.fromkeys(values["layer"]))
    request = SaeRequest(layers, _sounds(values), settings, values["seeds"])
    encoder = _encoder(values)
    with counting("training", first="making sounds and reading the layers") as on_item:
        steps = len(layers) * request.seeds * settings.steps
        training = train_layers(encoder, request, values["out"], lambda done: on_item(done, steps))
    show_training(training)
    echo(f"written to {values['out']}; next: starbench sae report {values['out']}")


def report(values: Mapping[str, Any]) -> None:
    """Measure, show, and write if asked to."""
    check_writable(values["json"])
    folder, checkpoints = values["folder"], values["checkpoint"] or ()
    concepts = tuple(values["concept"] or ())
    if (folder is None) == (not checkpoints):
        raise InputError("sae report: name a folder that sae train wrote, or a --checkpoint, and not both")
    if folder is not None:
        unused = [name for name in ("encoder", "layer", "suite", "recordings") if values[name] is not None]
        if unused:
            raise InputError(
                f"--{unused[0]} is for a --checkpoint: {folder} says itself what it was trained on"
            )
        found = report_folder(folder, concepts, values["seed"])
    else:
        if values["encoder"] is None or values["layer"] is None:
            raise InputError("--checkpoint: name the --encoder and the --layer that it is for")
        found = report_checkpoints(
            [Path(one) for one in checkpoints],
            _encoder(values),
            values["layer"],
            _sounds(values),
            concepts,
            values["seed"],
        )
    show(found)
    if values["json"] is not None:
        write_record(found, values["json"])
        echo(f"written to {values['json']}")


def _encoder(values: Mapping[str, Any]) -> NamedEncoder:
    return resolve_encoder(values["encoder"], dict(key_values("--encoder-arg", values["encoder_arg"] or ())))


def _sounds(values: Mapping[str, Any]) -> SoundRequest:
    domains = {name.casefold(): domain for name, domain in key_values("--domain", values["domain"] or ())}
    return SoundRequest(values["suite"], values["recordings"], values["count"], values["seed"], domains)
