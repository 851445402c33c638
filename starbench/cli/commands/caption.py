"""``starbench caption``: captions of a suite's clips by a model."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import typer

from starbench.cli.commands.asking import drive, model_of, settings_of, setup_of
from starbench.cli.exits import BAD_INPUT, DONE, INCOMPLETE
from starbench.engine.budget import SPENT
from starbench.engine.settings import Settings
from starbench.models.adapter import Model
from starbench.planning.adaptation import are_ears_apart
from starbench.reporting.words import adaptation_sentence
from starbench.runs.captioning import CaptionRequest, Clips, Start, ask_all, ends, plan_captions
from starbench.schema import Outcome
from starbench.text import printable, sentence


def caption(options: Mapping[str, Any]) -> int:
    """Ask for the captions that the file still lacks; returns the exit code."""
    model, setup = model_of(options), setup_of(options)
    settings = settings_of(model, options)
    clips = plan_captions(CaptionRequest(tuple(options["suite"]), setup, options["prompt"]), model)
    return _ask(clips, model, options["out"], settings, retry_permanent=options["retry_permanent"])


def _ask(clips: Clips, model: Model, path: Path, settings: Settings, *, retry_permanent: bool) -> int:
    """Ask for what ``path`` still lacks and say what it holds; returns the exit code."""
    stopped = drive(
        partial(ask_all, clips, model, path, settings, retry_permanent=retry_permanent),
        partial(_announce, clips, path),
        f"what was captioned is kept, and --out {path} resumes it",
        "clips",
        apart=are_ears_apart(clips.header.adaptations),
    )
    code, captioned = _summarise(clips, path)
    if stopped is None:
        return code
    why = "the budget is spent" if stopped.kind == SPENT else "the server ended it"
    typer.echo(f"starbench: {why}: {sentence(str(stopped))}; fix it, and --out {path} resumes it", err=True)
    # An unknown model is bad input if it was found out by the first request.
    return BAD_INPUT if stopped.kind == "not_found" and not captioned else INCOMPLETE


def _announce(clips: Clips, path: Path, start: Start) -> None:
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
    found = ends(path, clips)
    captioned, n = found[Outcome.ANSWERED], len(clips.trials)
    without = ", ".join(
        f"{outcome} {count}" for outcome, count in found.most_common() if outcome is not Outcome.ANSWERED
    )
    typer.echo(f"{captioned} of {n} clips have a caption in {path}{f' ({without})' if without else ''}")
    settled = found.total() - found[Outcome.ERROR]
    return (DONE if settled == n else INCOMPLETE), captioned
