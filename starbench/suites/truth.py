"""The claims of a truth: every value that it states, by its key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from starbench.schema import Item

#: Keys of an item's truth that say how it was designed or what others published, and claim nothing of its samples.
DESIGN = frozenset({"clips", "factors", "option_sources", "planned", "published"})


class Claim(NamedTuple):
    """One value of a truth. A list of values is one claim, a list of records has those of each record."""

    key: str
    """Names on the way to it, joined by dots, without numbers: ``sources.signal.f0_hz``."""
    value: Any
    record: Mapping[str, Any]
    """The innermost record of a list that it stands in (a source, say), or else the whole truth."""
    where: str
    """Name of that record: ``clip``, ``sources 2``."""


def claims(truth: Mapping[str, Any]) -> Iterator[Claim]:
    """Every claim of a clip's truth; what is null or empty claims nothing."""
    return _below(Claim("", truth, truth, "clip"))


def item_claims(item: Item) -> Iterator[Claim]:
    """What an item's truth claims beside its design and its clips."""
    truth = {name: value for name, value in item.truth.items() if name not in DESIGN}
    if "clips" in item.truth and clip_truths(item) is None:
        truth["clips"] = item.truth["clips"]
    return claims(truth)


def clip_truths(item: Item) -> list[dict[str, Any]] | None:
    """The truth of each clip of an item; None where there is none that belongs to these clips."""
    truths = item.truth.get("clips")
    if not isinstance(truths, list) or len(truths) != len(item.audio_paths):
        return None
    return [truth or {} for truth in truths] if all(isinstance(one, dict | None) for one in truths) else None


def _below(claim: Claim) -> Iterator[Claim]:
    value = claim.value
    if isinstance(value, Mapping):
        for name, inner in value.items():
            key = f"{claim.key}.{name}" if claim.key else str(name)
            yield from _below(claim._replace(key=key, value=inner))
    elif isinstance(value, list | tuple) and any(isinstance(one, Mapping) for one in value):
        for number, one in enumerate(value, 1):
            record = one if isinstance(one, Mapping) else claim.record
            name = claim.key.rpartition(".")[2]
            yield from _below(claim._replace(value=one, record=record, where=f"{name} {number}"))
    elif value is not None and value not in ([], ()):
        yield claim
