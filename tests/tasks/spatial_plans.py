"""Plans of spatial questions, and the answer read from their recipes."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

import numpy as np
from drafts import signed
from scene_geometry import trajectory

from starbench.schema import Item
from starbench.synthesis import BuildPlan, BuildSpec
from starbench.tasks.spatial import Spatial

CATEGORIES = {
    "Single-Source Static Localization": 283,
    "Multi-source Spatial Relation": 113,
    "Dynamic Trajectory Tracking": 106,
}


def plan(
    size: int | None = None,
    seed: int = 5,
    attributes: Iterable[str] = (),
    profile: str = "default-1",
    **options: Any,
) -> BuildPlan:
    build_plan: BuildPlan = Spatial().plan(BuildSpec(tuple(attributes), profile, seed, size, options))
    return build_plan


def sound_option(source: dict[str, Any]) -> str:
    """The option that names this source."""
    signal = source["signal"]
    if signal["kind"] == "complex":
        return "The low buzz" if signal["f0_hz"] < 180 else "The high buzz"
    names = {"noise": "hiss", "gaussian-noise": "hiss", "pulses": "ticking", "siren": "siren"}
    return f"The {names[signal['kind']]}"


def movement(path: dict[str, Any]) -> str:
    """What a path does, read from where its source is over time."""
    x, y, _ = trajectory(path, 3.0, 301).T
    distance, azimuth = np.hypot(x, y), np.unwrap(np.arctan2(-y, x))
    if np.ptp(distance) < 1e-9 and np.ptp(azimuth) < 1e-9:
        return "It stays in one place"
    if np.ptp(azimuth) < 1e-9:
        return "It comes closer" if distance[-1] < distance[0] else "It moves away"
    if np.ptp(azimuth) > 0.99 * 2 * np.pi:
        return "It circles around you"
    if abs(azimuth[-1] - azimuth[0]) < 0.01:
        assert azimuth[0] * azimuth[150] < 0
        return "It moves to the other side and back again"
    assert np.all(np.diff(azimuth) > 0) or np.all(np.diff(azimuth) < 0)
    assert azimuth[0] * azimuth[-1] < 0
    return f"It moves from {'left to right' if azimuth[-1] > azimuth[0] else 'right to left'}"


def right_option(item: Item, parameters: dict[str, Any]) -> str:
    """The option that a recipe makes right, read from its parameters alone."""
    sources, name = parameters["sources"], str(item.sub_category)
    if "path" in sources[0]:
        path = sources[0]["path"]
        if name == "path":
            return movement(path)
        if name == "circle_direction":
            assert movement(path) == "It circles around you"
            return "Clockwise" if path["turns"] > 0 else "Counterclockwise"
        return movement(path).replace("It moves from", "From")
    at = [source["at"] for source in sources]
    azimuths = [signed(place["azimuth_deg"]) for place in at]
    if name == "direction":
        return "Directly ahead" if abs(azimuths[0]) <= 4 else "Right side" if azimuths[0] > 0 else "Left side"
    if name == "front_behind":
        return "In front" if abs(azimuths[0]) < 90 else "Behind"
    if name == "height":
        up = at[0]["elevation_deg"]
        return f"{'Above' if up > 0 else 'Below' if up < 0 else 'At'} ear level"
    if name == "sector":
        words = ["", "ahead to the right", "right", "behind to the right", ""]
        word = words[round(abs(azimuths[0]) / 45)]
        return (word if azimuths[0] > 0 else word.replace("right", "left")).capitalize()
    if name == "near_far":
        return "Near (about 1 meter)" if at[0]["distance_m"] < 2 else "Far (4 meters or more)"
    if name.startswith("further_side"):
        k = np.argmax(azimuths) if "right" in item.question else np.argmin(azimuths)
        return sound_option(sources[int(k)])
    if name == "higher":
        return sound_option(sources[int(np.argmax([place["elevation_deg"] for place in at]))])
    if name.startswith("nearer"):
        return sound_option(sources[int(np.argmin([place["distance_m"] for place in at]))])
    if name == "how_many_places":
        return f"From {('one place', 'two places', 'three places', 'four places')[len(set(azimuths)) - 1]}"
    assert name == "first_and_where"
    assert sources[0]["onset_s"] < sources[1]["onset_s"]
    return f"{sound_option(sources[0])}, from the {'right' if azimuths[0] > 0 else 'left'}"


def mirrored(parameters: dict[str, Any]) -> dict[str, Any]:
    """Parameters of the scene with left and right exchanged."""
    flipped = deepcopy(parameters)
    for source in flipped["sources"]:
        for holder in (source.get("at"), source.get("path"), source.get("path", {}).get("at")):
            for key in {"azimuth_deg", "from_deg", "to_deg", "start_deg", "turns"} & set(holder or ()):
                holder[key] = -holder[key]
            if holder and "heading" in holder:
                holder["heading"] = "-to-".join(reversed(holder["heading"].split("-to-")))
    return flipped
