"""``starbench caption``: captions of a suite's clips by a model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from starbench.canary.arrival import are_ears_apart
from starbench.cli.commands.shared import (
    Wording,
    drive,
    loading_of,
    model_of,
    say_before,
    settings_of,
    setup_of,
)
from starbench.cli.exits import DONE, INCOMPLETE
from starbench.cli.output import echo
from starbench.models.adapter import Model
from starbench.planning.captions import CaptionPlan, CaptionRequest, plan_captions
from starbench.reporting.words import adaptation_sentence
from starbench.runs.attempt import AttemptStart, ask_all
from starbench.runs.caption_record import CaptionRecord
from starbench.schema import Outcome
from starbench.suites import captions


def caption(options: Mapping[str, Any]) -> int:
    """Ask for the captions that the file still lacks; returns the exit code."""
    model, setup = model_of(options), setup_of(options)
    settings = settings_of(model, options)
    plan = plan_captions(
        CaptionRequest(tuple(options["suite"]), setup, options["prompt"], loading_of(options)), model
    )
    path, retry_permanent = options["out"], options["retry_permanent"]
    return drive(
        partial(
            ask_all, CaptionRecord(plan, path.absolute()), model, settings, retry_permanent=retry_permanent
        ),
        path,
        partial(_announce, plan, model, path),
        partial(_summarise, plan, path),
        Wording("clips"),
        apart=are_ears_apart(plan.header.adaptations),
    )


def _announce(plan: CaptionPlan, model: Model, path: Path, start: AttemptStart) -> None:
    state = f"{start.planned - start.waiting} of {start.planned} clips finished, {start.waiting} to ask"
    changes = [adaptation_sentence(change, "clips") for change in plan.header.adaptations]
    not_asked = [f"not asked: {n} clip(s): {reason}" for reason, n in plan.not_asked.items()]
    notes = [f"note: {note}" for note in changes]
    say_before(start, model, f"captions: {path} ({state})", [*notes, *not_asked])


def _summarise(plan: CaptionPlan, path: Path) -> int:
    """Say how the clips ended; returns the exit code."""
    lines, n = captions.read(path).lines, len(plan.trials)
    outcomes = Counter(lines[clip].outcome for clip in plan.sources if clip in lines)
    without = ", ".join(
        f"{outcome} {count}" for outcome, count in outcomes.most_common() if outcome is not Outcome.ANSWERED
    )
    echo(
        f"{outcomes[Outcome.ANSWERED]} of {n} clips have a caption in {path}{f' ({without})' if without else ''}"
    )
    return DONE if outcomes.total() - outcomes[Outcome.ERROR] == n else INCOMPLETE
