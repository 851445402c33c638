"""Charts of shares over levels and by name, and of differences."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2
from typing import NamedTuple

from starbench.reporting.site import svg
from starbench.reporting.site.facts import ShareRight
from starbench.reporting.site.svg import Frame, element, line, marker, picture, text
from starbench.reporting.tables import percent, with_interval
from starbench.schema.base import Interval
from starbench.scoring.psychometrics.thresholds import INTENSITIES

_QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)
#: Pixels between labels of an axis, at least.
_APART = 30.0


class LevelSeries(NamedTuple):
    """A run's shares by level and where there was nothing to hear, its threshold and fitted curve, as far as known."""

    number: int
    name: str
    points: Sequence[tuple[float, ShareRight]]
    catch: ShareRight | None = None
    threshold: float | None = None
    threshold_ci: Interval | None = None
    curve: Sequence[float] = ()
    """Fitted shares at even steps of the axis from the smallest to the largest level."""


class Reference(NamedTuple):
    """A level or a share that others reach."""

    name: str
    value: float


def level_chart(
    title: str,
    unit: str,
    series: Sequence[LevelSeries],
    *,
    floors: Sequence[Reference] = (),
    human: float | None = None,
) -> str:
    """Shares by level, one fitted curve a run: intervals, chance, floors, and thresholds, people's among them."""
    levels = sorted({level for one in series for level, _ in one.points})
    is_linear = unit in INTENSITIES or levels[0] <= 0

    def place(level: float) -> float:
        return level if is_linear else log2(level)

    has_catch = any(one.catch for one in series)
    low, high = place(levels[0]), place(levels[-1])
    if human is not None and (is_linear or human > 0):
        low, high = min(low, place(human)), max(high, place(human))
    margin = 0.05 * (high - low or 1.0)
    frame = Frame(560, 312, 100 if has_catch else 48, 16, 30, 48, (low - margin, high + margin))
    parts = [*_share_axis(frame, 48), *_level_axis(frame, levels, [frame.x(place(v)) for v in levels], unit)]
    if has_catch:
        parts += [line(88, frame.top, 88, frame.height - frame.bottom, "grid")]
        parts += [text(68, frame.height - frame.bottom + 16, "none", "tick")]
    parts += _chance_line(frame, [(place(level), one.chance) for level, one in _by_level(series)])
    parts += _floor_lines(frame, floors)
    if human is not None and low - margin <= place(human) <= high + margin:
        x = frame.x(place(human))
        parts += [line(x, frame.top, x, frame.height - frame.bottom, "human")]
        parts += [text(x, frame.top - 5, "people", "note")]
    for order, one in enumerate(series):
        shift = 5.0 * (order - (len(series) - 1) / 2)
        parts += _threshold_mark(frame, one, [place(v) for v in one.threshold_ci or ()], order)
        parts += _series(frame, one, [frame.x(place(level)) + shift for level, _ in one.points], 68 + shift)
    return picture(frame.width, frame.height, title, _level_description(series, unit), parts)


def _by_level(series: Sequence[LevelSeries]) -> list[tuple[float, ShareRight]]:
    return sorted(dict(pair for one in series for pair in one.points).items())


def _series(frame: Frame, one: LevelSeries, places: Sequence[float], catch_x: float) -> list[str]:
    shares = [share for _, share in one.points]
    joined = [(x, frame.y(s.value)) for x, s in zip(places, shares, strict=True)]
    step = (places[-1] - places[0]) / max(len(one.curve) - 1, 1)
    fitted = [(places[0] + step * k, frame.y(value)) for k, value in enumerate(one.curve)]
    parts = [svg.polyline(fitted or joined, f"{'curve' if fitted else 'join'} s{one.number % 6 + 1}")]
    labels = [f"{level:g}" for level, _ in one.points]
    pairs = [
        *zip(places, shares, labels, strict=True),
        *([(catch_x, one.catch, "nothing to hear")] if one.catch else []),
    ]
    for x, share, label in pairs:
        low, high = share.interval
        parts.append(line(x, frame.y(low), x, frame.y(high), f"interval s{one.number % 6 + 1}"))
        parts.append(
            marker(x, frame.y(share.value), one.number, f"{one.name}, {label}: {share_words(share)}")
        )
    return parts


def share_words(share: ShareRight) -> str:
    low, high = share.interval
    return f"{100 * share.value:.1f} % right [{100 * low:.1f}, {100 * high:.1f}], {share.n_items} items"


def _level_description(series: Sequence[LevelSeries], unit: str) -> str:
    lines = [
        f"{one.name}: "
        + ", ".join(f"{100 * share.value:.0f} % at {level:g} {unit}" for level, share in one.points)
        for one in series
    ]
    return f"Share right by level, with 95 % intervals. {'; '.join(lines)}"


def _share_axis(frame: Frame, label_x: float) -> list[str]:
    parts = []
    for value in _QUARTERS:
        y = frame.y(value)
        parts.append(line(label_x, y, frame.width - frame.right, y, "grid"))
        parts.append(text(label_x - 8, y + 4, f"{100 * value:.0f}", "tick", "end"))
    return [*parts, text(label_x - 44, frame.top - 16, "% right", "tick", "start")]


def _level_axis(frame: Frame, levels: Sequence[float], places: Sequence[float], unit: str) -> list[str]:
    base = frame.height - frame.bottom
    parts = [line(frame.left - 4, base, frame.width - frame.right, base, "axis")]
    last = float("-inf")
    for level, x in zip(levels, places, strict=True):
        parts.append(line(x, base, x, base + 4, "axis"))
        if x - last >= _APART:
            parts.append(text(x, base + 16, f"{level:g}".replace("-", "−"), "tick"))
            last = x
    return [*parts, text((frame.left + frame.width - frame.right) / 2, frame.height - 10, unit, "label")]


def _chance_line(frame: Frame, chances: Sequence[tuple[float, float]]) -> list[str]:
    if not chances:
        return []
    points = [(frame.x(x), frame.y(value)) for x, value in chances]
    start, end = (48.0, points[0][1]), (frame.width - frame.right, points[-1][1])
    return [svg.polyline([start, *points, end], "chance"), text(end[0], end[1] + 13, "chance", "note", "end")]


def _floor_lines(frame: Frame, floors: Sequence[Reference]) -> list[str]:
    parts: list[str] = []
    for one in floors:
        y = frame.y(one.value)
        parts += [line(frame.left, y, frame.width - frame.right, y, "floor")]
        parts += [text(frame.width - frame.right, y - 5, f"{one.name}, all levels", "note", "end")]
    return parts


def _threshold_mark(frame: Frame, one: LevelSeries, limits: Sequence[float], order: int) -> list[str]:
    if one.threshold is None or len(limits) < 2:
        return []
    low, high = (min(max(frame.x(v), frame.left), frame.width - frame.right) for v in limits)
    y = frame.height - frame.bottom - 5 - 7 * order
    class_ = f"threshold s{one.number % 6 + 1}"
    tip = f"{one.name}: threshold {one.threshold:.3g}"
    return [svg.group([element("title", tip), line(low, y, high, y, class_)])]


class Bar(NamedTuple):
    """A row of a chart by name: what it is of, and the share of each run (None: not asked)."""

    name: str
    values: Sequence[ShareRight | None]
    floor: float | None = None


def dot_chart(
    title: str, bars: Sequence[Bar], names: Sequence[str], *, width: float = 640, left: float = 170
) -> str:
    """Shares by name, a mark a run with its interval, chance as a tick in every row."""
    row = 18.0 + 8.0 * len(names)
    frame = Frame(width, 12 + row * len(bars) + 26, left, 22, 12, 26, (0.0, 1.0))
    parts: list[str] = []
    base = frame.height - frame.bottom
    for value in _QUARTERS:
        parts.append(line(frame.x(value), frame.top - 6, frame.x(value), base, "grid"))
        parts.append(text(frame.x(value), base + 16, f"{100 * value:.0f} %", "tick"))
    for index, bar in enumerate(bars):
        middle = frame.top + row * (index + 0.5)
        parts.append(text(frame.left - 12, middle + 4, bar.name[:32], "label", "end"))
        chances = [one.chance for one in bar.values if one is not None]
        if chances:
            x = frame.x(chances[0])
            parts.append(line(x, middle - row * 0.36, x, middle + row * 0.36, "chance"))
        if bar.floor is not None:
            x = frame.x(bar.floor)
            parts.append(line(x, middle - row * 0.36, x, middle + row * 0.36, "floor"))
        for number, one in enumerate(bar.values):
            if one is None:
                continue
            y = middle + 8.0 * (number - (len(names) - 1) / 2)
            low, high = one.interval
            parts.append(line(frame.x(low), y, frame.x(high), y, f"interval s{number % 6 + 1}"))
            parts.append(
                marker(frame.x(one.value), y, number, f"{names[number]}, {bar.name}: {share_words(one)}")
            )
    said = "; ".join(
        f"{bar.name}: " + ", ".join(f"{100 * one.value:.0f} %" if one else "not asked" for one in bar.values)
        for bar in bars
    )
    return picture(frame.width, frame.height, title, f"Share right, with 95 % intervals. {said}", parts)


class BiasRow(NamedTuple):
    """What may be preferred, how often it is chosen, and how often it is right."""

    name: str
    chosen: float
    interval: Interval
    right: float


def bias_chart(title: str, rows: Sequence[BiasRow], *, width: float, left: float) -> str:
    """How often each is chosen, with its interval, from a bar that stands at how often it is right."""
    reach = min(1.0, max([0.5, *(row.interval[1] for row in rows), *(row.right for row in rows)]))
    frame = Frame(width, 12 + 22 * len(rows) + 26, left, 22, 12, 26, (0.0, reach))
    base = frame.height - frame.bottom
    parts: list[str] = []
    for value in (v for v in _QUARTERS if v <= reach):
        parts.append(line(frame.x(value), frame.top - 6, frame.x(value), base, "grid"))
        parts.append(text(frame.x(value), base + 16, f"{100 * value:.0f} %", "tick"))
    for index, row in enumerate(rows):
        y = frame.top + 22 * (index + 0.5)
        low, high = row.interval
        class_ = "unclear" if low <= row.right <= high else "s1"
        x = frame.x(row.right)
        tip = f"{row.name}: chosen {with_interval(row.chosen, row.interval)} %, right {percent(row.right)} %"
        parts.append(text(frame.left - 12, y + 4, row.name[: int(left / 6.4)], "label", "end"))
        parts.append(line(x, y - 8, x, y + 8, "expected"))
        parts.append(line(frame.x(low), y, frame.x(high), y, f"interval {class_}"))
        at = {"cx": svg.number(frame.x(row.chosen)), "cy": svg.number(y), "r": 4.5}
        dot = element("circle", **at, class_=f"mark {class_}")
        parts.append(svg.group([element("title", tip), dot]))
    said = "; ".join(f"{row.name} {100 * row.chosen:.0f} %, right {100 * row.right:.0f} %" for row in rows)
    return picture(frame.width, frame.height, title, f"Share of answers, with 95 % intervals. {said}", parts)


class DifferenceRow(NamedTuple):
    """A row of a chart of differences: what it is of, the difference with its interval, and whether it is clear."""

    name: str
    value: float
    interval: Interval
    is_clear: bool


def difference_chart(title: str, rows: Sequence[DifferenceRow]) -> str:
    """Differences with their intervals around zero."""
    reach = max([0.1, *(abs(limit) for row in rows for limit in row.interval)])
    frame = Frame(640, 12 + 22 * len(rows) + 48, 170, 22, 12, 48, (-reach, reach))
    base = frame.height - frame.bottom
    step = next(s for s in (0.05, 0.1, 0.25, 0.5) if reach / s <= 4 or s == 0.5)
    ticks = [k * step for k in range(-int(reach / step), int(reach / step) + 1)]
    parts: list[str] = []
    for value in ticks:
        parts.append(line(frame.x(value), frame.top - 6, frame.x(value), base, "grid" if value else "axis"))
        parts.append(text(frame.x(value), base + 16, _signed(100 * value), "tick"))
    parts.append(text(frame.x(0.0), base + 38, f"points: {title[:60]}", "label"))
    for index, row in enumerate(rows):
        y = frame.top + 22 * (index + 0.5)
        class_ = f"s{1 if row.value > 0 else 2}" if row.is_clear else "unclear"
        low, high = row.interval
        parts.append(text(frame.left - 12, y + 4, row.name[:32], "label", "end"))
        parts.append(line(frame.x(low), y, frame.x(high), y, f"interval {class_}"))
        tip = element(
            "title", f"{row.name}: {100 * row.value:+.1f} points [{100 * low:+.1f}, {100 * high:+.1f}]"
        )
        circle = element(
            "circle", cx=svg.number(frame.x(row.value)), cy=svg.number(y), r=4.5, class_=f"mark {class_}"
        )
        parts.append(svg.group([tip, circle]))
    said = "; ".join(f"{row.name} {100 * row.value:+.1f}" for row in rows)
    return picture(
        frame.width, frame.height, title, f"Differences in points, with 95 % intervals. {said}", parts
    )


def _signed(value: float) -> str:
    return f"{value:+.0f}".replace("-", "−") if round(value) else "0"
