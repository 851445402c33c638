"""Prompts that a model cannot take as they are: what each policy makes of them, and what is refused."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from questions import CLIPS, STAR_BENCH, STARBENCH, asked, choice, order, texts

from starbench.planning.adaptation import Adapted, adapt
from starbench.planning.limits import admits
from starbench.planning.reasons import Reason
from starbench.reporting.words import adaptation_sentence
from starbench.schema import (
    Capabilities,
    ChannelPolicy,
    ClipPolicy,
    ClipSpec,
    Item,
    JoinedSpec,
    Setup,
    TextSpec,
    Trial,
)
from starbench.suites.clip_info import ClipInfo, channels_of, seconds_of, sent_clips

ONE = Capabilities(max_clips=1, max_channels=1)
MONO_ONLY = Capabilities(max_channels=1)
ONE_CLIP = Capabilities(max_clips=1)
EITHER = choice(audio_paths=("hidden_left.wav", "hidden_right.wav"))
CONCAT, SPLIT, MONO = Setup(clips="concat"), Setup(channels="split"), Setup(channels="mono")
BOTH_WAYS = Setup(clips="concat", channels="split")
QUESTION = "Where is it?\n<A>: Left\n<B>: Right\n<C>: Ahead\n<D>: Unable to determine\n"
FORM = "Answer with the letter of exactly one option in angle brackets, such as <X>."
OF_TWO = "The 2 clips named above follow as one recording, in that order, with 0.5 s of silence between them:"


def adapted(
    item: Item, condition: str, limits: Capabilities, policy: Setup, protocol: Any = STARBENCH
) -> Adapted | Reason:
    return adapt(asked(item, condition, protocol)[0], item, CLIPS, limits, policy)


def layout(found: Adapted | Reason) -> list[Any]:
    """Texts as they are, clips as (number, change, then); a joined clip as its gap and a list of those."""
    assert isinstance(found, Adapted), found

    def one(part: Any) -> Any:
        if isinstance(part, TextSpec):
            return part.text
        if isinstance(part, JoinedSpec):
            return (part.gap_s, [one(clip) for clip in part.clips])
        return (part.clip, part.transform, part.then)

    return [one(part) for part in found.trial.parts]


# --- channels -------------------------------------------------------------------------------------


def test_split_sends_each_ear_by_itself_and_names_it_as_condition_split_does() -> None:
    found = adapted(EITHER, "audio", MONO_ONLY, SPLIT)
    assert layout(found) == [
        "Audio 1, left ear:",
        (0, "native", "left"),
        "Audio 1, right ear:",
        (0, "native", "right"),
        "Audio 2, left ear:",
        (1, "native", "left"),
        "Audio 2, right ear:",
        (1, "native", "right"),
        QUESTION + FORM,
    ]
    assert isinstance(found, Adapted)
    assert texts(found.trial) == texts(asked(EITHER, "split")[0])
    assert tuple(map(adaptation_sentence, found.changes)) == (
        "clips of two channels split into left ear and right ear",
    )


def test_a_clip_without_a_name_gets_its_ears_named_all_the_same() -> None:
    found = adapted(choice(), "audio", MONO_ONLY, SPLIT, STAR_BENCH)
    assert layout(found) == [
        "left ear:",
        (0, "native", "left"),
        "right ear:",
        (0, "native", "right"),
        QUESTION,
    ]


def test_mono_folds_only_what_has_too_many_channels() -> None:
    item = choice(audio_paths=("hidden_1.wav", "hidden_left.wav"))
    found = adapted(item, "audio", MONO_ONLY, MONO)
    assert layout(found)[:4] == ["Audio 1:", (0, "native", None), "Audio 2:", (1, "native", "mono")]
    assert isinstance(found, Adapted)
    assert tuple(map(adaptation_sentence, found.changes)) == (
        "clips of more channels than the model takes made mono, the plain mean",
    )


@pytest.mark.parametrize("condition", ["swap", "silence", "noise"])
@pytest.mark.parametrize(("policy", "thens"), [(SPLIT, ["left", "right"]), (MONO, ["mono"])])
def test_a_policy_comes_after_what_the_condition_does(
    condition: str, policy: Setup, thens: list[str]
) -> None:
    item = choice(mirror={"Left": "Right", "Right": "Left"})
    found = adapted(item, condition, MONO_ONLY, policy)
    assert [part[1:] for part in layout(found) if isinstance(part, tuple)] == [(condition, t) for t in thens]
    assert isinstance(found, Adapted)
    assert found.trial.answer_letter == asked(item, condition)[0].answer_letter
    assert found.trial.condition == condition


@pytest.mark.parametrize("condition", ["mono", "split"])
@pytest.mark.parametrize("policy", [Setup(), SPLIT, MONO])
def test_a_clip_that_the_condition_made_mono_is_left_alone(condition: str, policy: Setup) -> None:
    trial = asked(EITHER, condition)[0]
    assert adapt(trial, EITHER, CLIPS, MONO_ONLY, policy) == Adapted(trial)


# --- number of clips ------------------------------------------------------------------------------


def test_concat_makes_one_clip_of_all_behind_every_name() -> None:
    found = adapted(EITHER, "audio", ONE_CLIP, CONCAT)
    assert layout(found) == [
        "Audio 1:\n",
        "Audio 2:\n",
        OF_TWO,
        (0.5, [(0, "native", None), (1, "native", None)]),
        QUESTION + FORM,
    ]
    assert isinstance(found, Adapted)
    assert tuple(map(adaptation_sentence, found.changes)) == ("2 clips joined into one, 0.5 s apart",)


def test_concat_keeps_the_order_asked_and_the_uncut_recording() -> None:
    item = order()
    for trial in asked(item, "audio+uncut", STAR_BENCH, "all"):
        found = adapt(trial, item, CLIPS, ONE_CLIP, Setup(clips="concat", gap_s=1.25))
        *names, told, joined = layout(found)
        assert joined == (1.25, [(n, "native", None) for n in (-1, *trial.clip_order)])
        assert told == (
            "The 4 clips named above follow as one recording, in that order, "
            "with 1.25 s of silence between them:"
        )
        assert names[1:] == [
            "An uncut audio of the entire sound scene is provided:\n",
            "\n The three clips are extracted from it, please arrange them in the correct order:\n",
            "\nclip 1:\n",
            "\nclip 2:\n",
            "\nclip 3:\n",
        ]
        assert isinstance(found, Adapted)
        assert tuple(map(adaptation_sentence, found.changes)) == (
            "4 clips joined into one, 1.25 s apart, resampled to 48000 Hz, the highest rate among them",
        )


def test_ears_and_clips_are_adapted_together() -> None:
    found = adapted(choice(), "audio", ONE, BOTH_WAYS)
    assert layout(found) == [
        "Audio, left ear:\n",
        "Audio, right ear:\n",
        OF_TWO,
        (0.5, [(0, "native", "left"), (0, "native", "right")]),
        QUESTION + FORM,
    ]


def test_clips_at_one_rate_are_not_said_to_be_resampled() -> None:
    as_sent = {path: replace(clip, rate=16000) for path, clip in CLIPS.items()}
    found = adapt(asked(order())[0], order(), as_sent, ONE_CLIP, CONCAT)
    assert isinstance(found, Adapted)
    assert tuple(map(adaptation_sentence, found.changes)) == ("3 clips joined into one, 0.5 s apart",)


# --- what is refused ------------------------------------------------------------------------------

MIXED = choice(audio_paths=("hidden_1.wav", "hidden_left.wav"))


@pytest.mark.parametrize(
    ("item", "limits", "policy", "reason"),
    [
        (order(), ONE_CLIP, Setup(), "3 clips, and the model takes 1: --clips concat"),
        (order(), Capabilities(max_clips=2), Setup(), "3 clips, and the model takes 2: --clips concat"),
        (order(), ONE_CLIP, SPLIT, "3 clips, and the model takes 1: --clips concat"),
        (
            choice(),
            MONO_ONLY,
            Setup(),
            "clips of 2 channels, and the model takes 1: --channels split or --channels mono",
        ),
        (
            choice(),
            ONE,
            Setup(),
            "clips of 2 channels, and the model takes 1: --channels mono or --channels split --clips concat",
        ),
        (
            choice(),
            ONE,
            CONCAT,
            "clips of 2 channels, and the model takes 1: --channels split or --channels mono",
        ),
        (choice(), ONE, SPLIT, "2 clips, and the model takes 1: --clips concat"),
        (
            EITHER,
            ONE,
            Setup(),
            "clips of 2 channels, and the model takes 1: "
            "--channels split --clips concat or --channels mono --clips concat",
        ),
        # No option helps: none is named.
        (order(), Capabilities(max_clips=0), CONCAT, "3 clips, and the model takes 0"),
        (choice(), Capabilities(max_clips=0), Setup(), "1 clip, and the model takes 0"),
        (order(), Capabilities(max_seconds=3.9), CONCAT, "a clip longer than the 3.9 s that the model takes"),
        (
            order(),
            Capabilities(max_clips=1, max_seconds=9.9),
            CONCAT,
            "clips that are joined to one longer than the 9.9 s that the model takes",
        ),
        (
            order(),
            Capabilities(max_clips=1, max_seconds=9.9),
            Setup(),
            "3 clips, and the model takes 1",
        ),
        (MIXED, ONE_CLIP, CONCAT, "clips of 1 and 2 channels in one prompt, which cannot be joined"),
        (MIXED, ONE_CLIP, Setup(), "2 clips, and the model takes 1"),
    ],
)
def test_what_stays_beyond_the_model_is_refused_and_told_what_would_help(
    item: Item, limits: Capabilities, policy: Setup, reason: str
) -> None:
    assert str(adapted(item, "audio", limits, policy)) == reason


def test_the_gap_counts_when_length_is_limited() -> None:
    just = Capabilities(max_clips=1, max_seconds=10.0)  # 2 + 3 + 4 s and two gaps of half a second
    assert isinstance(adapted(order(), "audio", just, CONCAT), Adapted)
    assert isinstance(adapted(order(), "audio", just, CONCAT.model_copy(update={"gap_s": 0.51})), Reason)


def test_six_channels_are_no_two_ears() -> None:
    clips = {"six.wav": ClipInfo("6" * 64, 6, 48000, 1.0)}
    item = choice(audio_paths=("six.wav",))
    trial = asked(choice())[0]
    assert str(adapt(trial, item, clips, MONO_ONLY, SPLIT)) == "clips of 6 channels, which are not two ears"
    assert str(adapt(trial, item, clips, MONO_ONLY, Setup())) == (
        "clips of 6 channels, and the model takes 1: --channels mono"
    )
    assert isinstance(adapt(trial, item, clips, MONO_ONLY, MONO), Adapted)


def test_two_channels_of_three_are_neither_split_nor_refused_for_a_model_of_two() -> None:
    trial = asked(choice())[0]
    assert adapt(trial, choice(), CLIPS, Capabilities(max_channels=2), SPLIT) == Adapted(trial)


def test_nobody_joins_more_than_a_clip_may_last() -> None:
    clips = {path: replace(clip, seconds=300.0) for path, clip in CLIPS.items()}
    reason = adapt(asked(order())[0], order(), clips, ONE_CLIP, CONCAT)
    assert str(reason) == "clips that are joined to one longer than 600 s"


# --- what holds for every prompt ------------------------------------------------------------------


@st.composite
def prompts(draw: st.DrawFn) -> tuple[Trial, Item, dict[str, ClipInfo]]:
    n = draw(st.integers(1, 5))
    paths = tuple(f"{i}.wav" for i in range(n))
    clips = {
        path: ClipInfo(
            str(i) * 64,
            draw(st.sampled_from([1, 1, 2, 2, 2, 3])),
            draw(st.sampled_from([16000, 44100, 48000])),
            draw(st.sampled_from([0.25, 1.0, 7.5, 40.0])),
        )
        for i, path in enumerate(paths)
    }
    item = choice(audio_paths=paths, uncut_audio_path=paths[0], global_caption="Things happen.")
    names = ["audio", "audio+caption", "audio+uncut", "silence", "noise", "question-only"]
    names += (
        ["split", "swap", "left-ear", "right-ear"]
        if {clip.channels for clip in clips.values()} == {2}
        else []
    )
    item = item.model_copy(update={"mirror": {"Left": "Right", "Right": "Left"}})
    protocol = draw(st.sampled_from([STAR_BENCH, STARBENCH]))
    from starbench.planning.trials import plan_trials

    trials = plan_trials("s", [item], clips, protocol, [draw(st.sampled_from(names))]).trials
    return draw(st.sampled_from(trials)), item, clips


def sounds(trial: Trial) -> list[ClipSpec]:
    """Every clip of the item that is heard, in order, joined or not."""
    return [
        clip
        for part in sent_clips(trial.parts)
        for clip in (part.clips if isinstance(part, JoinedSpec) else (part,))
    ]


LIMITS = st.builds(
    Capabilities,
    max_clips=st.sampled_from([None, 0, 1, 2, 3]),
    max_channels=st.sampled_from([None, 1, 2]),
    max_seconds=st.sampled_from([None, 1.0, 20.0, 200.0]),
)
POLICIES = st.builds(
    Setup,
    clips=st.sampled_from(get_args(ClipPolicy)),
    gap_s=st.sampled_from([0.0, 0.5, 2.0]),
    channels=st.sampled_from(get_args(ChannelPolicy)),
)


@given(prompt=prompts(), limits=LIMITS, policy=POLICIES)
def test_an_adapted_prompt_fits_loses_nothing_and_is_left_alone_the_second_time(
    prompt: tuple[Trial, Item, dict[str, ClipInfo]], limits: Capabilities, policy: Setup
) -> None:
    trial, item, clips = prompt
    found = adapt(trial, item, clips, limits, policy)
    if isinstance(found, Reason):
        assert admits(limits, trial, item, clips) is not None, "what fits is never refused"
        return
    # It fits.
    heard = sent_clips(found.trial.parts)
    assert admits(limits, found.trial, item, clips) is None
    assert limits.max_clips is None or len(heard) <= limits.max_clips
    for part in heard:
        assert limits.max_channels is None or channels_of(part, item, clips) <= limits.max_channels
        assert limits.max_seconds is None or seconds_of(part, item, clips) <= limits.max_seconds
    # It is what was asked, and only what needed it was changed.
    assert found.trial.model_copy(update={"parts": trial.parts}) == trial
    if admits(limits, trial, item, clips) is None:
        assert found == Adapted(trial)
    assert adapt(found.trial, item, clips, limits, policy) == Adapted(found.trial)
    # No clip is lost or moved, and no second of sound added but the gaps.
    before = [(clip.clip, clip.transform) for clip in sounds(trial)]
    after = [(clip.clip, clip.transform) for clip in sounds(found.trial) if clip.then != "right"]
    assert after == before
    for left, right in pairwise(sounds(found.trial)):
        assert (left.then == "left") == (right.then == "right")
        assert left.then != "left" or left.clip == right.clip
    gaps = sum(part.gap_s * (len(part.clips) - 1) for part in heard if isinstance(part, JoinedSpec))
    assert sum(seconds_of(part, item, clips) for part in heard) == pytest.approx(
        gaps + sum(seconds_of(clip, item, clips) for clip in sounds(found.trial))
    )
    # Every text that was there is there, in its order.
    told = "".join(texts(found.trial))
    place = 0
    for text in texts(trial):
        place = told.index(text.removesuffix(":"), place) + 1
    assert found.trial.parts[-1] == trial.parts[-1] or isinstance(trial.parts[-1], ClipSpec)


@given(prompt=prompts(), limits=LIMITS, policy=POLICIES)
def test_an_option_that_a_refusal_names_helps(
    prompt: tuple[Trial, Item, dict[str, ClipInfo]], limits: Capabilities, policy: Setup
) -> None:
    found = adapt(*prompt, limits, policy)
    if not isinstance(found, Reason) or not found.fixes:
        return
    for way in found.fixes:
        options = dict(re.findall(r"--(\w+) (\w+)", way))
        assert options
        assert isinstance(adapt(*prompt, limits, policy.model_copy(update=options)), Adapted)
