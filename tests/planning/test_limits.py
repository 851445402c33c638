"""What a model can take, held against what a trial would send."""

from __future__ import annotations

from typing import Any

import pytest
from questions import CLIPS, asked, choice, order

from starbench.planning.limits import admits, bandwidth_reason
from starbench.schema import Capabilities


@pytest.mark.parametrize(
    ("limits", "condition", "reason"),
    [
        ({}, "audio+uncut", None),
        ({"max_clips": 4}, "audio+uncut", None),
        ({"max_clips": 3}, "audio+uncut", "4 clips, and the model takes 3"),
        ({"max_clips": 3}, "audio", None),
        ({"max_clips": 0}, "question-only", None),
        ({"max_clips": 0}, "audio", "3 clips, and the model takes 0"),
        ({"max_seconds": 4.0}, "audio", None),
        ({"max_seconds": 3.9}, "audio", "a clip longer than the 3.9 s"),
        ({"max_seconds": 4.0}, "audio+uncut", "a clip longer than the 4 s"),
        ({"max_seconds": 0.1}, "question-only", None),
    ],
)
def test_a_trial_beyond_the_model_is_told_why(
    limits: dict[str, Any], condition: str, reason: str | None
) -> None:
    item = order()
    found = admits(Capabilities(**limits), asked(item, condition)[0], item, CLIPS)
    assert found is None if reason is None else str(found).startswith(reason)


def test_both_ears_of_a_clip_are_two_clips() -> None:
    item = choice()
    assert admits(Capabilities(max_clips=1), asked(item, "split")[0], item, CLIPS)
    assert admits(Capabilities(max_clips=1), asked(item)[0], item, CLIPS) is None


@pytest.mark.parametrize(
    ("needs", "rate", "front_end", "arrives"),
    [
        (None, 8000, 8000, True),
        (22050, None, None, True),
        (22051, None, None, False),
        (8000, 16000, None, True),
        (8001, 16000, None, False),
        (8001, None, 16000, False),
        (8001, 48000, 16000, False),
        (20000, 96000, 96000, True),
    ],
)
def test_a_cue_above_the_lowest_rate_on_the_way_does_not_arrive(
    needs, rate, front_end, arrives: bool
) -> None:
    reason = bandwidth_reason(choice(bandwidth_hz=needs), CLIPS, rate, Capabilities(front_end_hz=front_end))
    assert (reason is None) == arrives
