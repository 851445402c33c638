"""Sources around the listener from above, drawn as a map: the nose points up, so what is right is drawn right."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from starbench.reporting.pictures.places import SourceTrack, TopView, height, place_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.gridspec import SubplotSpec

#: Okabe & Ito's colours, which the colour-blind can distinguish: blue, vermilion, green, purple, orange, sky.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
#: Inches: the frame, the gap below it, and a line of the words below that.
_FRAME, _GAP, _LINE = 4.0, 0.35, 0.17
#: Characters of a line below the map.
_ACROSS = 58
#: A room of so many corners has a length and a width.
_CORNERS_OF_A_BOX = 4
#: Seconds between the dots on a path.
_MARK_S = 0.5
#: Radius of the head, m; drawn larger where it would not be seen.
_HEAD_M = 0.0875
#: A map reaches at least so far, m, and a little farther than its farthest source.
_LEAST_REACH, _BEYOND = 1.0, 1.32
_RINGS_M = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0)
_MOST_RINGS = 4
#: Where a label may stand, in points from its dot: direction and distance, nearest first.
_SIDES = ((1.0, 0.0), (-1.0, 0.0), (0.6, 1.0), (-0.6, 1.0), (0.6, -1.0), (-0.6, -1.0))
_SPOTS = tuple((far * x, far * y) for far in (13.0, 26.0, 40.0) for x, y in _SIDES)
_LABEL_SIZE = 9.0

_Points = NDArray[np.float64]
_Place = tuple[float, float]
_Box = tuple[float, float, float, float]


def colour_of(number: int) -> str:
    """The colour of a source, everywhere in a picture."""
    return COLOURS[number % len(COLOURS)]


def ink_of(number: int) -> tuple[float, float, float]:
    """The colour of a source for its words, dark enough to be read on white."""
    red, green, blue = (int(colour_of(number)[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return 0.68 * red, 0.68 * green, 0.68 * blue


def map_height(views: Sequence[TopView | None]) -> float:
    """Inches for the map with the most words below it; 0 where there is none."""
    n_lines = max((len(_legend(view)) for view in views if view is not None), default=0)
    return _FRAME + _GAP + _LINE * n_lines if n_lines else 0.0


def shared_reach(views: Sequence[TopView]) -> float:
    """How far from the listener the maps of all views reach, m."""
    farthest = [
        float(np.linalg.norm(source.track, axis=1).max()) for view in views for source in view.sources
    ]
    return max([_LEAST_REACH, *(_BEYOND * distance for distance in farthest)])


def draw_map(figure: Figure, place: SubplotSpec, view: TopView, reach: float, height_in: float) -> None:
    """Draw a view in a place that is ``height_in`` inches high, of which the frame gets its share."""
    grid = place.subgridspec(2, 1, height_ratios=(_FRAME, height_in - _FRAME), hspace=0.0)
    ax = figure.add_subplot(grid[0, 0])
    ax.set_aspect("equal", anchor="NW")
    ax.set_xlim(-reach, reach)
    ax.set_ylim(-reach, reach)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_color("0.75")
    if view.corners is not None:
        _draw_room(ax, view.corners)
    _draw_rings(ax, reach)
    _draw_directions(ax)
    _draw_listener(ax, reach)
    for number, source in enumerate(view.sources):
        _draw_source(ax, source, number, view.sources[:number], near=reach / 24)
    width, high = figure.get_size_inches() * grid[0, 0].get_position(figure).size
    _draw_labels(ax, view.sources, points_per_metre=72 * min(width, high) / (2 * reach), reach=reach)
    ax.set_title("From above, the nose up" + ("; in the open" if view.in_open else ""), loc="left")
    # Hung below the frame, wherever its aspect lets it end, into the room that ``height_in`` leaves.
    for row, (source_number, line) in enumerate(_legend(view)):
        ax.annotate(
            line,
            xy=(0.0, 0.0),
            xycoords="axes fraction",
            xytext=(0, -72 * (0.4 * _GAP + _LINE * row)),
            textcoords="offset points",
            va="top",
            size=8.5,
            color="0.35" if source_number is None else ink_of(source_number),
            parse_math=False,
        )


def _legend(view: TopView) -> list[tuple[int | None, str]]:
    """Lines below the map, each with the number of its source, from 0."""
    lines: list[tuple[int | None, str]] = []
    for number, source in enumerate(view.sources):
        words = f"{number + 1}  {source.name}: {place_words(source)}"
        lines += [(number, line) for line in textwrap.wrap(words, _ACROSS, subsequent_indent="    ")]
    notes = ["rings: horizontal distance"]
    if view.corners is not None and len(view.corners) != _CORNERS_OF_A_BOX:
        notes.insert(0, f"a room of {len(view.corners)} corners")
    elif view.corners is not None:
        across, deep = (float(np.linalg.norm(view.corners[k] - view.corners[0])) for k in (1, 3))
        notes.insert(0, f"a room of {across:.1f} × {deep:.1f}\u00a0m")
    if any(source.is_moving for source in view.sources):
        notes.append(f"a dot each {_MARK_S:g} s")
    return [*lines, *((None, line) for line in textwrap.wrap("; ".join(notes), _ACROSS))]


def _draw_room(ax: Axes, corners: _Points) -> None:
    from matplotlib.patches import Polygon

    ax.set_facecolor("#eeeeee")
    ax.add_patch(Polygon(corners, fc="white", ec="0.25", lw=2.0, zorder=0.2))


def _draw_rings(ax: Axes, reach: float) -> None:
    """Circles of equal distance, each with its metres, where no source can hide the words: towards back left."""
    from matplotlib.patches import Circle

    step = next((m for m in _RINGS_M if reach / m <= _MOST_RINGS + 1), _RINGS_M[-1])
    for radius in np.arange(step, reach, step):
        ax.add_patch(Circle((0, 0), float(radius), fc="none", ec="0.82", lw=0.8, zorder=0.6))
        at = radius * np.array([-np.sin(np.radians(22.5)), -np.cos(np.radians(22.5))])
        ax.text(
            float(at[0]),
            float(at[1]),
            f"{radius:g} m",
            color="0.45",
            size=7.5,
            ha="center",
            va="center",
            zorder=1.0,
            bbox=_HALO,
        )


_HALO = {"boxstyle": "round,pad=0.12", "fc": "white", "ec": "none", "alpha": 0.8}


def _draw_directions(ax: Axes) -> None:
    """The two axes, and at the edges what lies there."""
    ax.axhline(0, color="0.85", lw=0.8, zorder=0.5)
    ax.axvline(0, color="0.85", lw=0.8, zorder=0.5)
    for word, x, y, ha, va in (
        ("front", 0.5, 0.985, "center", "top"),
        ("right", 0.985, 0.5, "right", "center"),
        ("behind", 0.5, 0.015, "center", "bottom"),
        ("left", 0.015, 0.5, "left", "center"),
    ):
        ax.text(x, y, word, transform=ax.transAxes, color="0.3", size=8.5, ha=ha, va=va, zorder=2, bbox=_HALO)


def _draw_listener(ax: Axes, reach: float) -> None:
    from matplotlib.patches import Circle, Ellipse, Polygon

    radius = max(_HEAD_M, reach / 20)
    ax.add_patch(
        Polygon(radius * np.array([(0.0, 1.5), (0.36, 0.8), (-0.36, 0.8)]), fc="0.2", ec="0.2", zorder=3)
    )
    for aside in (-1.0, 1.0):
        ax.add_patch(Ellipse((aside * radius, 0), 0.4 * radius, 0.75 * radius, fc="0.2", ec="0.2", zorder=3))
    ax.add_patch(Circle((0, 0), radius, fc="white", ec="0.2", lw=1.5, zorder=4))


def _draw_source(
    ax: Axes, source: SourceTrack, number: int, earlier: Sequence[SourceTrack], near: float
) -> None:
    colour = colour_of(number)
    if source.is_moving:
        ax.plot(*source.track.T, color=colour, lw=1.8, zorder=5)
        marks = np.arange(source.times[0], source.times[-1], _MARK_S)[1:]
        along = (np.interp(marks, source.times, axis) for axis in source.track.T)
        ax.plot(*along, "o", color=colour, ms=4, zorder=5)
        for begin, end in _arrows(source.track):
            arrow = {"arrowstyle": "-|>,head_width=0.4,head_length=0.8", "color": colour, "lw": 1.8}
            ax.annotate("", end, begin, arrowprops=arrow | {"shrinkA": 0, "shrinkB": 0}, zorder=5.5)
    # A source at the place of another is a smaller dot on it.
    here = sum(float(np.linalg.norm(other.track[0] - source.track[0])) < near for other in earlier)
    ax.plot(*source.track[0], "o", color=colour, ms=max(3, 12 - 4 * here), mec="white", zorder=6 + here)


def _arrows(track: _Points) -> list[tuple[_Place, _Place]]:
    """Where the heads of arrows are, each as a short piece of the path: half-way, and at the end."""
    lengths = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(track, axis=0), axis=1))])
    if not lengths[-1]:
        return []

    def at(share: float) -> _Place:
        x, y = (float(np.interp(share * lengths[-1], lengths, axis)) for axis in track.T)
        return x, y

    return [(at(share - 0.04), at(share)) for share in (0.5, 1.0)]


def _draw_labels(ax: Axes, sources: Sequence[SourceTrack], *, points_per_metre: float, reach: float) -> None:
    """Each source's number and name beside its dot, where it hides no dot, no other label and no word at the edge."""
    edge = reach * points_per_metre
    taken: list[_Box] = [(-22, -16, 22, 20)]  # the head
    taken += [
        (x - 18, y - 7, x + 18, y + 7)
        for x, y in ((0, edge - 8), (0, 8 - edge), (edge - 18, 0), (18 - edge, 0))
    ]
    for source in sources:
        along = source.track[:: max(1, len(source.track) // 40)] * points_per_metre
        taken += [(x - 4, y - 4, x + 4, y + 4) for x, y in along]
    for number, source in enumerate(sources):
        label = _label(source, number)
        wide, tall = 0.60 * _LABEL_SIZE * len(label), 1.35 * _LABEL_SIZE
        dot = source.track[0] * points_per_metre
        boxes = [_box(dot, spot, wide, tall) for spot in _SPOTS]
        costs = [_cost(box, taken, edge) for box in boxes]
        best = int(np.argmin(costs))
        taken.append(boxes[best])
        ax.annotate(
            label,
            source.track[0],
            xytext=_SPOTS[best],
            textcoords="offset points",
            color=ink_of(number),
            size=_LABEL_SIZE,
            weight="bold",
            ha=_alignment(_SPOTS[best][0]),
            va="center",
            zorder=20,
            bbox=_HALO,
            arrowprops={"arrowstyle": "-", "color": colour_of(number), "lw": 0.8}
            if best >= len(_SIDES)
            else None,
            parse_math=False,
        )


def _label(source: SourceTrack, number: int) -> str:
    name = source.name.partition(" (")[0]
    elevation = float(source.directions[0][1])
    return f"{number + 1} {name}" + (
        "" if source.is_moving or abs(elevation) < 0.5 else f", {height(elevation)}"
    )


def _alignment(aside: float) -> str:
    return "left" if aside > 0 else "right" if aside < 0 else "center"


def _box(dot: _Points, spot: _Place, wide: float, tall: float) -> _Box:
    """Left, bottom, right and top of a label, points."""
    x, y = dot[0] + spot[0], dot[1] + spot[1]
    left = x if spot[0] > 0 else x - wide
    return left, y - tall / 2, left + wide, y + tall / 2


def _cost(box: _Box, taken: Sequence[_Box], edge: float) -> float:
    """How much a label would hide or lose, square points."""
    left, bottom, right, top = box
    outside = (
        max(0.0, -edge - left) + max(0.0, right - edge) + max(0.0, -edge - bottom) + max(0.0, top - edge)
    )
    hidden = sum(
        max(0.0, min(right, x1) - max(left, x0)) * max(0.0, min(top, y1) - max(bottom, y0))
        for x0, y0, x1, y1 in taken
    )
    return hidden + 100.0 * outside
