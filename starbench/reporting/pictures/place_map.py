"""Sources and listener from above, drawn as a map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from starbench.reporting.pictures.places import SourceTrack, TopView

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.gridspec import SubplotSpec

#: Okabe & Ito's colours, which the colour-blind can distinguish: blue, vermilion, green, purple, orange, sky.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
#: Inches: the frame, the gap below it, and a line of the words below that.
_FRAME, _GAP, _LINE = 3.9, 0.8, 0.17
#: Seconds between the dots on a path.
_MARK_S = 0.5
#: Radius of the head, m; drawn larger where it would not be seen.
_HEAD_M = 0.0875
#: Where a source's number stands, points from its dot.
_AROUND = ((-10, 10), (10, 10), (10, -10), (-10, -10))

#: The area that a map shows, m: rows x and y, columns from and to.
Area = NDArray[np.float64]


def colour_of(number: int) -> str:
    """The colour of a source, everywhere in a picture."""
    return COLOURS[number % len(COLOURS)]


def map_height(views: Sequence[TopView | None]) -> float:
    """Inches for the map with the most sources; 0 where there is none."""
    legends = ["\n".join(source.name for source in view.sources) for view in views if view is not None]
    n_lines = max((legend.count("\n") + 1 for legend in legends), default=0)
    return _FRAME + _GAP + _LINE * n_lines if n_lines else 0.0


def shared_area(views: Sequence[TopView]) -> Area:
    """The area that holds everything of every view."""
    points = [source.track for view in views for source in view.sources]
    points += [view.listener[np.newaxis] for view in views]
    points += [np.array([(0.0, 0.0), view.walls]) for view in views if view.walls]
    everything = np.concatenate(points or [np.zeros((1, 2))])
    low, high = everything.min(axis=0), everything.max(axis=0)
    if not any(view.walls for view in views):  # the listener in the middle
        high = np.full(2, np.abs(everything).max())
        low = -high
    margin = max(0.3, 0.06 * float((high - low).max()))
    return np.stack([low - margin, high + margin], axis=1)


def draw_map(figure: Figure, place: SubplotSpec, view: TopView, area: Area, height: float) -> None:
    """Draw a view in a place that is ``height`` inches high, of which the frame gets its share."""
    from matplotlib.patches import Rectangle

    grid = place.subgridspec(2, 1, height_ratios=(_FRAME, height - _FRAME), hspace=0.0)
    ax = figure.add_subplot(grid[0, 0])
    ax.set_aspect("equal", anchor="NW")
    ax.set_xlim(*area[0])
    ax.set_ylim(*area[1])
    ax.grid(color="0.88", lw=0.6)
    if view.walls is not None:
        ax.add_patch(Rectangle((0, 0), *view.walls, fc="#f6f3ea", ec="none", zorder=0.2))
        ax.add_patch(Rectangle((0, 0), *view.walls, fc="none", ec="0.25", lw=2.0, zorder=2))
    smallest = float(np.ptp(area, axis=1).max()) / 36
    _draw_listener(ax, view, smallest)
    for number, source in enumerate(view.sources):
        _draw_source(ax, source, number, view.sources[:number], near=smallest)
    ax.set_title("From above" if view.walls else "From above, in the open", loc="left")
    ax.set_xlabel("x, m" if view.walls else "right of the listener, m")
    ax.set_ylabel("y, m" if view.walls else "in front of the listener, m")
    lines = [
        f"      → {line}" if more else f"{number}   {line}"
        for number, source in enumerate(view.sources, 1)
        for more, line in enumerate(source.name.split("\n"))
    ]
    # Hung below the frame, wherever its aspect lets it end, into the room that ``height`` leaves.
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


def _draw_source(
    ax: Axes, source: SourceTrack, number: int, earlier: Sequence[SourceTrack], near: float
) -> None:
    colour = colour_of(number)
    if len(source.track) > 1:
        ax.plot(*source.track.T, color=colour, lw=1.8, zorder=5)
        marks = np.arange(source.times[0], source.times[-1], _MARK_S)[1:]
        along = (np.interp(marks, source.times, axis) for axis in source.track.T)
        ax.plot(*along, "o", color=colour, ms=4, zorder=5)
        arrow = {"arrowstyle": "-|>,head_width=0.35,head_length=0.7", "color": colour, "lw": 1.8}
        ax.annotate("", source.track[-1], source.track[-2], arrowprops=arrow, zorder=5)
    # A source at the place of another is a smaller dot on it, its number at another side.
    here = sum(float(np.linalg.norm(other.track[0] - source.track[0])) < near for other in earlier)
    ax.plot(*source.track[0], "o", color=colour, ms=max(3, 13 - 4 * here), mec="white", zorder=6 + here)
    ax.annotate(
        str(number + 1),
        source.track[0],
        xytext=_AROUND[here % len(_AROUND)],
        textcoords="offset points",
        color=colour,
        size=10,
        weight="bold",
        ha="center",
        va="center",
        zorder=20,
    )
