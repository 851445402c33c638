"""How the report of a run is made, in the words of the command line."""

from __future__ import annotations

import shlex
from pathlib import Path

#: The folder of a run's own report.
FOLDER = "report"


def command_for(path: Path) -> str:
    """The command that makes the report of the run at ``path``, in the run's own folder."""
    return f"starbench report {shlex.quote(str(path))}"
