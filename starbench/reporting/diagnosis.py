"""What a diagnosis says, in words."""

from __future__ import annotations

from collections.abc import Mapping

from starbench.schema.diagnosis import Reason, Step
from starbench.schema.probe import Where

#: What each step finds out.
STEPS: Mapping[Step, str] = {
    "audit": "which cues reach the model",
    "probe": "what its layers hold",
    "separation": "what separation would bring",
}
#: Why a step was not tried.
NOT_TRIED: Mapping[Reason, str] = {
    "no suite": "the suite is not on this machine: name it with --suite",
    "imported": "the replies are somebody else's, and the model is not at hand",
    "no model": "the model cannot be made again",
    "no layers": "the model does not show its layers (its adapter has no method encode)",
    "not asked for": "it puts questions to the model again: ask for it with --separator",
    "refused": "it cannot be done",
}
#: Where an attribute is lost.
LOST: Mapping[Where, str] = {
    "loader": "in the loader",
    "encoder": "in the encoder",
    "projector": "in the projector",
    "language model": "in the language model",
    "none found": "nowhere that was found",
    "undetermined": "undetermined",
}
