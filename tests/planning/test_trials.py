"""From items to trials: what is asked of which item, in which order, with which right letter."""

from __future__ import annotations

import re
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from questions import BOTH, CLIPS, MIRROR, STAR_BENCH, STARBENCH, asked, choice, order, planned, shown

from starbench.errors import ConditionError, InputError
from starbench.planning import conditions
from starbench.planning.conditions import expand, present
from starbench.planning.reasons import Reason
from starbench.planning.trials import plan_trials
from starbench.schema import UNCUT, ClipSpec, Item, TextSpec

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


@pytest.mark.parametrize(
    ("condition", "item", "reason"),
    [
        ("audio+caption", choice(), "no global caption"),
        ("audio+caption", choice(global_caption=""), "no global caption"),
        ("audio+uncut", choice(), "no uncut recording"),
        ("split", order(), "without two channels"),
        ("split", choice(audio_paths=("hidden_left.wav", "hidden_1.wav")), "without two channels"),
        ("mono", order(), "of one channel"),
        ("left-ear", order(), "without two channels"),
        ("right-ear", choice(audio_paths=("hidden_left.wav", "hidden_1.wav")), "without two channels"),
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
    assert isinstance(said, Reason)
    assert re.search(reason, str(said))
    found = planned(item, condition)
    assert found.trials == ()
    assert [(name, n) for (name, _), n in found.inapplicable.items()] == [(condition, 1)]


@pytest.mark.parametrize(
    ("condition", "transforms"),
    [
        ("audio", ["native"]),
        ("split", ["left", "right"]),
        ("mono", ["mono"]),
        ("left-ear", ["left-ear"]),
        ("right-ear", ["right-ear"]),
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
    found = plan_trials("s", items, CLIPS, STARBENCH, ["audio", "swap"], "1")
    assert [(t.item_id, t.condition) for t in found.trials] == [
        ("a", "audio"),
        ("b", "audio"),
        ("b", "swap"),
        ("c", "audio"),
        ("d", "audio"),
    ]
    assert dict(found.inapplicable) == {
        ("swap", Reason.of("no_mirror")): 2,
        ("swap", Reason.of("mirror_unchanged")): 1,
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


def test_caption_means_the_grade_of_a_file_where_one_is_given() -> None:
    items = [choice(captions={"plain": ("x",), "by-a-model": ("y",)})]
    assert expand(["caption", "audio"], items, "by-a-model") == ("caption:by-a-model", "audio")
    assert expand(["caption:plain"], items, "by-a-model") == ("caption:plain",)


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
