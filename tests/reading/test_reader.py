"""Reading replies: the table, the published replies, and what must hold for any text."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from starbench.reading import read
from starbench.reading.plain import plain
from starbench.schema.response import Outcome

REPLIES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data/replies.jsonl").read_text("utf-8").splitlines()
]
HALVES = ("The first half", "The second half", "It is not present at all", "Unable to determine")
ORDERS = ("clip 1 -> clip 2", "clip 2 -> clip 1", "I don't know.")
OPTIONS = st.sampled_from(
    [
        HALVES,
        ORDERS,
        ("Yes", "No"),
        ("Same", "Different"),
        ("左边", "右边"),
        ("Speaker A", "Speaker B"),
        tuple(map(str, range(26))),
    ]
)


@pytest.fixture(scope="module")
def real_responses(shared: Path) -> list[dict]:
    path = shared / "official-vectors" / "real-responses.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("row", REPLIES, ids=lambda row: f"{row['why']}: {row['text'][:30]!r}")
def test_a_reply_reads_as_a_careful_person_reads_it(row):
    reading = read(row["text"], row["options"])
    assert (reading.outcome, reading.letter) == (row["outcome"], row["letter"])


def test_the_table_is_large_and_says_each_thing_once():
    assert len(REPLIES) >= 180
    assert len({(row["text"], *row["options"]) for row in REPLIES}) == len(REPLIES)


def test_published_replies_read_as_intended(real_responses):
    for row in real_responses:
        reading = read(row["response"], row["options"])
        assert reading.letter == row["intended"], row["response"]
        assert (reading.outcome == Outcome.ANSWERED) == (row["intended"] is not None)


WRAPPERS = (
    "{}",
    "  {}\n",
    "**{}**",
    "`{}`",
    "```\n{}\n```",
    "> {}",
    "\u200b{}",
    "# {}",
    "- {}",
    "<p>{}</p>",
    "${}$",
    "<think>A or B?</think>{}",
)


@given(st.sampled_from("ABCD"), st.sampled_from(WRAPPERS), st.sampled_from(WRAPPERS), st.data())
def test_dress_never_changes_a_marked_answer(letter, outer, inner, data):
    mark = data.draw(
        st.sampled_from(
            ["<{}>", "Answer: {}", "The answer is <{}>.", "I choose {}.", "\\boxed{{{}}}", "答案是{}"]
        )
    )
    assert read(outer.format(inner.format(mark.format(letter))), HALVES).letter == letter


@given(st.text(max_size=300), OPTIONS)
def test_any_text_reads_without_raising_and_within_the_options(text, options):
    reading = read(text, options)
    assert (reading.letter is not None) == (reading.outcome is Outcome.ANSWERED)
    assert reading.letter is None or ord(reading.letter) - ord("A") < len(options)


WORDS = st.sampled_from(
    [
        "answer",
        "is",
        "the",
        "option",
        "<A>",
        "(B)",
        "C.",
        "not",
        "or",
        "and",
        "wait",
        "actually",
        "so",
        "A",
        "a",
        "I",
        "b",
        "**",
        "\\boxed{",
        "}",
        "<think>",
        "</think>",
        "first",
        "half",
        "second",
        "\n",
        ":",
        "->",
        "clip",
        "1",
        "2",
    ]
)


@given(st.lists(WORDS, max_size=60), OPTIONS)
def test_word_salad_reads_within_the_options(words, options):
    reading = read(" ".join(words), options)
    assert reading.letter is None or ord(reading.letter) - ord("A") < len(options)


@given(
    st.lists(
        st.sampled_from(
            ["zebra", "quux", "loud", "bell", "so", "the", "answer", "is", "therefore", "an", ".", "\n", "77"]
        )
    )
)
def test_nothing_of_the_options_is_nothing_answered(words):
    assert read(" ".join(words), ("The first half", "The second half")).outcome is not Outcome.ANSWERED


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    [
        "(",
        "answer is ",
        "answer is A ",
        "A ",
        "<think>",
        "</think>",
        "<",
        "<a ",
        "*",
        "**A",
        "~~",
        "\\boxed{",
        " ",
        "\n",
        "clip 1 -> ",
        "first half ",
        "not ",
        "so it is ",
        "A or ",
        "答案是",
        "the the ",
        "can't ",
        "\u200b",
        "error",
        "``",
        "<b>",
        "option option ",
        "✅ A. ",
        "Speaker A ",
        "1, 2 ",
        "1-",
        "Wait, A. ",
    ],
)
def test_hostile_text_takes_time_by_its_length(unit):
    text = unit * (200_000 // len(unit))
    start = time.process_time()
    for options in (HALVES, ORDERS, ("Speaker A", "Speaker B")):
        read(text, options)
    assert time.process_time() - start < 3 * 1.0  # a second for each


def test_a_long_reply_is_read_at_its_end():
    assert read("The tone is loud. " * 10_000 + "Answer: B", HALVES).letter == "B"


@pytest.mark.parametrize("text", ["B", "<b>B</b>", "x **y** `z`", ""])
def test_plain_text_is_plain(text):
    assert plain(plain(text)) == plain(text)


@pytest.mark.parametrize("options", [("First", "Second", "Neither"), ("Yes", "No"), ("One", "Two", "None")])
@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't assist with that request.",
        "I can't help with that.",
        "Sorry, but I cannot answer this.",
        "I won't answer that.",
        "However, I simply couldn't listen to it.",
    ],
)
def test_who_declines_does_not_choose_an_option_that_says_no(text, options):
    reading = read(text, options)
    assert (reading.outcome.value, reading.letter) == ("refused", None)


@pytest.mark.parametrize(
    ("text", "letter"), [("No.", "B"), ("It isn't.", "B"), ("I don't think so: no.", "B"), ("Yes", "A")]
)
def test_who_says_no_chooses_it(text, letter):
    assert read(text, ("Yes", "No")).letter == letter
