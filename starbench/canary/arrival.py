"""What stands beside a score: whether sound reached the model, and whether its two ears did."""

from __future__ import annotations

from collections.abc import Iterable

from starbench.canary import summary
from starbench.schema import Adaptation, Canary, Capabilities, Run
from starbench.schema.caption import Captioner

FOLDED = "the model mixes all channels to mono before it listens"
IMPORTED = "imported, not run by us: whether sound reached the model is not known"
APART = "the ears were sent as separate clips"


def are_ears_apart(adaptations: Iterable[Adaptation]) -> bool:
    """Whether every clip of two channels was sent as two of one.

    Only a model of one channel makes the policy ``split`` do anything, and then it leaves out none.
    """
    return any(adaptation.kind == "split" for adaptation in adaptations)


def is_folded(capabilities: Capabilities | None, adaptations: tuple[Adaptation, ...]) -> bool:
    """Whether the model is declared to mix the ears to mono, and was not sent them apart."""
    return (
        capabilities is not None and capabilities.channels_kept is False and not are_ears_apart(adaptations)
    )


def line(run: Run, canary: Canary | None) -> str:
    """What was found about the way to the model of a run, and what it is declared to do to the ears."""
    if run.imported is not None:
        return IMPORTED
    verdicts = summary.line(canary, apart=are_ears_apart(run.adaptations))
    return f"{verdicts}; {FOLDED}" if is_folded(run.capabilities, run.adaptations) else verdicts


def of_captioner(captioner: Captioner) -> str:
    """Whose captions a run shows, and what was found about the way to that model."""
    verdicts = summary.line(captioner.canary, apart=are_ears_apart(captioner.adaptations))
    return f"captions by {captioner.model} ({verdicts})"
