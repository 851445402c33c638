"""What a suite holds, before anything is asked: counts, how its right answers are placed, what stands in it twice."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from starbench.schema import Item
from starbench.suites.suite import Suite


@dataclass(frozen=True)
class SuiteOverview:
    """Counts of a suite; shares are fractions, lengths in s."""

    n_items: int
    categories: dict[str, int]
    options: dict[int, int]
    """Number of options -> items that have so many."""
    places: dict[str, int]
    """Letter -> items whose right option stands there, in the order of the suite's own options."""
    chance: float
    longest: float
    """Share of the items whose right option is longer than every other: what a model gets that only counts letters."""
    n_clips: int
    n_sounds: int
    """Clips of different sound."""
    seconds: tuple[float, float, float]
    """Of the shortest clip, the longest and all together."""
    rates: dict[int, int]
    """Rate, Hz -> clips."""
    repeated: tuple[tuple[str, ...], ...]
    """Ids of items with the same question, options and sounds."""
    copies: tuple[tuple[str, ...], ...]
    """Paths of clips of the same sound."""


def overview(suite: Suite) -> SuiteOverview:
    """Count what is in a suite; no sound is read again."""
    items, clips = suite.items, suite.clips
    by_sound = _groups((clip.digest, path) for path, clip in clips.items())
    seconds = [clip.seconds for clip in clips.values()]
    return SuiteOverview(
        n_items=len(items),
        categories=dict(Counter(item.part for item in items).most_common()),
        options=dict(sorted(Counter(len(published_options(item)) for item in items).items())),
        places=dict(sorted(Counter(_letter(item) for item in items).items())),
        chance=fmean(1 / len(published_options(item)) for item in items),
        longest=fmean(_is_longest(item) for item in items),
        n_clips=len(clips),
        n_sounds=len(by_sound),
        seconds=(min(seconds), max(seconds), sum(seconds)),
        rates=dict(sorted(Counter(clip.rate for clip in clips.values()).items())),
        repeated=_several(_groups((_content(item, suite), item.id) for item in items)),
        copies=_several(by_sound),
    )


def _letter(item: Item) -> str:
    return chr(ord("A") + published_options(item).index(item.right_option))


def published_options(item: Item) -> Sequence[str]:
    """The options as the data set has them, where two equal ones were made one."""
    options: Sequence[str] = item.truth.get("published", {}).get("options", item.options)
    return options


def _is_longest(item: Item) -> bool:
    right = item.right_option
    return all(len(right) > len(other) for other in item.options if other != right)


def _content(item: Item, suite: Suite) -> tuple[object, ...]:
    """What is asked about what, whatever the item is called and however its options are ordered."""
    return (
        item.question,
        frozenset(item.options),
        tuple(suite.clips[path].digest for path in item.audio_paths),
    )


def _groups(pairs: Iterable[tuple[object, str]]) -> dict[object, list[str]]:
    groups: defaultdict[object, list[str]] = defaultdict(list)
    for key, name in pairs:
        groups[key].append(name)
    return groups


def _several(groups: dict[object, list[str]]) -> tuple[tuple[str, ...], ...]:
    found: Sequence[list[str]] = [names for names in groups.values() if len(names) > 1]
    return tuple(tuple(names) for names in found)
