"""What is to be evaluated and how, as a user asks for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from starbench.planning.adaptation import Policy
from starbench.schema import Setup
from starbench.suites.suite import Suite

#: Silence between clips that are joined, s, where none is given.
GAP_S = 0.5


@dataclass(frozen=True)
class Request:
    """Suites (named, or open), the setup they are asked in, and a file of captions for condition ``caption``.

    ``setup`` names no protocol to use each suite's own; its digest of captions is filled in from ``captions``.
    See ``starbench run --help``.
    """

    suites: tuple[str | Suite, ...]
    setup: Setup = field(default_factory=Setup)
    captions: Path | None = None
    label: str | None = None
    """What the user calls the run."""

    @property
    def policy(self) -> Policy:
        """What may be done to prompts that the model cannot take as they are."""
        return policy_of(self.setup)


def policy_of(setup: Setup) -> Policy:
    """The policy that a setup states."""
    gap_s = GAP_S if setup.gap_s is None else setup.gap_s
    return Policy(clips=setup.clips, gap_s=gap_s, channels=setup.channels)
