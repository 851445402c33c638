"""Commands that make suites and look at them: list, build, floors, synth, items, show, verify."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from starbench.cli import options
from starbench.execution.environment import use_one_thread


class Listable(StrEnum):
    """What can be listed."""

    ADAPTERS = "adapters"
    TASKS = "tasks"
    SYNTHESIZERS = "synthesizers"
    PROTOCOLS = "protocols"
    ENCODERS = "encoders"
    SEPARATORS = "separators"
    RECOGNISERS = "recognisers"
    CONDITIONS = "conditions"
    SUITES = "suites"
    RUNS = "runs"


def list_(
    kind: Annotated[Listable, typer.Argument(help=", ".join(Listable), metavar="KIND")],
    folder: Annotated[Path, typer.Argument(help="Where to look for suites and runs.")] = Path(),
) -> None:
    """List plug-ins that are installed, conditions, or the suites and runs below a folder."""
    from starbench.cli.commands.listing import show_list as command

    command(kind.value, folder)


def build(
    task: Annotated[
        str, typer.Argument(help="A task that is built, e.g. perception (see: starbench list tasks).")
    ],
    out: Annotated[Path, typer.Option(help="Directory of the new suite.")],
    attributes: Annotated[
        str, typer.Option(help="Attributes to test, separated by commas; default: all that the task has.")
    ] = "",
    profile: Annotated[
        str, typer.Option(help="default, or star-bench: the design of the STAR-Bench paper, with its flaws.")
    ] = "default",
    size: Annotated[int | None, typer.Option(min=1, help="Number of items; default: the task's own.")] = None,
    seed: options.Seed = 0,
    workers: options.Workers = None,
    output_format: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            help="Channels of the clips, e.g. binaural, foa; or chat: also training data, in OUT-chat. Repeatable.",
        ),
    ] = None,
    hrtf: Annotated[
        list[str] | None,
        typer.Option(
            help="SOFA file of a head (HRTF), or its name: kemar, kemar-large. Repeatable: items take turns.",
            metavar="FILE",
        ),
    ] = None,
    rir: Annotated[
        Path | None,
        typer.Option(
            help="Measured room to put sounds into: a SOFA file of responses, or a folder with rirs.csv.",
        ),
    ] = None,
    recordings: Annotated[
        Path | None,
        typer.Option(help="Folder of recordings to use as sources, or to ask about (task temporal)."),
    ] = None,
    mix: Annotated[
        bool,
        typer.Option("--mix", help="Mix recordings of several channels to mono; else they are left out."),
    ] = False,
    stems: Annotated[
        bool, typer.Option("--stems", help="Also keep each source alone, where the task has several.")
    ] = False,
    precision: Annotated[
        float | None,
        typer.Option(
            help="Task thresholds: as many items as this precision takes; 0.2, the default, is ±20 %."
        ),
    ] = None,
    around: Annotated[
        Path | None,
        typer.Option(help="Task thresholds: put the items near the thresholds that this run measured."),
    ] = None,
    option: Annotated[list[str] | None, typer.Option(help="key=value for the task. Repeatable.")] = None,
    floors: Annotated[
        bool, typer.Option("--floors", help="Then measure the suite's floors (see: starbench floors --help).")
    ] = False,
) -> None:
    """Build a suite: stimuli with known physics, questions about them, and their right answers.

    The same command resumes a build that was interrupted. Exit codes: 0 done, 2 bad input, a full disk or a
    worker process that died, 130 interrupted.
    """
    values = locals()
    use_one_thread()
    from starbench.cli.commands.build import build as command

    command(values)


def synth(
    name: Annotated[str, typer.Argument(help="A synthesizer (see: starbench list synthesizers).")],
    parameters: Annotated[
        str, typer.Argument(help="File with its parameters, a JSON object; - reads standard input.")
    ],
    out: Annotated[Path | None, typer.Option(help="WAV file to write; default: NAME.wav.")] = None,
    seed: options.Seed = 0,
) -> None:
    """Make one stimulus: a 16-bit WAV, and its truth as JSON on standard output.

    Sources alone, where the parameters ask for them, are written beside it as 32-bit float.
    """
    use_one_thread()
    from starbench.cli.commands.synth import synth as command

    command(name, parameters, out, seed)


@options.with_options(options.selection, options.loading)
def items(
    target: Annotated[
        str,
        typer.Argument(metavar="SUITE|RUN", help="A suite's directory, task:source, or a run's directory."),
    ],
    limit: Annotated[
        int | None, typer.Option(min=1, help="Rows at most; default: 50, and with --json all.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line instead.")] = False,
    **shared: Any,
) -> None:
    """List items: id, task, right answer, level; of a run also how many of its trials are right, and how others ended.

    Of a run, --wrong lists items of which a trial is wrong, --right those of which all are right. The run's suite need
    not be there.
    """
    from starbench.cli.commands.items import items as command

    command(target, shared, limit, as_json=json)


@options.with_options(options.selection, options.loading)
def show(
    item: Annotated[str | None, typer.Argument(help="Id of an item.")] = None,
    suite: Annotated[
        str | None,
        typer.Option(
            help="Where the item is, or the run's suite lies: a built suite's directory, or task:source."
        ),
    ] = None,
    run: Annotated[
        Path | None, typer.Option(help="A run's directory: show trials of it in the terminal.")
    ] = None,
    item_id: Annotated[
        str | None, typer.Option("--item", help="Of the run: trials of this item, right ones as well.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Of the run: trials at most; default: 3, and with --json all."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Of the run: print one JSON object instead.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="PNG file to write; default: ITEM.png, and with --run no picture."),
    ] = None,
    skip_bad: options.SkipBad = False,
    **shared: Any,
) -> None:
    """Draw an item, or show what a run was asked and answered.

    The picture has waveform and spectrogram of each clip, and from above where the sources are, the nose up. With
    --run each trial is shown with its options, its reply, where the answer was read and why, and the item's other
    trials: of each item the first trial that is wrong, unless the filters say otherwise.
    """
    from starbench.cli.commands import show as commands
    from starbench.errors import InputError
    from starbench.suites.open import LOADING

    filters = {name: value for name, value in shared.items() if name not in LOADING}
    if run is not None:
        commands.show_run(run, suite, out, {**shared, "item_id": item_id or item}, limit, as_json=json)
        return
    if item is None or suite is None:
        raise InputError("name an item and its --suite, or a --run")
    if item_id is not None or limit is not None or json or any(filters.values()):
        raise InputError("filters, --item, --limit and --json are about a --run: name one, or leave them out")
    commands.draw(item, suite, out, shared, skip_bad=skip_bad)


def floors(
    suite: Annotated[Path, typer.Argument(help="A suite's directory.")],
    others: Annotated[
        list[Path] | None,
        typer.Option(
            "--with",
            help="A suite of the same profile and another seed, whose items are measured with it. Repeatable.",
        ),
    ] = None,
    workers: options.Workers = None,
) -> None:
    """Measure what listeners with less than two ears reach: one ear, one interval, level, colour, downmix.

    Cross-validated classifiers answer the suite's questions. Their accuracies are written to floors.json beside the
    suite, whose digest stays what it is, and stand beside the scores of runs that are begun afterwards. Needs the
    extra "floors". Exit codes: 0 done, 2 bad input or a worker process that died.
    """
    use_one_thread()
    from starbench.cli.commands.floors import floors as command

    command(suite, others or (), workers)


@options.with_options(options.loading)
def verify(
    suite: Annotated[str, typer.Argument(help="A built suite's directory, or task:source.")],
    workers: options.Workers = None,
    json: Annotated[Path | None, typer.Option("--json", help="Write the whole result to this file.")] = None,
    estimators: Annotated[
        str | None,
        typer.Option(
            help="Task whose estimators measure claims of its own, e.g. my_task.py:Task; its code is run. Default: the "
            "suite's task, if it is installed."
        ),
    ] = None,
    skip_bad: options.SkipBad = False,
    **loading: Any,
) -> None:
    """Measure every stimulus again from its samples, compare with what it claims, and look for leaks.

    What nothing can measure is listed, and is never called clean. A data set that claims nothing of its sounds is
    looked at as far as that goes: channels, balance, leaks.

    Exit codes: 0 all that was measured is as the suite says, or it says nothing, 1 something is not (each breach is
    named), or nothing that it says could be measured, 2 bad input, an estimator that failed, or a worker process that
    died.
    """
    use_one_thread()
    from starbench.cli.commands.verify import verify as command

    raise typer.Exit(command(suite, workers, json, estimators, loading, skip_bad=skip_bad))
