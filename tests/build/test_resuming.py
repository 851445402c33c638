"""A build that is interrupted, killed or out of room leaves what the same command resumes."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import Command
from noise_task import DEADLINE, calls, content, finish, makers, on_record, spec, start, until

from starbench.build.build import InterruptedBuild, build
from starbench.build.staging import is_staging
from starbench.errors import SuiteError
from starbench.synthesis import BuildSpec


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds out about processes in /proc")
def test_a_killed_build_is_resumed_and_renders_nothing_twice(
    task: str, tmp_path: Path, partial: Path
) -> None:
    wanted = content(build(task, spec(ms="0"), tmp_path / "wanted", workers=1).root)
    (tmp_path / "calls").unlink()
    out, options = tmp_path / "suite", ("--option", "ms=25", "--workers", "2")
    with start(task, out, *options) as process:
        until(lambda: (partial / "made.jsonl").exists() and len(on_record(partial)) >= 12)
        children = makers(tmp_path)
        assert all(_blocks_interrupts(pid) for pid in children)  # a Ctrl-C is the builder's business
        process.kill()
        process.communicate(timeout=DEADLINE)
    assert children
    until(lambda: not any(_is_alive(pid) for pid in children))
    kept = on_record(partial)
    assert 12 <= len(kept) < 40
    assert not out.exists()
    with (partial / "made.jsonl").open("a") as record:
        record.write('{"id": "n39", "clips": [{"dig')  # as if the power had gone too
    before = calls(tmp_path)
    code, err = finish(task, out, *options)
    assert code == 0, err
    assert f"{len(kept)} of 40 items are there" in err
    again = calls(tmp_path) - before
    assert set(again) == set(range(40)) - kept
    made = content(out)
    for name in wanted.keys() - {"suite.json"}:
        assert made[name] == wanted[name]
    assert made.keys() - {"DATA_CARD.md"} == wanted.keys()  # the command writes the card, too
    assert not partial.exists()


def _blocks_interrupts(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    (mask,) = [line.split()[1] for line in status.splitlines() if line.startswith("SigBlk")]
    return bool(int(mask, 16) & 1 << (signal.SIGINT - 1))


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_a_worker_that_dies_is_one_sentence_and_its_items_stay(
    task: str, tmp_path: Path, partial: Path
) -> None:
    out, options = tmp_path / "suite", ("--option", "ms=40", "--workers", "2")
    with start(task, out, *options) as process:
        until(lambda: (partial / "made.jsonl").exists() and len(on_record(partial)) >= 2)
        os.kill(min(makers(tmp_path)), signal.SIGKILL)
        _, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 2
    assert err == (
        "starbench: a worker process died (is there enough memory for 2?); what is rendered is kept: the same "
        "command resumes, with fewer --workers if need be\n"
    )
    assert not out.exists()
    kept = on_record(partial)
    assert len(kept) >= 2
    before = calls(tmp_path)
    code, err = finish(task, out, *options)
    assert code == 0, err
    assert f"{len(kept)} of 40 items are there" in err
    assert set(calls(tmp_path) - before) == set(range(40)) - kept


@pytest.mark.parametrize(("sent", "whole_group"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_an_interrupt_ends_all_and_says_how_to_resume(
    task: str, tmp_path: Path, partial: Path, sent: signal.Signals, whole_group: bool
) -> None:
    with start(task, tmp_path / "suite", "--option", "ms=40", "--workers", "2") as process:
        until(lambda: (partial / "made.jsonl").exists() and len(on_record(partial)) >= 2)
        (os.killpg if whole_group else os.kill)(process.pid, sent)
        _, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 130
    assert err == "\nstarbench: interrupted; what is rendered is kept, and the same command resumes\n"
    assert not any(_is_alive(pid) for pid in makers(tmp_path))
    assert not (tmp_path / "suite").exists()
    assert is_staging(partial)


def test_names_and_lines_on_disk_are_those_of_earlier_versions(
    task: str, tmp_path: Path, partial: Path
) -> None:
    """A build that another version of starbench began is resumed by this one."""
    _cut_off(task, spec(6), tmp_path / "suite", after=2)
    assert {path.name for path in partial.iterdir()} == {".lock", "made.jsonl", "suite"}
    header, *lines = map(json.loads, (partial / "made.jsonl").read_text().splitlines())
    assert set(header) == {"task", "seed", "options", "versions", "synthesizers", "plan"}
    assert [(line["id"], len(line["clips"])) for line in lines] == [("n0", 1), ("n1", 2)]
    for line in lines:
        assert line.keys() == {"id", "clips"}
        for clip in line["clips"]:
            assert clip.keys() == {"digest", "channels", "rate", "seconds", "truth"}
            assert (partial / "suite" / "audio" / f"{clip['digest']}.wav").is_file()


def test_what_is_damaged_is_made_again(task: str, tmp_path: Path, partial: Path) -> None:
    wanted = content(build(task, spec(6, stems="true"), tmp_path / "wanted").root)
    _cut_off(task, spec(6, stems="true"), tmp_path / "suite", after=5)
    (tmp_path / "calls").unlink()
    made = {
        n: json.loads(line)["clips"][0]
        for n, line in enumerate((partial / "made.jsonl").read_text().splitlines()[1:])
    }
    clips = {n: partial / "suite" / "audio" / f"{clip['digest']}.wav" for n, clip in made.items()}
    clips[0].unlink()
    clips[1].write_bytes(clips[1].read_bytes()[:-1] + b"\x55")
    tagged = clips[2].read_bytes() + b"LIST\x04\x00\x00\x00note"
    clips[2].write_bytes(tagged)
    (partial / "suite" / made[3]["truth"]["stems"][1]).write_bytes(b"RIFF")
    notes: list[InterruptedBuild] = []
    built = build(task, spec(6, stems="true"), tmp_path / "suite", on_interrupted=notes.append)
    assert content(built.root) == wanted
    assert set(calls(tmp_path)) == {0, 1, 2, 3, 5}
    assert notes == [InterruptedBuild(differences=(), items=1, total=6)]


def _cut_off(task: str, what: BuildSpec, out: Path, after: int) -> None:
    def stop(done: int, _all: int) -> None:
        if done == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(task, what, out, stop)


@pytest.mark.parametrize(
    ("changed", "difference"),
    [
        (lambda task: (task, spec(6, seed=9)), "seed"),
        (lambda task: (task, spec(5)), "plan"),
        (lambda task: (task, spec(6, hrtf="x")), "options"),
        (lambda task: (_changed(task), spec(6)), "synthesizers"),
    ],
)
def test_another_build_starts_anew_and_says_so(
    task: str,
    tmp_path: Path,
    partial: Path,
    changed: Callable[[str], tuple[str, BuildSpec]],
    difference: str,
) -> None:
    _cut_off(task, spec(6), tmp_path / "suite", after=4)
    (tmp_path / "calls").unlink()
    task, other = changed(task)
    notes: list[InterruptedBuild] = []
    built = build(task, other, tmp_path / "suite", on_interrupted=notes.append)
    (note,) = notes
    assert difference in note.differences
    assert (note.items, note.total) == (0, len(built.items))
    assert set(calls(tmp_path)) == set(range(len(built.items)))
    assert content(built.root) == content(build(task, other, tmp_path / "fresh").root)


def _changed(task: str) -> str:
    path = Path(task.rpartition(":")[0])
    path.write_text(path.read_text("utf-8").replace("gain=0.25", "gain=0.125"), "utf-8")
    return task


def test_two_builds_at_once(task: str, tmp_path: Path, command: Command) -> None:
    out = tmp_path / "suite"
    with start(task, out, "--option", "ms=30", "--workers", "2") as first:
        until((tmp_path / "calls").exists)
        code, _, err = command("build", task, "--out", str(out), "--option", "ms=30", "--seed", "5")
        assert code == 2
        assert err == f"starbench: {out} is being built by another starbench: wait for it\n"
        assert first.poll() is None
        first.communicate(timeout=DEADLINE)
    assert first.returncode == 0
    assert max(calls(tmp_path).values()) == 2  # an item of two clips


def test_what_is_not_a_staging_directory_is_left_alone(task: str, tmp_path: Path, partial: Path) -> None:
    partial.mkdir()
    (partial / "diary.txt").write_text("mine")
    with pytest.raises(SuiteError, match="is not from starbench"):
        build(task, spec(4), tmp_path / "suite")
    assert content(partial) == {"diary.txt": b"mine"}


#: Lets a program write files of so many bytes and no more, as a full disk would.
CRAMPED = """
import os, resource, sys
most = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
os.execv(sys.argv[2], sys.argv[2:])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no RLIMIT_FSIZE")
@pytest.mark.parametrize("most", [5_000, 9_700])  # less than a clip; less than the record
def test_a_full_disk_is_one_sentence_and_the_build_is_resumed(
    task: str, tmp_path: Path, partial: Path, most: int
) -> None:
    (tmp_path / "calls").touch()
    out = tmp_path / "suite"
    code, err = finish(
        task, out, "--workers", "2", "--size", "60", prefix=(sys.executable, "-c", CRAMPED, str(most))
    )
    assert code == 2
    assert err.count("\n") == 1
    assert "cannot be written (File too large)" in err
    kept = on_record(partial)
    assert len(kept) < 60
    notes: list[InterruptedBuild] = []
    built = build(task, spec(60), out, workers=1, on_interrupted=notes.append)
    assert len(built.items) == 60
    assert bool(notes) == bool(kept)
