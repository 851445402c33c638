"""Commands for sparse autoencoders of a network's layers: sae train, sae report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from starbench.cli import options
from starbench.cli.groups import group

app = group(
    "Sparse autoencoders of a network's layers: train several, and see what of them depends on the seed."
)
_EncoderArgument = Annotated[
    list[str] | None, typer.Option("--encoder-arg", help="key=value for the encoder. Repeatable.")
]
_Recordings = Annotated[
    Path | None, typer.Option(help="A folder of recordings; kind or class in its labels.csv is their domain.")
]
_Count = Annotated[int, typer.Option(min=1, help="Single sounds that the suite's task makes.")]
_Domain = Annotated[
    list[str] | None,
    typer.Option(
        help="CLASS=DOMAIN for recordings, beside speech, and music (music, instrument, percussion); others are of "
        "the environment. Repeatable."
    ),
]


@app.command()
def train(
    encoder: Annotated[
        str, typer.Option(help="An encoder, or a model that can be read (starbench list encoders).")
    ],
    layer: Annotated[list[str], typer.Option(help="A layer of it. Repeatable.")],
    out: Annotated[Path, typer.Option(help="Folder to write the dictionaries to.")],
    suite: Annotated[
        str | None, typer.Option(help="A suite whose task makes single sounds to learn from.")
    ] = None,
    recordings: _Recordings = None,
    encoder_arg: _EncoderArgument = None,
    seeds: Annotated[
        int, typer.Option(min=1, help="Dictionaries a layer, which differ in their seed only.")
    ] = 3,
    width: Annotated[float, typer.Option(min=0.01, help="Features, as a multiple of the layer's.")] = 8.0,
    k: Annotated[int, typer.Option(min=1, help="Features that a frame has on average.")] = 24,
    steps: Annotated[int, typer.Option(min=1, help="Steps of training.")] = 3000,
    batch: Annotated[int, typer.Option(min=2, help="Frames in a step.")] = 512,
    learning_rate: Annotated[
        float | None, typer.Option(min=1e-9, help="Default: by the number of features.")
    ] = None,
    auxiliary: Annotated[
        float, typer.Option(min=0.0, help="Weight of the loss that revives dead features; 0 as in AudioSAE.")
    ] = 1 / 32,
    count: _Count = 400,
    domain: _Domain = None,
    seed: options.Seed = 0,
) -> None:
    """Train dictionaries of one or several layers, each by several seeds, on a suite's sounds, recordings, or both.

    A quarter of the clips is held out; sae report measures on it. Exit codes: 0 done, 2 bad input.
    """
    values = locals()
    from starbench.cli.commands.sae import train as command

    command(values)


@app.command()
def report(
    folder: Annotated[Path | None, typer.Argument(help="What sae train wrote.", metavar="[DIR]")] = None,
    concept: Annotated[
        list[str] | None,
        typer.Option(
            help="A concept to erase: a domain or class (speech), a label (domain, class, timbre, pitch_hz), or "
            "LABEL=VALUE. Repeatable."
        ),
    ] = None,
    json: Annotated[Path | None, typer.Option(help="File to write all figures to.")] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(
            help="Instead of DIR: ae.pt as AudioSAE publishes it. Repeatable: several are compared."
        ),
    ] = None,
    encoder: Annotated[str | None, typer.Option(help="Of a checkpoint: the encoder that it is for.")] = None,
    layer: Annotated[str | None, typer.Option(help="Of a checkpoint: the layer that it is for.")] = None,
    suite: Annotated[str | None, typer.Option(help="Of a checkpoint: a suite to measure it on.")] = None,
    recordings: _Recordings = None,
    encoder_arg: _EncoderArgument = None,
    count: _Count = 400,
    domain: _Domain = None,
    seed: options.Seed = 0,
) -> None:
    """Measure dictionaries: unexplained variance, dead features, what other seeds have too, domains, erasure.

    Exit codes: 0 done, 2 bad input.
    """
    values = locals()
    from starbench.cli.commands.sae import report as command

    command(values)
