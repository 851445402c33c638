"""The page about space: shares right by kind of question and by direction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from math import cos, radians, sin
from typing import Any, NamedTuple

import numpy as np

from starbench.reporting.site.charts import Bar, dot_chart
from starbench.reporting.site.facts import RunFacts, share, shares, shown_name
from starbench.reporting.site.planes import polar_chart
from starbench.reporting.site.tables import PageColumn, PageTable
from starbench.schema import Item
from starbench.scoring.accuracy import grouped, tally
from starbench.scoring.intervals import rate
from starbench.scoring.observations import Observation

#: Sectors of a polar chart: narrow ones where there are items enough.
_WIDE_DEG, _NARROW_DEG, _MANY_ITEMS = 45.0, 30.0, 96
#: How far a direction stands from the line through the ears to be in front or behind (sine of 11.5 degrees).
_CLEARLY = 0.2
#: Items that an answer must be right for, to say where it points.
_FEWEST_OF_ANSWER = 4
#: How much the items of one answer must share a direction (length of their mean vector).
_ALIKE = 0.5
_FEWEST_ITEMS = 16


class PolarChart(NamedTuple):
    """A polar chart of a sub-category."""

    heading: str
    chart: str


class SourcePlace(NamedTuple):
    """Where the only source of an item's only clip stands: degrees clockwise from the front, and metres."""

    azimuth: float
    distance: float | None


def place_of(item: Item) -> SourcePlace | None:
    """Where the sound of an item comes from, if it has one clip with one source that stands."""
    sources = clip_truth(item).get("sources")
    if not isinstance(sources, list) or len(sources) != 1 or len(item.audio_paths) != 1:
        return None
    source = sources[0] if isinstance(sources[0], dict) else {}
    azimuth, distance = finite(source.get("azimuth_deg")), finite(source.get("distance_m"))
    return None if azimuth is None or source.get("path") else SourcePlace(azimuth % 360, distance)


def clip_truth(item: Item) -> Mapping[str, Any]:
    """What an item says of its first clip."""
    clips = item.truth.get("clips")
    first = clips[0] if isinstance(clips, list) and clips else None
    return first if isinstance(first, dict) else {}


def finite(value: object) -> float | None:
    """A number of a sensible size, None for anything else: the truth can come from any data set."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) < 1e6 else None  # type: ignore[arg-type]


def is_scene(item: Item) -> bool:
    """Whether an item states where its sources are."""
    return isinstance(clip_truth(item).get("sources"), list)


# --- by kind --------------------------------------------------------------------------------------


def kinds_chart(runs: Sequence[RunFacts]) -> str | None:
    """Shares right of each sub-category of scenes."""
    groups = [grouped((o for o in run.heard() if is_scene(o.item)), lambda o: o.item.part) for run in runs]
    names = list(dict.fromkeys(name for group in groups for name in group))
    floors = {
        part.name: max((v for _, v in part.floors if v is not None), default=None)
        for run in runs
        for _, task in run.tasks()
        for part in task.sub_categories
        if part.floors is not None
    }
    bars = [
        Bar(
            shown_name(name),
            [share(group[name]) if name in group else None for group in groups],
            floors.get(name),
        )
        for name in names
    ]
    return dot_chart("Share right by kind of scene", bars, [run.name for run in runs]) if bars else None


def kinds_table(runs: Sequence[RunFacts]) -> PageTable:
    """The numbers of :func:`kinds_chart`, with outcomes."""
    rows: list[tuple[Any, ...]] = []
    for run in runs:
        known = {o.item.part for o in run.observations if is_scene(o.item)}
        rows += [
            (
                run.name,
                shown_name(part.name),
                part.n_items,
                (part.aa, part.aa_ci),
                (part.acr, part.acr_ci),
                part.coverage,
                part.chance,
                part.best_constant.aa,
                part.floors and part.floors.one_ear,
            )
            for _, task in run.tasks()
            for part in task.sub_categories
            if part.name in known
        ]
    columns = (
        PageColumn("run"),
        PageColumn("kind"),
        PageColumn("items", "count"),
        PageColumn("AA, %", "share_ci", "aa"),
        PageColumn("ACR, %", "share_ci", "acr"),
        PageColumn("answered, %", "share", "coverage"),
        PageColumn("chance, %", "share", "chance"),
        PageColumn("constant, %", "share", "best_constant"),
        PageColumn("one ear, %", "share", "one_ear"),
    )
    return PageTable("scene-kinds", "Scenes by kind", columns, rows)


# --- by direction ---------------------------------------------------------------------------------


def polar_charts(runs: Sequence[RunFacts]) -> tuple[list[PolarChart], PageTable | None]:
    """A chart for each sub-category with one standing source, and the numbers of all."""
    by_part: dict[str, list[tuple[int, RunFacts, list[Observation]]]] = {}
    for number, run in enumerate(runs):
        placed = [o for o in run.heard() if place_of(o.item) is not None]
        for name, group in grouped(placed, lambda o: o.item.part).items():
            by_part.setdefault(name, []).append((number, run, group))
    charts, rows = [], []
    for name, entries in by_part.items():
        n_items = len({o.item.id for o in entries[0][2]})
        azimuths = {round(place.azimuth) for o in entries[0][2] if (place := place_of(o.item))}
        if n_items < _FEWEST_ITEMS or len(azimuths) < _FEWEST_ITEMS // 2:
            continue
        width = _NARROW_DEG if n_items >= _MANY_ITEMS else _WIDE_DEG
        series = [(number, shares(group, _sector(width))) for number, _, group in entries]
        chance = share(entries[0][2]).chance
        heading = shown_name(name)
        charts.append(PolarChart(heading, polar_chart(f"{heading} by azimuth", width, series, chance)))
        rows += [
            (run.name, heading, f"{middle:g}", one.n_items, (one.value, one.interval), one.chance)
            for (_, run, _), (_, found) in zip(entries, series, strict=True)
            for middle, one in found.items()
        ]
    columns = (
        PageColumn("run"),
        PageColumn("kind"),
        PageColumn("middle of the sector, °", key="azimuth_deg"),
        PageColumn("items", "count"),
        PageColumn("right, %", "share_ci", "right"),
        PageColumn("chance, %", "share", "chance"),
    )
    return charts, PageTable("azimuth", "Share right by azimuth", columns, rows) if rows else None


def _sector(width: float) -> Callable[[Item], float | None]:
    def middle(item: Item) -> float | None:
        place = place_of(item)
        return None if place is None else (round(place.azimuth / width) * width) % 360

    return middle


def front_back_table(runs: Sequence[RunFacts]) -> PageTable | None:
    """How often a source in front is placed behind, or behind in front, on the right side; and sides confused.

    Where an answer points is the mean direction of the items that it is right for.
    """
    rows = []
    for run in runs:
        placed = [o for o in run.heard() if place_of(o.item) is not None]
        for name, group in grouped(placed, lambda o: o.item.part).items():
            meant = _directions(group)
            if not {True, False} <= {y > 0 for _, y in meant.values() if abs(y) > _CLEARLY}:
                continue
            fronts = [(o, c) for o in group if (c := _confused(o, meant, axis=1)) is not None]
            sides = [(o, c) for o in group if (c := _confused(o, meant, axis=0)) is not None]
            rows.append(
                (run.name, shown_name(name), len(fronts), _share_of(fronts), len(sides), _share_of(sides))
            )
    columns = (
        PageColumn("run"),
        PageColumn("kind"),
        PageColumn("answers clearly in front or behind", "count", "n_front_back"),
        PageColumn("front and back confused, %", "share_ci", "front_back"),
        PageColumn("answers clearly to a side", "count", "n_sides"),
        PageColumn("left and right confused, %", "share_ci", "left_right"),
    )
    return (
        PageTable("confused-directions", "Front–back and left–right confusions", columns, rows)
        if rows
        else None
    )


def _directions(group: Sequence[Observation]) -> dict[str, tuple[float, float]]:
    """Content -> where it points, right and front, as far as the items that it is right for agree."""
    found: defaultdict[str, set[tuple[str, float]]] = defaultdict(set)
    for o in group:
        place = place_of(o.item)
        if place is not None:
            found[o.item.options[o.right_content]].add((o.item.id, place.azimuth))
    means = {
        content: np.mean([(sin(radians(a)), cos(radians(a))) for _, a in sorted(items)], axis=0)
        for content, items in found.items()
    }
    return {
        c: (float(m[0]), float(m[1]))
        for c, m in means.items()
        if np.hypot(*m) > _ALIKE and len(found[c]) >= _FEWEST_OF_ANSWER
    }


def _confused(o: Observation, meant: Mapping[str, tuple[float, float]], axis: int) -> bool | None:
    """Whether an answer lies on the other side of the head along ``axis``; None where either is on neither side."""
    place = place_of(o.item)
    if o.letter is None or place is None:
        return None
    chosen = meant.get(o.item.options[o.trial.contents[ord(o.letter) - ord("A")]])
    truth = (sin(radians(place.azimuth)), cos(radians(place.azimuth)))
    if chosen is None or min(abs(chosen[axis]), abs(truth[axis])) < _CLEARLY:
        return None
    return chosen[axis] * truth[axis] < 0


def _share_of(judged: Sequence[tuple[Observation, bool]]) -> tuple[float, tuple[float, float]] | None:
    if not judged:
        return None
    counts = tally([o._replace(correct=is_confused) for o, is_confused in judged])
    return counts.aa, rate(counts.right, counts.planned)
