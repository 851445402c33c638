"""Files are written whole or not at all, by one writer, and hold only what can be read back."""

from __future__ import annotations

import ast
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from starbench.errors import InputError, JournalError, RecordError
from starbench.reporting.files import write_file
from starbench.runs.journal import LineWriter
from starbench.schema import Canary, JournalLine, Outcome
from starbench.storage.atomic import write_bytes, write_lines, write_text
from starbench.storage.records import as_json

ROOT = Path(__file__).resolve().parents[2]
#: Writers of whole files, and the one of lines that are appended.
WRITERS = {"starbench/storage/atomic.py", "starbench/storage/json_lines.py"}
#: Methods that write files, by whatever they are called on.
METHODS = {"write_text", "write_bytes", "savefig", "tofile", "to_csv", "to_parquet", "mkstemp", "truncate"}


def writes(source: str) -> Iterator[str]:
    """Every call that writes a file, but for calls of the functions of ``storage``."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        name = called.rpartition(".")[2]
        if node.args and ast.unparse(node.args[0]) in ("buffer", "content", "member"):  # into memory
            continue
        if isinstance(node.func, ast.Attribute) and name in METHODS:
            yield f"{node.lineno}: {called}"
        if name in ("open", "fdopen", "ZipFile", "NamedTemporaryFile"):
            is_method = called.endswith(".open") and not called.startswith("wave.")
            modes = [*node.args[not is_method :], *(k.value for k in node.keywords if k.arg == "mode")]
            texts = [ast.literal_eval(mode) for mode in modes if isinstance(mode, ast.Constant)]
            writing = any(isinstance(text, str) and set("wax+") & set(text) for text in texts)
            if writing or name == "NamedTemporaryFile":
                yield f"{node.lineno}: {called}"
        if called == "os.open" and "O_WRONLY" in ast.unparse(node) and "devnull" not in ast.unparse(node):
            yield f"{node.lineno}: {called}"


@pytest.mark.parametrize("folder", ["starbench", "synth", "tasks", "adapters"])
def test_only_storage_writes_files(folder: str) -> None:
    for path in sorted((ROOT / folder).rglob("*.py")):
        if path.relative_to(ROOT).as_posix() not in WRITERS:
            assert list(writes(path.read_text("utf-8"))) == [], path


@pytest.mark.parametrize(
    "source",
    [
        "Path('a').write_text('x')",
        "path.write_bytes(b'x')",
        "open('a', 'w')",
        "path.open('wb')",
        "path.open(mode='a')",
        "open('a', mode='r+b')",
        "os.open(path, os.O_WRONLY)",
        "figure.savefig(path)",
        "frame.to_csv(path)",
        "tempfile.NamedTemporaryFile()",
        "zipfile.ZipFile(target, 'w')",
    ],
)
def test_the_rule_sees_what_writes(source: str) -> None:
    assert list(writes(source))
    assert not list(writes("write_text(path, 'x')\nopen('a')\npath.open('rb')\nopen('a', encoding='utf-8')"))


@pytest.fixture
def full_disk() -> Iterator[None]:
    """A disk that takes 1,000 bytes of a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.usefixtures("full_disk")
@pytest.mark.parametrize("size", [1001, 9000, 10**6])
def test_a_full_disk_leaves_what_was_there(tmp_path: Path, size: int) -> None:
    path = tmp_path / "board.json"
    write_file(path, "old")
    with pytest.raises(InputError, match="cannot be written"):
        write_file(path, "x" * size)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["board.json"]


def test_a_full_disk_leaves_the_board_that_was_there(tmp_path: Path) -> None:
    entries = [str(path) for path in sorted((ROOT / "results").glob("perception-*.json"))]
    command = [sys.executable, "-m", "starbench", "leaderboard", *entries, "--out", str(tmp_path)]
    subprocess.run(command, capture_output=True, check=True)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert sorted(before) == ["leaderboard.json", "leaderboard.md"]
    done = subprocess.run(
        [*command, entries[0]],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("starbench: ")
    assert len(done.stderr.splitlines()) == 1
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_link_is_followed_and_stays(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    for text in ("new", "newer"):
        write_text(tmp_path / "link", text)
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "target").read_text() == text


@pytest.mark.parametrize("kind", ["fifo", "device", "folder", "loop"])
def test_what_is_no_file_is_left_alone(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "out"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "device":
        path = Path("/dev/null")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(path)
    with pytest.raises(InputError, match=f"{path} cannot be written: "):
        write_file(path, "text")
    assert path.is_fifo() or path.is_char_device() or path.is_dir() or path.is_symlink()


def test_a_name_as_long_as_a_name_can_be(tmp_path: Path) -> None:
    for name in ("x" * 255, "é" * 127, "😀" * 63):
        write_bytes(tmp_path / name, b"data")
    assert len(list(tmp_path.iterdir())) == 3


def test_half_a_character_is_an_error_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"half a character \(U\+D800\)"):
        write_file(tmp_path / "file", "a \ud800 b")
    with pytest.raises(OSError, match="half a character"):
        write_lines(tmp_path / "file", ["a", "\udcff"])
    assert list(tmp_path.iterdir()) == []


LINE: dict[str, Any] = {
    "suite": "s", "item_id": "i", "rotation": 0, "condition": "audio", "protocol": "starbench",
    "outcome": Outcome.ANSWERED, "letter": "A", "answer_letter": "A", "correct": True, "response": "<A>",
    "attempts": 1, "latency_s": 0.5, "model": "m", "request_digest": "0", "at": "2026-01-01",
}  # fmt: skip


@pytest.mark.parametrize(
    "changed",
    [
        {"latency_s": float("nan")},
        {"latency_s": float("inf")},
        {"letter_logprobs": {"A": float("-inf")}},
        {"response": "\ud800"},
        {"served_model": 5},
        {"item_id": None},
        {"stop": "never"},
    ],
)
def test_a_line_that_could_not_be_read_back_is_not_written(tmp_path: Path, changed: dict[str, Any]) -> None:
    path = tmp_path / "trials.jsonl"
    good = JournalLine(**LINE)
    with LineWriter(path) as writer:
        writer.append(good)
        with pytest.raises(RecordError, match="cannot be written"):
            writer.append(good.model_copy(update=changed))
        writer.append(good)
    lines = path.read_bytes().splitlines()
    assert [JournalLine.model_validate_json(line) for line in lines] == [good, good]


def test_a_record_that_reads_back_as_another_is_refused() -> None:
    canary = Canary.model_construct(unproven=True)
    with pytest.raises(OSError, match="read back"):
        as_json(canary)


@pytest.mark.usefixtures("full_disk")
def test_a_line_that_does_not_fit_leaves_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    line = JournalLine(**LINE)
    with LineWriter(path) as writer:
        writer.append(line)
        with pytest.raises(JournalError, match="make room"):
            writer.append(line.model_copy(update={"response": "x" * 1000}))
    assert [JournalLine.model_validate_json(one) for one in path.read_bytes().splitlines()] == [line]
