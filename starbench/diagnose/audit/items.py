"""Items that nobody could answer: the listener misses what it should hear, or the cue does not arrive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from starbench.schema.audit import Reason, Unanswerable

from .delivery import Planned
from .forms import FormOfSound
from .listening import ORIGINAL, AuditedItem
from .readouts import CUES

#: Levels, JND, from which on the noiseless listener hears what is asked in every item of our suites.
CLEAR_JND: Mapping[str, float] = {"pitch": 1, "loudness": 2, "duration": 2, "azimuth": 8, "distance": 4}
#: Less than this is no difference, JND.
NO_DIFFERENCE_JND = 0.5


def unanswerable(
    planned: Planned, heard: Sequence[AuditedItem], forms: Iterable[FormOfSound]
) -> Iterator[Unanswerable]:
    """Every such item once, with the first reason that holds; assumed loaders condemn none."""
    reasons = {one.item.id: one.reason for one in planned.items}
    known = [form.name for form in forms if form.basis != "assumed"]
    for one in heard:
        reason: Reason | None = "not sent" if reasons[one.item.id] is not None else None
        reason = reason or _reason(one, known)
        if reason is None:
            continue
        difference = one.difference(ORIGINAL, one.cue) if one.cue else float("nan")
        yield Unanswerable(
            item=one.item.id,
            part=one.item.part,
            reason=reason,
            cue=one.cue,
            level=one.item.level,
            expected=None if one.claim is None else one.claim.sign,
            heard_jnd=difference if np.isfinite(difference) else None,
        )


def _reason(one: AuditedItem, forms: Sequence[str]) -> Reason | None:
    if one.claim is None or one.cue is None or one.cue not in CUES or not _is_clear(one):
        return None
    difference = one.difference(ORIGINAL, one.cue)
    if one.claim.sign == 0:
        return "contradicted" if abs(difference) >= CLEAR_JND[one.cue] else None
    if not np.isfinite(difference):
        return "not heard"
    if abs(difference) < NO_DIFFERENCE_JND:
        return "no difference"
    if one.claim.sign * difference < 0:
        return "contradicted"
    left = (one.claim.sign * one.difference(form, one.cue) for form in forms)
    # What is not measured is not at least anything.
    return None if all(one >= NO_DIFFERENCE_JND for one in left) else "not delivered"


def _is_clear(one: AuditedItem) -> bool:
    """Whether the listener would hear what is asked: at this level, or as none is stated."""
    if one.cue is None or one.item.level is None or one.item.level_unit != "JND" or one.item.catch:
        return True
    return one.item.level >= CLEAR_JND[one.cue]
