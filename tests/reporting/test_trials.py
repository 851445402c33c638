"""Items listed and trials shown in the terminal: the right ones, and safe whatever a model or a data set says."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from command_line import Command
from rich.cells import cell_len

import starbench
from starbench.errors import InputError
from starbench.protocols import response_evidence
from starbench.reading.evidence import ReadingEvidence, ReadingReason
from starbench.reporting.reading_words import reading_excerpt, reading_sentence
from starbench.reporting.truth import truth_rows
from starbench.runs.load import load
from starbench.scoring.observations import observe
from starbench.scoring.selection import Selection
from starbench.scoring.trial_view import trial_views

HOSTILE = "\x1b[31mred\x1b[0m \u202egnp.exe\u202c <script>alert(1)</script> [bold]x[/bold] | a\x07 \r<B>"
#: What the model says of question 0, 1, …
REPLIES = (
    "I think it is the first. So my final answer is <A>.",
    "<B>",
    HOSTILE,
    "I cannot help with that.",
    "",
    "blah " * 200_000 + "\nAnswer: <B>",
)
OPTIONS = ["first", "second", "both"]


class Scripted:
    """Answers each question as the list says."""

    def generate(self, prompt: starbench.Prompt) -> str:
        text = "".join(part.text for part in prompt.parts if isinstance(part, starbench.TextPart))
        return REPLIES[int(text.partition("Question ")[2].partition("?")[0])]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A suite of six items and a run of it, each item at one rotation under two conditions."""
    folder = tmp_path_factory.mktemp("trials")
    (folder / "suite" / "audio").mkdir(parents=True)
    soundfile.write(folder / "suite" / "audio" / "0.wav", np.zeros((4800, 2)), 48_000)
    items: list[dict[str, Any]] = [
        {"id": f"i{k}", "task": "Hearing" if k < 4 else "Space", "sub-category": f"part {k % 2}", "level": k / 2}
        | {"question": f"Question {k}?", "options": OPTIONS, "answer": "first", "audio_paths": ["audio/0.wav"]}
        | {"level_unit": "JND", "rotations": 1, "truth": {"planned": {"gap_ms": 2.5, "odd": HOSTILE}}}
        for k in range(len(REPLIES))
    ]  # fmt: skip
    items[1]["catch"] = True
    items[2]["question"] += f" {HOSTILE}"
    (folder / "suite" / "suite.json").write_text('{"name": "small"}')
    (folder / "suite" / "metadata.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in items))
    digest = starbench.open_suite(folder / "suite").digest
    (folder / "suite" / "suite.json").write_text(json.dumps({"name": "small", "digest": digest}))
    conditions = ("audio", "question-only")
    starbench.run(Scripted, folder / "suite", folder / "run", canary=False, conditions=conditions)
    return folder


@pytest.fixture
def say(folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """What a command prints in 100 columns."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments: str, code: int = 0) -> str:
        result = command(*arguments)
        assert result.code == code, result
        return result.out + result.err

    return run


def listed(text: str) -> list[str]:
    return [line.split()[0] for line in text.splitlines() if line[:1] == "i" and line[1:2].isdigit()]


# Items ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ((), "012345"),
        (("--wrong",), "12345"),
        (("--right",), "0"),
        (("--task", "space"), "45"),
        (("--sub-category", "part 1"), "135"),
        (("--level", "1.5"), "3"),
        (("--outcome", "refused"), "3"),
        (("--outcome", "empty", "--task", "Space"), "4"),
        (("--condition", "audio", "--wrong", "--level", "0.5"), "1"),
        (("--text", "FINAL answer"), "0"),
        (("--text", "i5"), "5"),
        (("--text", "final nowhere"), ""),
    ],
)
def test_items_of_a_run_are_filtered(say: Callable[..., str], filters: tuple[str, ...], wanted: str) -> None:
    assert listed(say("items", "run", *filters)) == [f"i{k}" for k in wanted]
    lines = say("items", "run", *filters, "--json").splitlines()
    assert [json.loads(line)["id"] for line in lines] == [f"i{k}" for k in wanted]


def test_a_table_of_items_fits_and_says_how_many_there_are(
    say: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = say("items", "run", "--limit", "2")
    assert text.startswith("run: 6 items\n")
    assert "… and 4 more (--limit 6)" in text
    assert text.splitlines()[3].split()[-3:] == ["0", "JND", "2/2"]
    assert text.splitlines()[4].split()[-2:] == ["catch", "0/2"]
    assert "2 refused" in say("items", "run", "--level", "1.5")
    for width in ("60", "80", "200"):
        monkeypatch.setenv("COLUMNS", width)
        assert max(cell_len(line) for line in say("items", "run").splitlines()) <= int(width)


def test_items_of_a_suite_have_no_outcomes(say: Callable[..., str]) -> None:
    assert listed(say("items", "suite", "--text", "question 3?")) == ["i3"]
    (record,) = (json.loads(line) for line in say("items", "suite", "--text", "i1", "--json").splitlines())
    assert record["answer"] == "first"
    assert "right" not in record
    assert "are about a run" in say("items", "suite", "--wrong", code=2)


@pytest.mark.parametrize(
    ("filters", "sentence"),
    [
        (("--task", "Spice"), "--task 'Spice' names nothing here: did you mean 'Space'?"),
        (("--outcome", "refuse"), "did you mean 'refused'?"),
        (("--condition", "audios"), "did you mean 'audio'?"),
        (("--level", "7"), "--level 7 is the level of no item"),
        (("--wrong", "--right"), "exclude each other"),
    ],
)
@pytest.mark.parametrize("arguments", [("items", "run"), ("show", "--run", "run")])
def test_a_filter_that_names_nothing_is_refused(
    say: Callable[..., str], arguments: tuple[str, ...], filters: tuple[str, ...], sentence: str
) -> None:
    text = say(*arguments, *filters, code=2)
    assert sentence in text
    assert text.count("\n") == 1


# Trials ---------------------------------------------------------------------------------------------


def test_a_trial_is_shown_with_its_options_its_reply_and_where_the_answer_was_read(
    say: Callable[..., str],
) -> None:
    text = say("show", "--run", "run", "--item", "i0", "--limit", "1")
    assert text.startswith("i0 · audio · rotation 0\n  Hearing · part 0 · level 0 JND\n")
    assert "  ✓ <A> first ← chosen, right\n    <B> second\n" in text
    assert "outcome  answered A, right" in text
    assert f"  │ {REPLIES[0]}" in text
    assert "by a letter stated as the final choice" in text
    assert "character 49: …it is the first. So my final answer is <▸A◂>." in text
    assert "others   question-only: r0 A✓" in text
    assert "gap_ms 2.5" in text
    assert "… and 1 more (--limit 2)" in text


def test_the_first_wrong_trial_of_each_item_is_shown_unless_others_are_asked_for(
    say: Callable[..., str],
) -> None:
    def shown(*filters: str) -> list[str]:
        return listed(say("show", "--run", "run", "--limit", "9", *filters))

    assert shown() == ["i1", "i2", "i3", "i4", "i5"]
    assert shown("--right") == ["i0"]
    assert shown("--outcome", "empty") == ["i4"]
    assert shown("--item", "i3") == ["i3", "i3"]
    assert "… and 2 more (--limit 5)" in say("show", "--run", "run")
    assert "✗ <B> second ← chosen" in say("show", "--run", "run", "--item", "i1")
    assert "run: no trial is as asked for" in say("show", "--run", "run", "--outcome", "blocked")


def test_json_has_all_chosen_trials_whole(say: Callable[..., str]) -> None:
    shown = json.loads(say("show", "--run", "run", "--json"))
    assert [one["id"] for one in shown["trials"]] == ["i1", "i2", "i3", "i4", "i5"]
    assert shown["more"] == 0
    assert shown["trials"][-1]["response"].endswith("Answer: <B>")
    assert len(shown["trials"][-1]["response"]) > 900_000
    some = json.loads(say("show", "--run", "run", "--json", "--limit", "2"))
    assert (some["trials"], some["more"]) == (shown["trials"][:2], 3)
    (one, other) = json.loads(say("show", "--run", "run", "--item", "i0", "--json"))["trials"]
    assert one == {
        "suite": "small",
        "id": "i0",
        "task": "Hearing",
        "category": None,
        "sub_category": "part 0",
        "level": 0.0,
        "level_unit": "JND",
        "catch": False,
        "question": "Question 0?",
        "condition": "audio",
        "rotation": 0,
        "options": OPTIONS,
        "clip_order": [0],
        "right_letter": "A",
        "letter": "A",
        "outcome": "answered",
        "correct": True,
        "abstained": False,
        "truncated": False,
        "response": REPLIES[0],
        "error": None,
        "reading": {"reason": "letter-final", "start": 48, "end": 49},
        "others": [
            {
                "rotation": 0,
                "condition": "question-only",
                "outcome": "answered",
                "correct": True,
                "letter": "A",
            }
        ],
        "truth": {"planned": {"gap_ms": 2.5, "odd": HOSTILE}},
    }
    assert other["condition"] == "question-only"


def test_json_alone_stands_on_standard_output(folder: Path, command: Command) -> None:
    run, suite = str(folder / "run"), str(folder / "suite")
    none = command("show", "--run", run, "--outcome", "blocked", "--json")
    assert json.loads(none.out) == {"trials": [], "more": 0}
    assert "no trial is as asked for" in none.err
    hostile = command("show", "--run", run, "--item", "i2", "--json", "--out", str(folder / "picture.png"))
    assert len(json.loads(hostile.out)["trials"]) == 2
    assert not [c for c in hostile.out if c != "\n" and not c.isprintable()]
    assert "wrote" in hostile.err
    refused = command("show", "i1", "--suite", suite, "--json")
    assert (refused.code, "are about a --run" in refused.err) == (2, True)


def test_no_reply_and_no_question_moves_the_cursor(say: Callable[..., str]) -> None:
    text = say("show", "--run", "run", "--item", "i2") + say("items", "run", "--json")
    assert not [c for c in text if c != "\n" and not c.isprintable()]
    assert "<script>alert(1)</script> [bold]x[/bold]" in text


def test_a_long_reply_is_cut_and_says_so(say: Callable[..., str]) -> None:
    text = say("show", "--run", "run", "--item", "i5", "--limit", "1")
    assert re.search(r"reply    [\d,]{6,} characters, its beginning\n", text)
    assert len(text) < 4000


def test_a_run_whose_suite_is_gone_is_shown_and_cannot_be_drawn(
    say: Callable[..., str], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(folder / "run", tmp_path / "deep" / "down" / "far" / "alone")
    monkeypatch.chdir(tmp_path / "deep" / "down" / "far")
    assert listed(say("items", "alone", "--right")) == ["i0"]
    assert "final answer" in say("show", "--run", "alone", "--item", "i0")
    arguments = ("show", "--run", "alone", "--item", "i0", "--out", "x.png")
    assert "--suite DIR says where it is" in say(*arguments, code=2)
    assert "wrote x.png" in say(*arguments, "--suite", str(folder / "suite"))
    assert Path("x.png").read_bytes()[:4] == b"\x89PNG"
    assert "name it with --item" in say("show", "--run", "alone", "--out", "y.png", code=2)


def test_a_suite_beside_its_run_is_found(say: Callable[..., str], folder: Path) -> None:
    text = say("show", "i1", "--run", "run", "--out", "found.png")
    assert "answered B, wrong: right is A" in text
    assert (folder / "found.png").exists()


def test_without_a_run_an_item_and_a_suite_are_needed(say: Callable[..., str]) -> None:
    assert "name an item and its --suite, or a --run" in say("show", "i1", code=2)
    assert "are about a --run" in say("show", "i1", "--suite", "suite", "--wrong", code=2)


# Facts ----------------------------------------------------------------------------------------------


def test_a_view_has_the_options_as_asked_and_the_other_trials(folder: Path) -> None:
    data = load(folder / "run")
    observations = observe(data)
    chosen = [one for one in observations if Selection(item_id="i0", condition="audio").keeps_trial(one)]
    (view,) = trial_views(data, observations, chosen)
    assert view.options == tuple(OPTIONS)
    assert (view.right_letter, view.chosen_letter, view.clip_order) == ("A", "A", (0,))
    assert [(one.condition, one.letter, one.correct) for one in view.siblings] == [
        ("question-only", "A", True)
    ]
    assert view.evidence == ReadingEvidence(ReadingReason.LETTER_FINAL, 48, 49)
    with pytest.raises(InputError, match="names nothing"):
        Selection(item_id="i9").refuse_unknown(data.items.values())


@pytest.mark.parametrize("reason", ReadingReason)
def test_each_reason_has_a_sentence(reason: ReadingReason) -> None:
    assert reading_sentence(ReadingEvidence(reason))


@pytest.mark.parametrize(
    ("protocol", "reply", "stop", "mode", "reason", "place"),
    [
        ("starbench", "The answer is **B**.", "end", "text", ReadingReason.LETTER_STATED, "B"),
        ("starbench", "It was the second sound.", "end", "text", None, "second sound"),
        ("starbench", "<A> or <B>", "end", "text", None, None),
        ("starbench", "", "end", "text", ReadingReason.NOTHING, None),
        ("starbench", "The answer is <B>", "length", "text", ReadingReason.CUT, None),
        ("starbench", None, "blocked", "text", ReadingReason.WITHHELD, None),
        ("starbench", "The answer is B", "end", "choice", ReadingReason.NOT_ALONE, None),
        ("starbench", "<think>hm", "end", "text", ReadingReason.UNFINISHED, None),
        ("star-bench", "A, no: the answer is (B)", "end", "text", ReadingReason.OFFICIAL_KEYWORD, "B"),
        ("star-bench", "B then [A]", "length", "text", ReadingReason.OFFICIAL_BRACKETS, "A"),
        ("star-bench", "it is SECOND here", "end", "text", ReadingReason.OFFICIAL_TEXT, "SECOND"),
        ("star-bench", "A C", "end", "text", ReadingReason.OFFICIAL_LETTER, "C"),
        ("star-bench", "the answer is a", "end", "text", ReadingReason.OFFICIAL_LOWER_CASE, "a"),
        ("star-bench", "no idea", "end", "text", ReadingReason.OFFICIAL_NONE, None),
        ("star-bench", "<A>", "refused", "text", ReadingReason.MARKED_REFUSAL, None),
    ],
)
def test_why_and_where_a_reply_is_read(
    protocol: str, reply: str | None, stop: Any, mode: Any, reason: ReadingReason | None, place: str | None
) -> None:
    found = response_evidence(protocol, reply, stop, tuple(OPTIONS), mode, "Which?")
    assert reason in (None, found.reason)
    assert (place is None) == (found.start is None) or reason is None
    if place is not None:
        assert (reply or "")[found.start : found.end] == place


def test_an_excerpt_says_that_a_long_place_is_cut() -> None:
    reply = f"I say {'so ' * 100}."
    assert reading_excerpt(ReadingEvidence(ReadingReason.TEXT_STATED, 6, 305), reply) == (
        f"I say ▸{('so ' * 100)[:80]} …◂ ."
    )


def test_what_is_left_out_of_a_long_list_of_records_is_counted() -> None:
    rows = list(truth_rows({"clips": [{"n": k} for k in range(14)]}))
    assert rows == [*((f"clips {k}.n", str(k - 1)) for k in range(1, 13)), ("clips", "14 in all")]


def test_an_excerpt_marks_the_place_and_nothing_else() -> None:
    reply = f"{'x' * 50} \x1b[1mso\n<A>\u202e and on {'y' * 50}"
    at = reply.index("A")
    excerpt = reading_excerpt(ReadingEvidence(ReadingReason.LETTER_STATED, at, at + 1), reply)
    assert excerpt == f"…{'x' * 31} [1mso <▸A◂> and on {'y' * 30}…"
