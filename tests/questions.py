"""Two kinds of items, clips that exist only by description, and the trials made of them."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from starbench import protocols
from starbench.planning.trials import TrialPlan, plan_trials
from starbench.schema import Item, TextSpec, Trial
from starbench.suites.clip_info import ClipInfo

STAR_BENCH, STARBENCH = protocols.get("star-bench"), protocols.get("starbench")
BOTH = pytest.mark.parametrize("protocol", [STAR_BENCH, STARBENCH], ids=lambda p: p.name)

MIRROR = {"Left": "Right", "Right": "Left", "Ahead": "Ahead"}
CLIPS = {
    "hidden_1.wav": ClipInfo("1" * 64, 1, 48000, 2.0),
    "hidden_2.wav": ClipInfo("2" * 64, 1, 44100, 3.0),
    "hidden_3.wav": ClipInfo("3" * 64, 1, 16000, 4.0),
    "hidden_left.wav": ClipInfo("4" * 64, 2, 44100, 5.0),
    "hidden_right.wav": ClipInfo("5" * 64, 2, 44100, 60.0),
    "hidden_whole.wav": ClipInfo("6" * 64, 1, 44100, 9.0),
}


def choice(**fields: Any) -> Item:
    usual = {
        "id": "secret-id-17",
        "task": "Spatial Reasoning",
        "question": "Where is it?",
        "options": ("Left", "Right", "Ahead", "Unable to determine"),
        "answer": "Right",
        "audio_paths": ("hidden_left.wav",),
        "truth": {"azimuth_deg": 123.456},
    }
    return Item(**(usual | fields))


ORDERS = tuple(permutations((1, 2, 3)))


def order(offset: int = 0, **fields: Any) -> Item:
    usual: dict[str, Any] = {
        "id": "secret_TAO_4",
        "task": "Temporal Reasoning",
        "question": "In which order?",
        "options": (*(" -> ".join(f"clip {n}" for n in stated) for stated in ORDERS), "I don't know."),
        "option_orders": (*ORDERS, None),
        "abstain": 6,
        "audio_paths": ("hidden_1.wav", "hidden_2.wav", "hidden_3.wav"),
        "global_caption": "A door opens and shuts.",
        "uncut_audio_path": "hidden_whole.wav",
        "rotations": 3,
        "rotation_offset": offset,
    }
    return Item(**(usual | fields))


def asked(
    item: Item, condition: str = "audio", protocol: Any = STARBENCH, rotations: str = "default"
) -> tuple[Trial, ...]:
    return planned(item, condition, protocol, rotations).trials


def planned(item: Item, condition: str, protocol: Any = STARBENCH, rotations: str = "default") -> TrialPlan:
    return plan_trials("s", [item], CLIPS, protocol, [condition], rotations)


def shown(trial: Trial) -> str:
    """The text that the right letter names."""
    return trial.options[ord(trial.answer_letter) - ord("A")]


def texts(trial: Trial) -> list[str]:
    return [part.text for part in trial.parts if isinstance(part, TextSpec)]
