"""Whether anything but the cue gives the answer away: a test a feature and sub-category, Holm over all.

Numbers are compared between answers by ranks (Kruskal–Wallis), names by chi squared. A leak is an
adjusted p below 0.001: hundreds of features are tested in every suite that anyone builds, and only one fair
suite in a thousand may be called leaky; a leak that helps a model moves p by many orders of magnitude.

Where options name sources (``truth["option_sources"]``: for each option, as stored, the number of its source
from 0, or null), each feature of the right source is ranked among those of all that are named: "the louder
one is right" is a leak that no single number shows.

A leak that an original design is kept with is declared, ``declared["flaws"] = {sub-category: {feature:
reason}}``, by the feature's name without its numbers; it is then shown, and is no breach.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starbench.schema import Item
from starbench.scoring.paired_tests import holm
from starbench.verify.answers import Group, declared_for, flaw
from starbench.verify.features import Feature, features, is_cue
from starbench.verify.findings import Breach
from starbench.verify.remeasure import ItemMeasurements
from starbench.verify.statistics import LEAST, evenly, names_by_class, numbers_by_class

MOST_P = 0.001


@dataclass(frozen=True)
class LeakRow:
    """One feature tested against the answers of one sub-category; ``p`` is adjusted."""

    group: str
    feature: str
    key: str
    items: int
    p: float
    declared: str | None = None


def audit(
    groups: Sequence[Group], measurements: Sequence[ItemMeasurements], declared: dict[str, Any]
) -> tuple[list[LeakRow], list[Breach]]:
    """Test every feature of every sub-category: rows, the most suspicious first, and those that are breaches."""
    by_item = {one.item: one for one in measurements}
    tests: list[tuple[str, str, str, int, float]] = []
    for group in groups:
        listed = declared_for(declared, "asked", group.name)
        cues = [str(name) for name in listed] if isinstance(listed, list) else None
        for feature in features(group, by_item, cues):
            if (p := _test(feature, group.classes)) is not None:
                n = sum(value is not None for value in feature.values)
                tests.append((group.name, feature.name, feature.key, n, p))
        if cues is not None:
            tests += [(group.name, *test) for test in _of_options(group, cues)]
    adjusted = holm([test[-1] for test in tests])
    rows = [
        LeakRow(*test[:-1], float(p), flaw(declared, test[0], test[2]))
        for test, p in zip(tests, adjusted, strict=True)
    ]
    rows.sort(key=lambda row: row.p)
    leaks = (row for row in rows if row.p < MOST_P and row.declared is None)
    claim = "tells nothing of the answer"
    return rows, [
        Breach(row.group, f"leak: {row.feature}", claim, f"depends on it (p {row.p:.2g})") for row in leaks
    ]


def _test(feature: Feature, classes: Sequence[str]) -> float | None:
    pairs = [(v, name) for v, name in zip(feature.values, classes, strict=True) if v is not None]
    names = [name for _, name in pairs]
    if feature.is_number:
        return numbers_by_class([float(value) for value, _ in pairs], names)
    return names_by_class([str(value) for value, _ in pairs], names)


def _of_options(group: Group, cues: Sequence[str]) -> Iterator[tuple[str, str, int, float]]:
    """Rank of the right option's source among the named ones, for each number that sources have."""
    ranks: dict[str, dict[int, list[int]]] = {}
    for item in group.items:
        for key, rank, among in _ranks(item, cues):
            ranks.setdefault(key, {}).setdefault(among, [0] * among)[rank] += 1
    for key, by_size in ranks.items():
        for among, counts in by_size.items():
            if sum(counts) >= LEAST * among:
                yield f"{key}, rank among {among} options", key, sum(counts), evenly(counts)


def _ranks(item: Item, cues: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    sources = _option_sources(item)
    named = [k for k, source in enumerate(sources) if source is not None]
    right = item.options.index(item.answer or "")
    if right not in named:
        return
    tables = {k: source_numbers(sources[k] or {}) for k in named}
    for key in set.intersection(*(set(table) for table in tables.values())):
        values = [tables[k][key] for k in named]
        if not is_cue(key, cues) and len(set(values)) == len(values):
            yield key, sorted(values).index(tables[right][key]), len(values)


def _option_sources(item: Item) -> list[Mapping[str, Any] | None]:
    """The source that each option names, each another one; none at all if the truth does not say that."""
    numbers, clips = item.truth.get("option_sources"), item.truth.get("clips")
    first = clips[0] if isinstance(clips, list) and clips else None
    sources = first.get("sources") if isinstance(first, dict) else None
    if not isinstance(numbers, list) or not isinstance(sources, list) or len(numbers) != len(item.options):
        return []
    known = {n: source for n, source in enumerate(sources) if isinstance(source, dict)}
    named = [number for number in numbers if number is not None]
    if not all(type(number) is int and number in known for number in named) or len({*named}) < len(named):
        return []
    return [None if number is None else known[number] for number in numbers]


def source_numbers(source: Mapping[str, Any], key: str = "sources") -> dict[str, float]:
    """Every number that a source's truth claims, by the feature's name."""
    numbers: dict[str, float] = {}
    for name, value in source.items():
        if isinstance(value, Mapping):
            numbers |= source_numbers(value, f"{key}.{name}")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            numbers[f"{key}.{name}"] = float(value)
    return numbers
