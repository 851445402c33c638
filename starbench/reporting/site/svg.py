"""Pictures as SVG text whose colours are those of the page: every stroke and fill is a class of the style sheet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from math import cos, pi, sin
from typing import NamedTuple

from starbench.text import printable


class Frame(NamedTuple):
    """A plot: its size and margins, and what its axes run over."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    x_range: tuple[float, float]
    y_range: tuple[float, float] = (0.0, 1.0)

    def x(self, value: float) -> float:
        """Where a value stands across."""
        low, high = self.x_range
        return self.left + (self.width - self.left - self.right) * (value - low) / ((high - low) or 1.0)

    def y(self, value: float) -> float:
        """Where a value stands, from the top."""
        low, high = self.y_range
        inner = self.height - self.top - self.bottom
        return self.top + inner * (1 - (value - low) / ((high - low) or 1.0))


def element(name: str, content: str | None = None, /, **attributes: object) -> str:
    """An element; ``class_`` is its class, underscores in other names are dashes; content is text."""
    inner = "" if content is None else escape(printable(content))
    return _tag(name, inner, attributes)


def group(parts: Iterable[str], **attributes: object) -> str:
    """Elements in a group."""
    return _tag("g", "".join(parts), attributes)


def picture(width: float, height: float, title: str, description: str, parts: Iterable[str]) -> str:
    """A whole picture, with a title and a description for those who cannot see it."""
    inner = element("title", title) + element("desc", description) + "".join(parts)
    attributes = {
        "viewBox": f"0 0 {number(width)} {number(height)}",
        "role": "img",
        "aria_label": f"{title}. {description}",
        "class_": "chart",
        "width": number(width),
        "height": number(height),
    }
    return _tag("svg", inner, attributes)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> str:
    """A straight line."""
    return element("line", x1=number(x1), y1=number(y1), x2=number(x2), y2=number(y2), class_=class_)


def text(x: float, y: float, content: str, class_: str = "", anchor: str = "middle") -> str:
    """A line of text."""
    return element("text", content, x=number(x), y=number(y), text_anchor=anchor, class_=class_)


def polyline(points: Iterable[tuple[float, float]], class_: str, *, closed: bool = False) -> str:
    """A line through points."""
    places = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    return element("polygon" if closed else "polyline", points=places, class_=class_)


def marker(x: float, y: float, number_of_series: int, title: str = "", size: float = 4.5) -> str:
    """A series' own mark: its shape says what its colour says."""
    shape = (number_of_series % 6) + 1
    sides = {2: 4, 3: 3, 4: 4, 5: 3, 6: 5}.get(shape)
    tip = element("title", title) if title else ""
    class_ = f"mark s{shape}"
    if sides is None:
        return _tag("circle", tip, {"cx": number(x), "cy": number(y), "r": number(size), "class_": class_})
    turn = {2: pi / 4, 3: -pi / 2, 4: 0.0, 5: pi / 2, 6: -pi / 2}[shape]
    corners = [
        (x + 1.25 * size * cos(turn + 2 * pi * k / sides), y + 1.25 * size * sin(turn + 2 * pi * k / sides))
        for k in range(sides)
    ]
    places = " ".join(f"{number(a)},{number(b)}" for a, b in corners)
    return _tag("polygon", tip, {"points": places, "class_": class_})


def number(value: float) -> str:
    """A coordinate, to a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")


def _tag(name: str, inner: str, attributes: Mapping[str, object]) -> str:
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(printable(str(value)))}"'
        for key, value in attributes.items()
        if value not in (None, "")
    )
    return f"<{name}{given}>{inner}</{name}>" if inner else f"<{name}{given}/>"
