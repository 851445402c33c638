"""How well the observer hears built suites: ``python benchmarks/observer_suites.py SUITE [SUITE …]``.

Suites of several seeds are pooled. Printed are, by sub-category and by level, the number of items, the share that
is answered rightly, its 95 % Clopper–Pearson interval, and what is required of profile ``default-2`` with the
head that the sounds were made with. Where distance is asked, "true ratio" is what a listener would get who knew
the direct-to-reverberant ratio of each sound (mean of the ears) exactly, with the thresholds that suit these
items best: it is as much as physics allows.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import binomtest

from starbench.adapters.observer import Observer
from starbench.audio import decode
from starbench.schema import ClipPart, Prompt, TextPart


class Requirement(NamedTuple):
    """What share of the items of sub-categories together, from a level on, must be answered rightly."""

    share: float
    sub_categories: tuple[str, ...]
    least_level: float = 0.0


REQUIREMENTS = {
    "azimuth from 2 JND": Requirement(0.97, ("sensitivity_azimuth",), 1.5),
    "quadrants": Requirement(0.95, ("range_azimuth", "sector")),
    "elevation at 30°": Requirement(0.90, ("sensitivity_elevation",), 29.0),
    "distance from 5 dB": Requirement(0.90, ("sensitivity_distance",), 4.9),
    "trajectories": Requirement(0.95, ("path", "passing", "circle_direction")),
    "relations": Requirement(
        0.93,
        (
            "further_side",
            "further_side_alike",
            "further_side_three",
            "how_many_places",
            "first_and_where",
            "nearer",
            "nearer_by_level",
            "higher",
        ),
    ),
    "higher": Requirement(0.85, ("higher",)),
}

#: Human JNDs of azimuth, degrees: levels of ``sensitivity_azimuth`` are told in them.
_AZIMUTH_JND_DEG = 0.97


class Answer(NamedTuple):
    """An item as it was answered. ``level`` is the difference between two sounds; 0 for "the same"."""

    sub_category: str
    level: float | None
    is_right: bool
    truth: dict[str, Any]
    right: str


def answers(suite: Path, observer: Observer, only: Sequence[str]) -> Iterator[Answer]:
    """Ask all items of a suite, or those of some sub-categories."""
    with (suite / "metadata.jsonl").open(encoding="utf-8") as lines:
        for item in map(json.loads, lines):
            if only and item["sub-category"] not in only:
                continue
            clips = [decode(suite / path) for path in item["audio_paths"]]
            shown = "".join(f"<{chr(65 + k)}>: {option}\n" for k, option in enumerate(item["options"]))
            parts = (
                *(ClipPart.of(lambda clip=clip: clip) for clip in clips),
                TextPart(text=f"{item['question']}\n{shown}"),
            )
            reply = str(observer.generate(Prompt(parts=parts, options=tuple(item["options"]))))
            chosen = item["options"][ord(reply[1]) - 65] if reply.startswith("<") else None
            name, truth = item["sub-category"], item["truth"]
            yield Answer(name, _level(name, truth), chosen == item["answer"], truth, item["answer"])


def _level(sub_category: str, truth: dict[str, Any]) -> float | None:
    delta = truth["planned"].get("delta")
    if delta is None or not sub_category.startswith("sensitivity"):
        return None
    return round(delta / _AZIMUTH_JND_DEG if sub_category == "sensitivity_azimuth" else delta, 1)


def ceiling(given: Sequence[Answer]) -> float | None:
    """What the true direct-to-reverberant ratios would answer; None where none are known or asked."""
    ratios = [
        [float(np.mean(s["drr_db"])) for s in a.truth["clips"][0]["sources"] if "drr_db" in s] for a in given
    ]
    name, names = given[0].sub_category, [a.right for a in given]
    if any(not r for r in ratios):
        return None
    if name == "sensitivity_distance":
        farther = [{"first": 0, "second": 1}.get(a.truth["planned"]["larger"] or "") for a in given]
        return float(np.mean([k is None or r[k] < r[1 - k] for k, r in zip(farther, ratios, strict=True)]))
    if name == "nearer":
        metres = [[s["distance_m"] for s in a.truth["clips"][0]["sources"]] for a in given]
        return float(np.mean([np.argmax(r) == np.argmin(m) for r, m in zip(ratios, metres, strict=True)]))
    if name not in ("range_distance", "near_far"):
        return None
    first = np.array([r[0] for r in ratios])
    metres = {
        right: np.mean([a.truth["clips"][0]["sources"][0]["distance_m"] for a in given if a.right == right])
        for right in set(names)
    }
    order = sorted(metres, key=lambda right: -metres[right])
    ranks, edges = np.array([order.index(right) for right in names]), np.arange(-20.0, 20.0, 0.25)
    if len(order) == 2:
        return float(max(np.mean((first > edge) == ranks) for edge in edges))
    return float(
        max(
            np.mean((first > low).astype(int) + (first > high) == ranks)
            for low in edges
            for high in edges
            if high > low
        )
    )


def row(name: str, right: Sequence[bool], note: str = "") -> str:
    """A line of the table."""
    interval = binomtest(sum(right), len(right)).proportion_ci()
    share = f"{100 * np.mean(right):.1f} %"
    return (
        f"| {name} | {len(right)} | {share} | {100 * interval.low:.1f}–{100 * interval.high:.1f} | {note} |"
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("suites", nargs="+", type=Path, metavar="SUITE")
    parser.add_argument("--only", nargs="+", default=[], metavar="SUB-CATEGORY")
    asked = parser.parse_args()
    observer, started = Observer(), time.process_time()
    given = [answer for suite in asked.suites for answer in answers(suite, observer, asked.only)]
    seconds = time.process_time() - started
    by_name: defaultdict[str, list[Answer]] = defaultdict(list)
    for answer in given:
        by_name[answer.sub_category].append(answer)
    print("| sub-category, level | N | right | 95 % interval | |\n|---|---|---|---|---|")
    for name, of_name in sorted(by_name.items()):
        known = ceiling(of_name)
        print(
            row(
                name,
                [a.is_right for a in of_name],
                "" if known is None else f"true ratio {100 * known:.1f} %",
            )
        )
        for level in sorted({a.level for a in of_name if a.level is not None}):
            print(row(f"{name}, {level:g}", [a.is_right for a in of_name if a.level == level]))
    missed = 0
    print("\n| required | N | right | 95 % interval | |\n|---|---|---|---|---|")
    for name, (share, sub_categories, least_level) in REQUIREMENTS.items():
        right = [
            a.is_right
            for a in given
            if a.sub_category in sub_categories
            and (a.level is None or a.level == 0 or a.level >= least_level)
        ]
        if right:
            missed += np.mean(right) < share
            print(row(name, right, f"{100 * share:.0f} %" + (" MISSED" if np.mean(right) < share else "")))
    print(f"\n{1000 * seconds / len(given):.0f} ms of CPU an item, reading it included; {missed} missed")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
