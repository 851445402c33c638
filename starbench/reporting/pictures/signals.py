"""Waveforms and spectrograms of a clip, on scales that all clips of an item share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio
from starbench.reporting.pictures.place_map import colour_of
from starbench.reporting.pictures.places import TopView

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.gridspec import SubplotSpec

#: The lowest frequency of a spectrogram that is drawn on a scale of octaves, Hz.
LOWEST_HZ = 50.0
#: Levels that the white and black stand for, dB re full-scale sine; the same for every picture.
SCALE_DB = (-110.0, -10.0)
#: Heights of a row, inches.
_WAVE, _SPECTROGRAM = 1.05, 2.1
#: Columns to draw at most, of a waveform and of a spectrogram.
_ACROSS, _FRAMES = 1000, 500
_FRAME_S = 0.040
_TICKS_HZ = (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)

_Samples = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Signals:
    """A clip, the names of its channels, and its spectrograms: name, times, frequencies, levels."""

    audio: Audio
    channels: list[str]
    spectrograms: list[tuple[str, _Samples, _Samples, _Samples]]

    @classmethod
    def of(cls, audio: Audio, channels: list[str]) -> Signals:
        """Measure what will be drawn of a clip."""
        # Each ear has its own; of more channels the mean is shown, or the page would not end.
        parts = {name: audio.samples[:, [k]] for k, name in enumerate(channels)}
        if len(channels) > 2:
            parts = {"mean power": audio.samples}
        return cls(
            audio, channels, [(name, *spectrogram(samples, audio.rate)) for name, samples in parts.items()]
        )

    @property
    def rows(self) -> list[float]:
        """Heights of its waveforms and spectrograms, inches."""
        return [_WAVE] * len(self.channels) + [_SPECTROGRAM] * len(self.spectrograms)


def loudest(clips: Sequence[Signals]) -> float:
    """The largest sample of all clips, which their waveforms are drawn to; full scale is 1."""
    return max(float(np.abs(clip.audio.samples).max()) for clip in clips) or 1.0


def draw_signals(
    figure: Figure, place: SubplotSpec, clip: Signals, peak: float, *, view: TopView | None, title: str
) -> None:
    """Draw a clip's waveforms and spectrograms; shade when each source of ``view`` sounds."""
    n, rows = len(clip.channels), clip.rows
    grid = place.subgridspec(
        len(rows), 2, height_ratios=rows, width_ratios=(1, 0.02), hspace=0.16, wspace=0.03
    )
    axes = [figure.add_subplot(grid[row, 0]) for row in range(len(rows))]
    for channel, ax in enumerate(axes[:n]):
        _draw_wave(ax, clip.audio.samples[:, channel], clip.audio.rate, peak)
        ax.set_ylabel(clip.channels[channel], parse_math=False)
        for number, source in enumerate(view.sources if view else ()):
            if source.sounds_s is not None:
                ax.axvspan(*source.sounds_s, color=colour_of(number), alpha=0.22, lw=0, zorder=0.5)
    axes[0].set_title(f"{title}amplitude, full scale = 1", loc="left", parse_math=False)
    for ax, (name, *shown) in zip(axes[n:], clip.spectrograms, strict=True):
        mesh = _draw_spectrogram(ax, shown, clip.audio.rate)
        ax.set_ylabel(f"{name}: frequency, Hz", parse_math=False)
    bar = figure.colorbar(mesh, cax=figure.add_subplot(grid[n:, 1]), ticks=np.arange(*SCALE_DB, 20.0) + 10.0)
    bar.set_label(f"level, dB re full-scale sine; {SCALE_DB[0]:.0f} to {SCALE_DB[1]:.0f} in every picture")
    for ax in axes:
        ax.set_xlim(0.0, clip.audio.seconds)
        ax.label_outer()
    axes[-1].set_xlabel("time, s")


def _draw_wave(ax: Axes, samples: _Samples, rate: int, peak: float) -> None:
    step, low, high = envelope(samples, _ACROSS)
    times = (step * np.arange(low.size) + min(step, samples.size) / 2) / rate
    ax.fill_between(times, low, high, color="0.25", lw=0.5)
    ax.set_ylim(-1.08 * peak, 1.08 * peak)
    ax.locator_params(axis="y", nbins=3)
    ax.grid(axis="x", color="0.9", lw=0.6)


def envelope(samples: _Samples, across: int) -> tuple[int, _Samples, _Samples]:
    """How many samples stand under a column of pixels, and the lowest and highest there: no peak is lost.

    ``samples`` have shape (n,), the others (columns,), with ``across`` columns or a few more.
    """
    step = max(1, samples.size // across)
    starts = np.arange(0, samples.size, step)
    return step, np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)


def _draw_spectrogram(ax: Axes, shown: Sequence[_Samples], rate: int) -> Any:
    mesh = ax.pcolormesh(*shown, cmap="Greys", vmin=SCALE_DB[0], vmax=SCALE_DB[1], shading="nearest")
    ax.set_yscale("log")
    ax.set_ylim(min(LOWEST_HZ, rate / 8), rate / 2)
    marked = [hertz for hertz in _TICKS_HZ if hertz < rate / 2]
    ax.set_yticks(marked, [f"{hertz // 1000}k" if hertz >= 1000 else str(hertz) for hertz in marked])
    ax.set_yticks([], minor=True)
    return mesh


def spectrogram(samples: _Samples, rate: int) -> tuple[_Samples, _Samples, _Samples]:
    """Short-time levels of samples of shape (n, channels), whose mean power counts; a full-scale sine is 0 dB.

    Returns the times, shape (t,), s; the frequencies, shape (f,), Hz; and the levels, shape (f, t), dB.
    """
    size = 2 ** round(np.log2(_FRAME_S * rate))
    window = np.hanning(size + 1)[:-1]
    padded = np.pad(samples, ((size // 2, size // 2), (0, 0)))
    hop = max(size // 8, samples.shape[0] // _FRAMES)
    starts = np.arange(0, samples.shape[0], hop)
    power = np.empty((starts.size, size // 2))
    for row, start in enumerate(starts):  # one at a time: an hour's frames together would fill the memory
        spectrum = np.fft.rfft(padded[start : start + size] * window[:, np.newaxis], axis=0)[1:]
        power[row] = np.mean(np.abs(spectrum) ** 2, axis=1)
    levels = 10.0 * np.log10(np.maximum(power.T * (2.0 / window.sum()) ** 2, 1e-20))
    return starts / rate, np.arange(1, size // 2 + 1) * rate / size, levels
