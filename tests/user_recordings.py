"""A folder of sound files as a user has it before anything is said about them: no labels, names of files."""

from __future__ import annotations

from pathlib import Path

import recorded
import recorded_scenes


def recordings(folder: Path) -> None:
    """Make the folder, unless it is there: scenes in which things happen, streams, telephones and single sounds."""
    if folder.exists():
        return
    folder.mkdir()
    recorded_scenes.write_folder(folder)
    recorded.write_folder(folder)
    (folder / "labels.csv").unlink()
