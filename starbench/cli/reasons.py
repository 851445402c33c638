"""Commands that look for reasons: what a model is given, what its layers hold, what separation would bring, and all."""

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
    """Find out which attributes of sounds can be read from a network's layers, and from which on no more.

    Linear and kernel probes learn from single sounds made by the suite's task, none of them an item of it. A verdict
    says loader, encoder, projector, language model, none found or undetermined; what can be read is not thereby used.
    With --run the record is also kept in the run's folder, for its report. Exit codes: 0 done, 2 bad input.
    """
    values = locals()
    use_one_thread()
    from starbench.cli.commands.probe import probe as command

    command(values)


@options.with_options(options.server, options.canary, options.sampling, options.pace)
def separate(
    suite: Annotated[
        str, typer.Argument(metavar="SUITE", help="A suite's directory, built with --stems, or of mixtures.")
    ],
    separator: Annotated[
        list[str] | None,
        typer.Option(help="A separator's name, name:argument, or file.py:function. Repeatable."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="Ask this model, too: without a separator, behind each, and with the stems."),
    ] = None,
    sources: Annotated[
        int | None,
        typer.Option(min=1, help="Streams that the model's separators make; default: counted in each clip."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of separation.json and the runs, which are resumed; needed with --model."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the intervals.")] = 0,
    **shared: Any,
) -> None:
    """Score separators on a suite's scenes, and say how much of what separation could bring a model each recovers.

    Scenes of one source are left out. Exit codes: 0 done, 1 trials are missing or in error, or a separator failed in
    some scenes, 2 bad input, no sound reaches the model, or all failed in all scenes, 130 interrupted.
    """
    values = locals() | shared
    use_one_thread()
    from starbench.cli.commands.separate import separate as command

    raise typer.Exit(command(values))


@options.with_options(options.server, options.loading)
def diagnose(
    run: Annotated[Path, typer.Argument(help="A run's directory.")],
    suite: options.SuitesOfRuns = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="The run's model again, with its --model-arg, where that is code of yours: code that only a run's "
            "record names is not run.",
            metavar="SPEC",
        ),
    ] = None,
    separator: Annotated[
        list[str] | None,
        typer.Option(
            help="Separator to ask the model behind, beside none and the stems; every item is asked again. Repeatable.",
            metavar="NAME",
        ),
    ] = None,
    clips: Annotated[int, typer.Option(min=100, help="Clips for the probes of each suite.")] = 900,
    seed: options.Seed = 0,
    **shared: Any,
) -> None:
    """Find out where the model of a run loses a sound, and add a page to the run's report.

    It looks at what the model is given (audit), what its layers hold (probe, of a local model), and, with --separator,
    at what separation would bring. What cannot be tried is listed with its reason. Exit codes: 0 something was found
    out, 2 nothing could be tried.
    """
    values = locals() | shared
    from starbench.cli.commands.diagnose import diagnose as command

    raise typer.Exit(command(values))
