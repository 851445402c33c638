"""When a burst of sound begins and ends: the half-amplitude points of its power envelope.

The envelope of a noise fluctuates and that of a harmonic sound beats, so it is smoothed first, over as
long as the ramps last. In dry sound both ends are half-amplitude crossings. In a room the beginning is
(the direct sound comes first), but the end is drowned: there it is the bend where the steady level turns
into a decay, found by the best fit of a level and a falling line to the level curve.
"""

from __future__ import annotations

import numpy as np

from starbench.measure.levels import Envelope, Power, db

#: Smoothing of the envelope, s.
SMOOTH_S = 0.006
#: What is taken as the steady level beside an end: this long, this far from the crossing, s.
_PLATEAU_S, _CLEAR_S = 0.050, 0.010
#: A sound that stands out less than this from what is there anyway has no end to be measured, dB.
_LEAST_CONTRAST_DB = 9.0


def rise(envelope: Envelope, start_s: float, stop_s: float, smooth_s: float = SMOOTH_S) -> float | None:
    """When power first passes half amplitude between two times, s; None where nothing rises out of the background.

    ``envelope`` is that of one channel. Look from the silence before to the middle of the sound.
    """
    first, stop = envelope.index(start_s), envelope.index(stop_s)
    crossing = _rising(envelope.smoothed(smooth_s).power[first:stop, 0], envelope.step)
    return None if crossing is None else (first + crossing + 0.5) * envelope.step


def fall(envelope: Envelope, start_s: float, stop_s: float, smooth_s: float = SMOOTH_S) -> float | None:
    """When power last passes half amplitude between two times; the mirror image of :func:`rise`."""
    first, stop = envelope.index(start_s), envelope.index(stop_s)
    crossing = _rising(envelope.smoothed(smooth_s).power[first:stop, 0][::-1], envelope.step)
    return None if crossing is None else (stop - crossing - 0.5) * envelope.step


def _rising(curve: Power, step: float) -> float | None:
    """Fractional index where ``curve`` passes a quarter of the plateau that follows, above its floor."""
    clear, plateau = round(_CLEAR_S / step), round(_PLATEAU_S / step)
    if curve.size < clear + plateau:
        return None
    floor = float(np.min(curve))
    steady = float(np.quantile(curve, 0.9))
    at = 0
    for _ in range(3):  # where the plateau lies depends on the crossing, and the crossing on the plateau
        above = curve > floor + (steady - floor) / 4.0
        if not above.any():
            return None
        at = int(np.argmax(above))
        following = curve[at + clear : at + clear + plateau]
        if following.size == 0:  # it rises at the very end, to no plateau
            return None
        steady = float(np.mean(following))
    half = floor + (steady - floor) / 4.0
    above = curve > half
    at = int(np.argmax(above))
    if not above.any() or at == 0 or db(steady) - db(floor) < _LEAST_CONTRAST_DB:
        return None
    return float(at - 1 + (half - curve[at - 1]) / (curve[at] - curve[at - 1]))


def bend(envelope: Envelope, start_s: float, stop_s: float, smooth_s: float = SMOOTH_S) -> float | None:
    """When a steady sound in a room ends and its decay begins, s; None where nothing falls.

    Of all times between ``start_s`` and ``stop_s``, the one from which a level that was steady before
    falls along a straight line with the least squared error, in dB; a fall at once (the direct sound
    stops) is part of the line's freedom. Look in the envelope of one channel, from within the steady part to
    where the decay has reached the background.
    """
    first, stop = envelope.index(start_s), envelope.index(stop_s)
    level = db(envelope.smoothed(smooth_s).power[first:stop, 0])
    margin = round(_PLATEAU_S / envelope.step)
    if level.size < 3 * margin or level[:margin].mean() - level[-margin:].mean() < _LEAST_CONTRAST_DB / 3:
        return None
    errors = [_misfit(level, at) for at in range(margin, level.size - margin)]
    return (first + margin + int(np.argmin(errors))) * envelope.step


def _misfit(level: Power, at: int) -> float:
    before, after = level[:at], level[at:]
    time = np.arange(after.size) - (after.size - 1) / 2
    slope = (time @ after) / (time @ time)
    rest = after - after.mean() - slope * time
    return float(np.sum(np.square(before - before.mean())) + rest @ rest)
