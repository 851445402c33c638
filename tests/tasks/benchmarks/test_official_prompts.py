"""Official prompts, letter by letter, and what is shown under conditions that the benchmarks do not have."""

from __future__ import annotations

import pytest
from official_runs import CLIP, item

from starbench import protocols
from starbench.planning.trials import plan_trials
from starbench.schema import ClipSpec, Item, TextSpec
from starbench.suites.clip_info import ClipInfo

CLIPS = {CLIP: ClipInfo("1" * 64, 2, 16000, 1.0)}
QUESTION = item("q", ("Dog", "Cat"), "Cat", question="What is heard?")

AIR_BENCH = (
    "Choose the most suitable answer from options A, B, C, and D to respond the question in next line, you may only "
    "choose A or B or C or D.\nWhat is heard?\nA. Dog\nB. Cat\nC. None\nD. None"
)
MMSU = (
    "Choose the most suitable answer from options A, B, C, and D to respond the question in next line, **you should "
    "only choose A or B or C or D.** Do not provide any additional explanations or content.\n\n"
    "Question: What is heard?\n\nA. Dog\nB. Cat\nC. None\nD. None"
)
MUCHOMUSIC = (
    "Question: What rhythm pattern do the digital drums primarily follow in this pop music piece? \n Options: "
    "(A) Four on the floor. (B) Off-beat syncopation. (C) Scat singing. (D) E-guitar playing a simple melody. \n "
    "The correct answer is: A\n Question: What is heard?\n Options: (A) Dog (B) Cat \n The correct answer is: "
)
BAT = (
    "Based on the audio you've heard, refer to the instruction and provide a response.\n\n"
    "### Instruction:\nWhat is heard?\n\n### Response:"
)
PROMPTS = {
    "mmau": "What is heard? Choose the correct option from the following options:\n(A) Dog\n(B) Cat",
    "mmar": "What is heard?\nSelect one option from the provided choices:\nDog\nCat",
    "mmsu": MMSU,
    "air-bench": AIR_BENCH,
    "muchomusic": MUCHOMUSIC,
    "mmau-pro": "What is heard?\n(A) Dog\n(B) Cat",
    "spatialsoundqa": BAT,
    "so-bench": "What is heard?",
}


def _parts(name: str, of: Item, condition: str = "audio") -> tuple[TextSpec | ClipSpec, ...]:
    (trial,) = plan_trials("s", [of], CLIPS, protocols.get(name), [condition]).trials
    assert trial.options == of.options  # as published, once
    assert trial.extension is (condition != "audio")
    return trial.parts


@pytest.mark.parametrize("name", PROMPTS)
def test_the_clip_and_then_the_text_letter_by_letter(name: str) -> None:
    assert _parts(name, QUESTION) == (ClipSpec(clip=0), TextSpec(text=PROMPTS[name]))


@pytest.mark.parametrize("name", ["sonicbench", "sakura"])
def test_a_prompt_that_is_whole_in_the_data_is_sent_as_it_is(name: str) -> None:
    published = {"prompt": "Answer 'A' for dog, 'B' for cat."}
    whole = item("q", ("dog", "cat"), "cat", question="Dog or cat?", published=published)
    assert _parts(name, whole)[1:] == (TextSpec(text=published["prompt"]),)
    assert _parts(name, QUESTION)[1:] == (TextSpec(text="What is heard?"),)


@pytest.mark.parametrize("name", ["mmsu", "air-bench"])
def test_four_options_are_shown_whatever_a_question_has(name: str) -> None:
    four = item("q", ("w", "x", "y", "z"), "z")
    (text,) = (part.text for part in _parts(name, four) if isinstance(part, TextSpec))
    assert text.endswith("A. w\nB. x\nC. y\nD. z")


def test_controls_keep_the_text_and_are_marked_as_extensions() -> None:
    text = TextSpec(text=PROMPTS["mmau"])
    assert _parts("mmau", QUESTION, "question-only") == (text,)
    assert _parts("mmau", QUESTION, "mono") == (ClipSpec(clip=0, transform="mono"), text)
    ears = _parts("mmau", QUESTION, "split")
    assert [part.transform for part in ears if isinstance(part, ClipSpec)] == ["left", "right"]
    assert ears[-1] == text


def test_several_clips_come_one_after_the_other_without_labels() -> None:
    two = item("q", ("Dog", "Cat"), "Cat", question="What is heard?", audio_paths=(CLIP, CLIP))
    assert _parts("mmau-pro", two) == (
        ClipSpec(clip=0),
        ClipSpec(clip=1),
        TextSpec(text=PROMPTS["mmau-pro"]),
    )
