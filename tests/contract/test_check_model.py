"""``starbench check-model``: a row for each check, and an exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import Command

from starbench.contract import CHECKS, Report

GOOD = """
class A:
    def __init__(self, model: str = "", letter: str = "A"): self.letter = letter
    def generate(self, prompt): return f"<{self.letter}> \\x1b[31m{prompt.digest[:4]}"
"""


def test_the_command_shows_each_check_and_exits_with_what_it_found(folder: Path, command: Command) -> None:
    (folder / "good.py").write_text(GOOD)
    done = command("check-model", "good.py:A", "--model-arg", "letter=Q", "--json", "found.json")
    assert done.code == 0, done
    *rows, last = done.out.splitlines()
    assert [row[6:21].strip() for row in rows] == [one.name for one in CHECKS]
    assert {row[:4].strip() for row in rows} == {"pass", "n/a"}
    assert "“<Q> [31m" in done.out, "a model's text moves no cursor"
    found = Report.model_validate_json((folder / "found.json").read_text("utf-8"))
    assert last == f"{sum(f.verdict == 'pass' for f in found.findings)} passed, 0 failed, " + (
        f"{sum(f.verdict == 'n/a' for f in found.findings)} not applicable "
        f"({found.requests} questions put to good.py:A)"
    )
    assert json.loads((folder / "found.json").read_text("utf-8"))["model"] == "good.py:A"


def test_the_command_exits_with_1_for_a_breach_and_says_how_to_fix_it(folder: Path, command: Command) -> None:
    (folder / "bad.py").write_text("class A:\n    def generate(self, prompt):\n        return 3\n")
    done = command("check-model", "bad.py:A")
    assert done.code == 1
    assert "fail  mono             generate() returned int, not str or Response (bad.py:2)" in done.out
    assert "fix: return a str" in done.out
    assert done.out.count("not tried: the first question failed") == 1
    assert f"n/a   {len(CHECKS) - 4} checks        not tried" in done.out
    assert "(1 question put to bad.py:A)" in done.out


@pytest.mark.parametrize(
    ("source", "arguments", "says"),
    [
        (
            "class A:\n    def __init__(self):\n        1 / 0\n",
            [],
            "ZeroDivisionError: division by zero (bad.py:3)",
        ),
        ("import nowhere_at_all\n", [], "bad.py:1: ModuleNotFoundError"),
        ("class A: ...\n", [], "has no method generate(prompt) (bad.py:1)"),
        (GOOD, ["--model-arg", "leter=B"], "takes no argument 'leter'"),
        (GOOD, ["--model-arg", "letter"], "is not key=value"),
        (GOOD, ["--base-url", "http://127.0.0.1:1"], "takes no argument 'base_url'"),
        (GOOD, ["--json", "nowhere/x.json"], "nowhere/x.json cannot be written"),
    ],
)
def test_the_command_exits_with_2_for_what_cannot_be_tried(
    source: str, arguments: list[str], says: str, folder: Path, command: Command
) -> None:
    (folder / "bad.py").write_text(source)
    done = command("check-model", "bad.py:A", *arguments)
    assert done.code == 2
    assert says in done.err
    assert done.err.count("\n") == 1


def test_a_server_that_is_not_there_is_bad_input(folder: Path, command: Command) -> None:
    done = command("check-model", "openai:m", "--base-url", "http://127.0.0.1:9/v1")
    assert done.code == 2
    assert "cannot be reached" in done.err
