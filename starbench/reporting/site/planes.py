"""Charts of shares over a plane: by direction, and over two axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from math import cos, log2, radians, sin

import numpy as np

from starbench.reporting.site import svg
from starbench.reporting.site.charts import share_words
from starbench.reporting.site.facts import ShareRight
from starbench.reporting.site.svg import element, line, marker, picture, text

#: Pixels of an octave, and of the narrowest column: its number needs them.
_OCTAVE, _NARROWEST = 64.0, 34.0
#: An audiogram has no more rows than these where levels between were not measured.
_MOST_ROWS = 32


def polar_chart(
    title: str, width_deg: float, series: Sequence[tuple[int, Mapping[float, ShareRight]]], chance: float
) -> str:
    """Shares by azimuth, seen from above with the nose up: the centre is none right, the rim all.

    Each series maps the middle of a sector, degrees clockwise from the front, to its share.
    """
    size, centre, radius = 300.0, 150.0, 108.0

    def at(azimuth: float, value: float) -> tuple[float, float]:
        return (
            centre + radius * value * sin(radians(azimuth)),
            centre - radius * value * cos(radians(azimuth)),
        )

    rings = ((0.5, "grid"), (1.0, "grid"))
    parts = [
        element("circle", cx=centre, cy=centre, r=svg.number(radius * r), class_=f"ring {c}")
        for r, c in rings
    ]
    parts += [element("circle", cx=centre, cy=centre, r=svg.number(radius * chance), class_="ring chance")]
    for azimuth in range(0, 360, 45):
        parts.append(line(centre, centre, *at(azimuth, 1.0), "grid"))
        x, y = at(azimuth, 1.17)
        parts.append(text(x, y + 4, f"{azimuth}°", "tick"))
    parts += [text(centre, 14, "front", "note"), text(centre, size - 4, "behind", "note")]
    for number, by_azimuth in series:
        class_ = f"s{number % 6 + 1}"
        if len(series) == 1:
            parts += [
                svg.polyline(
                    [(centre, centre), *(at(mid + width_deg * (k / 8 - 0.5), one.value) for k in range(9))],
                    f"petal {class_}",
                    closed=True,
                )
                for mid, one in by_azimuth.items()
            ]
        else:
            mids = list(by_azimuth)
            around = [*pairwise(mids), *([(mids[-1], mids[0])] if len(mids) > 2 else [])]
            parts += [
                svg.polyline([at(a, by_azimuth[a].value), at(b, by_azimuth[b].value)], f"curve {class_}")
                for a, b in around
                if (b - a) % 360 <= width_deg + 1
            ]
        parts += [
            marker(*at(mid, one.value), number, f"{mid:g}°: {share_words(one)}", size=3.5)
            for mid, one in by_azimuth.items()
        ]
    parts += [_head(centre)]
    said = "; ".join(
        ", ".join(f"{mid:g} degrees {100 * one.value:.0f} %" for mid, one in by_azimuth.items())
        for _, by_azimuth in series
    )
    return picture(size, size, title, f"Share right by azimuth, seen from above. {said}", parts)


def _head(centre: float) -> str:
    nose = svg.polyline(
        [(centre - 4, centre - 7), (centre, centre - 14), (centre + 4, centre - 7)], "head", closed=True
    )
    return svg.group([nose, element("circle", cx=centre, cy=centre, r=8, class_="head")])


def audiogram(
    title: str,
    cells: Mapping[tuple[float, float], ShareRight],
    unit: str,
    *,
    louder_down: bool = True,
    people: float | None = None,
) -> str:
    """Shares by frequency, in octaves across, and level: as audiograms have it, what is louder stands further down."""
    frequencies = sorted({frequency for frequency, _ in cells})
    measured = sorted({level for _, level in cells})
    levels = _even(measured) if louder_down else measured[::-1]
    left, top, row = 46.0, 52.0, 24.0
    edges = _edges(frequencies, left)
    right, bottom = edges[-1], top + row * len(levels)
    parts = [text((left + right) / 2, 16, "frequency, Hz", "label"), text(2, 16, unit, "label", "start")]
    for frequency, low, high in zip(frequencies, edges, edges[1:], strict=False):
        parts.append(text((low + high) / 2, top - 10, _hertz(frequency), "tick"))
    for place, level in enumerate(levels):
        y = top + row * place
        parts.append(text(left - 10, y + row / 2 + 4, f"{level:g}".replace("-", "−"), "tick", "end"))
        for frequency, low, high in zip(frequencies, edges, edges[1:], strict=False):
            where = f"{frequency:g} Hz, {level:g} {unit}"
            parts.append(_cell(cells.get((frequency, level)), where, (low, y), (high - low, row)))
    if people is not None and min(levels) <= people <= max(levels):
        places = np.arange(len(levels)) if louder_down else np.arange(len(levels))[::-1]
        y = top + row * (0.5 + float(np.interp(people, sorted(levels), places)))
        parts += [line(left - 6, y, left, y, "human"), line(right, y, right + 6, y, "human")]
        parts += [text(right + 9, y + 4, "people", "note", "start")]
    parts += _scale(left, bottom + 22, next(iter(cells.values())).chance)
    shape = f"{len(frequencies)} frequencies by {len(levels)} levels, {unit}"
    return picture(
        max(right + 48, left + 240),
        bottom + 52,
        title,
        f"Share right for each frequency and level: {shape}.",
        parts,
    )


def _even(levels: Sequence[float]) -> list[float]:
    """Levels with those that were not measured between them, where they lie in even steps."""
    step = min(high - low for low, high in pairwise(levels))
    n = round((levels[-1] - levels[0]) / step)
    even = [levels[0] + step * k for k in range(n + 1)]
    return even if n < _MOST_ROWS and set(levels) <= set(even) else list(levels)


def _edges(frequencies: Sequence[float], left: float) -> list[float]:
    """Where columns meet: half-way between their frequencies in octaves, as far as their numbers leave room."""
    octaves = [log2(frequency) for frequency in frequencies]
    gaps = [high - low for low, high in pairwise(octaves)] or [1.0]
    around = [min(gaps[0], 0.5), *gaps, min(gaps[-1], 0.5)]
    widths = [sum(pair) / 2 for pair in pairwise(around)]
    scale = _OCTAVE if min(gaps) > 0.05 else 0.0
    return list(accumulate((max(scale * width, _NARROWEST) for width in widths), initial=left))


def _hertz(frequency: float) -> str:
    return f"{frequency / 1000:.3g}k" if frequency >= 1000 else f"{frequency:.3g}"


def _cell(one: ShareRight | None, where: str, corner: tuple[float, float], size: tuple[float, float]) -> str:
    (x, y), (width, height) = corner, size
    box: dict[str, object] = {
        "x": svg.number(x + 1),
        "y": svg.number(y + 1),
        "width": svg.number(width - 2),
        "height": svg.number(height - 2),
    }
    if one is None:
        return element("rect", **box, class_="cell empty")
    step = round(10 * one.value)
    tip = element("title", f"{where}: {share_words(one)}")
    value = f"{100 * one.value:.0f}"
    number = text(x + width / 2, y + height / 2 + 4, value, f"value {'on-dark' if step > 5 else ''}")
    return svg.group([tip, element("rect", **box, class_=f"cell h{step}"), number])


def _scale(x: float, y: float, chance: float) -> list[str]:
    """What the colours mean, and where chance is among them."""
    width, height = 16.0, 10.0
    parts = [
        element(
            "rect",
            x=svg.number(x + width * k),
            y=svg.number(y),
            width=width,
            height=height,
            class_=f"cell h{k}",
        )
        for k in range(11)
    ]
    at = x + width * (0.5 + 10 * chance)
    parts += [line(at, y - 3, at, y + height + 3, "axis"), text(at, y + height + 15, "chance", "tick")]
    ends = ((0.5, "0"), (10.5, "100"))
    parts += [text(x + width * k, y + height + 15, label, "tick") for k, label in ends]
    return [*parts, text(x + width * 11 + 10, y + height - 1, "% right", "tick", "start")]
