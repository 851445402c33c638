"""What a table does not say of itself is said by ``--map`` and ``--sounds``, to every command that reads questions."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from command_line import Command

sys.path.append(str(Path(__file__).parent))
from tables_of_faults import wav

LOADING = ("--map", "options=possible", "--map", "audio=what is heard", "--sounds")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "sounds").mkdir()
    (tmp_path / "sounds" / "a.wav").write_bytes(wav())
    file = tmp_path / "own.csv"
    file.write_text("id,question,possible,what is heard,answer\nq1,Q?,dog|cat,a,cat\n", "utf-8")
    return file


@pytest.mark.parametrize(
    "arguments",
    [
        ("questions", "check", "TABLE"),
        ("items", "questions:TABLE"),
        ("power", "questions:TABLE"),
        ("show", "q1", "--suite", "questions:TABLE", "--out", "q1.png"),
        ("run", "--model", "constant:A", "--suite", "questions:TABLE", "--no-canary", "--dry-run"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_every_command_that_reads_questions(
    arguments: tuple[str, ...], table: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(table.parent)
    given = [argument.replace("TABLE", table.name) for argument in arguments]
    refused = command(*given)
    assert refused.code == 2
    assert "options: no column holds it" in refused.err
    assert "--map options=COLUMN" in refused.err
    result = command(*given, *LOADING, "sounds")
    assert result.code == 0, result.err
    if arguments[0] == "questions":
        assert (
            "--suite questions:own.csv --map options=possible --map 'audio=what is heard' --sounds sounds\n"
            in result.out
        )


def test_a_picture_of_a_run_of_such_a_table(table: Path, command: Command, tmp_path: Path) -> None:
    loading = (*LOADING, str(tmp_path / "sounds"))
    out, suite = str(tmp_path / "run"), f"questions:{table}"
    assert (
        command("run", "--model", "constant:A", "--suite", suite, "--out", out, "--no-canary", *loading).code
        == 0
    )
    result = command(
        "show", "q1", "--run", out, "--suite", suite, "--out", str(tmp_path / "q1.png"), *loading
    )
    assert result.code == 0, result.err
    assert (tmp_path / "q1.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--map", "options"), "--map 'options' is not key=value"),
        (("--map", "option=possible"), "did you mean 'options'?"),
        (("--map", "options=posible"), "the table has no column 'posible': did you mean 'possible'?"),
        (("--map", "audio=question,nothing"), "the table has no column 'nothing'"),
        (("--sounds", "nowhere"), "--sounds nowhere: there is no such folder or archive"),
        (("--sounds", "own.csv"), "--sounds own.csv: is neither a folder nor one of .zip"),
    ],
)
def test_wrong_arguments_are_one_sentence(
    arguments: tuple[str, ...], sentence: str, table: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(table.parent)
    result = command("questions", "check", table.name, *arguments)
    assert result.code == 2
    assert sentence in result.err


def test_a_report_leaves_out_what_its_run_left_out(table: Path, command: Command, tmp_path: Path) -> None:
    with table.open("a", encoding="utf-8") as file:
        file.write("q2,Q?,dog|cat,b,cat\n")  # no such sound
    spec, loading = f"questions:{table}", (*LOADING, str(tmp_path / "sounds"))
    run = ("run", "--model", "constant:A", "--suite", spec, "--no-canary", "--out", str(tmp_path / "run"))
    assert command(*run, *loading).code == 2
    assert command(*run, *loading, "--skip-bad").code == 0
    result = command(
        "report", str(tmp_path / "run"), "--suite", spec, *loading, "--out", str(tmp_path / "report")
    )
    assert result.code == 0, result.err
    assert "without sound" not in result.out
    assert len(list((tmp_path / "report" / "audio").glob("*.wav"))) == 1


def test_a_suite_that_was_built_takes_no_such_option(tmp_path: Path, command: Command) -> None:
    (tmp_path / "built").mkdir()
    result = command("items", str(tmp_path / "built"), "--sounds", str(tmp_path))
    assert result.code == 2
    assert "--sounds" in result.err


@pytest.mark.parametrize("name", ["own", "questions"])
def test_the_template_can_be_asked_and_answered(
    name: str, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path(name)
    assert command("questions", "init", str(folder)).code == 0
    checked = command("questions", "check", str(folder))
    assert checked.code == 0
    assert "3 questions" in checked.out
    run = command(
        "run", "--model", "constant:A", "--suite", f"questions:{folder}", "--out", str(tmp_path / "run")
    )
    assert run.code == 0, run.err
    again = command("questions", "init", str(folder))
    assert again.code == 2
    assert "is not empty: name a new folder" in again.err
