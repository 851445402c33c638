"""What a person sees in a terminal of 80, 120 or 200 columns: nothing is cut, and no line is too long."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from rich.cells import cell_len

from starbench.reporting.tables import difference, with_interval

WIDTHS = (80, 120, 200)
pytestmark = pytest.mark.slow

OBSERVER, RANDOM = "starbench-demo/runs/observer", "starbench-demo/runs/random"


def in_terminal(folder: Path, width: int, *arguments: str, code: int = 0) -> list[str]:
    """The lines that a command prints into a terminal of ``width`` columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    with subprocess.Popen(
        [sys.executable, "-m", "starbench", *arguments],
        cwd=folder,
        env={**environment, "TERM": "xterm"},
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(theirs)
        written = b""
        try:
            while block := os.read(ours, 65536):
                written += block
        except OSError:  # Linux says so when the other end is closed
            pass
    os.close(ours)
    assert process.returncode == code
    return written.decode().splitlines()


def refuse_cut(lines: list[str], width: int) -> None:
    assert lines
    for line in lines:
        assert "…" not in line
        assert cell_len(line) <= width, line


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo ran."""
    folder = tmp_path_factory.mktemp("terminal")
    in_terminal(folder, 80, "demo")
    return folder


@pytest.fixture(scope="module", params=WIDTHS)
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def test_the_demo_ends_by_saying_what_it_means_and_what_to_do_next(folder: Path, width: int) -> None:
    lines = in_terminal(folder, width, "demo")
    refuse_cut(lines, width)
    end = " ".join(lines[lines.index("") :]).split("scene.png ", 1)[1]
    first, second, third = (part.strip() for part in end.replace(" A model", "\nA model").replace(
        " Next,", "\nNext,").split("\n"))  # fmt: skip
    assert first.startswith("observer measures the sounds")
    assert first.endswith("random only guesses.")
    assert "chance" in second
    assert third == "Next, your own model: starbench run --suite starbench-demo/suite --model SPEC --dry-run"


@pytest.mark.parametrize("run", [OBSERVER, RANDOM])
def test_scores_show_every_row_and_its_accuracy_whole(folder: Path, width: int, run: str) -> None:
    lines = in_terminal(folder, width, "score", run)
    refuse_cut(lines, width)
    command = [sys.executable, "-m", "starbench", "score", run, "--json"]
    scores = json.loads(subprocess.run(command, cwd=folder, capture_output=True, check=True).stdout)
    for suite in scores["suites"]:
        for task in suite["tasks"]:
            rows = [(task["task"], task), *((f"  {part['name']}", part) for part in task["sub_categories"])]
            for name, row in rows:
                whole = [f"  {with_interval(row['aa'], row['aa_ci'])}  ", f"  {100 * row['chance']:.1f}  "]
                shown = [f"{line}  " for line in lines if line.startswith(f"{name} ")]
                assert any(all(part in line for part in whole) for line in shown), name
    if width == 200:  # in less, it depends on whether the run has floors and answers "the same"
        assert not any(line.startswith("not shown") for line in lines)


def test_a_comparison_shows_every_row_and_its_difference_whole(folder: Path, width: int) -> None:
    lines = in_terminal(folder, width, "compare", RANDOM, OBSERVER, "--all", "--json", "c.json")
    refuse_cut(lines, width)
    (comparison,) = json.loads((folder / "c.json").read_text("utf-8"))["comparisons"]
    assert len(comparison["rows"]) > 10
    for row in comparison["rows"]:
        if row["p"] is None:
            continue
        name = row["task"] if row["sub_category"] is None else f"  {row['sub_category']}"
        shown = [line for line in lines if line.startswith("audio") and f"  {name} " in line]
        assert any(difference(row["diff"], row["diff_ci"]) in line for line in shown), name


def test_a_comparison_of_two_runs_fits_a_screen(folder: Path) -> None:
    for run in ("random", "constant:B"):
        asked = ("--condition", "audio,silence,caption:full", "--out", run.replace(":", ""))
        suites = ("--suite", "starbench-demo/suite", "--suite", "starbench-demo/scenes")
        in_terminal(folder, 120, "run", "--model", run, *suites, *asked)
    lines = in_terminal(folder, 120, "compare", "random", "constantB")
    refuse_cut(lines, 120)
    assert len(lines) <= 40
    assert lines[0].startswith("constant:B and random cannot be distinguished")


def test_a_dry_run_shows_every_part_whole(folder: Path, width: int) -> None:
    suites = ("--suite", "starbench-demo/suite", "--suite", "starbench-demo/scenes")
    lines = in_terminal(
        folder, width, "run", "--model", "random", *suites, "--condition", "audio,question-only", "--dry-run"
    )
    refuse_cut(lines, width)
    rows = {tuple(line.split()[:3]) for line in lines}
    for suite, items in (("perception-default-2-seed7", "184"), ("spatial-default-2-seed7", "69")):
        for condition in ("audio", "question-only"):
            assert any(row[:2] == (suite, condition) for row in rows)
        assert any(suite in line and items in line.split() for line in lines)


@pytest.fixture(scope="module")
def tones(folder: Path) -> str:
    """A suite that is measured in no time."""
    in_terminal(folder, 80, "build", "perception", "--attributes", "pitch", "--size", "6", "--out", "tones")
    return "tones"


def test_a_verification_and_a_board_fit(folder: Path, tones: str, width: int) -> None:
    verified = in_terminal(folder, width, "verify", tones, "--json", "v.json")
    refuse_cut(verified, width)
    findings = json.loads((folder / "v.json").read_text("utf-8"))
    assert findings["claims"]
    for claim in findings["claims"]:
        assert any(line.startswith(f"{claim['kind']}  ") for line in verified), claim["kind"]
    refuse_cut(in_terminal(folder, width, "leaderboard", OBSERVER, RANDOM, "--out", "board"), width)


def test_piped_output_is_as_wide_as_columns_says(folder: Path) -> None:
    command = [sys.executable, "-m", "starbench", "score", OBSERVER]
    for columns in WIDTHS:
        environment = {**os.environ, "COLUMNS": str(columns)}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)
        tables = [line for line in done.stdout.decode().splitlines() if "[" in line or "──" in line]
        refuse_cut(tables, columns)
        assert any(len(line) > 80 for line in tables) == (columns > 80)
