"""Which layout clips have, which questions need more, and what ``verify`` says of suites that claim nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from command_line import Command

from starbench.audio import decode
from starbench.reporting.channels import channel_lines
from starbench.schema import Item
from starbench.suites.open import open_suite
from starbench.verify.audit import verify
from starbench.verify.channels import channel_audit
from starbench.verify.space_words import aspect_of_space

RATE = 16_000
LOADER = """
from pathlib import Path
from starbench.suites.suite import read

class Loader:
    def load(self, source, *, skip_bad):
        return read(Path(source), skip_bad=skip_bad)
"""


def item(question: str, *options: str, **fields: Any) -> Item:
    parts = {"id": "one", "task": "anything", "audio_paths": ("a.wav",), "answer": options[0], **fields}
    return Item.model_validate({"question": question, "options": options, **parts})


@pytest.mark.parametrize(
    ("question", "options"),
    [
        ("Where does the bell ring first?", ("Behind", "Left", "Right", "Front")),
        ("Which direction did it pass?", ("Up", "Down")),
        ("In which ear is the tone?", ("One", "The other")),
        ("On which side is the sound?", ("To the left", "To the right")),
        ("How does the car move?", ("From left to right", "From right to left", "It stands still")),
        ("Where is the source?", ("30 degrees", "90°", "150°")),
    ],
)
def test_direction_is_found(question: str, options: tuple[str, ...]) -> None:
    assert aspect_of_space(item(question, *options)) == "direction"


@pytest.mark.parametrize(
    "question",
    [
        "Is the car approaching or moving away?",
        "Does it go from near to far?",
        "Which sound is closer?",
        "Is the boat getting closer?",
        "How far away is the speaker?",
    ],
)
def test_distance_is_found(question: str) -> None:
    assert aspect_of_space(item(question, "Yes", "No")) == "distance"


def test_a_category_is_enough_to_look() -> None:
    assert aspect_of_space(item("Is it large?", "Yes", "No", category="Spatial Analysis")) == "space"
    assert aspect_of_space(item("Is it large?", "Yes", "No", **{"sub-category": "localization"})) == "space"


@pytest.mark.parametrize(
    ("question", "options"),
    [
        ("Which option is right?", ("A bell", "A horn")),
        ("Who left first?", ("He left", "She left", "They were right")),
        ("What did she tell him not to look at?", ("Her left hand", "Her right hand", "Her face")),
        ("What turns to the right answer?", ("This", "That")),
        ("What is happening?", ("A thunderstorm is approaching", "A dinner")),
        ("How far did she travel?", ("Seven miles", "Five miles")),
        ("How warm is it?", ("20 degrees Celsius", "30 degrees Celsius")),
        ("How many sounds are left at the end?", ("2", "3")),
    ],
)
def test_other_words_are_no_place(question: str, options: tuple[str, ...]) -> None:
    assert aspect_of_space(item(question, *options)) is None


@pytest.fixture
def four(tmp_path: Path) -> Path:
    """A suite of four clips, of which two questions about space cannot be answered."""
    root = tmp_path / "four"
    (root / "audio").mkdir(parents=True)
    one, other = np.random.default_rng(1).standard_normal((2, RATE)) * 0.05
    clips = {
        "mono": one[:, None],
        "dual": np.column_stack([one, one]),
        "panned": np.column_stack([one + 0.3 * other, 0.4 * one + other]),
        "timed": np.column_stack([one, np.roll(one, 4)]),
    }
    lines = []
    for name, samples in clips.items():
        soundfile.write(root / "audio" / f"{name}.wav", samples, RATE, subtype="PCM_16")
        question, options = "On which side is the sound?", ["To the left", "To the right"]
        if name == "mono":
            question, options = "Is the car approaching?", ["It comes closer", "It goes away"]
        fields = {"id": name, "task": "sides", "question": question, "options": options}
        lines.append({**fields, "answer": options[0], "audio_paths": [f"audio/{name}.wav"]})
    (root / "metadata.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (root / "suite.json").write_text('{"name": "four"}')
    return root


def test_layouts_are_counted_and_questions_without_space_are_named(four: Path) -> None:
    audit = channel_audit(open_suite(str(four)), workers=1)
    assert {name: len(paths) for name, paths in audit.layouts.items()} == dict.fromkeys(
        ("mono", "dual mono", "level-only stereo", "time and level"), 1
    )
    assert audit.layouts["time and level"] == ("audio/timed.wav",)
    assert audit.space_questions == 4
    assert [(one.item, one.layouts) for one in audit.without_space] == [
        ("mono", ("mono",)),
        ("dual", ("dual mono",)),
    ]
    text = "\n".join(channel_lines(audit))
    assert "1 clip dual mono (two equal channels)" in text
    assert (
        "1 of 4 questions about space, with clips of one channel or of equal ones, ask about direction"
        in text
    )
    assert text.endswith("ask about distance, which only level and reverberation show in such clips: mono")


def test_a_question_about_space_in_one_channel_is_a_remark_and_no_breach(
    four: Path, command: Command
) -> None:
    done = command("verify", str(four), "--workers", "1")
    assert "ask about direction, which such clips do not hold: dual" in done.out
    assert not any("channels" in line for line in done.out.splitlines() if line.startswith("BREACH"))


def test_a_suite_of_tones_is_mono_and_asks_nothing_about_space(tones: Path) -> None:
    audit = verify(tones, workers=1).channels
    assert set(audit.layouts) == {"mono", "silence"}
    assert all(abs(decode(tones / path).pcm).max() <= 1 for path in audit.layouts["silence"])
    assert (audit.space_questions, audit.without_space) == (0, ())


def test_what_claims_nothing_is_not_measured_and_never_clean(
    four: Path, tmp_path: Path, command: Command
) -> None:
    (tmp_path / "loader.py").write_text(LOADER)
    spec = f"{tmp_path / 'loader.py'}:Loader:{four}"
    done = command("verify", spec, "--workers", "1", "--json", str(tmp_path / "found.json"))
    assert done.code == 0, done
    assert "not measured: truth (4 ×): nothing is claimed of the clip" in done.out
    assert "not measured: the suite claims nothing of its sounds" in done.out
    assert "clean" not in done.out
    found = json.loads((tmp_path / "found.json").read_text("utf-8"))
    assert found["clean"] is None
    assert found["channels"]["layouts"]["mono"] == ["audio/mono.wav"]
    shown = command("show", "timed", "--suite", spec, "--out", str(tmp_path / "x.png"))
    assert shown.code == 0, shown
    assert (tmp_path / "x.png").read_bytes()[1:4] == b"PNG"
    listed = command("items", spec)
    assert all(name in listed.out for name in ("mono", "dual", "panned", "timed"))


def test_what_is_uneven_in_what_is_loaded_is_a_remark(tmp_path: Path, command: Command) -> None:
    """Made by hand: every answer is the first option."""
    root = tmp_path / "uneven"
    (root / "audio").mkdir(parents=True)
    lines = []
    for n in range(40):
        wave = np.random.default_rng(n).standard_normal(800) * 0.05
        soundfile.write(root / "audio" / f"{n}.wav", wave, RATE, subtype="PCM_16")
        fields = {
            "id": f"item{n}",
            "task": "t",
            "question": "Which?",
            "options": ["yes", "no"],
            "answer": "yes",
        }
        lines.append({**fields, "audio_paths": [f"audio/{n}.wav"]})
    (root / "metadata.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (root / "suite.json").write_text('{"name": "uneven"}')
    (tmp_path / "loader.py").write_text(LOADER)
    loaded = command("verify", f"{tmp_path / 'loader.py'}:Loader:{root}", "--workers", "1")
    assert loaded.code == 0
    assert "uneven, in t: balance of answers" in loaded.out
    built = command("verify", str(root), "--workers", "1")
    assert built.code == 1
    assert "BREACH t: balance of answers" in built.out
