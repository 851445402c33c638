"""``starbench caption``: captions of a suite's clips by a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from starbench.engine.settings import Settings
    from starbench.models.adapter import Model
    from starbench.runs.captioning import Clips, Start


def caption(
    model: Annotated[
        str,
        typer.Option(
            help="adapter:model, e.g. openai:gpt-audio-1.5; or my_model.py:MyModel", show_default=False
        ),
    ],
    suite: Annotated[
        list[str],
        typer.Option(
            help="A built suite's directory, or task:source (star-bench:ROOT). Repeatable.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(help="File of captions (JSON lines); one that exists is resumed.", show_default=False),
    ],
    prompt: Annotated[
        Path | None,
        typer.Option(help="File with what to ask of each clip; default: a dense description."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Clips of so many items a suite, those that run --limit asks."),
    ] = None,
    limit_seed: Annotated[int, typer.Option(min=0, help="Seed of that sample.")] = 0,
    rate: Annotated[
        int | None,
        typer.Option(min=1000, help="Resample every clip to this rate, Hz; default: each clip's own."),
    ] = None,
    channels: Annotated[
        str,
        typer.Option(help="refuse, split or mono: where a clip has more channels than the model takes."),
    ] = "refuse",
    clips: Annotated[
        str, typer.Option(help="refuse, or concat: where split makes more clips than the model takes.")
    ] = "refuse",
    gap: Annotated[
        float, typer.Option(min=0.0, max=10.0, help="Seconds of silence between clips joined by concat.")
    ] = 0.5,
    max_in_flight: Annotated[
        int | None,
        typer.Option(min=1, help="Requests under way at a time; default: as many as the server bears."),
    ] = None,
    rpm: Annotated[
        float | None,
        typer.Option(min=0.001, help="Requests a minute; default: as many as the server grants."),
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option(min=0.0, help="Stop before the captions have cost so many US dollars.")
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option(min=1, help="Stop before the captions have used so many tokens.")
    ] = None,
    prices: Annotated[
        Path | None, typer.Option(help="JSON file of prices (docs/models.md), in place of the table's.")
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.001, help="Seconds that one attempt may take.")] = 600.0,
    max_attempts: Annotated[int, typer.Option(min=1, help="Attempts at one clip.")] = 6,
    backoff: Annotated[
        float, typer.Option(min=0.0, help="Seconds; doubles with each attempt, with full jitter.")
    ] = 1.0,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave damaged items out instead of stopping.")
    ] = False,
    retry_permanent: Annotated[
        bool,
        typer.Option(
            "--retry-permanent", help="On resuming, ask again what the server refused as a bad request."
        ),
    ] = False,
    no_canary: Annotated[
        bool,
        typer.Option("--no-canary", help="Do not find out first whether sound arrives; the file says so."),
    ] = False,
    base_url: Annotated[
        str | None, typer.Option(help="An OpenAI-compatible server, e.g. http://localhost:8000/v1.")
    ] = None,
    model_arg: Annotated[
        list[str] | None, typer.Option(help="key=value for the adapter. Repeatable.")
    ] = None,
) -> None:
    """Ask a model to describe each clip of a suite once, for run --condition caption --captions FILE.

    No question is shown. What is finished is never asked again. Exit code 1 says that clips are
    missing or in error; a caption that was refused, blocked or cut is recorded as that.
    """
    from typing import get_args

    from starbench.cli.driving import one_of, settings_of
    from starbench.cli.run import model_arguments
    from starbench.models.resolve import resolve
    from starbench.runs.captioning import CaptionRequest, plan_captions
    from starbench.schema import ChannelPolicy, ClipPolicy, Setup

    one_of("--channels", channels, get_args(ChannelPolicy))
    one_of("--clips", clips, get_args(ClipPolicy))
    setup = Setup.model_validate(
        {
            "limit": limit,
            "limit_seed": limit_seed,
            "rate": str(rate or "native"),
            "skip_bad": skip_bad,
            "clips": clips,
            "gap_s": gap,
            "channels": channels,
        }
    )
    request = CaptionRequest(tuple(suite), setup, prompt)
    asked = resolve(model, model_arguments(model_arg or [], base_url))
    settings = settings_of(
        asked,
        prices=prices,
        max_attempts=max_attempts,
        backoff=backoff,
        no_canary=no_canary,
        max_in_flight=max_in_flight,
        rpm=rpm,
        timeout_s=timeout,
        max_cost_usd=max_cost,
        max_tokens=max_tokens,
    )
    raise typer.Exit(
        _ask(plan_captions(request, asked), asked, out, settings, retry_permanent=retry_permanent)
    )


def _ask(clips: Clips, model: Model, path: Path, settings: Settings, *, retry_permanent: bool) -> int:
    """Ask for what ``path`` still lacks and say what it holds; returns the exit code."""
    from functools import partial

    from starbench.cli.driving import drive
    from starbench.cli.exits import BAD_INPUT, INCOMPLETE
    from starbench.engine.budget import SPENT
    from starbench.planning.adaptation import are_ears_apart
    from starbench.runs.captioning import ask_all
    from starbench.text import sentence

    stopped = drive(
        partial(ask_all, clips, model, path, settings, retry_permanent=retry_permanent),
        partial(_announce, clips, path),
        f"what was captioned is kept, and --out {path} goes on",
        "clips",
        apart=are_ears_apart(clips.header.adaptations),
    )
    code, captioned = _summarise(clips, path)
    if stopped is None:
        return code
    why = "the budget is spent" if stopped.kind == SPENT else "the server ended it"
    typer.echo(f"starbench: {why}: {sentence(str(stopped))}; mend it, and --out {path} goes on", err=True)
    # An unknown model is bad input if it was found out by the first request.
    return BAD_INPUT if stopped.kind == "not_found" and not captioned else INCOMPLETE


def _announce(clips: Clips, path: Path, start: Start) -> None:
    from starbench.reporting.words import adaptation_sentence
    from starbench.text import printable

    state = f"{start.planned - start.waiting} of {start.planned} clips finished, {start.waiting} to ask"
    changes = [adaptation_sentence(change, "clips") for change in clips.header.adaptations]
    lines = [f"captions: {path} ({state})", *(f"note: {note}" for note in changes)]
    lines += [f"not asked: {n} clip(s): {reason}" for reason, n in clips.not_asked.items()]
    if start.canary:
        lines.append("canary: finding out whether sound reaches the model …")
    for line in lines:
        typer.echo(printable(line), err=True)


def _summarise(clips: Clips, path: Path) -> tuple[int, int]:
    """Say how the clips ended; returns the exit code and how many have a caption."""
    from starbench.cli.exits import DONE, INCOMPLETE
    from starbench.runs.captioning import ends
    from starbench.schema import Outcome

    found = ends(path, clips)
    captioned, n = found[Outcome.ANSWERED], len(clips.trials)
    without = ", ".join(
        f"{outcome} {count}" for outcome, count in found.most_common() if outcome is not Outcome.ANSWERED
    )
    typer.echo(f"{captioned} of {n} clips have a caption in {path}{f' ({without})' if without else ''}")
    settled = found.total() - found[Outcome.ERROR]
    return (DONE if settled == n else INCOMPLETE), captioned
