"""The record of ``starbench probe``: whose it is, and what its file is called."""

from __future__ import annotations

from pathlib import Path

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
