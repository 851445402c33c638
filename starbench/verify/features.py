"""What could give an answer away: every feature of an item that is not a cue of its question.

``declared["asked"] = {sub-category: [name, …]}`` in a suite's manifest says which features are cues of the
question itself: names of features without their numbers (``tones.f0_hz``, ``sources.azimuth_deg``,
``rms``), each with all that stands below it (``sources.path``). Where nothing is declared, only features
that can never be a cue are looked at: order, digests and the length of the clips.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starbench.schema import Item
from starbench.verify.answers import Group
from starbench.verify.remeasure import ItemMeasurements

Value = float | str | None

#: Features that are a cue of no question.
ALWAYS = frozenset({"order", "digest", "seconds"})
#: First bits of a clip's digest that are looked at.
_DIGEST_BITS = 8
#: Parts of a truth that say how a clip was made and are the same for all, or hold whole tracks.
_SKIPPED = frozenset({"calibration", "flags", "dither", "head", "receiver", "digest", "points"})
#: Longer lists are tracks or spectra, not parameters.
_LONGEST_LIST = 8


@dataclass(frozen=True)
class Feature:
    """One number or name of each item of a group (None where an item has none).

    ``key`` is what a suite declares; ``name`` adds which clip, tone or source it is of.
    """

    name: str
    key: str
    values: tuple[Value, ...]

    @property
    def is_number(self) -> bool:
        return all(value is None or isinstance(value, float) for value in self.values)


def features(
    group: Group, measurements: Mapping[str, ItemMeasurements], cues: Sequence[str] | None
) -> list[Feature]:
    """Every feature of a group's items that is not a cue, and that is not the same for all of them."""
    rows = [_of_item(item, measurements[item.id]) for item in group.items]
    names = {name: key for row in rows for name, (key, _) in row.items()}
    columns = [
        Feature(name, key, tuple(row[name][1] if name in row else None for row in rows))
        for name, key in names.items()
    ]
    columns += _order(group)
    return [
        column
        for column in (*columns, *_differences(columns))
        if (column.key in ALWAYS if cues is None else not is_cue(column.key, cues))
        and len(set(column.values) - {None}) > 1
    ]


def is_cue(key: str, cues: Sequence[str]) -> bool:
    """Whether a feature is one of ``cues``, or stands below one."""
    return any(key == name or key.startswith(f"{name}.") for name in cues)


def _of_item(item: Item, measurements: ItemMeasurements) -> dict[str, tuple[str, Value]]:
    row: dict[str, tuple[str, Value]] = {}
    truths = item.truth.get("clips")
    for number, clip in enumerate(measurements.clips):
        prefix = f"clip {number + 1} " if len(measurements.clips) > 1 else ""
        row[f"{prefix}seconds"] = ("seconds", clip.seconds)
        row[f"{prefix}bytes"] = ("bytes", float(clip.size_bytes))
        row[f"{prefix}peak"] = ("peak", clip.peak_db)
        row[f"{prefix}rms"] = ("rms", clip.rms_db)
        for bit in range(_DIGEST_BITS):
            is_set = int(clip.digest[bit // 4], 16) >> (3 - bit % 4) & 1
            row[f"{prefix}digest bit {bit}"] = ("digest", str(is_set))
        if isinstance(truths, list) and len(truths) > number:
            for name, key, value in _leaves(truths[number], "", ""):
                row[f"{prefix}{name}"] = (key, value)
    return row


def _leaves(value: Any, name: str, key: str) -> Iterator[tuple[str, str, Value]]:
    """Parameters of a truth: full name, name without numbers, value."""
    if isinstance(value, Mapping):
        for part, inner in value.items():
            if part not in _SKIPPED:
                yield from _leaves(inner, f"{name}.{part}".lstrip("."), f"{key}.{part}".lstrip("."))
    elif isinstance(value, list | tuple):
        if len(value) <= _LONGEST_LIST:
            yield f"{name} count", key, float(len(value))
            for number, inner in enumerate(value, 1):
                yield from _leaves(inner, f"{name}[{number}]", key)
    elif isinstance(value, bool | str):
        yield name, key, str(value)
    elif isinstance(value, int | float):
        yield name, key, float(value)


def _order(group: Group) -> list[Feature]:
    """Where in the suite an item stands, also modulo small numbers, and what was right before it."""
    columns = [Feature("order", "order", tuple(map(float, group.places)))]
    for modulus in (2, 3, 4):
        values = tuple(str(place % modulus) for place in group.places)
        columns.append(Feature(f"order mod {modulus}", "order", values))
    classes = group.classes
    return [*columns, Feature("answer before", "order", (None, *classes[:-1]))]


def _differences(columns: Sequence[Feature]) -> Iterator[Feature]:
    """Second minus first of every pair of numbers: a difference can tell what neither of them does."""
    by_name = {column.name: column for column in columns}
    for column in columns:
        other = by_name.get(column.name.replace("[1]", "[2]"))
        if "[1]" not in column.name or other is None or not (column.is_number and other.is_number):
            continue
        values = tuple(
            b - a if isinstance(a, float) and isinstance(b, float) else None
            for a, b in zip(column.values, other.values, strict=True)
        )
        yield Feature(f"{other.name} minus [1]", column.key, values)
