"""Recipes for the synthesizer of scenes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starbench.synthesis import Recipe

from .options import HEADS, SceneOptions

SYNTHESIZER = "scene"
RATE_HZ = 48_000
#: Levels of single sounds at the listener, dB SPL: even at the nearer ear the loudest stays 10 dB below full
#: scale.
LEVELS_DB_SPL = (55.0, 67.0)

SourceParameters = dict[str, Any]


def scene_recipe(
    options: SceneOptions,
    sources: Sequence[SourceParameters],
    total_s: float,
    *,
    room: Mapping[str, Any] | None = None,
    snr_db: float | None = None,
    rate: int = RATE_HZ,
    dither: bool = True,
) -> Recipe:
    """The recipe of one clip, heard with the first of the heads.

    It holds the scene itself, and what differs from the synthesizer's defaults.
    """
    parameters = {"format": options.format, "rate": rate, "total_s": total_s, "sources": list(sources)}
    optional = {
        "room": None if room is None else dict(room),
        "response": options.measured and {"path": options.measured_path, "digest": options.measured.digest},
        "head": next((head.source for head in options.heads[:1] if head.source != HEADS[0]), None),
        "head_equalisation": options.head_equalisation,
        "background": None if snr_db is None else {"snr_db": snr_db, **options.background},
        "dither": None if dither else False,
        "stems": options.stems or None,
    }
    return Recipe(
        SYNTHESIZER, parameters | {name: value for name, value in optional.items() if value is not None}
    )
