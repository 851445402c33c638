"""From trials to prompts: what is told, what never is, and what makes two requests the same."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from questions import BOTH, CLIPS, MIRROR, STAR_BENCH, STARBENCH, asked, choice, order, planned, texts

from starbench.audio import Audio
from starbench.planning import conditions
from starbench.planning.trials import materialise
from starbench.schema import AnswerMode, ClipPart, ClipSpec, Item, JoinedSpec, TextSpec, Trial
from starbench.suites.clip_info import ClipInfo
from starbench.suites.clip_store import ClipStore
from starbench.suites.suite import Suite

# --- the prompts ----------------------------------------------------------------------------------

EVERY = [
    (item, condition)
    for item in (
        choice(mirror=MIRROR, captions={"plain": ("a bell",)}),
        choice(
            id="two",
            audio_paths=("hidden_left.wav", "hidden_right.wav"),
            captions={"plain": ("a bell", "a horn")},
        ),
        order(captions={"plain": ("a tap", "a door", "a dog")}),
    )
    for condition in (*conditions.NAMES[:-1], "caption:plain")
    if planned(item, condition).trials
]
EACH = pytest.mark.parametrize(("item", "condition"), EVERY, ids=[f"{i.id}-{c}" for i, c in EVERY])


@BOTH
@EACH
def test_no_name_no_path_no_truth_and_no_letter_of_the_answer_is_told(
    protocol, item: Item, condition: str
) -> None:
    for trial in asked(item, condition, protocol, "all"):
        told = "\n".join(texts(trial))
        assert "hidden" not in told
        assert ".wav" not in told
        assert item.id not in told
        assert "123.456" not in told
        assert not any(clip.digest in told for clip in CLIPS.values())
        others = [
            t for t in asked(item, condition, protocol, "all") if t.answer_letter != trial.answer_letter
        ]
        if item.option_orders is not None and condition != "caption:plain":
            assert all(texts(other) == texts(trial) for other in others), (
                "only the sound tells the orders apart"
            )


@EACH
def test_our_own_prompt_labels_every_clip_ends_with_the_question_and_states_the_form(
    item: Item, condition: str
) -> None:
    for trial in asked(item, condition, rotations="all"):
        for before, part in zip((None, *trial.parts), trial.parts, strict=False):
            if isinstance(part, ClipSpec):
                assert isinstance(before, TextSpec), "a clip stands behind its label"
                assert before.text.endswith(":")
        labels = [
            a.text for a, b in zip(trial.parts, trial.parts[1:], strict=False) if isinstance(b, ClipSpec)
        ]
        assert len(labels) == len(set(labels)) == sum(isinstance(p, ClipSpec) for p in trial.parts)
        last = trial.parts[-1]
        assert isinstance(last, TextSpec), "the question is asked last"
        lines = last.text.splitlines()
        assert item.question in lines
        assert lines[-1] == "Answer with the letter of exactly one option in angle brackets, such as <X>."
        stated = [f"<{chr(65 + i)}>: {option}" for i, option in enumerate(trial.options)]
        assert lines[-1 - len(stated) : -1] == stated
        assert sum(item.question in text for text in texts(trial)) == 1


@pytest.mark.parametrize("condition", ["question-only", "caption:plain"])
@BOTH
def test_without_sound_no_clip_is_sent_and_ours_says_so(protocol, condition: str) -> None:
    item = order(captions={"plain": ("a tap", "a door", "a dog")})
    trial = asked(item, condition, protocol)[0]
    assert not any(isinstance(part, ClipSpec) for part in trial.parts)
    told = "\n".join(texts(trial))
    assert all((caption in told) == (condition == "caption:plain") for caption in item.captions["plain"])
    if protocol is STARBENCH:
        assert ("The sound is withheld" in told) == (condition == "question-only")


def test_split_names_the_ear_of_each_clip() -> None:
    item = choice(audio_paths=("hidden_left.wav", "hidden_right.wav"))
    parts = asked(item, "split")[0].parts
    told = [
        (a.text, b.clip, b.transform)
        for a, b in pairwise(parts)
        if isinstance(a, TextSpec) and isinstance(b, ClipSpec)
    ]
    assert told == [
        ("Audio 1, left ear:", 0, "left"),
        ("Audio 1, right ear:", 0, "right"),
        ("Audio 2, left ear:", 1, "left"),
        ("Audio 2, right ear:", 1, "right"),
    ]


def test_scene_caption_is_told_once_and_only_under_its_condition() -> None:
    for condition in ("audio", "audio+caption", "audio+uncut", "silence"):
        told = "\n".join(texts(asked(order(), condition)[0]))
        assert told.count("A door opens and shuts.") == (condition == "audio+caption")


@pytest.mark.parametrize(
    ("item", "condition", "extension"),
    [
        (order(), "audio", False),
        (order(), "audio+caption", False),
        (order(), "audio+uncut", False),
        (order(), "silence", True),
        (choice(), "audio", False),
        (choice(), "split", False),
        (choice(task="Foundational Acoustic Perception"), "split", True),
        (choice(), "mono", True),
        (choice(), "question-only", True),
    ],
)
def test_what_the_official_evaluator_lacks_is_marked(item: Item, condition: str, extension: bool) -> None:
    assert {t.extension for t in asked(item, condition, STAR_BENCH)} == {extension}
    assert {t.extension for t in asked(item, condition, STARBENCH)} == {False}


# --- identity of a request ------------------------------------------------------------------------


def key(
    item: Item,
    condition: str = "audio",
    *,
    rotation: int = 0,
    rate: int | None = None,
    clips: Any = None,
    protocol: Any = STARBENCH,
    silent: bool = False,
) -> str:
    suite = Suite("s", Path(), (item,), clips or CLIPS, "starbench")
    trial = asked(item, condition, protocol, "all")[rotation]
    silent_clip = ClipPart.of(lambda: Audio(np.zeros((8, 1), np.int16), 8000)) if silent else None
    return materialise(trial, item, ClipStore(suite, rate), silent_clip=silent_clip).digest


def test_requests_differ_wherever_text_or_sound_does() -> None:
    other = CLIPS | {"hidden_left.wav": ClipInfo("9" * 64, 2, 44100, 5.0)}
    both = choice(mirror=MIRROR, captions={"plain": ("a bell",), "full": ("a bell at 90°",)})
    keys = [
        key(both),
        key(both, rotation=1),
        key(both, protocol=STAR_BENCH),
        key(both, "split"),
        key(both, "swap"),
        key(both, "mono"),
        key(both, "silence"),
        key(both, "noise"),
        key(both, "question-only"),
        key(both, "question-only", silent=True),
        key(both, "caption:plain"),
        key(both, "caption:full"),
        key(both, rate=16000),
        key(both, clips=other),
        key(choice(question="Where was it?")),
        *(key(order(), rotation=rotation) for rotation in range(6)),
        key(order(), "audio+uncut"),
    ]
    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch("[0-9a-f]{64}", k) for k in keys)


def adapted_key(trial: Trial, item: Item, **options: Any) -> str:
    return materialise(
        trial, item, ClipStore(Suite("s", Path(), (item,), CLIPS, "starbench")), **options
    ).digest


def test_requests_differ_by_what_a_policy_did_and_how_the_answer_is_got() -> None:
    item, trial = order(), asked(order())[0]

    def joined(gap_s: float, *clips: int) -> Trial:
        parts = tuple(ClipSpec(clip=clip) for clip in clips)
        return trial.model_copy(update={"parts": (JoinedSpec(clips=parts, gap_s=gap_s),)})

    def apart(*thens: Any) -> Trial:
        return trial.model_copy(update={"parts": tuple(ClipSpec(clip=0, then=then) for then in thens)})

    keys = [
        *(adapted_key(joined(gap_s, 0, 1), item) for gap_s in (0.5, 0.25)),
        *(adapted_key(joined(0.5, *clips), item) for clips in ((1, 0), (0, 1, 2))),
        *(adapted_key(apart(*thens), item) for thens in ((None,), ("left",), ("right",), ("left", "right"))),
        *(adapted_key(apart("mono"), item, answer_mode=mode) for mode in get_args(AnswerMode)),
    ]
    assert len(set(keys)) == len(keys)
    assert adapted_key(trial, item, answer_mode="text") == adapted_key(trial, item)


def test_requests_are_equal_wherever_text_and_sound_are() -> None:
    renamed = {"elsewhere.flac": CLIPS["hidden_left.wav"]}
    wanted = key(choice())
    assert key(choice(id="other", task="Other", truth={}, level=3.0)) == wanted
    assert key(choice(audio_paths=("elsewhere.flac",)), clips=CLIPS | renamed) == wanted
    assert key(choice(), rate=44100) == wanted, "resampling to a clip's own rate changes nothing"
    assert key(choice(), silent=True) == wanted, "a prompt that has a clip gets no silent one"


def test_a_prompt_holds_texts_sounds_and_options_and_nothing_else() -> None:
    item = choice()
    trial = asked(item)[0]
    prompt = materialise(trial, item, ClipStore(Suite("s", Path(), (item,), CLIPS, "starbench")))
    assert prompt.options == trial.options
    assert prompt.letters == ("A", "B", "C", "D")
    assert [type(part).__name__ for part in prompt.parts] == ["TextPart", "ClipPart", "TextPart"]
    assert prompt.clips[0].model_dump() == {"type": "clip"}
    assert "hidden" not in repr(prompt)


def test_a_silent_clip_goes_with_a_soundless_prompt_only() -> None:
    item = choice()
    store = ClipStore(Suite("s", Path(), (item,), CLIPS, "starbench"))
    silent = ClipPart.of(lambda: Audio(np.zeros((8, 1), np.int16), 8000))
    soundless = materialise(asked(item, "question-only")[0], item, store, silent_clip=silent)
    assert soundless.clips == (silent,)
    assert not soundless.clips[0].audio().pcm.any()
    sounding = materialise(asked(item)[0], item, store, silent_clip=silent)
    assert silent not in sounding.clips
