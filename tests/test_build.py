"""Building: the same bytes by any number of workers, whole or not at all, and gone on with after any end."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import numpy as np
import pytest
import soundfile

from starbench.audio import decode
from starbench.build import staging
from starbench.build.build import build
from starbench.cli import main
from starbench.errors import InputError, PluginError, StimulusError, SuiteError
from starbench.suites.suite import Suite
from starbench.synthesis import BuildSpec

DEADLINE = 30.0

#: A third party's task and synthesizer. Every call is written down, so that none goes unseen.
PLUGIN = '''
import os, time
import numpy as np
from starbench.errors import InputError, StimulusError, TransientError
from starbench.schema import Item
from starbench.synthesis import BuildPlan, Draft, Recipe, Stimulus

HERE = __file__

def noise(*, rng, number, ms=0.0, fail="", stems=False, gain=0.25):
    with open(os.environ["CALLS"], "a") as calls:
        calls.write(f"{number} {os.getpid()}\\n")
    time.sleep(ms / 1000)
    if fail == "impossible":
        raise StimulusError("a sound like this cannot exist")
    if fail == "odd":
        raise TransientError("not ours", kind="two arguments do not pickle")
    if fail == "bug":
        raise KeyError("f0")
    if fail == "death":
        os._exit(9)
    # A product that linear algebra would split over threads, were there several.
    x = rng.standard_normal((20_000, 2))
    samples = np.clip(gain * x / np.sqrt((x.T @ x).max() / len(x)), -1, 1)[:2400]
    quiet, loud = 1e-6 * samples, 8.0 * samples
    truth = {"rms": float(np.sqrt(np.mean(samples**2))), "number": number, "pair": (1, 2),
             "threads": os.environ.get("OPENBLAS_NUM_THREADS")}
    return Stimulus(samples, 48_000, truth, (quiet, loud) if stems else ())

class Noises:
    """Noises."""
    attributes = ("noise",)
    def plan(self, spec):
        asked = dict(spec.options)
        fail, at = asked.pop("fail", ""), int(asked.pop("at", 20))
        every = {"ms": float(asked.pop("ms", 0)), "stems": asked.pop("stems", "") == "true"}
        secret = asked.pop("hrtf", None)
        if asked:
            raise InputError(f"noises have no option {sorted(asked)[0]!r}")
        def recipe(n):
            return Recipe(f"{HERE}:noise", {"number": n, **every, **({"fail": fail} if n == at else {})})
        def draft(n):
            clips = tuple(recipe(n) for _ in range(1 + n % 2))
            item = Item(id=f"n{n}", task="T", question="Q?", options=("a", "b"), answer="a",
                        audio_paths=("?",) * len(clips), truth={"own": n})
            return Draft(item, clips)
        return BuildPlan(
            tuple(map(draft, range(spec.size or 40))), "starbench",
            options=None if secret is None else {"hrtf": "digest-of-head"},
        )
'''


@pytest.fixture
def task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    path = tmp_path / "noises.py"
    path.write_text(PLUGIN, "utf-8")
    return f"{path}:Noises"


def spec(size: int = 40, seed: int = 5, **options: str) -> BuildSpec:
    return BuildSpec(("noise",), "default", seed, size, dict(options))


def content(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def calls(folder: Path) -> Counter[int]:
    path = folder / "calls"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return Counter(int(line.split()[0]) for line in lines)


def makers(folder: Path) -> set[int]:
    return {int(line.split()[1]) for line in (folder / "calls").read_text("utf-8").splitlines()}


def on_record(partial: Path) -> set[int]:
    lines = (partial / "made.jsonl").read_text("utf-8").splitlines(keepends=True)[1:]
    return {int(json.loads(line)["id"][1:]) for line in lines if line.endswith("\n")}


def start(task: str, out: Path, *options: str, prefix: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    command = [*prefix, sys.executable, "-m", "starbench", "build", task, "--out", str(out), "--seed", "5"]
    return subprocess.Popen(
        [*command, *options],
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=out.parent,
        start_new_session=True,
    )


def finish(task: str, out: Path, *options: str, prefix: tuple[str, ...] = ()) -> tuple[int, str]:
    with start(task, out, *options, prefix=prefix) as process:
        _, err = process.communicate(timeout=DEADLINE)
    return process.returncode, err


def until(true: Callable[[], bool]) -> None:
    end = monotonic() + DEADLINE
    while not true():
        assert monotonic() < end, "waited in vain"
        sleep(0.005)


@pytest.fixture
def here(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """The command line in this process, where a second counts."""

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["starbench", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        return int(stop.value.code or 0), capsys.readouterr().err

    return run


# The same bytes -------------------------------------------------------------------------------------


def test_bytes_do_not_depend_on_workers_nor_on_the_day(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    told: list[tuple[int, int]] = []
    built = build(task, spec(), tmp_path / "1", lambda done, total: told.append((done, total)), workers=1)
    # Sums split over threads would differ in their last digit; here they may be.
    assert {truth["threads"] for item in built.items for truth in item.truth["clips"]} == {"1"}
    assert os.environ["OPENBLAS_NUM_THREADS"] == "2"
    wanted = content(built.root)
    assert len(built.items) == 40
    assert len(built.clips) == 60
    assert told[0] == (0, 40)
    assert told[-1] == (40, 40)
    assert sorted(told) == told
    for name, workers in (("2", 2), ("3", 3)):
        (tmp_path / "calls").unlink()
        assert content(build(task, spec(), tmp_path / name, workers=workers).root) == wanted
        assert os.getpid() not in makers(tmp_path)
    assert len(makers(tmp_path)) > 1
    assert {path.name for path in tmp_path.iterdir()} == {"1", "2", "3", "calls", "noises.py"}


def test_a_small_suite_is_made_here_whatever_workers_there_are(task: str, tmp_path: Path) -> None:
    one, two = (build(task, spec(5), tmp_path / str(n), workers=n) for n in (1, 2))
    assert content(one.root) == content(two.root)
    assert makers(tmp_path) == {os.getpid()}
    assert build(task, spec(5, seed=6), tmp_path / "3").digest != one.digest


def test_clips_are_plain_wav_whose_size_tells_nothing_but_length(task: str, tmp_path: Path) -> None:
    built = build(task, spec(4), tmp_path / "s")
    assert {len((built.root / path).read_bytes()) for path in built.clips} == {44 + 2400 * 2 * 2}
    for path, clip in built.clips.items():
        assert path == f"audio/{clip.digest}.wav"
        assert (built.root / path).read_bytes() == decode(built.root / path).wav
    for item in built.items:
        rms = [float(np.sqrt(np.mean(decode(built.root / path).samples ** 2))) for path in item.audio_paths]
        assert [truth["rms"] for truth in item.truth["clips"]] == pytest.approx(rms, rel=1e-3)
        assert item.truth["own"] == int(item.id[1:])


def test_stems_lie_beside_the_clips_and_lose_nothing(task: str, tmp_path: Path) -> None:
    built = build(task, spec(9, stems="true"), tmp_path / "s", workers=2)
    again = build(task, spec(9, stems="true"), tmp_path / "t", workers=1)
    assert content(built.root) == content(again.root)
    named = [stem for item in built.items for truth in item.truth["clips"] for stem in truth["stems"]]
    assert {f"stems/{path.name}" for path in (built.root / "stems").iterdir()} == set(named)
    assert len(named) == 2 * len(built.clips)
    item = built.items[0]
    mixed, _ = soundfile.read(built.root / item.audio_paths[0])
    quiet, loud = (built.root / stem for stem in item.truth["clips"][0]["stems"])
    for path, gain in ((quiet, 1e-6), (loud, 8.0)):
        samples, rate = soundfile.read(path)
        assert (soundfile.info(path).subtype, rate) == ("FLOAT", 48_000)
        assert samples / gain == pytest.approx(mixed, abs=2**-15)
    plain = build(task, spec(9), tmp_path / "u", workers=1)
    assert set(plain.clips) == set(built.clips)
    assert not (plain.root / "stems").exists()


# Cut off --------------------------------------------------------------------------------------------


@pytest.fixture
def partial(tmp_path: Path) -> Path:
    return tmp_path / ".suite.partial"


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the children in /proc")
def test_a_killed_build_goes_on_and_makes_nothing_twice(task: str, tmp_path: Path, partial: Path) -> None:
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
    assert made.keys() == wanted.keys()
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


@pytest.mark.parametrize(("sent", "whole_group"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_an_interrupt_ends_all_and_says_how_to_go_on(
    task: str, tmp_path: Path, partial: Path, sent: signal.Signals, whole_group: bool
) -> None:
    with start(task, tmp_path / "suite", "--option", "ms=40", "--workers", "2") as process:
        until(lambda: (partial / "made.jsonl").exists() and len(on_record(partial)) >= 2)
        (os.killpg if whole_group else os.kill)(process.pid, sent)
        _, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 130
    assert err == "\nstarbench: interrupted; what was made is kept, and the same command resumes the build\n"
    assert not any(_is_alive(pid) for pid in makers(tmp_path))
    assert not (tmp_path / "suite").exists()
    assert staging._is_workshop(partial)


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
    notes: list[str] = []
    built = build(task, spec(6, stems="true"), tmp_path / "suite", on_note=notes.append)
    assert content(built.root) == wanted
    assert set(calls(tmp_path)) == {0, 1, 2, 3, 5}
    assert notes == ["an interrupted build goes on: 1 of 6 items are there"]


def _cut_off(task: str, what: BuildSpec, out: Path, after: int) -> None:
    def stop(done: int, _all: int) -> None:
        if done == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(task, what, out, stop)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (lambda task: (task, spec(6, seed=9)), "seed"),
        (lambda task: (task, spec(5)), "plan"),
        (lambda task: (task, spec(6, hrtf="x")), "options"),
        (lambda task: (_mended(task), spec(6)), "synthesizers"),
    ],
)
def test_another_build_starts_anew_and_says_so(
    task: str,
    tmp_path: Path,
    partial: Path,
    changed: Callable[[str], tuple[str, BuildSpec]],
    said: str,
) -> None:
    _cut_off(task, spec(6), tmp_path / "suite", after=4)
    (tmp_path / "calls").unlink()
    task, other = changed(task)
    notes: list[str] = []
    built = build(task, other, tmp_path / "suite", on_note=notes.append)
    (note,) = notes
    assert "thrown away" in note
    assert said in note
    assert set(calls(tmp_path)) == set(range(len(built.items)))
    assert content(built.root) == content(build(task, other, tmp_path / "fresh").root)


def _mended(task: str) -> str:
    path = Path(task.rpartition(":")[0])
    path.write_text(path.read_text("utf-8").replace("gain=0.25", "gain=0.125"), "utf-8")
    return task


def test_two_builds_at_once(task: str, tmp_path: Path, here: Callable[..., tuple[int, str]]) -> None:
    out = tmp_path / "suite"
    with start(task, out, "--option", "ms=30", "--workers", "2") as first:
        until((tmp_path / "calls").exists)
        code, err = here("build", task, "--out", str(out), "--option", "ms=30", "--seed", "5")
        assert code == 2
        assert err == f"starbench: {out} is being built by another starbench: wait for it\n"
        assert first.poll() is None
        first.communicate(timeout=DEADLINE)
    assert first.returncode == 0
    assert max(calls(tmp_path).values()) == 2  # an item of two clips


def test_what_is_not_a_workshop_is_left_alone(task: str, tmp_path: Path, partial: Path) -> None:
    partial.mkdir()
    (partial / "diary.txt").write_text("mine")
    with pytest.raises(SuiteError, match="no starbench made it"):
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
def test_a_full_disk_is_one_sentence_and_the_build_goes_on(
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
    notes: list[str] = []
    built = build(task, spec(60), out, workers=1, on_note=notes.append)
    assert len(built.items) == 60
    assert bool(notes) == bool(kept)


# What cannot be -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [40, 6])  # by workers, and here
@pytest.mark.parametrize(
    ("fail", "kind", "said"),
    [
        ("impossible", StimulusError, r"^n5: clip 1 cannot be made: a sound like this cannot exist$"),
        ("odd", StimulusError, r"^n5: clip 1 cannot be made: not ours$"),
        (
            "bug",
            PluginError,
            r"^n5: clip 1 cannot be made: synthesizer '.*' failed \(noises.py:\d+\): KeyError: 'f0'$",
        ),
    ],
)
def test_an_error_arrives_from_a_worker_as_it_was_raised(
    task: str, tmp_path: Path, fail: str, kind: type[InputError], said: str, size: int
) -> None:
    with pytest.raises(kind, match=said):
        build(task, spec(size, fail=fail, at="5"), tmp_path / "s", workers=2)
    assert not (tmp_path / "s").exists()


def test_a_worker_that_dies_is_one_sentence_and_its_items_stay(
    task: str, tmp_path: Path, partial: Path, here: Callable[..., tuple[int, str]]
) -> None:
    options = ("--option", "fail=death", "--option", "at=30", "--workers", "2")
    code, err = here("build", task, "--out", str(tmp_path / "suite"), *options)
    assert code == 2
    assert err.startswith("starbench: a worker process died")
    assert err.count("\n") == 1
    assert on_record(partial)


def test_a_plan_that_names_two_items_alike_is_refused(task: str, tmp_path: Path) -> None:
    path = Path(task.rpartition(":")[0])
    path.write_text(path.read_text("utf-8").replace('id=f"n{n}"', 'id=f"n{n % 3}"'), "utf-8")
    with pytest.raises(PluginError, match="two items with the id 'n0'"):
        build(task, spec(4), tmp_path / "s")


# Options --------------------------------------------------------------------------------------------


def test_options_reach_the_task_and_paths_stay_out_of_the_manifest(
    task: str, tmp_path: Path, here: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "head.sofa").touch()
    monkeypatch.chdir(tmp_path)
    size = ("--size", "4")
    monkeypatch.setattr(
        sys, "argv", ["starbench", "build", task, "--out", "s", *size, "--hrtf", "head.sofa", "--stems"]
    )
    main_without_exit()
    manifest = json.loads((tmp_path / "s" / "suite.json").read_text("utf-8"))
    assert manifest["spec"]["hrtf"] == "digest-of-head"
    assert manifest["spec"]["size"] == 4
    assert str(tmp_path) not in (tmp_path / "s" / "suite.json").read_text("utf-8").replace(task, "")
    assert (tmp_path / "s" / "stems").is_dir()
    for arguments, said in [
        (["--option", "colour=red"], "noises have no option 'colour'"),
        (["--format", "foa"], "noises have no option 'format'"),
        (["--recordings", str(tmp_path)], "noises have no option 'recordings'"),
        (["--option", "ms"], "--option 'ms' is not key=value"),
        (["--option", "ms=1", "--option", "ms=2"], "option 'ms' is given twice"),
        (["--hrtf", "nowhere.sofa"], "--hrtf nowhere.sofa: there is no such file"),
        (["--recordings", "head.sofa"], "--recordings head.sofa: there is no such folder"),
    ]:
        code, err = here("build", task, "--out", "t", *size, *arguments)
        assert (code, err) == (2, f"starbench: {said}\n")
    assert not list(tmp_path.glob("*t")) + list(tmp_path.glob(".t*"))


def main_without_exit() -> None:
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code


# One stimulus ---------------------------------------------------------------------------------------

PAIR: dict[str, Any] = {
    "tones": [
        {"f0_hz": 1000, "duration_s": 0.2, "level_db_spl": 70},
        {"f0_hz": 1100, "duration_s": 0.2, "level_db_spl": 70},
    ],
    "onsets_s": [0.1, 0.5],
    "total_s": 0.9,
}


def test_synth_writes_one_stimulus_and_prints_its_truth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pair.json").write_text(json.dumps(PAIR))
    for source, out in (("pair.json", "a.wav"), ("-", "b.wav")):
        monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(PAIR)))
        monkeypatch.setattr(
            sys, "argv", ["starbench", "synth", "tone-pair", source, "--out", out, "--seed", "3"]
        )
        capsys.readouterr()
        main_without_exit()
        truth = json.loads(capsys.readouterr().out)
        assert [tone["f0_hz"] for tone in truth["tones"]] == [1000, 1100]
    assert Path("a.wav").read_bytes() == Path("b.wav").read_bytes()
    samples = decode(Path("a.wav")).samples[:, 0]
    assert samples.size == 0.9 * 48_000
    steady = samples[int(0.15 * 48_000) : int(0.25 * 48_000)]
    assert np.argmax(np.abs(np.fft.rfft(steady))) == pytest.approx(1000 * 0.1)
    assert 20 * np.log10(np.sqrt(np.mean(steady**2))) == pytest.approx(70 - 100, abs=0.05)


def test_synth_writes_stems_beside_it(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.json").write_text('{"number": 1, "stems": true}')
    monkeypatch.setattr(sys, "argv", ["starbench", "synth", "noises.py:noise", "p.json"])
    main_without_exit()
    assert {path.name for path in tmp_path.glob("*.wav")} == {
        "noise.wav",
        "noise-stem1.wav",
        "noise-stem2.wav",
    }


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("tone-pair", "{", "p.json is not JSON"),
        ("tone-pair", "[1]", "must hold a JSON object"),
        (
            "tone-pair",
            json.dumps(PAIR | {"totl_s": 1}),
            "unexpected keyword argument 'totl_s'; its parameters are tones",
        ),
        ("tone-pair", '{"tones": []}', "missing a required argument: 'onsets_s'"),
        ("tone-pair", json.dumps(PAIR | {"rng": 1}), "'rng' is what --seed gives"),
        ("tone-pair", json.dumps(PAIR | {"total_s": "long"}), "synthesizer 'tone-pair' failed"),
        ("tone-pair", json.dumps(PAIR | {"onsets_s": [0.1]}), "a pair needs 2 tones"),
        ("tone-pear", "{}", "did you mean 'tone-pair'"),
        ("tone-pair", None, "nowhere.json cannot be read"),
    ],
)
def test_synth_refuses_in_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    here: Callable[..., tuple[int, str]],
    name: str,
    text: str | None,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    if text is not None:
        Path("p.json").write_text(text)
    code, err = here("synth", name, "p.json" if text is not None else "nowhere.json")
    assert code == 2
    assert said in err
    assert err.count("\n") == 1
    assert not list(tmp_path.glob("*.wav"))


def test_a_suite_can_be_read_while_nothing_is_left_of_its_making(task: str, tmp_path: Path) -> None:
    built = build(task, spec(4), tmp_path / "s")
    assert isinstance(built, Suite)
    assert built.root == tmp_path / "s"
    assert {path.name for path in built.root.iterdir()} == {"suite.json", "metadata.jsonl", "audio"}
