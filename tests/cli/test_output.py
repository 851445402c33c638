"""What commands print besides tables holds nothing that a terminal would obey."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from starbench.cli.output import echo

CLI = Path(__file__).resolve().parents[2] / "starbench" / "cli"


def test_a_path_moves_no_cursor_and_need_not_be_utf_8(capsys: pytest.CaptureFixture[str]) -> None:
    echo("wrote /a\x1b[31m\x9b\u202eb\nc \udcff", err=True)
    assert capsys.readouterr().err == "wrote /a[31mb c ?\n"


def test_commands_print_through_one_function() -> None:
    """What they print besides is JSON without such characters."""
    lines = [
        line
        for path in CLI.rglob("*.py")
        if path.name != "output.py"
        for line in path.read_text("utf-8").splitlines()
        if re.search(r"typer\.(echo|secho)\(|\bprint\(", line)
    ]
    assert [line for line in lines if "visible_json(" not in line and "__version__" not in line] == []
