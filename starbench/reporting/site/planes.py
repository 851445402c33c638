"""Charts of shares over a plane: by direction, and over two axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import cos, radians, sin

from starbench.reporting.site import svg
from starbench.reporting.site.charts import share_words
from starbench.reporting.site.facts import ShareRight
from starbench.reporting.site.svg import element, line, marker, picture, text


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


def heat_chart(
    title: str,
    columns: Sequence[float],
    rows: Sequence[float],
    cells: Mapping[tuple[float, float], ShareRight],
    labels: tuple[str, str],
) -> str:
    """Shares over two axes, which have ``labels``: the stronger the colour of a cell, the more is right."""
    width, height = 46.0, 24.0
    frame_left, top = 58.0, 10.0
    parts: list[str] = []
    for i, column in enumerate(columns):
        parts.append(
            text(frame_left + width * (i + 0.5), top + height * len(rows) + 16, f"{column:g}", "tick")
        )
    for j, row in enumerate(rows):
        y = top + height * (len(rows) - 1 - j)
        parts.append(text(frame_left - 8, y + height / 2 + 4, f"{row:g}".replace("-", "−"), "tick", "end"))
        for i, column in enumerate(columns):
            one = cells.get((column, row))
            x = frame_left + width * i
            where: dict[str, object] = {
                "x": svg.number(x + 1),
                "y": svg.number(y + 1),
                "width": width - 2,
                "height": height - 2,
            }
            if one is None:
                parts.append(element("rect", **where, class_="cell empty"))
                continue
            step = round(10 * one.value)
            tip = element("title", f"{column:g} {labels[0]}, {row:g} {labels[1]}: {share_words(one)}")
            parts.append(
                svg.group(
                    [
                        tip,
                        element("rect", **where, class_=f"cell h{step}"),
                        text(
                            x + width / 2,
                            y + height / 2 + 4,
                            f"{100 * one.value:.0f}",
                            f"value {'on-dark' if step > 5 else ''}",
                        ),
                    ]
                )
            )
    full = (frame_left + width * len(columns) + 12, top + height * len(rows) + 44)
    parts.append(text(frame_left + width * len(columns) / 2, full[1] - 8, labels[0], "label"))
    parts.append(text(2, full[1] - 8, labels[1], "label", "start"))
    return picture(*full, title, f"Share right for each {labels[0]} and {labels[1]}.", parts)
