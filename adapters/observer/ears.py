"""A clip as two ears have it: its stretches of sound, and their spectra without the background."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio
from starbench.measure.spectra import CrossSpectra, cross_spectra

from . import bursts
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
#: When after its end a sound's tail is measured, s, and the share of its power below which there is none.
_TAIL_S, _DRY, _TAIL_STEP_S = (0.015, 0.045), 0.02, 0.004
#: The quiet before the first sound is used as the background if it is this long, s.
_SHORTEST_QUIET_S = 0.04
#: The background's power varies: it is taken as this much higher.
_CAUTION = 1.5


class Ears:
    """A clip of two channels, left ear first, or one that both ears get; and the head that it is for."""

    def __init__(self, audio: Audio, head: Head | None = None) -> None:
        self.rate = audio.rate
        both = np.broadcast_to(audio.samples, (audio.samples.shape[0], 2))
        self.samples = both - both.mean(axis=0)
        self.finder = DirectionFinder.of(head, audio.rate)

    @cached_property
    def bursts(self) -> tuple[Burst, ...]:
        """The stretches of sound, in order."""
        return bursts.find(self.samples, self.rate)

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
        return self.finder.filled_erbs(self.body(burst).spectra) >= _BROAD_ERBS

    def is_dry(self, burst: Burst) -> bool:
        """Whether almost nothing follows a burst: then it is not in a room."""
        power = bursts.envelope(self.samples, self.rate, _TAIL_STEP_S)
        quiet = power[: max(1, round((self.bursts[0].onset - 0.02) / _TAIL_STEP_S))]
        floor = float(quiet.mean()) if quiet.size > 5 else 0.0
        ticks = bursts.ticks(self.samples, self.rate, burst)
        if ticks:
            sounding = [(tick + _TICK_S[0], tick + _TICK_S[1]) for tick in ticks]
            tails = [(tick + _TICK_S[1] + _TAIL_S[0], tick + _TICK_S[1] + _TAIL_S[1]) for tick in ticks]
        else:
            level = 10 * np.log10(np.maximum(power - floor, 0.02 * floor + 1e-12))
            end = bursts.knee(level, burst, _TAIL_STEP_S).offset
            sounding, tails = [(burst.onset, end)], [(end + _TAIL_S[0], end + _TAIL_S[1])]

        def mean(spans: list[tuple[float, float]]) -> float:
            parts = [power[round(a / _TAIL_STEP_S) : round(b / _TAIL_STEP_S)] for a, b in spans]
            return float(np.mean(np.concatenate(parts))) if sum(part.size for part in parts) else floor

        return mean(tails) - floor < _DRY * mean(sounding)

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
        """Lateral angle of a burst by its direct sound, degrees, positive on the right."""
        return self.finder.azimuth(self.direct(burst)).lateral

    def elevation(self, burst: Burst) -> float | None:
        """Elevation of a burst, degrees; None where its spectrum has no shape that could show it."""
        return self.finder.direction(self.directional(burst)).elevation if self.is_broad(burst) else None

    def body(self, burst: Burst) -> EarSpectra:
        """Spectra of a whole burst."""
        return self.spectra(burst.onset - 0.005, burst.offset + 0.005)


#: From the clips of a question to a cost for each option, the lowest for the right one; None if that cannot
#: be heard.
Costs = Callable[[Sequence[Ears]], Sequence[float] | None]
#: How to answer a question about space, and the number of its clips.
Reading = tuple[Costs, int]
