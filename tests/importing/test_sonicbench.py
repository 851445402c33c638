"""The published replies of real systems, imported as runs: every bare letter as it stands, and a board of their own."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sonicbench_results import bare_letters, restore, rows

from starbench.errors import SuiteError
from starbench.importing.formats import read_predictions
from starbench.importing.run import write_run
from starbench.reporting.entries import entries_of
from starbench.reporting.leaderboard import board
from starbench.reporting.markdown import board_to_markdown
from starbench.reporting.site.board import write_board_site
from starbench.runs import journal
from starbench.runs.load import load
from starbench.scoring.run import score

if TYPE_CHECKING:
    from command_line import Command

RESULTS = "sonicbench-results"
QUESTIONS = 2400


@pytest.fixture(scope="session")
def systems(shared: Path) -> list[Path]:
    found = sorted((shared / RESULTS).glob("*.jsonl.gz"))
    assert len(found) == 26
    return found


@pytest.mark.parametrize("name", ["Qwen3-Omni", "GPT4o_audio", "BAT", "Voxtral"])
def test_bare_letters_of_a_real_system_are_read_as_they_stand(
    systems: list[Path], tmp_path: Path, name: str
) -> None:
    source = next(path for path in systems if path.name == f"{name}.jsonl.gz")
    (found,) = read_predictions("sonicbench", restore(source, tmp_path / "Results"))
    write_run(found, tmp_path / "run")
    count = bare_letters(source)
    lines = {line.item_id: line for line in journal.read(tmp_path / "run")}
    assert len(lines) == QUESTIONS
    assert {item: lines[item].letter for item in count.letters} == count.letters
    (suite,) = score(load(tmp_path / "run")).suites
    (row,) = suite.headlines
    assert row.n_trials == QUESTIONS
    if len(count.letters) > 0.99 * QUESTIONS:
        assert abs(row.aa - count.right / QUESTIONS) <= 0.002


@pytest.mark.slow
def test_all_systems_make_one_board(systems: list[Path], tmp_path: Path, command: Command) -> None:
    for source in systems:
        restore(source, tmp_path / "Results")
    result = command("import", "sonicbench", str(tmp_path / "Results"), "--out", str(tmp_path / "runs"))
    assert result.code == 0, result.err
    assert result.out.count("run: ") == len(systems)
    entries = []
    for source in systems:
        name = source.name.removesuffix(".jsonl.gz")
        run = load(tmp_path / "runs" / name)
        count = bare_letters(source)
        letters = {key[1]: end.letter for key, end in run.ends.items()}
        assert len(letters) == QUESTIONS
        assert {item: letters[item] for item in count.letters} == count.letters, name
        entries += entries_of(run, score(run))
    (table,) = board(entries).tables
    assert not table.run_by_us
    assert len(table.rows) == len(systems)
    best = table.rows[0]
    assert (best.model, best.rank) == ("Qwen3-Omni", (1, 1))
    assert abs(best.ma - 0.7225) <= 0.002  # what its authors publish as about 72 %
    for row in table.rows:
        assert sum(row.outcomes.values()) == QUESTIONS
        assert sum(one.chosen for one in row.letters) == row.outcomes["answered"]
        assert {one.letter: one.planned for one in row.letters} == {"A": 1196, "B": 1204}


# --- hand-made lines ------------------------------------------------------------------------------

PROMPT = (
    "Which is brighter? Only answer letter 'A' (refers to the first clip) or 'B' (refers to the second clip)."
)


def line(number: int, prediction: str | None, reference: str = "A", **more: object) -> dict[str, object]:
    path = f"data/brightness/task_comparison/pair_{number:03}.wav"
    return {"audio_path": path, "prompt": PROMPT, "prediction": prediction, "reference": reference, **more}


def write(folder: Path, *lines: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in lines)
    (folder / "brightness_comparison.jsonl").write_text(text, "utf-8")
    return folder


def test_the_rawest_reply_wins_and_what_was_made_of_it_is_counted(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "System",
        line(0, "A", full_prediction="<think>B?</think>A"),  # the same answer in other words
        line(1, "A", full_prediction="I cannot hear the audio."),  # an answer was made of a refusal
        line(2, "B", full_prediction="B"),  # nothing was changed
        line(3, None, full_prediction=None),  # nothing was replied
    )
    (found,) = read_predictions("sonicbench", folder)
    run = write_run(found, tmp_path / "run")
    assert run.imported is not None
    assert run.imported.fields == {"full_prediction": 4}
    assert (run.imported.changed, run.imported.changed_readings) == (2, 1)
    ended = [(one.outcome.value, one.letter, one.correct) for one in journal.read(tmp_path / "run")]
    assert ended == [
        ("answered", "A", True),
        ("refused", None, False),
        ("answered", "B", False),
        ("empty", None, False),
    ]


def test_every_damaged_line_is_named(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "System",
        line(0, "A"),
        "{",
        "[]",
        line(1, "A", reference="C"),
        {**line(2, "A"), "audio_path": "pair.wav"},
        {**line(3, "A"), "prompt": "Hello"},
        {**line(4, "A"), "prediction": 7},
    )
    with pytest.raises(SuiteError) as error:
        read_predictions("sonicbench", folder)
    places = [problem.partition(": ")[0] for problem in error.value.problems]
    assert places == [f"System/brightness_comparison.jsonl:{number}" for number in (2, 3, 4, 5, 6, 7)]


def test_a_board_keeps_imported_rows_and_ours_apart(tmp_path: Path) -> None:
    folder = write(tmp_path / "System", *(line(number, "A" if number % 2 else "x") for number in range(6)))
    (found,) = read_predictions("sonicbench", folder)
    write_run(found, tmp_path / "run")
    data = load(tmp_path / "run")
    (theirs,) = entries_of(data, score(data))
    ours = theirs.model_copy(update={"imported": None, "run_by_us": True})
    made = board([ours, theirs])
    assert [table.run_by_us for table in made.tables] == [True, False]
    text = board_to_markdown(made)
    assert "not run by us" in text
    assert "unparsed 3" in text
    assert theirs.imported is not None
    assert any("imported, not run by us" in note for note in theirs.notes)
    page = write_board_site([theirs], tmp_path / "site").read_text("utf-8")
    assert "replies that others asked for, not run by us" in page
    assert "not answered: unparsed 3" in page
    heads = re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', page)
    assert heads[-4:] == ["answered", "says A", "right where A is", "opens"]


def test_a_system_with_the_name_of_a_path_stays_in_its_folder(tmp_path: Path, command: Command) -> None:
    for name in ("One", "Two"):
        write(tmp_path / "Results" / name, line(0, "A"))
    result = command("import", "sonicbench", str(tmp_path / "Results"), "--out", str(tmp_path / "runs"))
    assert result.code == 0, result.err
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["One", "Two"]
    again = command("import", "sonicbench", str(tmp_path / "Results"), "--out", str(tmp_path / "runs"))
    assert again.code == 2
    assert "exists" in again.err


def test_the_lines_of_all_systems_ask_the_same(systems: list[Path]) -> None:
    """Prompts differ in what shapes the reply; the questions do not, so the systems stand in one table."""
    from starbench.tasks.benchmarks.sonicbench import options, without_instructions

    def asked(source: Path) -> dict[str, tuple[str, tuple[str, str]]]:
        return {
            row["audio_path"]: (without_instructions(row["prompt"]), options(row["prompt"]))
            for row in rows(source)
        }

    first = asked(systems[0])
    assert len(first) == QUESTIONS
    assert all(asked(source) == first for source in systems[1:])
