"""Questions of the perception task in STAR-Bench's words."""

from __future__ import annotations

from dataclasses import dataclass

from ..design.counterbalancing import Interval

TASK = "Foundational Acoustic Perception"
IDENTIFICATION = "Absolute Perception Range"
DISCRIMINATION = "Relative Discrimination Sensitivity"


@dataclass(frozen=True)
class Wording:
    """A question and its options, in the order: the first interval, the second, neither."""

    text: str
    options: tuple[str, str, str]

    def answer(self, interval: Interval | None) -> str:
        """The option that is right for this interval, or for neither (None)."""
        return self.options[{"first": 0, "second": 1, None: 2}[interval]]
