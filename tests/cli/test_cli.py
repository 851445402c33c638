"""The command line as a user meets it: commands, exit codes, one sentence for each failure."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import Command

from starbench.planning.conditions import NAMES


def starbench(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "starbench", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def whole_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole-demo")
    done = starbench("demo", folder=folder)
    assert done.returncode == 0, done.stderr
    assert "observer on perception" in done.stdout
    assert "random on perception" in done.stdout
    assert "observer on spatial" in done.stdout
    return folder / "starbench-demo"


@pytest.mark.slow
def test_the_demo_goes_the_whole_way(whole_demo: Path) -> None:
    board = json.loads((whole_demo / "leaderboard.json").read_text("utf-8"))
    assert len(board["tables"]) == 2
    for table in board["tables"]:
        first, second = table["rows"]
        assert (first["model"], second["model"]) == ("observer", "random")
        assert first["ma"] >= 0.85
        assert 0.1 < second["ma"] < 0.75  # few items, and some kinds with two options
    assert (whole_demo / "report" / "index.html").is_file()
    assert (whole_demo / "scene.png").read_bytes().startswith(b"\x89PNG")
    assert (whole_demo / "leaderboard.md").read_text("utf-8").startswith("# starbench leaderboard")
    for model in ("observer", "random"):
        assert list((whole_demo / "runs" / model).glob("entry-*.json"))


@pytest.mark.slow
def test_a_second_demo_asks_nothing_again(whole_demo: Path) -> None:
    journals = {path: path.read_bytes() for path in whole_demo.rglob("trials.jsonl")}
    assert len(journals) == 2
    assert starbench("demo", folder=whole_demo.parent).returncode == 0
    assert {path: path.read_bytes() for path in journals} == journals


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a demo with few items leaves."""
    from starbench.cli.commands import demo as module

    folder = tmp_path_factory.mktemp("demo") / "starbench-demo"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_SUITES", (("suite", "perception", 16), ("scenes", "spatial", 6)))
        assert module.demo(folder) == 0
    return folder


def planned(demo: Path, suite: str = "") -> int:
    lines = (demo / "runs" / "random" / "plan.jsonl").read_text("utf-8").splitlines()
    return sum(json.loads(line)[0].startswith(suite) for line in lines)


def test_score_prints_the_fields_that_others_rely_on(demo: Path) -> None:
    done = starbench("score", str(demo / "runs" / "observer"), "--json")
    assert done.returncode == 0, done.stderr
    tones, _ = json.loads(done.stdout)["suites"]
    (row,) = tones["tasks"]
    assert {"task", "condition", "n_items", "n_trials", "aa", "acr", "aa_ci", "acr_ci", "outcomes"} <= set(
        row
    )
    assert row["n_trials"] == sum(row["outcomes"].values()) == planned(demo, "perception")
    assert row["aa"] > 0.7  # few items


def test_journal_lines_carry_the_fields_that_others_rely_on(demo: Path) -> None:
    lines = (demo / "runs" / "random" / "trials.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == planned(demo)
    for line in map(json.loads, lines):
        assert {
            "item_id", "rotation", "condition", "protocol", "outcome", "letter", "answer_letter", "correct",
            "response", "finish_reason", "attempts", "latency_s", "model", "served_model", "usage",
        } <= set(line)  # fmt: skip
        assert line["response"] == f"<{line['letter']}>"
        assert line["correct"] == (line["letter"] == line["answer_letter"])


def test_scoring_an_unfinished_run_says_so(demo: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    for name in ("run.json", "items.jsonl", "plan.jsonl"):
        (run / name).write_bytes((demo / "runs" / "random" / name).read_bytes())
    lines = (demo / "runs" / "random" / "trials.jsonl").read_bytes().splitlines(keepends=True)
    (run / "trials.jsonl").write_bytes(b"".join(lines[:30]))
    done = starbench("score", str(run), "--json")
    assert done.returncode == 1
    rows = [suite["tasks"][0] for suite in json.loads(done.stdout)["suites"]]
    assert sum(row["outcomes"].get("missing", 0) for row in rows) == planned(demo) - 30
    assert rows[0]["coverage"] < 1


def test_leaderboard_finds_entries_where_they_lie(demo: Path, tmp_path: Path) -> None:
    (tmp_path / "runs").symlink_to(demo / "runs")
    done = starbench("leaderboard", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    board = json.loads((tmp_path / "leaderboard.json").read_text("utf-8"))
    assert [len(table["rows"]) for table in board["tables"]] == [2, 2], "published rows are of another suite"
    assert starbench("leaderboard", "--published", folder=tmp_path).returncode == 0
    *_, published = json.loads((tmp_path / "leaderboard.json").read_text("utf-8"))["tables"]
    assert len(published["rows"]) == 21
    assert not published["run_by_us"]
    (entry, _) = sorted((demo / "runs" / "random").glob("entry-*.json"))
    of_star_bench = json.loads(entry.read_bytes())
    of_star_bench["suite"]["name"] = of_star_bench["scores"]["suite"] = "star-bench"
    (tmp_path / "entry.json").write_text(json.dumps(of_star_bench), "utf-8")
    assert starbench("leaderboard", "entry.json", folder=tmp_path).returncode == 0
    tables = json.loads((tmp_path / "leaderboard.json").read_text("utf-8"))["tables"]
    assert [len(table["rows"]) for table in tables] == [1, 21]


TASKS = [
    "adqa", "air-bench", "annotated", "dcase2025-stereo", "mixtures", "mmar", "mmau", "mmau-pro", "mmsu", "muchomusic",
    "perception", "questions", "sakura", "so-bench", "sonicbench", "spatial", "spatialsoundqa", "star-bench",
    "starss23", "starss23-binaural", "temporal", "thresholds",
]  # fmt: skip
PROTOCOLS = [
    "star-bench", "starbench", "air-bench", "mmar", "mmau", "mmau-pro", "mmsu", "muchomusic", "sakura", "so-bench",
    "sonicbench", "spatialsoundqa",
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (
            "adapters",
            ["constant", "gemini", "observer", "openai", "random", "recognise", "separate", "transformers"],
        ),
        ("tasks", TASKS),
        ("protocols", PROTOCOLS),
        (
            "synthesizers",
            ["burst-sequence", "foa-to-binaural", "recording-excerpt", "scene", "tone-in-half", "tone-pair"],
        ),
    ],
)
def test_list_names_what_is_installed_and_says_what_it_is(kind: str, names: list[str]) -> None:
    lines = starbench("list", kind).stdout.splitlines()
    assert [line.split()[0] for line in lines] == names
    assert all(len(line.split()) > 3 and "broken" not in line for line in lines)


BAD_INPUT = [
    (["run", "--model", "opnai:x", "--suite", "SUITE"], "did you mean 'openai'"),
    (["run", "--model", "openai", "--suite", "SUITE"], "openai:MODEL"),
    (["run", "--model", "openai:gpt-audio-1.5", "--suite", "SUITE"], "OPENAI_API_KEY is not set"),
    (["run", "--model", "random", "--suite", "nowhere"], "nowhere is not a suite"),
    (["run", "--model", "random", "--suite", "star-bench:nowhere"], "nowhere"),
    (["run", "--model", "random", "--suite", "star-bnech:x"], "did you mean 'star-bench'"),
    (["run", "--model", "random", "--suite", "perception:x"], "starbench build perception"),
    (["run", "--model", "random", "--suite", "SUITE", "--condition", "adio"], "did you mean 'audio'"),
    (["run", "--model", "random", "--suite", "TONES", "--condition", "split"], "applies to no item"),
    (["run", "--model", "random", "--suite", "TONES", "--condition", "swap"], "no mirror map"),
    (["run", "--model", "random", "--suite", "SUITE", "--protocol", "inspect"], "no protocol is called"),
    (["run", "--model", "random", "--suite", "SUITE", "--rotations", "some"], "--rotations 'some'"),
    (["run", "--model", "random", "--suite", "SUITE", "--model-arg", "seed"], "is not key=value"),
    (["run", "--model", "random", "--suite", "SUITE", "--model-arg", "api_key=x"], "environment only"),
    (["run", "--model", "random", "--suite", "SUITE", "--text-only", "maybe"], "--text-only 'maybe'"),
    (["run", "--model", "random", "--suite", "SUITE", "--suite", "SUITE"], "two suites are named"),
    (["build", "perception", "--attributes", "smell", "--out", "x"], "smell"),
    (["build", "perceptoin", "--out", "x"], "did you mean 'perception'"),
    (["build", "star-bench", "--out", "x"], "loaded"),
    (["score", "nowhere"], "nowhere is not a run"),
    (["leaderboard", "nowhere"], "nowhere cannot be read"),
    (["list", "adaptors"], "adaptors"),
    (["run"], "--model"),
]


@pytest.mark.parametrize(("arguments", "said"), BAD_INPUT, ids=lambda value: str(value)[:60])
def test_bad_input_is_one_sentence_and_exit_2_and_nothing_is_made(
    arguments: list[str],
    said: str,
    demo: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: Command,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    if "TONES" in arguments:
        tones = str(demo / "TONES")
        built = command("build", "perception", "--attributes", "pitch", "--size", "3", "--out", tones)
        assert built.code == 0 or "is not empty" in built.err
    arguments = [
        str(demo / {"SUITE": "suite"}.get(a, a)) if a in {"SUITE", "TONES"} else a for a in arguments
    ]
    done = command(*arguments)
    assert done.code == 2, done.err
    assert said in done.err
    assert "Traceback" not in done.err
    assert list(tmp_path.iterdir()) == []
    if done.err.startswith("starbench: "):
        assert len(done.err.strip().splitlines()) == 1


def test_a_run_without_out_gets_a_dated_directory_and_says_where(demo: Path, tmp_path: Path) -> None:
    done = starbench(
        "run", "--model", "constant:B", "--suite", str(demo / "suite"), "--limit", "5", folder=tmp_path
    )
    assert done.returncode == 0, done.stderr
    (made,) = (tmp_path / "runs").iterdir()
    assert f"run: runs/{made.name}" in done.stderr
    assert made.name.startswith("20")
    assert "constant-B" in made.name


def test_progress_is_plain_lines_where_there_is_no_terminal(demo: Path, tmp_path: Path) -> None:
    done = starbench(
        "run", "--model", "random", "--suite", str(demo / "suite"), "--out", "r", folder=tmp_path
    )
    n = planned(demo, "perception")
    assert f"{n}/{n} trials" in done.stderr
    assert f"answered {n}" in done.stderr
    assert "\x1b" not in done.stderr + done.stdout


def test_every_condition_is_listed_with_what_the_model_gets() -> None:
    done = starbench("list", "conditions")
    assert done.returncode == 0
    assert tuple(line.split()[0] for line in done.stdout.splitlines()) == NAMES[:1] + NAMES[-1:] + NAMES[1:-1]


def test_suites_and_runs_below_a_folder_are_listed(demo: Path) -> None:
    suites = starbench("list", "suites", folder=demo)
    assert {"scenes", "suite"} <= {line.split()[0] for line in suites.stdout.splitlines()}
    assert "perception-default-2-seed7: 16 items, 16 clips, digest " in suites.stdout
    runs = starbench("list", "runs", str(demo))
    first, second = runs.stdout.splitlines()
    assert first.startswith(str(demo / "runs" / "observer"))
    n = planned(demo)
    assert f"observer on perception-default-2-seed7, spatial-default-2-seed7, {n} of {n} trials" in first
    assert "random on" in second
    nothing = starbench("list", "runs", str(demo / "suite"))
    assert (nothing.returncode, nothing.stdout) == (0, "")
    assert "no runs below" in nothing.stderr


@pytest.mark.slow
def test_a_run_can_be_named_and_named_anew_and_stays_the_same_run(demo: Path, tmp_path: Path) -> None:
    command = ("run", "--model", "random", "--suite", str(demo / "suite"), "--limit", "4", "--out", "r")
    assert starbench(*command, "--name", "a *first* try", folder=tmp_path).returncode == 0
    journal = (tmp_path / "r" / "trials.jsonl").read_bytes()
    assert "a *first* try: random on" in starbench("score", "r", folder=tmp_path).stdout
    again = starbench(*command, "--name", "second", folder=tmp_path)
    assert (again.returncode, (tmp_path / "r" / "trials.jsonl").read_bytes()) == (0, journal)
    assert starbench(*command, folder=tmp_path).returncode == 0, "without a name, the run keeps its own"
    assert starbench("leaderboard", "r", folder=tmp_path).returncode == 0
    assert "| second: random |" in (tmp_path / "leaderboard.md").read_text("utf-8")
    (row, *_) = json.loads((tmp_path / "leaderboard.json").read_text("utf-8"))["tables"][0]["rows"]
    assert (row["label"], row["model"]) == ("second", "random")
    assert starbench(*command[:-1], "plain", folder=tmp_path).returncode == 0
    compared = starbench("compare", "r", "plain", folder=tmp_path)
    assert compared.stdout.startswith("random and second: random cannot be distinguished")


def test_a_finished_run_gains_conditions_and_asks_nothing_twice(
    demo: Path, tmp_path: Path, command: Command
) -> None:
    out = tmp_path / "r"
    asked = ("run", "--model", "random", "--suite", str(demo / "suite"), "--limit", "4", "--out", str(out))
    refused = command(*asked, "--add-condition", "silence")
    assert (refused.code, refused.err) == (2, f"starbench: {out} is not a run: it has no run.json\n")
    assert command(*asked).code == 0
    before = (out / "trials.jsonl").read_bytes()
    assert command(*asked, "--add-condition", "silence,noise").code == 0
    after = (out / "trials.jsonl").read_bytes()
    assert after.startswith(before)
    conditions = [json.loads(line)["condition"] for line in after.splitlines()]
    n = len(before.splitlines())
    assert conditions[:n] == ["audio"] * n
    assert sorted(conditions[n:]) == ["noise"] * n + ["silence"] * n
    assert command(*asked, "--add-condition", "noise").code == 0
    assert (out / "trials.jsonl").read_bytes() == after
    refused = command(*asked, "--condition", "mono", "--add-condition", "noise")
    assert "leave --condition out" in refused.err
    refused = command(*asked[:-2], "--add-condition", "noise")
    assert "name its directory with --out" in refused.err


def test_power_is_of_a_suite_of_a_run_or_of_no_suite(demo: Path, tmp_path: Path, command: Command) -> None:
    written = tmp_path / "new" / "power.json"
    of_suite = command("power", str(demo / "suite"), "--json", str(written))
    of_run = command("power", str(demo / "runs" / "random"))
    assert (of_suite.code, of_run.code) == (0, 0)
    assert of_suite.out in of_run.out
    assert json.loads(written.read_bytes())["parts"][0]["n_items"] == 16
    assert "5 points of accuracy: 1,512 items" in command("power").out
    assert command("power", "--factor", "2").out.startswith("a factor of 2 between two thresholds: 137 items")
    for wrong, said in (
        (("--points", "50"), "50 points more than 60 % is no accuracy"),
        (("--factor", "1"), "hardly a change"),
        (("--json", "x"), "name a suite or a run"),
        ((str(demo / "suite"), "--points", "5"), "leave the suite out"),
        (("nowhere",), "nowhere is not a suite"),
    ):
        refused = command("power", *wrong)
        assert (refused.code, len(refused.err.splitlines())) == (2, 1)
        assert said in refused.err


def test_the_options_of_a_run_are_grouped() -> None:
    lines = starbench("run", "--help").stdout.splitlines()
    groups = [line for line in lines if line.endswith(":") and not line.startswith(" ")]
    assert groups == [
        "Model:", "Suite and sampling:", "How it is asked:", "Pace and budget:", "Output:", "Options:"
    ]  # fmt: skip


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    "command",
    [
        "--version",
        "--help",
        "list tasks",
        "score runs/observer",
        "score runs/observer --json",
        "compare runs/observer runs/random",
        "export runs/observer --to csv --out trials.csv",
        "leaderboard runs/observer --out board",
        "check-model constant:A",
        "run --suite suite --model constant:A --limit 1 --dry-run",
        "run --suite suite --model constant:A --limit 1 --no-canary --out run",
        "caption --suite suite --model constant:A --limit 1 --no-canary --out captions.jsonl",
    ],
)
def test_output_that_cannot_be_written_is_said_in_a_sentence(demo: Path, command: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "starbench", *command.split()],
            cwd=demo,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            check=False,
        )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert done.stderr.splitlines()[-1] == (
        "starbench: standard output cannot be written: No space left on device"
    )
    assert done.returncode == 2


def test_scores_that_cannot_be_shown_are_written_all_the_same(demo: Path) -> None:
    (entry,) = (demo / "runs" / "random").glob("entry-perception*.json")
    before = entry.read_bytes()
    entry.unlink()
    command = f"{sys.executable} -m starbench score runs/random > /dev/full"
    subprocess.run(command, shell=True, cwd=demo, capture_output=True, timeout=120, check=False)
    assert json.loads(entry.read_bytes()).keys() == json.loads(before).keys()


def test_a_reader_that_has_seen_enough_is_no_error(demo: Path) -> None:
    command = f"{sys.executable} -m starbench score runs/observer --json | head -c 1"
    done = subprocess.run(command, shell=True, cwd=demo, capture_output=True, text=True, check=False)
    assert done.stdout == "{"
    assert done.stderr == ""
