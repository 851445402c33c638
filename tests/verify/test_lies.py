"""Every planted lie about a scene or a tone is caught and named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from changed_suites import breaches


def _set(*keys: Any, by: Callable[[Any], Any]) -> Callable[[dict[str, Any]], None]:
    def lie(truth: dict[str, Any]) -> None:
        part: Any = truth
        for key in keys[:-1]:
            part = part[key]
        part[keys[-1]] = by(part[keys[-1]])

    return lie


def _mirror_path(truth: dict[str, Any]) -> None:
    for point in truth["sources"][0]["path"]["points"]:
        point[1] = -point[1] % 360


def _reverse_path(truth: dict[str, Any]) -> None:
    points = truth["sources"][0]["path"]["points"]
    for point, other in zip(points, [list(point) for point in points[::-1]], strict=True):
        point[1:] = other[1:]


SOURCE = ("sources", 0)
LIES = [
    ("dry", _set("rate", by=lambda v: 44_100), "rate"),
    ("dry", _set("total_s", by=lambda v: v + 0.001), "length"),
    ("dry", _set("channels", by=lambda v: v[:1]), "channels"),
    ("dry", _set(*SOURCE, "onset_s", by=lambda v: v + 0.02), "onset, dry"),
    ("noisy", _set(*SOURCE, "onset_s", by=lambda v: v + 0.8), "onset, in noise"),
    ("dry", _set(*SOURCE, "duration_s", by=lambda v: v - 0.02), "duration, dry"),
    ("dry", _set(*SOURCE, "received_db_spl", 1, by=lambda v: v + 0.1), "received level"),
    ("dry", _set(*SOURCE, "received_db_spl", 0, by=lambda v: v + 40), "received level"),
    ("dry", _set(*SOURCE, "itd_us", by=lambda v: v + 30), "ITD, dry"),
    ("dry", _set(*SOURCE, "itd_us", by=lambda v: -v), "ITD, dry"),
    ("dry", _set(*SOURCE, "ild_db", by=lambda v: v - 1), "ILD, dry"),
    ("dry", _set(*SOURCE, "azimuth_deg", by=lambda v: v - 35), "lateral angle, dry"),
    ("dry", _set("sources", 1, "signal", "f0_hz", by=lambda v: v * 1.0005), "f0"),
    ("dry", _set("sources", 1, "signal", "f0_hz", by=lambda v: v * 2), "f0"),
    ("noisy", _set("background", "level_db_spl", by=lambda v: v + 4), "background level"),
    ("noisy", _set("background", "snr_db", by=lambda v: v - 4), "background SNR"),
    ("noisy", _set(*SOURCE, "itd_us", by=lambda v: v - 60), "ITD, in noise"),
    ("room", _set(*SOURCE, "t30_s", 0, by=lambda v: v * 1.4), "T30, noise"),
    ("octaves", _set(*SOURCE, "t30_octaves_s", "500", 1, by=lambda v: v * 1.7), "T30 of octaves, noise"),
    ("octaves", _set(*SOURCE, "t30_octaves_s", "8000", 0, by=lambda v: v * 0.5), "T30 of octaves, noise"),
    ("room", _set(*SOURCE, "drr_db", 1, by=lambda v: v + 10), "DRR, noise"),
    ("room", _set(*SOURCE, "itd_us", by=lambda v: -v), "ITD, in a room"),
    ("room", _set(*SOURCE, "azimuth_deg", by=lambda v: 360 - v), "lateral angle, in a room"),
    ("room", _set(*SOURCE, "onset_s", by=lambda v: v + 0.06), "onset, in a room"),
    ("room", _set(*SOURCE, "distance_m", by=lambda v: v * 3.5), "distance, in a room"),
    ("foa", _set(*SOURCE, "azimuth_deg", by=lambda v: v + 0.2), "azimuth, dry"),
    ("foa", _set("sources", 1, "azimuth_deg", by=lambda v: 180 - v), "azimuth, dry"),
    ("foa", _set(*SOURCE, "elevation_deg", by=lambda v: v + 1), "elevation, dry"),
    ("array", _set(*SOURCE, "azimuth_deg", by=lambda v: v + 0.5), "arrival difference, dry"),
    ("stereo", _set(*SOURCE, "azimuth_deg", by=lambda v: v - 2), "level difference, dry"),
    ("arc", _mirror_path, "path: sense of motion, dry"),
    ("arc", _reverse_path, "path: sense of motion, dry"),
    ("come", _reverse_path, "path: level over distance, dry"),
    ("dry", _set(*SOURCE, "itd_us", by=lambda v: "right"), "truth"),
    ("dry", _set("sources", by=lambda v: {}), None),
    ("dry", _set("sources", by=lambda v: 3), "truth"),
    ("foa", _set("receiver", by=lambda v: None), None),
]


@pytest.mark.parametrize(("item", "lie", "kind"), LIES)
def test_a_lie_of_a_scene_is_caught(
    scenes: Path, item: str, lie: Callable[[dict[str, Any]], None], kind: str | None
) -> None:
    assert breaches(scenes, item) == []
    found = breaches(scenes, item, lie)
    if kind is not None:
        assert any(one.claim.split(" (")[0] == kind and one.item == item for one in found), found


TONE_LIES = [
    (("tones", 0, "f0_hz"), lambda v: v * 1.0003, "tone f0"),
    (("tones", 1, "level_db_spl"), lambda v: v + 0.2, "tone level"),
    (("tones", 0, "onset_s"), lambda v: v + 0.0015, "tone onset"),
    (("tones", 1, "duration_s"), lambda v: v * 1.015, "tone duration"),
    (("tones",), lambda v: v[:1], "tones"),
    (("tones",), lambda v: [], "silence"),
    (("tones", 0), lambda v: {}, "truth"),
]


@pytest.mark.parametrize(("keys", "by", "kind"), TONE_LIES)
def test_a_lie_of_a_tone_is_caught(
    tones: Path, keys: tuple[Any, ...], by: Callable[[Any], Any], kind: str
) -> None:
    found = breaches(tones, "sensitivity_pitch_0001", _set(*keys, by=by))
    assert any(one.claim.split(" (")[0] == kind for one in found), found
