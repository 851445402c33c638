"""``starbench tokens``: what is written, shown and refused."""

from __future__ import annotations

import json
from pathlib import Path

import cochlear_sounds
import pytest
from command_line import Command

from starbench.diagnose.records import read_record, write_record
from starbench.diagnose.tokens.store import DESCRIPTION, RECORD
from starbench.schema.tokens import Tokens


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    return cochlear_sounds.folder(tmp_path / "recordings", 16)


@pytest.mark.local
def test_train_writes_weights_a_record_and_pictures(
    command: Command, recordings: Path, tmp_path: Path
) -> None:
    out = tmp_path / "tokens"
    options = ["--recordings", str(recordings), "--out", str(out), "--steps", "2", "--next-steps", "2"]
    done = command("tokens", "train", *options)
    assert done.code == 0, done.err
    assert {path.name for path in out.iterdir()} == {
        "cochlear-tokenizer.json",
        "tokenizer.safetensors",
        "next-code.safetensors",
        "tokens.json",
        "continuation-1.png",
    }
    assert (out / "continuation-1.png").read_bytes().startswith(b"\x89PNG")
    record = read_record(Tokens, out / RECORD)
    assert (record.bits, record.steps, record.codes_per_second) == (13, 2, 200)
    (source,) = record.sources
    assert (source.train_clips, source.test_clips) == (12, 4)
    assert [row.clips for row in record.reconstruction] == [4]
    assert record.next_code is not None
    assert record.next_code.test_codes == 4 * 119
    assert record.pictures == ("continuation-1.png",)
    shown = command("tokens", "report", str(out))
    assert shown.code == 0
    assert "13-bit codes, 200 a second" in shown.out
    assert "they say nothing of WavCoch" in shown.out
    again = command("tokens", "train", *options)
    assert (again.code, "name a new folder" in again.err) == (2, True)


@pytest.mark.parametrize(
    ("field", "value"),
    [("version", 2), ("bits", -5), ("width", 2**62), ("next_code.heads", 5), ("next_code.width", 2**40)],
)
def test_a_record_is_not_shown_of_a_tokenizer_that_cannot_be(
    command: Command, tmp_path: Path, field: str, value: int
) -> None:
    shape = {"layers": 1, "width": 64, "heads": 4, "context": 8, "chosen_step": 1, "sha256": ""}
    description = {"version": 1, "bits": 13, "bands": 64, "width": 256, "sha256": "", "next_code": shape}
    record = Tokens(
        name="t", kind="starbench", bits=13, codes_per_second=200.0, bands=64, parameters=1, seed=0
    )
    write_record(record, tmp_path / RECORD)
    (tmp_path / DESCRIPTION).write_text(json.dumps(description))
    assert command("tokens", "report", str(tmp_path)).code == 0
    *outer, name = field.split(".")
    (shape if outer else description)[name] = value
    (tmp_path / DESCRIPTION).write_text(json.dumps(description))
    done = command("tokens", "report", str(tmp_path))
    assert done.code == 2
    assert f"{DESCRIPTION}: {(outer or [name])[0]}" in done.err


def test_an_output_that_cannot_be_written_is_found_out_first(command: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for words in (
        ("tokens", "report", "nowhere", "--json", str(tmp_path)),
        ("sae", "report", "nowhere", "--json", str(tmp_path)),
        ("sae", "train", "--encoder", "none", "--layer", "a", "--out", str(tmp_path / "file")),
        ("separate", "nowhere", "--out", str(tmp_path / "file" / "out")),
    ):
        done = command(*words)
        assert (done.code, "cannot be written" in done.err) == (2, True), done.err


@pytest.mark.local
def test_nothing_to_train_on_is_refused(command: Command, tmp_path: Path) -> None:
    done = command("tokens", "train", "--out", str(tmp_path / "tokens"))
    assert (done.code, "--suite or --recordings" in done.err) == (2, True)


@pytest.mark.local
def test_a_checkpoint_is_not_executed_without_the_flag(
    command: Command, tmp_path: Path, recordings: Path
) -> None:
    folder = tmp_path / "wavcoch"
    folder.mkdir()
    (folder / "modeling.py").write_text(f"open({str(folder / 'marker')!r}, 'w').close()\nclass Model: ...\n")
    auto_map = {"AutoConfig": "modeling.Model", "AutoModel": "modeling.Model"}
    (folder / "config.json").write_text(json.dumps({"model_type": "any", "auto_map": auto_map}))
    done = command("tokens", "report", str(folder), "--recordings", str(recordings))
    assert (done.code, "--trust-remote-code" in done.err) == (2, True)
    assert not (folder / "marker").exists()
    hub = "TuKoResearch/WavCochV8192"
    done = command("tokens", "report", hub, "--recordings", str(recordings), "--trust-remote-code")
    assert (done.code, "never from a hub" in done.err) == (2, True)
