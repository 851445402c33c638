"""From items to prompts: what is asked, in which order, with which right letter, and what is never told."""

from __future__ import annotations

import re
from itertools import pairwise, permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from starbench import conditions, protocols
from starbench.audio import Audio
from starbench.clips import ClipStore
from starbench.conditions import expand, present
from starbench.errors import ConditionError, InputError
from starbench.intake import ClipInfo
from starbench.limits import admits, bandwidth_reason
from starbench.schema import UNCUT, Capabilities, ClipPart, ClipSpec, Item, TextSpec, Trial
from starbench.suite import Suite
from starbench.trials import Plan, materialise, plan

STAR_BENCH, STARBENCH = protocols.get("star-bench"), protocols.get("starbench")
BOTH = pytest.mark.parametrize("protocol", [STAR_BENCH, STARBENCH], ids=lambda p: p.name)

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
    usual = {
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


def planned(item: Item, condition: str, protocol: Any = STARBENCH, rotations: str = "default") -> Plan:
    return plan("s", [item], CLIPS, protocol, [condition], rotations)


def shown(trial: Trial) -> str:
    """The text that the right letter names."""
    return trial.options[ord(trial.answer_letter) - ord("A")]


# --- rotations of options -------------------------------------------------------------------------


@given(n=st.integers(2, 26), data=st.data())
def test_options_rotate_to_the_right_and_the_letter_follows_the_answer(n: int, data: Any) -> None:
    options = tuple(f"option {i}" for i in range(n))
    right = data.draw(st.integers(0, n - 1))
    trials = asked(choice(options=options, answer=options[right]))
    assert len(trials) == n
    for trial in trials:
        assert shown(trial) == options[right]
        assert trial.options == tuple(options[i] for i in trial.contents)
        assert trial.contents[trial.rotation % n] == 0, "the first option moves one place a rotation"
        assert sorted(trial.contents) == list(range(n))
    assert sorted(trial.answer_letter for trial in trials) == [chr(65 + i) for i in range(n)]
    assert asked(choice(options=options, answer=options[right]))[0].options == options


@pytest.mark.parametrize(
    ("rotations", "own", "star_bench", "starbench"),
    [
        ("default", 3, 3, 4),
        ("default", None, 4, 4),
        ("all", 3, 4, 4),
        ("1", 3, 1, 1),
        ("2", None, 2, 2),
        ("99", 3, 4, 4),
    ],
)
def test_how_many_rotations_of_options_are_asked(rotations, own, star_bench, starbench) -> None:
    item = choice(rotations=own)
    assert [t.rotation for t in asked(item, "audio", STAR_BENCH, rotations)] == list(range(star_bench))
    assert [t.rotation for t in asked(item, "audio", STARBENCH, rotations)] == list(range(starbench))


@pytest.mark.parametrize("rotations", ["0", "-1", "some", "", "1.5", "1 "])
def test_a_number_of_rotations_that_is_none_is_refused(rotations: str) -> None:
    with pytest.raises(InputError, match="--rotations"):
        asked(choice(), rotations=rotations)


# --- orders of clips ------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("offset", range(8))
def test_all_six_orders_are_heard_once_and_the_right_letter_states_the_true_one(
    protocol, offset: int
) -> None:
    trials = asked(order(offset), "audio", protocol, "all")
    assert [t.rotation for t in trials] == list(range(6))
    assert {t.clip_order for t in trials} == set(permutations(range(3)))
    assert [t.clip_order for t in trials] == [
        tuple(permutations(range(3)))[(offset + r) % 6] for r in range(6)
    ]
    for trial in trials:
        assert trial.options == order().options, "the options of an order stay where they are"
        stated = [int(n) for n in re.findall(r"\d", shown(trial))]
        # Hearing the clips as the right option says gives their true order.
        assert [trial.clip_order[place - 1] for place in stated] == [0, 1, 2]
        sent = [part.clip for part in trial.parts if isinstance(part, ClipSpec)]
        assert tuple(sent) == trial.clip_order
    assert len({t.answer_letter for t in trials}) == 6


@BOTH
def test_three_orders_are_asked_by_default_and_every_one_on_request(protocol) -> None:
    assert len(asked(order(), "audio", protocol)) == 3
    assert len(asked(order(rotations=None), "audio", STARBENCH)) == 6
    assert len(asked(order(), "audio", protocol, "all")) == 6
    assert len(asked(order(), "audio", protocol, "4")) == 4


def test_captions_follow_the_shuffle_as_their_clips_do() -> None:
    item = order(captions={"plain": ("one tap", "two taps", "three taps")})
    for trial in asked(item, "caption:plain", rotations="all"):
        text = "".join(part.text for part in trial.parts if isinstance(part, TextSpec))
        found = [item.captions["plain"].index(c) for c in re.findall(r"(?:one|two|three) taps?", text)]
        assert tuple(found) == trial.clip_order


# --- what applies to what -------------------------------------------------------------------------

MIRROR = {"Left": "Right", "Right": "Left", "Ahead": "Ahead"}


@pytest.mark.parametrize(
    ("condition", "item", "reason"),
    [
        ("audio+caption", choice(), "no global caption"),
        ("audio+caption", choice(global_caption=""), "no global caption"),
        ("audio+uncut", choice(), "no uncut recording"),
        ("split", order(), "without two channels"),
        ("split", choice(audio_paths=("hidden_left.wav", "hidden_1.wav")), "without two channels"),
        ("mono", order(), "of one channel"),
        ("swap", choice(), "no mirror map"),
        ("swap", order(), "no mirror map"),
        ("swap", choice(mirror=MIRROR, audio_paths=("hidden_1.wav",)), "without two channels"),
        ("swap", choice(mirror=MIRROR, answer="Ahead"), "leaves the answer unchanged"),
        ("swap", choice(mirror=MIRROR, answer="Unable to determine"), "leaves the answer unchanged"),
        ("caption:plain", choice(), "no 'plain' caption"),
        ("caption:full", choice(captions={"plain": ("x",)}), "no 'full' caption"),
        ("caption", choice(captions={"plain": ("x",)}), "no caption for each clip"),
    ],
)
def test_a_condition_that_does_not_apply_says_why_and_makes_no_trial(
    condition: str, item: Item, reason: str
) -> None:
    said = present(condition, item, CLIPS)
    assert isinstance(said, str)
    assert re.search(reason, said)
    found = planned(item, condition)
    assert found.trials == ()
    assert [(name, n) for (name, _), n in found.inapplicable.items()] == [(condition, 1)]


@pytest.mark.parametrize(
    ("condition", "transforms"),
    [
        ("audio", ["native"]),
        ("split", ["left", "right"]),
        ("mono", ["mono"]),
        ("swap", ["swap"]),
        ("silence", ["silence"]),
        ("noise", ["noise"]),
        ("question-only", []),
        ("caption:plain", []),
    ],
)
@BOTH
def test_each_condition_sends_its_sounds(protocol, condition: str, transforms: list[str]) -> None:
    item = choice(mirror=MIRROR, captions={"plain": ("something",)})
    trials = asked(item, condition, protocol)
    assert len(trials) == 4
    for trial in trials:
        assert [p.transform for p in trial.parts if isinstance(p, ClipSpec)] == transforms
        assert shown(trial) == ("Left" if condition == "swap" else "Right"), (
            "only swapped ears swap the answer"
        )


def test_swapped_ears_ask_the_mirrored_answer_at_every_rotation() -> None:
    item = choice(mirror=MIRROR)
    straight, mirrored = asked(item, "audio"), asked(item, "swap")
    assert [t.rotation for t in straight] == [t.rotation for t in mirrored]
    for one, other in zip(straight, mirrored, strict=True):
        assert one.options == other.options
        assert (shown(one), shown(other)) == ("Right", "Left")


def test_beside_the_uncut_recording_every_clip_is_sent_too() -> None:
    trial = asked(order(), "audio+uncut")[0]
    assert sorted(p.clip for p in trial.parts if isinstance(p, ClipSpec)) == [UNCUT, 0, 1, 2]


def test_inapplicable_items_are_counted_by_reason_and_the_others_asked() -> None:
    items = [
        choice(id="a"),
        choice(id="b", mirror=MIRROR),
        choice(id="c", mirror=MIRROR, answer="Ahead"),
        choice(id="d"),
    ]
    found = plan("s", items, CLIPS, STARBENCH, ["audio", "swap"], "1")
    assert [(t.item_id, t.condition) for t in found.trials] == [
        ("a", "audio"),
        ("b", "audio"),
        ("b", "swap"),
        ("c", "audio"),
        ("d", "audio"),
    ]
    assert dict(found.inapplicable) == {
        ("swap", "no mirror map"): 2,
        ("swap", "mirroring leaves the answer unchanged"): 1,
    }


@pytest.mark.parametrize(
    ("names", "expanded"),
    [
        (["audio"], ("audio",)),
        (["audio", "audio"], ("audio",)),
        (["caption", "audio"], ("caption:plain", "caption:full", "audio")),
        (["caption:full", "caption"], ("caption:full", "caption:plain")),
        (list(conditions.NAMES[:3]), conditions.NAMES[:3]),
    ],
)
def test_caption_stands_for_every_grade_there_is(names: list[str], expanded: tuple[str, ...]) -> None:
    items = [choice(captions={"plain": ("x",)}), choice(id="b", captions={"full": ("y",)}), choice(id="c")]
    assert expand(names, items) == expanded


def test_caption_without_any_grade_stays_to_be_refused_as_inapplicable() -> None:
    assert expand(["caption"], [choice()]) == ("caption",)
    assert planned(choice(), "caption").trials == ()


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("auido", "did you mean 'audio'?"),
        ("silent", "did you mean 'silence'?"),
        ("Audio", "did you mean 'audio'?"),
        ("audio:plain", "no condition is called 'audio:plain'"),
        ("", "there are audio,"),
        ("xyzzy", "there are audio,"),
    ],
)
def test_an_unknown_condition_is_refused_with_a_hint(name: str, hint: str) -> None:
    with pytest.raises(ConditionError, match=re.escape(hint)):
        expand(["audio", name], [choice()])


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


def texts(trial: Trial) -> list[str]:
    return [part.text for part in trial.parts if isinstance(part, TextSpec)]


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


# --- limits of a model ----------------------------------------------------------------------------


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
    assert found is None if reason is None else found and found.startswith(reason)


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
