"""Commands for tokenizers of cochleagrams: tokens train, tokens report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from starbench.cli import options
from starbench.cli.groups import group
from starbench.execution.environment import use_one_thread

app = group("Tokenizers of cochleagrams: trained in minutes, and measured for what they keep of a sound.")
_Suite = Annotated[
    str | None,
    typer.Option(
        help="A built suite: its task makes new single sounds (its own clips are not used).", metavar="SUITE"
    ),
]
_Recordings = Annotated[
    Path | None, typer.Option(help="Folder of recordings; a quarter of each class is held out.")
]
_Count = Annotated[int, typer.Option(min=20, help="Single sounds that the suite's task makes.")]


@app.command()
def train(
    out: Annotated[Path, typer.Option(help="Folder to write weights, record and pictures to.")],
    suite: _Suite = None,
    recordings: _Recordings = None,
    steps: Annotated[int, typer.Option(min=1, help="Of the tokenizer's training.")] = 1300,
    next_steps: Annotated[
        int, typer.Option("--next-steps", min=0, help="Of the training of the model of its codes; 0: none.")
    ] = 600,
    count: _Count = 600,
    seed: options.Seed = 0,
) -> None:
    """Train a 13-bit tokenizer of cochleagrams and a small autoregressive model of its codes, and measure both.

    Needs the extra tokens; pictures of continuations need plots. On one core, the defaults take minutes. Exit codes: 0
    done, 2 bad input.
    """
    values = locals()
    use_one_thread()
    from starbench.cli.commands.tokens import train as command

    command(values)


@app.command()
def report(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="What tokens train wrote, or a checkpoint such as WavCoch's on this machine."
        ),
    ],
    suite: _Suite = None,
    recordings: _Recordings = None,
    next_code: Annotated[
        Path | None,
        typer.Option("--next-code", help="Folder of a model of a checkpoint's codes, such as AuriStream's."),
    ] = None,
    trust_remote_code: Annotated[
        bool,
        typer.Option(
            "--trust-remote-code",
            help="Execute the Python code in these folders. Read it first; nothing is fetched from a hub.",
        ),
    ] = False,
    count: _Count = 900,
    seed: options.Seed = 1,
    json: Annotated[Path | None, typer.Option(help="File to write the record to.")] = None,
) -> None:
    """Show what a tokenizer keeps: R² of its cochleagrams, codes used, perplexity of the next code.

    With --suite, probes read pitch, level, duration and azimuth from the cochleagram, from the decoded tokens and from
    their bits, in R² and as just noticeable differences (needs the extra probe); of a tokenizer of starbench, the
    record in its folder keeps that. A checkpoint is measured on the sounds of --suite and --recordings. Exit codes: 0
    done, 2 bad input.
    """
    values = locals()
    use_one_thread()
    from starbench.cli.commands.tokens import report as command

    command(values)
