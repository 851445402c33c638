"""The planned items of one part of a suite, and parts put together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from starbench.errors import InputError
from starbench.synthesis import Draft


@dataclass(frozen=True)
class PartPlan:
    """The items of one part of a suite, and a line for each thing left out of it, with the reason."""

    drafts: Sequence[Draft] = ()
    dropped: Sequence[str] = ()


def combine(parts: Iterable[PartPlan]) -> PartPlan:
    """Put the parts of a suite together, in their order.

    Raises
    ------
    InputError
        If there is no item in any of them.
    """
    plans = list(parts)
    drafts = tuple(draft for plan in plans for draft in plan.drafts)
    dropped = tuple(line for plan in plans for line in plan.dropped)
    if not drafts:
        raise InputError(f"no item can be built: {dropped[0] if dropped else 'choose a larger size'}")
    return PartPlan(drafts, dropped)
