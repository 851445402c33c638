"""Commands that say where a sound is lost on its way into a model: audit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from starbench.cli import options
from starbench.execution.environment import use_one_thread


@options.with_options(options.server, options.sampling, options.loading, options.delivery)
def audit(
    suite: Annotated[
        str,
        typer.Argument(help="A built suite's directory, or task:source (questions:FILE).", metavar="SUITE"),
    ],
    model: options.ModelSpec,
    internal_noise: Annotated[
        str,
        typer.Option(
            help="none, or human: noise near human values on what the listener hears at each level."
        ),
    ] = "none",
    loader: Annotated[
        list[str] | None,
        typer.Option(
            help="Show what this loader would keep, too: mono, peak normalisation, 16 kHz, 8 kHz, log-mel, Opus, MP3, "
            "Vorbis. Repeatable. All are shown where nothing is known of the model's front end."
        ),
    ] = None,
    seed: options.Seed = 0,
    json: Annotated[Path | None, typer.Option("--json", help="Write the audit to this file.")] = None,
    **shared: Any,
) -> None:
    """Hear a suite as a model gets it: which cues are kept, and which items nobody could answer. Nothing is asked.

    A cochlear listener compares the sounds of every item in the original audio, in what leaves for the model, and in
    what the model's own front end keeps, as far as its adapter says so. Exit codes: 0 done, 2 bad input, or no sound
    of the suite leaves for the model.
    """
    values = locals() | shared
    use_one_thread()
    from starbench.cli.commands.audit import audit as command

    command(values)
