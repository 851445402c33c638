"""What two suites share, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from starbench.schema.overlap import Overlap
from starbench.text import printable

#: Examples of each kind that are named.
_SHOWN = 5


def overlap_lines(found: Overlap) -> Iterator[str]:
    """Each kind of overlap with its count and some examples, and what follows."""
    yield (
        f"{printable(found.suite)} ({found.n_items} items) and {printable(found.other)} "
        f"({found.n_items_of_other} items)"
    )
    kinds: list[tuple[str, list[str]]] = [
        ("the same sound", [_pair(one.items[0], one.items_of_other[0]) for one in found.clips]),
        ("the same question about the same sound", [_pair(*ids) for ids in found.items]),
        ("the same seed, profile and id", [printable(name) for name in found.recipes]),
        ("the same recording", [_pair(one.items[0], one.items_of_other[0]) for one in found.recordings]),
    ]
    for is_tone, kind in (
        (False, "nearly the same sound"),
        (True, "nearly the same tone, copied or drawn alike (no overlap by itself)"),
    ):
        alike = [one for one in found.alike if one.is_tone == is_tone]
        kinds.append(
            (kind, [f"{_pair(one.item, one.item_of_other)} ({one.correlation:.3f})" for one in alike])
        )
    for kind, examples in kinds:
        yield _counted(kind, examples)
    yield f"questions of the same wording: {found.n_same_wording} (no overlap by itself)"
    yield (
        "they overlap: do not test a model on the one that was trained on the other"
        if found.is_any
        else "they share nothing"
    )


def _pair(one: str, other: str) -> str:
    return printable(one) if one == other else f"{printable(one)} = {printable(other)}"


def _counted(kind: str, examples: list[str]) -> str:
    shown: Iterable[str] = examples[:_SHOWN]
    more = f", and {len(examples) - _SHOWN} more" if len(examples) > _SHOWN else ""
    return f"{kind}: {len(examples)}" + (f": {', '.join(shown)}{more}" if examples else "")
