"""When the sounds of a clip sound, and where they are in another form of the same clip."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from starbench.measure.levels import Envelope, db

Samples = NDArray[np.floating]

#: The envelope is smoothed over this long, s; the levels tried as a threshold are this far apart, dB.
_SMOOTH_S, _STEP_DB = 0.020, 2.0
#: A sound stands this far above the floor of its clip, its middle this much more, dB.
_ABOVE_DB, _CLEARLY_DB = 5.0, 3.0
#: Shorter silences are within a sound, and shorter sounds are none, s.
_PAUSE_S, _SHORTEST_S = 0.150, 0.040
#: More sounds than this in a clip are a noisy threshold.
_MOST = 4
#: Two forms of a clip are aligned in steps of this, s; only by what fits clearly better than no shift at all.
_ALIGN_S, _BETTER = 0.005, 1.02
#: Forms whose loudness goes along with the original's so well (cosine) hold the same sounds at the same times; what
#: is left where a sound was cut off does so better.
_ALIKE, _ALIKE_CUT = 0.95, 0.99


@dataclass(frozen=True)
class Stretch:
    """A time in which a sound is heard, s from the clip's start."""

    start_s: float
    stop_s: float

    def shifted(self, seconds: float) -> Stretch:
        """The same, so much later."""
        return Stretch(self.start_s + seconds, self.stop_s + seconds)


def stretches(samples: Samples, rate: int, wanted: int | None = None) -> tuple[Stretch, ...]:
    """The sounds of a clip, shape (n, channels), in order; of silence none.

    ``wanted`` sounds where there are so many, and one sound from the first to the last if one is wanted; None: as many
    as stand apart at the lowest threshold that separates few.
    """
    envelope = Envelope.of(samples, rate).total().smoothed(_SMOOTH_S)
    level = db(envelope.power[:, 0])
    if level.size < 3 or not np.any(samples):
        return ()
    floor, peak = float(np.percentile(level, 3)), float(level.max())
    if peak - floor < _ABOVE_DB + _CLEARLY_DB:  # it sounds from end to end
        return (Stretch(0.0, samples.shape[0] / rate),)
    lowest = max(floor + _ABOVE_DB, peak - 70.0)
    found: list[tuple[Stretch, ...]] = []
    for threshold in np.arange(lowest, max(peak - _CLEARLY_DB, lowest + 0.1), _STEP_DB):
        runs = _runs(level, float(threshold), envelope.step)
        if (wanted or 2) <= len(runs) <= _MOST:
            # More than wanted: a sound of several strokes. A higher threshold would leave those of one sound only.
            return runs if wanted is None else _merged(runs, wanted)
        found.append(runs)
    whole = next((runs for runs in found if runs), ())
    return whole if wanted is None else _merged(whole, wanted)


def _runs(level: NDArray[np.float64], threshold: float, step: float) -> tuple[Stretch, ...]:
    edges = np.flatnonzero(np.diff(level > threshold, prepend=False, append=False)).reshape(-1, 2).tolist()
    joined: list[list[int]] = []
    for first, stop in edges:
        if joined and (first - joined[-1][1]) * step < _PAUSE_S:
            joined[-1][1] = stop
        else:
            joined.append([first, stop])
    return tuple(
        Stretch(first * step, stop * step)
        for first, stop in joined
        if (stop - first) * step >= _SHORTEST_S and level[first:stop].max() >= threshold + _CLEARLY_DB
    )


def _merged(runs: tuple[Stretch, ...], most: int) -> tuple[Stretch, ...]:
    """Runs joined across the shortest silences until no more than ``most`` are left."""
    merged = list(runs)
    while len(merged) > most:
        gaps = [after.start_s - before.stop_s for before, after in pairwise(merged)]
        k = gaps.index(min(gaps))
        merged[k : k + 2] = [Stretch(merged[k].start_s, merged[k + 1].stop_s)]
    return tuple(merged)


def located(
    sounds: tuple[Stretch, ...], original: Samples, rate: int, form: Samples, form_rate: int
) -> tuple[Stretch, ...] | None:
    """Where the sounds of a clip are in another form of it; None if they are not found, and it is not silent.

    They are where they were, later or earlier as a whole, or all slower or faster; else as many sounds are looked for
    in the form itself.
    """
    seconds, form_seconds = original.shape[0] / rate, form.shape[0] / form_rate
    scale = form_seconds / seconds
    delay, likeness = alignment(original, rate, form, form_rate)
    shifted = tuple(one.shifted(delay) for one in sounds)
    is_as_long = abs(form_seconds - seconds) < 2 * _ALIGN_S
    is_cut = any(one.start_s < 0 or one.stop_s > form_seconds for one in shifted)
    if is_as_long or likeness >= (_ALIKE_CUT if is_cut else _ALIKE) or not np.any(form):
        return shifted
    if alignment(original, rate, form, form_rate * scale)[1] >= _ALIKE:
        return tuple(Stretch(one.start_s * scale, one.stop_s * scale) for one in sounds)
    own = stretches(form, form_rate, 1 if len(sounds) == 1 else None)
    return own if len(own) == len(sounds) else None


def alignment(original: Samples, rate: float, form: Samples, form_rate: float) -> tuple[float, float]:
    """By how much a form of a clip is later, s (negative where its start was cut off), and how alike both then are."""
    first, second = (_loudness(*one) for one in ((original, rate), (form, form_rate)))
    if not first.any() or not second.any():
        return 0.0, 0.0
    size = fft.next_fast_len(first.size + second.size, real=True)
    products = fft.irfft(fft.rfft(second, size) * np.conj(fft.rfft(first, size)), size)
    best = int(products.argmax())
    if products[best] < _BETTER * products[0]:
        best = 0
    steps = best if best < second.size else best - size
    one, other = first[max(0, -steps) :], second[max(0, steps) :]
    n = min(one.size, other.size)
    length = float(np.linalg.norm(one[:n]) * np.linalg.norm(other[:n]))
    return steps * _ALIGN_S, float(one[:n] @ other[:n]) / length if length else 0.0


def _loudness(samples: Samples, rate: float) -> NDArray[np.float64]:
    """Something like loudness in steps of :data:`_ALIGN_S`, with its quietest part taken as silence."""
    block = max(1, round(_ALIGN_S * rate))
    count = samples.shape[0] // block
    power = np.square(samples[: count * block], dtype=np.float64).reshape(count, -1).mean(axis=1)
    loudness = np.asarray(power**0.3)
    return loudness - np.percentile(loudness, 5) if count else loudness
