"""Recipes for the synthesizer of scenes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starbench.synthesis import Recipe

from .options import SceneOptions

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
    """The recipe of one clip: the scene itself, and what differs from the synthesizer's defaults."""
    parameters: dict[str, Any] = {
        "format": options.format,
        "rate": rate,
        "total_s": total_s,
        "sources": list(sources),
    }
    if room is not None:
        parameters["room"] = dict(room)
    if options.head is not None and options.format == "binaural":
        parameters["head"] = options.head
    if snr_db is not None:
        parameters["background"] = {"snr_db": snr_db}
    if not dither:
        parameters["dither"] = False
    if options.stems:
        parameters["stems"] = True
    return Recipe(SYNTHESIZER, parameters)
