"""What the recipe of an item depends on, apart from its cell of the design."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from starbench.synthesis import generator

from ..design.counterbalancing import balance_factors
from .options import ListenerHead, SceneOptions
from .rooms import RequiredPoint, RoomFamily

CellT = TypeVar("CellT", bound=Mapping[str, Hashable])


@dataclass(frozen=True)
class ItemContext:
    """An item's id, its factors (among them ``rt60`` and ``snr``), the user's options and the suite's seed.

    Of several heads, the options have the item's own.
    """

    identifier: str
    factors: Mapping[str, Any]
    options: SceneOptions
    seed: int

    def generator(self, purpose: str) -> np.random.Generator:
        """The generator of one of the item's parts, which no other part changes."""
        return generator(self.seed, self.identifier, purpose)

    def draw_room(
        self, rooms: RoomFamily, points: Sequence[RequiredPoint], rng: np.random.Generator
    ) -> dict[str, Any] | None:
        """Draw a room with the item's reverberation time that holds all ``points``; None where it has none."""
        rt60_s: float | None = self.factors["rt60"]
        return None if rt60_s is None else rooms.draw(rt60_s, points, rng)

    def truth(self, planned: Mapping[str, Any]) -> dict[str, Any]:
        """The truth of the item: what was planned, and whose ears these are where a suite has several heads.

        ``factors`` are what scores are also given by.
        """
        head: ListenerHead | None = self.factors.get("head")
        if head is None:
            return {"planned": dict(planned)}
        return {"planned": {**planned, "head": head.described}, "factors": {"head": head.name}}


def balanced_items(
    sub_category: str,
    cells: Sequence[CellT],
    factors: Mapping[str, Sequence[Any]],
    options: SceneOptions,
    seed: int,
    rng: np.random.Generator,
) -> list[tuple[ItemContext, CellT]]:
    """Number the items of a sub-category, with the levels of each factor balanced within the cells.

    Several heads are a factor too. It comes last, so that the others do not depend on it.
    """
    heads = {"head": options.heads} if len(options.heads) > 1 else {}
    levels = balance_factors(cells, {**factors, **heads}, rng)
    return [
        (
            ItemContext(
                f"{sub_category}_{number:04d}",
                item_levels,
                options.with_head(item_levels["head"]) if heads else options,
                seed,
            ),
            cell,
        )
        for number, (cell, item_levels) in enumerate(zip(cells, levels, strict=True))
    ]
