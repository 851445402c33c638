"""Shares right by what was varied on purpose and not asked about: distance, reverberation, noise, head."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from starbench.reporting.site.charts import Bar, dot_chart
from starbench.reporting.site.facts import RunFacts, ShareRight, shares
from starbench.reporting.site.scenes import clip_truth, finite, is_scene, place_of
from starbench.reporting.site.tables import PageColumn, PageTable
from starbench.schema import Item
from starbench.scoring.accuracy import grouped

#: Edges of the bins of distance, m.
_DISTANCES_M = (1.0, 1.5, 2.5, 4.0)


def factor_table(runs: Sequence[RunFacts]) -> PageTable | None:
    """Shares right by distance, reverberation, noise and head, over all scenes of a task."""
    factors: dict[str, Callable[[Item], Any]] = {
        "distance": _distance,
        "reverberation": _reverberation,
        "noise": _noise,
        "head": _head,
    }
    rows = []
    for run in runs:
        scenes = [o for o in run.heard() if is_scene(o.item)]
        for task, group in grouped(scenes, lambda o: o.item.task).items():
            for factor, key in factors.items():
                found = shares(group, key)
                if len(found) > 1:
                    rows += [
                        (run.name, task, factor, value[1], one.n_items, (one.value, one.interval), one.chance)
                        for value, one in found.items()
                    ]
    columns = (
        PageColumn("run"),
        PageColumn("task"),
        PageColumn("by"),
        PageColumn("value"),
        PageColumn("items", "count"),
        PageColumn("right, %", "share_ci", "right"),
        PageColumn("chance, %", "share", "chance"),
    )
    caption = "Scenes by distance, reverberation, noise and head"
    return PageTable("scene-factors", caption, columns, rows) if rows else None


def factor_charts(table: PageTable | None, runs: Sequence[RunFacts]) -> list[tuple[str, str]]:
    """A heading and a chart for each factor of each task."""
    names = [run.name for run in runs]
    found: dict[tuple[str, str], dict[str, list[ShareRight | None]]] = {}
    for run, task, factor, value, n_items, (right, interval), chance in table.rows if table else ():
        values = found.setdefault((task, factor), {}).setdefault(value, [None] * len(names))
        values[names.index(run)] = ShareRight(right, interval, n_items, n_items, chance)
    return [
        (
            f"{task}: {factor}",
            dot_chart(
                f"{task} by {factor}", [Bar(v, s) for v, s in values.items()], names, width=520, left=100
            ),
        )
        for (task, factor), values in found.items()
    ]


#: Keys are an order and what is shown.
_Key = tuple[float | str, str]


def _distance(item: Item) -> _Key | None:
    place = place_of(item)
    if place is None or place.distance is None:
        return None
    edges = (0.0, *_DISTANCES_M)
    low = max(edge for edge in edges if edge < place.distance or edge == 0.0)
    high = next((edge for edge in _DISTANCES_M if edge > low), None)
    return low, f"above {low:g} m" if high is None else f"{low:g} to {high:g} m"


def _reverberation(item: Item) -> _Key:
    room = clip_truth(item).get("room")
    rt60 = finite(room.get("rt60_s")) if isinstance(room, dict) else None
    return (rt60, f"RT60 {rt60:g} s") if rt60 is not None else (-1.0, "no room")


def _noise(item: Item) -> _Key:
    background = clip_truth(item).get("background")
    snr = finite(background.get("snr_db")) if isinstance(background, dict) else None
    return (-snr, f"SNR {snr:g} dB") if snr is not None else (-1e6, "no noise")


def _head(item: Item) -> _Key | None:
    factors = item.truth.get("factors")
    head = factors.get("head") if isinstance(factors, dict) else None
    return (head, head) if isinstance(head, str) else None
