"""``starbench caption``: captions of a suite's clips by a model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import typer

from starbench.canary.arrival import are_ears_apart
from starbench.cli.commands.shared import changes_since, drive, model_of, settings_of, setup_of, unknown_model
from starbench.cli.exits import BAD_INPUT, DONE, INCOMPLETE
from starbench.engine.budget import SPENT
from starbench.engine.settings import Settings
from starbench.models.adapter import Model
from starbench.planning.captions import CaptionPlan, CaptionRequest, plan_captions
from starbench.reporting.words import adaptation_sentence
from starbench.runs.attempt import NOT_FOUND, AttemptStart, ask_all
from starbench.runs.caption_record import CaptionRecord
from starbench.schema import Outcome
from starbench.suites import captions
from starbench.text import printable, sentence


def caption(options: Mapping[str, Any]) -> int:
    """Ask for the captions that the file still lacks; returns the exit code."""
    model, setup = model_of(options), setup_of(options)
    settings = settings_of(model, options)
    plan = plan_captions(CaptionRequest(tuple(options["suite"]), setup, options["prompt"]), model)
    return _ask(plan, model, options["out"], settings, retry_permanent=options["retry_permanent"])


def _ask(plan: CaptionPlan, model: Model, path: Path, settings: Settings, *, retry_permanent: bool) -> int:
    """Ask for what ``path`` still lacks and say what it holds; returns the exit code."""
    stopped = drive(
        partial(ask_all, CaptionRecord(plan, path), model, settings, retry_permanent=retry_permanent),
        partial(_announce, plan, model, path),
        f"what was captioned is kept, and --out {path} resumes it",
        "clips",
        apart=are_ears_apart(plan.header.adaptations),
    )
    if stopped is not None and stopped.kind == NOT_FOUND and not path.exists():
        typer.echo(unknown_model(stopped), err=True)
        return BAD_INPUT
    code = _summarise(plan, path)
    if stopped is None:
        return code
    why = "the budget is spent" if stopped.kind == SPENT else "the server ended it"
    typer.echo(f"starbench: {why}: {sentence(str(stopped))}; fix it, and --out {path} resumes it", err=True)
    return INCOMPLETE


def _announce(plan: CaptionPlan, model: Model, path: Path, start: AttemptStart) -> None:
    state = f"{start.planned - start.waiting} of {start.planned} clips finished, {start.waiting} to ask"
    changes = [adaptation_sentence(change, "clips") for change in plan.header.adaptations]
    lines = [
        f"captions: {path} ({state})",
        *changes_since(start, model),
        *(f"note: {note}" for note in changes),
    ]
    lines += [f"not asked: {n} clip(s): {reason}" for reason, n in plan.not_asked.items()]
    if start.canary:
        lines.append("canary: finding out whether sound reaches the model …")
    for line in lines:
        typer.echo(printable(line), err=True)


def _summarise(plan: CaptionPlan, path: Path) -> int:
    """Say how the clips ended; returns the exit code."""
    lines, n = captions.read(path).lines, len(plan.trials)
    outcomes = Counter(lines[clip].outcome for clip in plan.sources if clip in lines)
    without = ", ".join(
        f"{outcome} {count}" for outcome, count in outcomes.most_common() if outcome is not Outcome.ANSWERED
    )
    typer.echo(
        f"{outcomes[Outcome.ANSWERED]} of {n} clips have a caption in {path}{f' ({without})' if without else ''}"
    )
    return DONE if outcomes.total() - outcomes[Outcome.ERROR] == n else INCOMPLETE
