"""What ``starbench diagnose`` tried for a run, and what it could not try."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from starbench.schema.base import Facts, Frozen

Step = Literal["audit", "probe", "separation"]
#: Why a step was not tried: the suite is not on this machine; the replies are somebody else's; the model cannot be made
#: again, or does not show its layers; no source of the suite is kept alone; the step asks the model again, and was not
#: asked for; or it was refused, in the words of the error.
Reason = Literal["no suite", "imported", "no model", "no layers", "no stems", "not asked for", "refused"]


class NotTried(Frozen):
    """A step that was not tried for a suite, and why."""

    step: Step
    suite: str
    reason: Reason
    details: str = ""
    """The message of the error, if one was raised."""


class Diagnosis(Frozen):
    """``diagnosis.json``: which records lie beside it, and what is missing."""

    schema_version: Literal[1] = 1
    model: str
    model_args: Facts = Field(default_factory=dict)
    done: dict[Step, tuple[str, ...]]
    """Step -> names of its records."""
    not_tried: tuple[NotTried, ...] = ()
