"""Pictures of items: waveform, spectrogram, and from above where the sources are.

Everything that a data set says is drawn as plain text, whatever it looks like. The same item gives the
same bytes.
"""

from __future__ import annotations

import io
import textwrap
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio
from starbench.errors import InputError
from starbench.reporting.places import Spot, TopView, top_view
from starbench.schema import Item
from starbench.suites.clip_store import ClipStore
from starbench.suites.suite import Suite
from starbench.text import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.gridspec import SubplotSpec

#: Okabe & Ito's colours, which the colour-blind tell apart: blue, vermilion, green, purple, orange, sky.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_DPI = 100
#: Inches: the picture's width for up to two clips and a further clip's; rows; margins.
_WIDTH, _FURTHER = 12.0, 6.0
_WAVE, _SPECTROGRAM, _VIEW, _WORDS = 1.05, 2.1, 3.9, 0.17
_HEADING, _FOOT, _GAP, _BETWEEN = 1.2, 0.9, 0.8, 0.75
_LEFT, _RIGHT = 0.85, 0.85
#: Columns to draw at most, of a waveform and of a spectrogram.
_ACROSS, _FRAMES = 1000, 500
_FRAME_S = 0.040
_LOWEST_HZ = 50.0
_RANGE_DB = 80.0
_TICKS_HZ = (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)
#: Seconds between the dots on a path.
_MARK_S = 0.5
#: Radius of the head, m; drawn larger where it would not be seen.
_HEAD_M = 0.0875
#: Where a source's number stands, points from its dot.
_AROUND = ((-10, 10), (10, 10), (10, -10), (-10, -10))
_STYLE: dict[Any, Any] = {
    "text.parse_math": False,
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.axisbelow": True,
    "figure.facecolor": "white",
}
_Samples = NDArray[np.floating]


def png(suite: Suite, item: Item) -> bytes:
    """Draw an item of ``suite`` as a PNG, 1200 pixels wide or more.

    Raises
    ------
    InputError
        If matplotlib is not installed.
    AudioError
        If a clip changed since the suite was read.
    """
    try:
        import matplotlib as mpl
        from matplotlib import style
    except ImportError as error:
        raise InputError("pictures need matplotlib: pip install 'starbench[plots]'") from error
    # Whatever a user's own matplotlibrc says: LaTeX would run what a data set is named.
    with style.context("default"), mpl.rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # is drawn as a box
        buffer = io.BytesIO()
        draw(suite, item).savefig(buffer, format="png", dpi=_DPI, metadata={"Software": None})
    return buffer.getvalue()


@dataclass(frozen=True, eq=False)
class _Clip:
    """A clip with everything that is drawn of it."""

    audio: Audio
    channels: list[str]
    spectrograms: list[tuple[str, _Samples, _Samples, _Samples]]
    view: TopView | None

    @classmethod
    def of(cls, audio: Audio, truth: Mapping[str, Any]) -> _Clip:
        names = _channel_names(truth, audio)
        # Each ear has its own; of more channels the mean is shown, or the page would not end.
        parts = {name: audio.samples[:, [k]] for k, name in enumerate(names)}
        if len(names) > 2:
            parts = {"mean power": audio.samples}
        shown = [(name, *spectrogram(samples, audio.rate)) for name, samples in parts.items()]
        return cls(audio, names, shown, top_view(truth))

    @property
    def rows(self) -> list[float]:
        """Heights of its waveforms and spectrograms, inches."""
        return [_WAVE] * len(self.channels) + [_SPECTROGRAM] * len(self.spectrograms)


@dataclass(frozen=True)
class _Scale:
    """What all clips of an item share: the loudest sample, the highest level in dB, the area in m."""

    loudest: float
    top_db: float
    area: NDArray[np.float64]

    @classmethod
    def of(cls, clips: Sequence[_Clip]) -> _Scale:
        return cls(
            max(float(np.abs(clip.audio.samples).max()) for clip in clips) or 1.0,
            max(float(levels.max()) for clip in clips for *_, levels in clip.spectrograms),
            _area([clip.view for clip in clips if clip.view is not None]),
        )


def draw(suite: Suite, item: Item) -> Figure:
    """The figure of an item: a column a clip, or the view from above beside a single one."""
    from matplotlib.figure import Figure

    store = ClipStore(suite)
    clips = [
        _Clip.of(store.get(path), truth) for path, truth in zip(item.audio_paths, _truths(item), strict=True)
    ]
    scale = _Scale.of(clips)
    signals = max(sum(clip.rows) for clip in clips)
    words = _WORDS * max((_n_lines(clip.view) for clip in clips), default=0)
    view = _VIEW + _GAP + words if words else 0.0
    beside = len(clips) == 1
    width = max(_WIDTH, _FURTHER * len(clips))
    between = _BETWEEN if words else 0.0
    whole = (max(signals, view) if beside else signals + between + view) + _HEADING + _FOOT
    figure = Figure(figsize=(width, whole))
    _write_heading(figure, suite, item, width, whole)
    right = 1 - (0.3 if beside and words else _RIGHT) / width
    area = {"left": _LEFT / width, "right": right, "top": 1 - _HEADING / whole, "bottom": _FOOT / whole}
    if beside:
        ratios = [1.5, 1.0] if words else [1.0]
        places = figure.add_gridspec(1, len(ratios), width_ratios=ratios, wspace=0.36, **area)
    else:
        ratios = [signals, view] if words else [signals]
        gaps = {"wspace": 0.34, "hspace": _BETWEEN * len(ratios) / sum(ratios)}
        places = figure.add_gridspec(len(ratios), len(clips), height_ratios=ratios, **gaps, **area)
    for number, clip in enumerate(clips):
        title = "" if beside else f"Clip {number + 1}: "
        _draw_signals(figure, places[number], clip, scale, title)
        if clip.view is not None:
            _draw_view(figure, places[len(clips) + number], clip.view, scale, words)
    return figure


def _truths(item: Item) -> list[Mapping[str, Any]]:
    told = item.truth.get("clips")
    found = told if isinstance(told, list) and len(told) == len(item.audio_paths) else []
    return [truth if isinstance(truth, dict) else {} for truth in found] or [{} for _ in item.audio_paths]


def _channel_names(truth: Mapping[str, Any], clip: Audio) -> list[str]:
    told = truth.get("channels")
    if isinstance(told, list) and len(told) == clip.channels and all(isinstance(name, str) for name in told):
        return [printable(name)[:20] for name in told]
    named: dict[int, list[str]] = {1: ["mono"], 2: ["left", "right"]}
    return named.get(clip.channels, [f"channel {k + 1}" for k in range(clip.channels)])


# --- words ----------------------------------------------------------------------------------------


def _write_heading(figure: Figure, suite: Suite, item: Item, width: float, height: float) -> None:
    question = _wrapped(item.question, int(width * 8.6), 3)
    inset = 0.25 / width
    figure.text(inset, 1 - 0.15 / height, question, va="top", size=12, weight="bold", parse_math=False)
    below = 1 - (0.26 + 0.21 * (question.count("\n") + 1)) / height
    answer = _wrapped(f"Right answer: {_right_answer(item)}", int(width * 10), 1)
    figure.text(inset, below, answer, va="top", size=11, parse_math=False)
    level = None if item.level is None else f"level {item.level:g} {item.level_unit or ''}".strip()
    parts = (
        item.id,
        suite.name,
        item.sub_category,
        level,
        "catch trial" if item.catch else None,
        *item.flags,
    )
    foot = _wrapped("  ·  ".join(part for part in parts if part), int(width * 13), 1)
    figure.text(inset, 0.12 / height, foot, va="bottom", size=8, color="0.35", parse_math=False)


def _right_answer(item: Item) -> str:
    if item.option_orders is None:
        return item.answer or ""
    in_order = tuple(range(1, len(item.audio_paths) + 1))
    return next(
        option for option, order in zip(item.options, item.option_orders, strict=True) if order == in_order
    )


def _wrapped(text: str, across: int, lines: int) -> str:
    return "\n".join(textwrap.wrap(printable(text), across, max_lines=lines, placeholder=" …"))


# --- signals --------------------------------------------------------------------------------------


def _draw_signals(figure: Figure, place: SubplotSpec, clip: _Clip, scale: _Scale, title: str) -> None:
    n, rows = len(clip.channels), clip.rows
    grid = place.subgridspec(
        len(rows), 2, height_ratios=rows, width_ratios=(1, 0.02), hspace=0.16, wspace=0.03
    )
    axes = [figure.add_subplot(grid[row, 0]) for row in range(len(rows))]
    for channel, ax in enumerate(axes[:n]):
        _draw_wave(ax, clip.audio.samples[:, channel], clip.audio.rate, scale.loudest)
        ax.set_ylabel(clip.channels[channel], parse_math=False)
        for number, spot in enumerate(clip.view.spots if clip.view else ()):
            if spot.heard_s is not None:
                ax.axvspan(*spot.heard_s, color=_colour(number), alpha=0.16, lw=0)
    axes[0].set_title(f"{title}amplitude, full scale = 1", loc="left", parse_math=False)
    for ax, (name, *shown) in zip(axes[n:], clip.spectrograms, strict=True):
        mesh = _draw_spectrogram(ax, shown, clip.audio.rate, scale.top_db)
        ax.set_ylabel(f"{name}: frequency, Hz", parse_math=False)
    bar = figure.colorbar(mesh, cax=figure.add_subplot(grid[n:, 1]))
    bar.set_label("level, dB re full-scale sine")
    for ax in axes:
        ax.set_xlim(0.0, clip.audio.seconds)
        ax.label_outer()
    axes[-1].set_xlabel("time, s")


def _draw_wave(ax: Axes, samples: _Samples, rate: int, loudest: float) -> None:
    """The highest and lowest sample under each column of pixels, so that no peak is lost."""
    step = max(1, samples.size // _ACROSS)
    starts = np.arange(0, samples.size, step)
    low, high = np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)
    times = (starts + min(step, samples.size) / 2) / rate
    ax.fill_between(times, low, high, color="0.25", lw=0.5)
    ax.set_ylim(-1.08 * loudest, 1.08 * loudest)
    ax.locator_params(axis="y", nbins=3)
    ax.grid(axis="x", color="0.9", lw=0.6)


def _draw_spectrogram(ax: Axes, shown: Sequence[_Samples], rate: int, top_db: float) -> Any:
    mesh = ax.pcolormesh(*shown, cmap="magma", vmin=top_db - _RANGE_DB, vmax=top_db, shading="nearest")
    ax.set_yscale("log")
    ax.set_ylim(min(_LOWEST_HZ, rate / 8), rate / 2)
    marked = [hertz for hertz in _TICKS_HZ if hertz < rate / 2]
    ax.set_yticks(marked, [f"{hertz // 1000}k" if hertz >= 1000 else str(hertz) for hertz in marked])
    ax.set_yticks([], minor=True)
    return mesh


def spectrogram(samples: _Samples, rate: int) -> tuple[_Samples, _Samples, _Samples]:
    """Short-time levels: a full-scale sine is 0 dB at its frequency.

    Parameters
    ----------
    samples : ndarray of float, shape (n, channels)
        The levels are of the channels' mean power.
    rate : int
        Hz.

    Returns
    -------
    times : ndarray, shape (t,), s
    frequencies : ndarray, shape (f,), Hz
    levels : ndarray, shape (f, t), dB
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


# --- from above -----------------------------------------------------------------------------------


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _n_lines(view: TopView | None) -> int:
    return 0 if view is None else sum(1 + spot.name.count("\n") for spot in view.spots)


def _area(views: Sequence[TopView]) -> NDArray[np.float64]:
    """The area, m, that holds everything of every view: rows x and y, columns from and to."""
    points = [spot.track for view in views for spot in view.spots]
    points += [view.listener[np.newaxis] for view in views]
    points += [np.array([(0.0, 0.0), view.walls]) for view in views if view.walls]
    everything = np.concatenate(points or [np.zeros((1, 2))])
    low, high = everything.min(axis=0), everything.max(axis=0)
    if not any(view.walls for view in views):  # the listener in the middle
        high = np.full(2, np.abs(everything).max())
        low = -high
    margin = max(0.3, 0.06 * float((high - low).max()))
    return np.stack([low - margin, high + margin], axis=1)


def _draw_view(figure: Figure, place: SubplotSpec, view: TopView, scale: _Scale, words: float) -> None:
    from matplotlib.patches import Rectangle

    grid = place.subgridspec(2, 1, height_ratios=(_VIEW, _GAP + words), hspace=0.0)
    ax = figure.add_subplot(grid[0, 0])
    ax.set_aspect("equal", anchor="NW")
    ax.set_xlim(*scale.area[0])
    ax.set_ylim(*scale.area[1])
    ax.grid(color="0.88", lw=0.6)
    if view.walls is not None:
        ax.add_patch(Rectangle((0, 0), *view.walls, fc="#f6f3ea", ec="none", zorder=0.2))
        ax.add_patch(Rectangle((0, 0), *view.walls, fc="none", ec="0.25", lw=2.0, zorder=2))
    smallest = float(np.ptp(scale.area, axis=1).max()) / 36
    _draw_listener(ax, view, smallest)
    for number, spot in enumerate(view.spots):
        _draw_spot(ax, spot, number, view.spots[:number], near=smallest)
    ax.set_title("From above" if view.walls else "From above, in the open", loc="left")
    ax.set_xlabel("x, m" if view.walls else "right of the listener, m")
    ax.set_ylabel("y, m" if view.walls else "in front of the listener, m")
    lines = [
        f"      → {line}" if more else f"{number}   {line}"
        for number, spot in enumerate(view.spots, 1)
        for more, line in enumerate(spot.name.split("\n"))
    ]
    # Hung below the frame, wherever its aspect lets it end, into the room that ``words`` keeps.
    ax.annotate(
        "\n".join(lines),
        xy=(0.0, 0.0),
        xycoords="axes fraction",
        xytext=(0, -72 * 0.65 * _GAP),
        textcoords="offset points",
        va="top",
        size=8.5,
        parse_math=False,
    )


def _draw_listener(ax: Axes, view: TopView, least: float) -> None:
    from matplotlib.patches import Circle, Polygon

    radius = max(_HEAD_M, least)
    right = np.array([view.front[1], -view.front[0]])
    nose = [view.front * 1.9, view.front * 0.8 + right * 0.55, view.front * 0.8 - right * 0.55]
    ax.add_patch(Polygon(view.listener + radius * np.array(nose), fc="0.2", ec="0.2", zorder=3))
    for side in (right, -right):
        ax.add_patch(
            Circle(tuple(view.listener + radius * side), radius * 0.28, fc="0.2", ec="0.2", zorder=3)
        )
    ax.add_patch(Circle(tuple(view.listener), radius, fc="white", ec="0.2", lw=1.5, zorder=4))


def _draw_spot(ax: Axes, spot: Spot, number: int, earlier: Sequence[Spot], near: float) -> None:
    colour = _colour(number)
    if len(spot.track) > 1:
        ax.plot(*spot.track.T, color=colour, lw=1.8, zorder=5)
        marks = np.arange(spot.times[0], spot.times[-1], _MARK_S)[1:]
        along = (np.interp(marks, spot.times, axis) for axis in spot.track.T)
        ax.plot(*along, "o", color=colour, ms=4, zorder=5)
        arrow = {"arrowstyle": "-|>,head_width=0.35,head_length=0.7", "color": colour, "lw": 1.8}
        ax.annotate("", spot.track[-1], spot.track[-2], arrowprops=arrow, zorder=5)
    # One that stands where another does is a smaller dot on it, its number at another side.
    here = sum(float(np.linalg.norm(other.track[0] - spot.track[0])) < near for other in earlier)
    ax.plot(*spot.track[0], "o", color=colour, ms=max(3, 13 - 4 * here), mec="white", zorder=6 + here)
    ax.annotate(
        str(number + 1),
        spot.track[0],
        xytext=_AROUND[here % len(_AROUND)],
        textcoords="offset points",
        color=colour,
        size=10,
        weight="bold",
        ha="center",
        va="center",
        zorder=20,
    )
