"""``starbench diagnose``: every step that applies to a run, and a page; what cannot be tried is said."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from command_line import Command

import starbench
from starbench.diagnose.load import load_diagnosis
from starbench.diagnose.records import write_record
from starbench.errors import InputError
from starbench.schema.diagnosis import Diagnosis

#: A network whose loader mixes to mono, and which answers A.
DEAF_TO_SIDES = """
import numpy as np

from starbench.audio import transform


class DeafToSides:
    stages = {"spectrum": "loader", "tower": "encoder"}
    note = "mixes <b>to mono</b>"

    def generate(self, prompt):
        return "<A>"

    def delivered(self, audio):
        return transform(audio, "mono")

    def encode(self, audio):
        x = audio.samples.mean(axis=1)
        frames = x[: len(x) // 512 * 512].reshape(-1, 512) * np.hanning(512)
        spectrum = np.log(np.abs(np.fft.rfft(frames))[:, :128] + 1e-5).astype(np.float32)
        return {"spectrum": spectrum, "tower": spectrum * 2}


class Silent:
    identity = {"weights": "found by itself, and no argument"}

    def generate(self, prompt):
        return "<A>"
"""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a suite of pitch and azimuth, and a run of each plug-in."""
    folder = tmp_path_factory.mktemp("diagnose")
    (folder / "deaf.py").write_text(DEAF_TO_SIDES, "utf-8")
    suite = starbench.build_suite(
        "perception", folder / "suite", attributes=["pitch", "azimuth"], size=20, seed=3, workers=1
    )
    for name in ("DeafToSides", "Silent"):
        starbench.run(f"{folder / 'deaf.py'}:{name}", suite, folder / name, rotations=1)
    return folder


def named(bench: Path, name: str) -> tuple[str, ...]:
    """A run, and its model, which is code of the user's."""
    return str(bench / name), "--model", f"{bench / 'deaf.py'}:{name}"


@pytest.mark.slow
def test_a_loader_that_mixes_to_mono_is_found_and_shown(bench: Path, command: Command) -> None:
    done = command("diagnose", *named(bench, "DeafToSides"), "--clips", "120")
    assert done.code == 0, done.err
    diagnosis = load_diagnosis(bench / "DeafToSides")
    assert diagnosis is not None
    assert (done.out + done.err).count("azimuth: lost in what reaches the network") == 1
    (audit,), (probe,) = diagnosis.audits, diagnosis.probes
    azimuth, pitch = audit.survival("azimuth"), audit.survival("pitch")
    assert azimuth is not None
    assert azimuth.verdict == "lost"
    assert pitch is not None
    assert pitch.verdict == "kept"
    assert {verdict.attribute: verdict.where for verdict in probe.verdicts}["azimuth"] == "loader"
    assert [gap.reason for gap in diagnosis.not_tried] == ["no stems"]
    page = (bench / "DeafToSides" / "report" / "diagnosis.html").read_text("utf-8")
    assert "Where the sound is lost" in page
    assert "mixes &lt;b&gt;to mono&lt;/b&gt;" in page
    assert (bench / "DeafToSides" / "report" / "tables" / "diagnosis-verdicts.csv").exists()


@pytest.mark.slow
def test_what_cannot_be_tried_is_said_and_the_rest_is_done(bench: Path, command: Command) -> None:
    done = command("diagnose", *named(bench, "Silent"))
    assert done.code == 0, done.err
    assert "its adapter has no method encode" in done.out + done.err
    assert "keeps no source alone" in done.out + done.err
    diagnosis = load_diagnosis(bench / "Silent")
    assert diagnosis is not None
    assert len(diagnosis.audits) == 1
    assert not diagnosis.probes


def test_nothing_that_can_be_tried_ends_with_exit_code_2(bench: Path, command: Command) -> None:
    (bench / "suite" / "suite.json").rename(bench / "suite" / "away.json")
    try:
        done = command("diagnose", *named(bench, "Silent"))
    finally:
        (bench / "suite" / "away.json").rename(bench / "suite" / "suite.json")
    assert done.code == 2
    assert "is not on this machine" in done.out + done.err


def test_a_model_that_cannot_be_made_again_is_no_model(bench: Path, command: Command) -> None:
    (bench / "deaf.py").rename(bench / "moved.py")
    try:
        done = command("diagnose", *named(bench, "Silent"))
    finally:
        (bench / "moved.py").rename(bench / "deaf.py")
    assert done.code == 2
    assert "the model cannot be made again (there is no file" in done.out + done.err


def test_code_that_only_the_record_of_a_run_names_is_not_run(bench: Path, command: Command) -> None:
    file = bench / "deaf.py"
    before = file.read_text("utf-8")
    file.write_text(f"{before}\nfrom pathlib import Path\nPath({str(bench / 'ran')!r}).touch()\n", "utf-8")
    try:
        done = command("diagnose", str(bench / "Silent"))
        assert done.code == 2
        assert "code that only the record of a run names" in done.out + done.err
        assert not (bench / "ran").exists()
        done = command("diagnose", *named(bench, "Silent"))
        assert done.code == 2
        assert "deaf.py changed since the run" in done.out + done.err
    finally:
        file.write_text(before, "utf-8")
    done = command("diagnose", str(bench / "Silent"), "--model", "random")
    assert done.code == 2
    assert "--model random: the run is of" in done.err


def test_a_damaged_record_is_named_with_its_field(bench: Path, command: Command) -> None:
    folder = bench / "Silent" / "diagnosis"
    folder.mkdir(exist_ok=True)
    summary = folder / "diagnosis.json"
    summary.write_text(json.dumps({"model": 3, "done": {}}), "utf-8")
    done = command("report", str(bench / "Silent"))
    summary.write_text(Diagnosis(model="m", done={}).model_dump_json(), "utf-8")
    assert done.code == 2
    assert "diagnosis.json: model" in done.out + done.err


@pytest.mark.parametrize("kind", ["folder", "pipe", "device"])
def test_a_record_that_is_no_file_is_named(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "diagnosis" / "sae-x.json"
    path.parent.mkdir()
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(InputError, match=r"sae-x\.json cannot be read"):
        load_diagnosis(tmp_path)


def test_no_key_is_written_to_a_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-not-a-real-key")
    write_record(Diagnosis(model="sk-test-not-a-real-key", done={}), tmp_path / "record.json")
    assert "sk-test" not in (tmp_path / "record.json").read_text("utf-8")
