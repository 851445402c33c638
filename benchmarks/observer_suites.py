"""How well the observer hears built suites: ``python benchmarks/observer_suites.py SUITE [SUITE …]``.

Suites of several seeds, and of either version of profile ``default``, are pooled. Printed are, by sub-category, head
and level, the number of items, the share that is answered rightly, its 95 % Clopper–Pearson interval, and what is
required. Where distance is asked, "true ratio" is what a listener would get who knew the direct-to-reverberant
ratio of each sound (mean of the ears) exactly, with the thresholds that suit these items best: it is as much as
physics allows.

``--head HEAD`` (kemar, kemar-large or a SOFA file) and ``--equalised`` make it listen with that head only. If the
sounds were made with another one, this is the score of a listener who does not know the head; little is required of
it. Without, it takes the likeliest of the heads that come with the package.
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
from starbench.suites.metadata import item_fields


class Requirement(NamedTuple):
    """What share of the items of sub-categories together, from a level on, must be answered rightly."""

    share: float
    sub_categories: tuple[str, ...]
    least_level: float = -np.inf


_RELATIONS = (
    *("further_side", "further_side_alike", "further_side_three", "how_many_places", "first_and_where"),
    *("nearer", "nearer_by_level", "higher"),
)
_OVER_TIME = ("sensitivity_gap", "sensitivity_tone_order", "sensitivity_am_rate", "sensitivity_tempo")
#: By a listener who knows the head.
REQUIRED = {
    "azimuth from 2 JND": Requirement(0.97, ("sensitivity_azimuth",), 1.5),
    "quadrants": Requirement(0.95, ("range_azimuth", "sector")),
    "elevation from 29°": Requirement(0.90, ("sensitivity_elevation",), 29.0),
    "distance from 5 dB": Requirement(0.90, ("sensitivity_distance",), 4.9),
    "trajectories": Requirement(0.95, ("path", "passing", "circle_direction")),
    "relations": Requirement(0.93, _RELATIONS),
    "higher": Requirement(0.85, ("higher",)),
    "gap, order, rate, tempo": Requirement(0.97, _OVER_TIME),
    "depth from −24 dB": Requirement(0.97, ("sensitivity_am_depth",), -24.0),
    "tones from 0 dB": Requirement(0.97, ("range_masked_tone",), 0.0),
}
#: By a listener who has another head. The others have no share to reach.
REQUIRED_OF_OTHERS = {
    "azimuth from 4 JND": Requirement(0.97, ("sensitivity_azimuth",), 3.5),
    "quadrants": Requirement(0.0, ("range_azimuth", "sector")),
    "elevation from 29°": Requirement(0.0, ("sensitivity_elevation",), 29.0),
}

#: Human JND of azimuth, degrees: levels of ``sensitivity_azimuth`` are told in it.
_AZIMUTH_JND_DEG = 0.97


class Answer(NamedTuple):
    """An item as it was answered. ``level`` is None or 0 where both sounds are "the same", and where none is."""

    sub_category: str
    level: float | None
    is_right: bool
    truth: dict[str, Any]
    right: str


def answers(suite: Path, observer: Observer, only: Sequence[str] = ()) -> Iterator[Answer]:
    """Ask all items of a suite, or those of some sub-categories."""
    with (suite / "metadata.jsonl").open(encoding="utf-8") as lines:
        for item in map(item_fields, map(json.loads, lines)):
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
            right = item["answer"]
            yield Answer(item["sub-category"], _level(item), chosen == right, item["truth"], right)


def _level(item: dict[str, Any]) -> float | None:
    """In the units of version 2, which differ from those of version 1: azimuth in JND, places in degrees and dB."""
    name, delta = item["sub-category"], item["truth"]["planned"].get("delta")
    if name == "sensitivity_azimuth":
        return round(float(delta) / _AZIMUTH_JND_DEG, 1)
    if name in ("sensitivity_elevation", "sensitivity_distance"):
        return round(float(delta), 1)
    return None if item["level"] is None else float(item["level"])


def ceiling(given: Sequence[Answer]) -> float | None:
    """What the true direct-to-reverberant ratios would answer; None where none are known or asked."""
    ratios = [
        [float(np.mean(s["drr_db"])) for s in a.truth["clips"][0].get("sources", ()) if "drr_db" in s]
        for a in given
    ]
    name, names = given[0].sub_category, [a.right for a in given]
    if any(not r for r in ratios):
        return None
    if name == "sensitivity_distance":
        farther = [{"first": 0, "second": 1}.get(a.truth["planned"]["larger"] or "") for a in given]
        return float(np.mean([k is None or r[k] < r[1 - k] for k, r in zip(farther, ratios, strict=True)]))
    metres = [[s["distance_m"] for s in a.truth["clips"][0]["sources"]] for a in given]
    if name == "nearer":
        return float(np.mean([np.argmax(r) == np.argmin(m) for r, m in zip(ratios, metres, strict=True)]))
    if name not in ("range_distance", "near_far"):
        return None
    first = np.array([r[0] for r in ratios])
    away = {
        right: np.mean([m[0] for m, r in zip(metres, names, strict=True) if r == right]) for right in names
    }
    order = sorted(away, key=lambda right: -away[right])
    ranks, edges = np.array([order.index(right) for right in names]), np.arange(-20.0, 20.0, 0.25)
    above = (first[:, None] > edges).astype(int)
    if len(order) == 2:
        return float((above == ranks[:, None]).mean(axis=0).max())
    return float((above[:, :, None] + above[:, None, :] == ranks[:, None, None]).mean(axis=0).max())


def row(name: str, given: Sequence[Answer], note: str = "") -> str:
    """A line of the table."""
    right = [a.is_right for a in given]
    interval = binomtest(sum(right), len(right)).proportion_ci()
    share = f"{100 * np.mean(right):.1f} %"
    return (
        f"| {name} | {len(right)} | {share} | {100 * interval.low:.1f}–{100 * interval.high:.1f} | {note} |"
    )


def table(given: Sequence[Answer]) -> Iterator[str]:
    """Lines by sub-category, and by level and head where there are several."""
    by_name: defaultdict[str, list[Answer]] = defaultdict(list)
    for answer in given:
        by_name[answer.sub_category].append(answer)
    for name, of_name in sorted(by_name.items()):
        known = ceiling(of_name)
        yield row(name, of_name, "" if known is None else f"true ratio {100 * known:.1f} %")
        for level in sorted({a.level for a in of_name if a.level is not None}):
            yield row(f"{name}, {level:g}", [a for a in of_name if a.level == level])
        of_head = [(a, a.truth.get("factors", {}).get("head")) for a in of_name]
        for head in sorted({head for _, head in of_head if head}):
            yield row(f"{name}, {head}", [a for a, other in of_head if other == head])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("suites", nargs="+", type=Path, metavar="SUITE")
    parser.add_argument("--only", nargs="+", default=[], metavar="SUB-CATEGORY")
    parser.add_argument("--head", default="", help="listen with this head only")
    parser.add_argument("--equalised", action="store_true", help="equalise it to a diffuse field")
    asked = parser.parse_args()
    observer = Observer(head=asked.head, head_equalisation="diffuse-field" if asked.equalised else "")
    started = time.process_time()
    given = [answer for suite in asked.suites for answer in answers(suite, observer, asked.only)]
    seconds = time.process_time() - started
    heading = "N | right | 95 % interval | |\n|---|---|---|---|---|"
    print(f"| sub-category, level or head | {heading}", *table(given), f"\n| required | {heading}", sep="\n")
    missed = 0
    for name, (share, sub_categories, least) in (REQUIRED_OF_OTHERS if asked.head else REQUIRED).items():
        chosen = [a for a in given if a.sub_category in sub_categories and (not a.level or a.level >= least)]
        if chosen:
            is_missed = np.mean([a.is_right for a in chosen]) < share
            missed += is_missed
            print(row(name, chosen, f"{100 * share:.0f} %" + (" MISSED" if is_missed else "")))
    print(f"\n{1000 * seconds / len(given):.0f} ms of CPU an item, reading it included; {missed} missed")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
