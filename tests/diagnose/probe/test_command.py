"""The record of ``starbench probe``: whose it is, and what its file is called."""

from __future__ import annotations

from pathlib import Path

from command_line import Command

from starbench.cli.commands.probe import _name
from starbench.models.encoder import resolve_encoder


def test_other_arguments_are_another_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "class Mine:\n    def __init__(self, size=1): ...\n    def encode(self, audio): return {}\n"
    )
    none, one, two, again = (
        _name(resolve_encoder(f"{file}:Mine", given))
        for given in ({}, {"size": "1"}, {"size": "2"}, {"size": "1"})
    )
    assert len({none, one, two}) == 3
    assert one == again


def test_a_record_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path, command: Command) -> None:
    (tmp_path / "mine.py").write_text("def encode(audio): return {}\n")
    said = command(
        "probe",
        "--encoder",
        f"{tmp_path}/mine.py:encode",
        "--suite",
        f"{tmp_path}/none",
        "--json",
        str(tmp_path),
    )
    assert said.code == 2
    assert f"{tmp_path} cannot be written (it is a folder)" in said.err
