"""Items that nobody could answer: the listener misses what it should hear, or the cue does not arrive."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np

from starbench.schema.audit import Cue, Estimate, Reason, Unanswerable
from starbench.scoring.intervals import share

from .delivery import Planned
from .forms import FormOfSound
from .listening import ORIGINAL, AuditedItem
from .readouts import CUES

#: Levels, JND, from which on the noiseless listener hears what is asked in every item of our suites.
CLEAR_JND: Mapping[str, float] = {"pitch": 1, "loudness": 2, "duration": 2, "azimuth": 8, "distance": 4}
#: More than the listener has missed a difference by that was built, JND: in 6 built suites (perception, default-2) at
#: most 0.01 (pitch), 0.23 (loudness) and 0.12 (duration) in 102 pairs each, and 8.7 (azimuth) in the 163 pairs of 412
#: with coherent ears. That of distance is set by hand.
MISSED_JND: Mapping[str, float] = {
    "pitch": 0.5,
    "loudness": 0.5,
    "duration": 0.5,
    "azimuth": 12,
    "distance": 4,
}
#: A listener that hears this few directions in the original, of so many and more, blames nobody for a cue.
LEAST_RIGHT, LEAST_JUDGED = 0.75, 8
#: Less than this is no difference, JND.
NO_DIFFERENCE_JND = 0.5


def doubted(heard: Sequence[AuditedItem]) -> dict[Cue, Estimate]:
    """Cues of which the listener itself has about as many directions wrong as right; and the share that is right.

    Nearly all wrong is another matter: then answers say the opposite of the sounds.
    """
    right: dict[Cue, list[float]] = defaultdict(list)
    for one in heard:
        if one.claim is not None and one.cue is not None and one.cue in CUES and _is_clear(one) is not False:
            said = one.claim.sign * one.difference(ORIGINAL, one.cue)
            if one.claim.sign:
                right[one.cue].append(float(said > 0) if abs(said) >= NO_DIFFERENCE_JND else 0.5)
    shares = {cue: (float(np.mean(of_cue)), len(of_cue)) for cue, of_cue in right.items()}
    return {
        cue: Estimate(value=value, interval=share(value, n))
        for cue, (value, n) in shares.items()
        if n >= LEAST_JUDGED and 1 - LEAST_RIGHT < value < LEAST_RIGHT
    }


def unanswerable(
    planned: Planned, heard: Sequence[AuditedItem], forms: Iterable[FormOfSound], doubts: Collection[Cue] = ()
) -> Iterator[Unanswerable]:
    """Every such item once, with the first reason that holds; assumed loaders and doubted cues condemn none."""
    reasons = {one.item.id: one.reason for one in planned.items}
    known = [form.name for form in forms if form.basis != "assumed"]
    for one in heard:
        reason: Reason | None = "not sent" if reasons[one.item.id] is not None else None
        if reason is None and one.cue not in doubts:
            reason = _reason(one, known)
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
    difference, missed = one.claim.sign * one.difference(ORIGINAL, one.cue), MISSED_JND[one.cue]
    is_sure = all(sound.is_sure(one.cue) for sound in one.heard[ORIGINAL])
    if one.claim.sign == 0:
        size = abs(one.difference(ORIGINAL, one.cue))
        return "contradicted" if is_sure and size >= max(CLEAR_JND[one.cue], missed) else None
    if not np.isfinite(difference):
        return "not heard"
    if difference < NO_DIFFERENCE_JND:
        # Of an unknown size, a difference that is asked for is one that can be heard at least.
        least = 2 * NO_DIFFERENCE_JND if one.item.level is None or one.item.catch else one.item.level
        if not is_sure or least - difference < missed:
            return None
        return "no difference" if difference > -NO_DIFFERENCE_JND else "contradicted"
    left = (one.claim.sign * one.difference(form, one.cue) for form in forms if one.is_found(form))
    # What is not measured is not at least anything.
    return None if all(one >= NO_DIFFERENCE_JND for one in left) else "not delivered"


def _is_clear(one: AuditedItem) -> bool | None:
    """Whether the listener would hear what is asked at its level; None where the unit of the level does not tell."""
    if one.cue is None or one.item.level is None or one.item.catch:
        return True
    return one.item.level >= CLEAR_JND[one.cue] if one.item.level_unit == "JND" else None
