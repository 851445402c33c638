"""A clip as two ears have it: its stretches of sound, and their spectra without the background."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio
from starbench.measure.spectra import CrossSpectra, cross_spectra

from . import bursts
from . import head as heads
from .bursts import Burst
from .direction import DirectionFinder, EarSpectra
from .head import Head

#: The direct sound, s about its onset: mostly over before the first reflection arrives.
_DIRECT_S = (-0.006, 0.008)
#: A tick, s about its peak.
_TICK_S = (-0.007, 0.007)
#: Spectra of fewer ERB-wide bands have no shape that an ear could change.
_BROAD_ERBS = 8
_FADE_S = 0.003
#: Share of the energy that the nearest direction of the sphere's grid may leave unexplained.
_GRID = 0.01
#: A head other than the default one must be more plausible by so much.
_CLEARLY = 3.0
#: In a room, more of the energy than this does not fit the best direction.
_DRY = 0.10
#: At ear level, where the direction is known exactly, even a near sound in a large room leaves more than this.
_OPEN = 0.008
#: Two sounds that are compared are at least this far apart, s.
_PAUSE_S = 0.5
#: The quiet before the first sound is used as the background if it is this long, s.
_SHORTEST_QUIET_S = 0.04
#: The background's power varies: it is taken as this much higher.
_CAUTION = 1.5


class Ears:
    """A clip of two channels, left ear first, or one that both ears get; and the head that it is for."""

    def __init__(self, audio: Audio, head: Head | None = None) -> None:
        self.rate, self.head = audio.rate, head
        both = np.broadcast_to(audio.samples, (audio.samples.shape[0], 2))
        self.samples = both - both.mean(axis=0)
        self.finder = DirectionFinder.of(head, audio.rate)
        self._bodies: dict[Burst, EarSpectra] = {}

    def of_head(self, head: Head) -> Ears:
        """The same clip for another head; what no head changes is not computed again."""
        other = copy(self)
        other.head, other.finder = head, DirectionFinder.of(head, self.rate)
        other.__dict__.pop("plausibility", None)
        if not np.array_equal(other.finder.centres, self.finder.centres):
            other.__dict__.pop("background", None)
            other._bodies = {}
        return other

    @cached_property
    def bursts(self) -> tuple[Burst, ...]:
        """The stretches of sound, in order. Beside a single one, a faint one is looked for."""
        clear = bursts.find(self.samples, self.rate)
        faint = bursts.find(self.samples, self.rate, faint=True) if len(clear) == 1 else ()
        return faint if len(faint) > 1 else clear

    @cached_property
    def pair(self) -> tuple[Burst, ...]:
        """Two sounds in turn: where the clear ones lie close together, one of them may be a faint one's parts."""
        clear = bursts.merge(self.bursts, 2)
        if len(clear) == 2 and bursts.pause(clear) > _PAUSE_S:
            return clear
        faint = bursts.merge(bursts.find(self.samples, self.rate, faint=True), 2)
        return faint if len(faint) == 2 and bursts.pause(faint) > _PAUSE_S else clear

    def in_turn(self, count: int) -> tuple[Burst, ...]:
        """So many sounds in turn, softer ones too where the clear ones are too few; fewer if there are no more."""
        found = self.bursts
        if len(found) < count:
            found = bursts.find(self.samples, self.rate, soft=True)
        return bursts.merge(found, count) if len(found) >= count else found

    @property
    def seconds(self) -> float:
        """Length of the clip, s."""
        return float(self.samples.shape[0] / self.rate)

    def excerpt(self, start: float, stop: float) -> NDArray[np.float32]:
        """Samples from ``start`` to ``stop``, s, with faded ends; shape (n, 2)."""
        first = max(0, round(start * self.rate))
        last = max(min(self.samples.shape[0], round(stop * self.rate)), first + 8)
        cut: NDArray[np.float32] = self.samples[first:last].copy()
        fade = min(round(_FADE_S * self.rate), cut.shape[0] // 2)
        gain = np.sin(np.pi / 2 * (np.arange(fade, dtype=np.float32) + 0.5) / fade)[:, None] ** 2
        cut[:fade] *= gain
        cut[-fade:] *= gain[::-1]
        return cut

    @cached_property
    def background(self) -> CrossSpectra | None:
        """Spectra of one second of what precedes the first sound."""
        quiet = self.bursts[0].onset - 0.02 if self.bursts else self.seconds
        if quiet < _SHORTEST_QUIET_S:
            return None
        spectra = cross_spectra(self.excerpt(0.0, quiet), self.rate, self.finder.centres)
        size = max(3, round(8 / (1 + 50 * quiet)))  # few lines in a band: average over neighbours
        smooth = np.ones(2 * size + 1) / (2 * size + 1) / quiet
        left, right = (np.convolve(power, smooth, "same") for power in (spectra.left, spectra.right))
        return CrossSpectra(left, right, np.convolve(spectra.cross, smooth, "same"))

    def spectra(self, start: float, stop: float) -> EarSpectra:
        """Spectra from ``start`` to ``stop``, s; bands well above the background are reliable."""
        whole = cross_spectra(self.excerpt(start, stop), self.rate, self.finder.centres)
        if self.background is None:
            return EarSpectra(whole, np.ones(self.finder.centres.size))
        clean = whole.less(self.background, stop - start)
        noise = _CAUTION * self.background.total * (stop - start)
        return EarSpectra(clean, np.clip(1 - noise / np.maximum(whole.total, 1e-30), 0.0, 1.0) + 1e-6)

    def is_broad(self, burst: Burst) -> bool:
        """Whether a burst fills enough of the spectrum to have a shape."""
        return self.finder.filled_erbs(self.body(burst)) >= _BROAD_ERBS

    @cached_property
    def whole(self) -> Burst | None:
        """All that sounds, from the first onset to the last offset; None in silence."""
        return bursts.merge(self.bursts, 1)[0] if self.bursts else None

    def is_dry(self, burst: Burst) -> bool:
        """Whether a burst comes from one direction only: then it is not in a room."""
        return self.finder.least_mismatch(self.body(burst)) < _DRY

    def is_in_the_open(self, burst: Burst) -> bool:
        """Whether nothing at all of a burst at ear level comes from other directions than its own."""
        body = self.body(burst)
        return self.finder.mismatch_at(self.finder.pair(self.finder.azimuth(body).azimuth), body) < _OPEN

    def horizontal(self, burst: Burst) -> float:
        """Azimuth of a burst at ear level, degrees, by its direct sound and by all of it."""
        ring = self.finder.ring
        onset, whole = (self.finder.interaural(ring, ears) for ears in (self.direct(burst), self.body(burst)))
        return float(ring.azimuths[int((onset + whole).argmax())])

    @cached_property
    def plausibility(self) -> float:
        """How well the head explains what is heard: log-likelihood of the best directions of up to two sounds."""
        sphere = self.finder.sphere
        heard = [self.directional(burst) for burst in self.pair]
        return float(sum(self.finder.log_likelihood(sphere, ears, _GRID).max() for ears in heard))

    def directional(self, burst: Burst) -> EarSpectra:
        """Spectra of a burst that show its direction: of all of it, or in a room of its direct sound."""
        return self.body(burst) if self.is_dry(burst) else self.direct(burst)

    def direct(self, burst: Burst) -> EarSpectra:
        """Spectra of the direct sound of a burst, almost without reflections; of all ticks, if it ticks."""
        ticks = bursts.ticks(self.samples, self.rate, burst)
        if not ticks:
            return self.spectra(burst.onset + _DIRECT_S[0], burst.onset + _DIRECT_S[1])
        of_ticks = [self.spectra(tick + _TICK_S[0], tick + _TICK_S[1]) for tick in ticks]
        parts = zip(*((of.left, of.right, of.cross) for of, _ in of_ticks), strict=True)
        total = CrossSpectra(*(np.sum(part, axis=0) for part in parts))
        return EarSpectra(total, np.mean([reliability for _, reliability in of_ticks], axis=0))

    def lateral(self, burst: Burst) -> float:
        """Lateral angle of a burst, degrees, positive on the right."""
        return self.finder.azimuth(self.directional(burst)).lateral

    def elevation(self, burst: Burst) -> float | None:
        """Elevation of a burst, degrees; None where its spectrum has no shape that could show it."""
        return self.finder.direction(self.directional(burst)).elevation if self.is_broad(burst) else None

    def body(self, burst: Burst) -> EarSpectra:
        """Spectra of a whole burst."""
        if burst not in self._bodies:
            self._bodies[burst] = self.spectra(burst.onset - 0.005, burst.offset + 0.005)
        return self._bodies[burst]


def with_likely_head(clips: Sequence[Audio], head: Head | None) -> list[Ears]:
    """Clips as a head has them; of no head in particular: as the one of the package's that explains the first best."""
    if head is not None:
        return [Ears(clip, head) for clip in clips]
    default, *others = heads.candidates()
    first = own = Ears(clips[0], default)
    most = own.plausibility + _CLEARLY
    for candidate in (own.of_head(other) for other in others):
        if candidate.plausibility > most:
            first, most = candidate, candidate.plausibility
    return [first, *(Ears(clip, first.head) for clip in clips[1:])]


#: From the clips of a question to a cost for each option, the lowest for the right one; None if that cannot
#: be heard.
Costs = Callable[[Sequence[Ears]], Sequence[float] | None]
#: How to answer a question about space, and the number of its clips.
Reading = tuple[Costs, int]
