"""What tests of tasks read from planned items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from starbench.plugins.registry import load
from starbench.synthesis import Draft, Stimulus, generator


def by_sub_category(drafts: Iterable[Draft]) -> dict[str, list[Draft]]:
    groups: dict[str, list[Draft]] = defaultdict(list)
    for draft in drafts:
        groups[str(draft.item.sub_category)].append(draft)
    return dict(groups)


def parameters(draft: Draft) -> dict[str, Any]:
    """Parameters of the first clip's recipe."""
    return dict(draft.clips[0].parameters)


def places(draft: Draft) -> list[dict[str, float]]:
    """Where the sounds of an item are, in the order heard."""
    return [source["at"] for clip in draft.clips for source in clip.parameters["sources"]]


def signed(azimuth_deg: float) -> float:
    """An azimuth between -180 (left) and 180 degrees."""
    return (azimuth_deg + 180.0) % 360.0 - 180.0


def render(draft: Draft, clip: int = 0) -> Stimulus:
    recipe = draft.clips[clip]
    synthesizer = load("synthesizers", recipe.synthesizer)
    stimulus: Stimulus = synthesizer(rng=generator(5, draft.item.id, str(clip)), **recipe.parameters)
    return stimulus
