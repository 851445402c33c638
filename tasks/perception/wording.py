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


def comparison(
    words: str,
    *,
    noun: str = "sound",
    neither: str = "Both sounds are the same",
    asks: str = "are they the same",
    note: str = "",
) -> Wording:
    """The question which of two sounds ``words``, such as "is louder", or whether neither does.

    ``note`` is a sentence after it: what may differ and is not asked.
    """
    return Wording(
        f"Which {noun} {words}: the first {noun}, the second {noun}, or {asks}? {note}".rstrip(),
        (f"The first {noun} {words}", f"The second {noun} {words}", neither),
    )
