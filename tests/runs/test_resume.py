"""Killed, cut off, crowded out: whatever happens to a run, it goes on, and no answer is asked for twice."""

from __future__ import annotations

import json
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import sleep

import pytest
from interrupted_runs import DEADLINE, Command, Server

from starbench.build.build import build
from starbench.cli import main
from starbench.runs import directory, journal
from starbench.runs.load import load
from starbench.schema import Outcome
from starbench.schema.latest import latest_lines
from starbench.scoring.run import score
from starbench.synthesis import BuildSpec


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join(DEADLINE)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("built") / "suite"
    build("perception", BuildSpec(("pitch", "loudness", "duration"), "default", 7, 36), path, lambda *_: None)
    return path


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def command(suite: Path, tmp_path: Path, server: Server) -> Command:
    return Command(suite, tmp_path / "run", server.url)


InProcess = Callable[..., tuple[int, str]]


@pytest.fixture
def here(command: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> InProcess:
    """The same command line in this process, where a second counts."""

    def run(*options: str, model: str = "openai:m") -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["starbench", *command.arguments(*options, model=model)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        return int(stop.value.code or 0), capsys.readouterr().err

    return run


# Killed ---------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_ten_kills_at_random_moments_lose_nothing_and_repeat_nothing(
    command: Command, server: Server
) -> None:
    rng = random.Random(20261121)
    server.seconds = lambda: rng.uniform(0.02, 0.05)
    kept: set[str] = set()
    for _ in range(10):
        before = len(server.asked)
        with command.start() as process:
            # Some die while starting, most with several questions under way.
            if (n := rng.randrange(-1, 14)) >= 0:
                server.wait_for(before + n)
            sleep(rng.uniform(0.0, 0.06))
            process.kill()
            process.communicate(timeout=DEADLINE)
        assert process.returncode == -signal.SIGKILL
        assert not kept & set(server.asked[before:])
        assert kept <= command.answered
        kept = command.answered
    before = len(server.asked)
    code, err = command.finish()
    assert code == 0, err
    assert 10 < len(kept) < len(directory.read_plan(command.path)), (
        "the kills came too early or too late to tell"
    )
    assert not kept & set(server.asked[before:])
    command.assert_complete()
    # What was asked twice was under way at a kill: at most six questions each time.
    assert len(server.asked) - len(set(server.asked)) <= 10 * 6


@pytest.mark.parametrize(
    "left",
    [
        (),
        (".items.jsonl.4711",),
        ("items.jsonl",),
        ("items.jsonl", ".plan.jsonl.4711"),
        ("items.jsonl", "plan.jsonl", ".run.json.4711"),
    ],
)
def test_a_run_killed_before_it_began_begins_again(
    here: InProcess, command: Command, left: tuple[str, ...]
) -> None:
    command.path.mkdir()
    for name in left:
        (command.path / name).write_text('{"half of a li', "utf-8")
    code, err = here("--limit", "2")
    assert code == 0, err
    command.assert_complete()


@pytest.mark.parametrize("there", [("notes.txt",), ("items.jsonl", "notes.txt"), ("trials.jsonl",)])
def test_a_directory_of_somebody_else_is_left_alone(
    here: InProcess, command: Command, server: Server, there: tuple[str, ...]
) -> None:
    command.path.mkdir()
    for name in there:
        (command.path / name).write_text("mine", "utf-8")
    code, err = here()
    assert code == 2
    assert "exists and is not a run" in err
    assert {file.read_text("utf-8") for file in command.path.iterdir()} == {"mine"}
    assert not server.asked


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_what_was_answered_and_says_how_to_go_on(
    command: Command, server: Server, sent: signal.Signals
) -> None:
    server.seconds = lambda: 0.05
    with command.start() as process:
        server.wait_for(20)
        process.send_signal(sent)
        _, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 130
    assert f"--out {command.path} resumes the run" in err
    assert "Traceback" not in err
    kept = command.answered
    assert kept
    before = len(server.asked)
    server.seconds = lambda: 0.0
    assert command.finish()[0] == 0
    assert not kept & set(server.asked[before:])
    command.assert_complete()


# Damaged --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("damage", "lost"),
    [
        pytest.param(lambda data: data + b'{"suite":"perception', 0, id="half a line appended"),
        pytest.param(lambda data: data + b"\x00\xff garbage", 0, id="garbage appended"),
        pytest.param(lambda data: data + b"\x00" * 70_000, 0, id="zeros of a power cut"),
        pytest.param(lambda data: data[:-200], 1, id="last line cut in half"),
        pytest.param(lambda data: data[:-1], 1, id="last line without its end"),
        pytest.param(lambda data: data[:30], 6, id="only half a line left"),
        pytest.param(lambda data: b"", 6, id="nothing left"),
    ],
)
def test_a_torn_last_line_is_mended(
    here: InProcess, command: Command, server: Server, damage: Callable[[bytes], bytes], lost: int
) -> None:
    assert here("--limit", "2")[0] == 0
    assert len(command.lines) == 6
    path = command.path / journal.NAME
    path.write_bytes(damage(path.read_bytes()))
    before = len(server.asked)
    code, err = here("--limit", "2")
    assert code == 0, err
    assert len(server.asked) - before == lost
    command.assert_complete()
    assert all(json.loads(line) for line in path.read_text("utf-8").splitlines())


@pytest.mark.parametrize(
    "damage", [b"{}\n", b"not JSON\n", b"\xff\xfe\n", b"\n", b'{"suite":"p"}{"suite":\n']
)
def test_a_damaged_line_in_the_middle_is_named_and_nothing_is_asked(
    here: InProcess, command: Command, server: Server, damage: bytes
) -> None:
    assert here("--limit", "2")[0] == 0
    path = command.path / journal.NAME
    lines = path.read_bytes().splitlines(keepends=True)
    damaged = b"".join([lines[0], damage, *lines[2:]])
    path.write_bytes(damaged)
    before = len(server.asked)
    code, err = here("--limit", "2")
    assert code == 2
    assert f"{path}:2: is not a journal line" in err
    assert len(err.splitlines()) == 1
    assert len(server.asked) == before
    assert path.read_bytes() == damaged


# Crowded --------------------------------------------------------------------------------------------


def test_a_second_run_on_one_directory_is_refused_while_the_first_goes_on(
    command: Command, server: Server, here: InProcess
) -> None:
    server.seconds = lambda: 0.05
    with command.start() as first:
        server.wait_for(3)
        code, err = here()
        assert code == 2
        assert "is in use by another starbench" in err
        assert len(err.splitlines()) == 1
        assert first.poll() is None
        server.seconds = lambda: 0.0
        first.communicate(timeout=DEADLINE)
    assert first.returncode == 0
    command.assert_complete()
    assert len(server.asked) == len(set(server.asked))


#: Lets a program write files of so many bytes and no more, as a full disk would.
CRAMPED = """
import os, resource, sys
most = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
os.execv(sys.argv[2], sys.argv[2:])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no RLIMIT_FSIZE")
@pytest.mark.parametrize("room", [0, 1, 300, 5_000])
def test_a_full_disk_is_one_sentence_and_the_run_goes_on_when_there_is_room(
    command: Command, server: Server, here: InProcess, room: int
) -> None:
    server.broken = lambda n: n > 10  # so that a run is begun, with much left to ask
    assert here("--max-attempts", "1")[0] == 1
    server.broken = lambda _: False
    path = command.path / journal.NAME
    kept, before = command.answered, len(server.asked)
    most = path.stat().st_size + room
    code, err = command.finish(prefix=(sys.executable, "-c", CRAMPED, str(most)))
    assert code == 1
    assert "make room, then run the same command again" in err
    assert len([line for line in err.splitlines() if line.startswith("starbench: ")]) == 1
    assert "Traceback" not in err
    assert path.read_bytes().endswith(b"\n")
    kept = command.answered
    before = len(server.asked)
    code, err = here()
    assert code == 0, err
    assert not kept & set(server.asked[before:])
    command.assert_complete()


def test_a_disk_that_is_full_from_the_start_is_one_sentence(command: Command, server: Server) -> None:
    code, err = command.finish(prefix=(sys.executable, "-c", CRAMPED, "1000"))
    assert code == 2
    assert len(err.splitlines()) == 1
    assert "cannot be written" in err
    assert not server.asked
    # The same command works once there is room.
    code, err = command.finish("--rotations", "1")
    assert code == 0, err


def test_a_disk_too_full_for_the_scores_is_one_sentence_and_no_half_entry(
    command: Command, here: InProcess
) -> None:
    assert here("--limit", "2")[0] == 0
    (entry,) = command.path.glob("entry-*.json")
    whole = entry.read_bytes()
    code, err = command.finish("--limit", "2", prefix=(sys.executable, "-c", CRAMPED, str(len(whole) // 2)))
    assert code == 1
    assert "make room, then starbench score" in err
    assert "Traceback" not in err
    assert entry.read_bytes() == whole


# Another run ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "model", "named"),
    [
        ((), "openai:n", "model was"),
        (("--condition", "silence"), "openai:m", "conditions was"),
        (("--limit", "3"), "openai:m", "limit was 2 and is 3"),
        (("--limit-seed", "1"), "openai:m", "limit_seed was 0 and is 1"),
        (("--protocol", "star-bench"), "openai:m", "suites was"),
        (("--rotations", "1"), "openai:m", "rotations was"),
        (("--rate", "16000"), "openai:m", "rate was"),
        (("--model-arg", "temperature=0.5"), "openai:m", "model_args was"),
        (("--text-only", "silent-clip"), "openai:m", "text_only was"),
    ],
)
def test_another_run_is_refused_by_what_differs(
    here: InProcess, command: Command, server: Server, options: tuple[str, ...], model: str, named: str
) -> None:
    assert here("--limit", "2")[0] == 0
    before = len(server.asked)
    record = (command.path / directory.RUN).read_bytes()
    code, err = here("--limit", "2", *options, model=model)
    assert code == 2
    assert named in err
    assert len(err.splitlines()) == 1
    assert len(server.asked) == before
    assert (command.path / directory.RUN).read_bytes() == record


def test_a_finished_run_gains_a_condition_and_asks_that_alone(
    here: InProcess, command: Command, server: Server
) -> None:
    assert here("--limit", "2")[0] == 0
    before, asked = (command.path / journal.NAME).read_bytes(), len(server.asked)
    more = ("--limit", "2", "--condition", "audio,silence")
    assert here(*more, "--dry-run")[0] == 0
    assert directory.read(command.path).identity.setup.conditions == ("audio",)
    assert here(*more)[0] == 0
    assert (command.path / journal.NAME).read_bytes().startswith(before)
    conditions = [line.condition for line in journal.read(command.path)][-(len(server.asked) - asked) :]
    assert set(conditions) == {"silence"}
    scored = score(load(command.path))
    assert {row.condition for row in scored.suites[0].tasks} == {"audio", "silence"}


def test_a_suite_that_changed_is_another_run(here: InProcess, command: Command, tmp_path: Path) -> None:
    assert here("--limit", "2")[0] == 0
    other = tmp_path / "other"
    build(
        "perception", BuildSpec(("pitch", "loudness", "duration"), "default", 8, 48), other, lambda *_: None
    )
    assert here("--limit", "2", "--suite", str(other))[0] == 2


@pytest.mark.parametrize("options", [("--max-in-flight", "1"), ("--timeout", "9"), ("--max-attempts", "2")])
def test_how_hard_a_run_is_driven_is_not_what_it_is(
    here: InProcess, command: Command, server: Server, options: tuple[str, ...]
) -> None:
    assert here("--limit", "2")[0] == 0
    before = len(server.asked)
    assert here("--limit", "2", *options)[0] == 0
    assert len(server.asked) == before


def test_errors_are_asked_again_and_answers_never(here: InProcess, command: Command, server: Server) -> None:
    server.broken = lambda n: n % 3 == 0
    assert here("--max-attempts", "1")[0] == 1
    kept, before = command.answered, len(server.asked)
    assert 0 < len(kept) < before
    server.broken = lambda _: False
    assert here()[0] == 0
    assert len(server.asked) - before == before - len(kept)
    assert not kept & set(server.asked[before:])
    command.assert_complete()


def test_an_error_never_replaces_an_answer(here: InProcess, command: Command) -> None:
    """Two machines on one network file system may append what no lock could prevent."""
    assert here("--limit", "2")[0] == 0
    path = command.path / journal.NAME
    first = json.loads(path.read_text("utf-8").splitlines()[0])
    first |= {"outcome": "error", "letter": None, "response": None, "correct": False}
    first |= {"error": {"kind": "server", "message": "late"}}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(first) + "\n")
    assert all(
        latest_lines(journal.read(command.path), lambda line: line.outcome is Outcome.ANSWERED).values()
    )
    assert here("--limit", "2")[0] == 0
