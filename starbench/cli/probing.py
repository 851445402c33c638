"""The command ``probe``: what can be read from the layers of a network, and where an attribute is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from starbench.cli import options
from starbench.execution.environment import use_one_thread


def probe(
    encoder: Annotated[
        str,
        typer.Option(
            help="A network: name, name:argument, file.py:Class; or an adapter whose layers can be read."
        ),
    ],
    suite: options.Suite,
    run: Annotated[Path | None, typer.Option(help="A run of the model: its answers are compared.")] = None,
    model: Annotated[str | None, typer.Option(help="Or ask this model about pairs of the sounds.")] = None,
    attributes: Annotated[str, typer.Option(help="Separated by commas; default: all that vary.")] = "",
    count: Annotated[int, typer.Option(min=1, help="Single sounds to probe with.")] = 900,
    seed: Annotated[int, typer.Option(min=0, help="Of the sounds, the split and the random weights.")] = 0,
    encoder_arg: Annotated[
        list[str] | None, typer.Option(help="key=value for the encoder. Repeatable.")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Also write the whole record to this file.")] = None,
) -> None:
    """Find out which attributes of sounds can be read from a network's layers, and where each is lost.

    Linear and kernel probes learn from single sounds made by the suite's task, none of them an item of it. A verdict
    says loader, encoder, projector, language model, none found or undetermined; what can be read is not thereby used.
    With --run the record is also kept in the run's folder, for its report. Exit codes: 0 done, 2 bad input.
    """
    values = locals()
    use_one_thread()
    from starbench.cli.commands.probe import probe as command

    command(values)
