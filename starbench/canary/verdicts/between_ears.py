"""Are the two channels heard together? A pitch that exists only between them, and in no mix of them.

It adds to the field ``ears`` of a canary, and never takes from it. What :mod:`starbench.canary.verdicts.ears` takes for
two ears may be one channel in which the ears are mixed unequally: exchanging them changes it, and so does either
alone. Nobody hears a pitch of :mod:`starbench.canary.stimuli.dichotic` in such a mix. But who has two ears may not
hear it either, so that it is not heard proves nothing.
"""

from __future__ import annotations

from starbench.canary.evidence.prober import Prober
from starbench.canary.stimuli.dichotic import PAIRS_HZ, which_faint_is_higher
from starbench.canary.stimuli.probes import WHICH_FAINT_IS_HIGHER
from starbench.canary.verdicts import UNKNOWN, Verdict
from starbench.canary.verdicts.discrimination import choice_score

#: Each pair of pitches is asked about once.
REQUESTS = len(PAIRS_HZ)
_PITCH = "a pitch that exists only between the ears"


async def verdict(prober: Prober, ears: Verdict, *, hears_tones: bool) -> Verdict:
    """Say more of ``ears`` where it leaves something open; ``hears_tones``: plain tones are surely heard."""
    if ears.value not in ("kept", UNKNOWN) or not prober.limits.stereo:
        return ears
    if not hears_tones:
        return _unproven(ears, "is not asked for, as plain tones are not surely heard")
    if not prober.affords(REQUESTS):
        return _unproven(ears, "is not asked for, as too few requests are left")
    await prober.send(which_faint_is_higher(prober.limits))
    score = choice_score(prober, WHICH_FAINT_IS_HIGHER)
    if not score.is_sure:
        return _unproven(ears, f"is not heard, {score.figures}" if score.formed else "got no answer")
    proof = f"{_PITCH}, and in no mix of them, is heard, {score.figures}"
    return Verdict("kept", f"{proof}; {ears.evidence}" if ears.value == "kept" else proof)


def _unproven(ears: Verdict, why: str) -> Verdict:
    """The verdict as it was; where it is ``kept``, with what remains possible."""
    if ears.value != "kept":
        return ears
    return Verdict("kept", f"{ears.evidence}; {_PITCH} {why}, so an unequal mix of the ears is not excluded")
