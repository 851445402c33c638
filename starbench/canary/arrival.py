"""What stands beside a score: whether sound reached the model, and whether its two ears did."""

from __future__ import annotations

from starbench.canary import summary
from starbench.planning.adaptation import are_ears_apart
from starbench.schema import Adaptation, Canary, Capabilities, Run
from starbench.schema.caption import Captioner

FOLDED = "the model folds all channels into one before it listens"
APART = "the ears were sent as separate clips"


def is_folded(capabilities: Capabilities | None, adaptations: tuple[Adaptation, ...]) -> bool:
    """Whether the model is declared to fold the ears, and was not sent them apart."""
    return (
        capabilities is not None and capabilities.channels_kept is False and not are_ears_apart(adaptations)
    )


def line(run: Run, canary: Canary | None) -> str:
    """What was found about the way to the model of a run, and what it is declared to do to the ears."""
    found = summary.line(canary, apart=are_ears_apart(run.adaptations))
    return f"{found}; {FOLDED}" if is_folded(run.capabilities, run.adaptations) else found


def of_captioner(captioner: Captioner) -> str:
    """Whose captions a run shows, and what was found about the way to that model."""
    found = summary.line(captioner.canary, apart=are_ears_apart(captioner.adaptations))
    return f"captions by {captioner.model} ({found})"
