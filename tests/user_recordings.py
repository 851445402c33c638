"""Sounds as a user has them: a folder of files before anything is said about them, a measured room, ambisonics."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import recorded
import recorded_scenes
import sofa_rooms
import soundfile


def recordings(folder: Path) -> None:
    """Make the folder, unless it is there: scenes in which things happen, streams, telephones and single sounds."""
    if folder.exists():
        return
    folder.mkdir()
    recorded_scenes.write_folder(folder)
    recorded.write_folder(folder)
    (folder / "labels.csv").unlink()


def sofa_room(path: Path) -> Path:
    """A room that was measured, as a SOFA file."""
    return path if path.exists() else sofa_rooms.single_room(path)


def ambisonics(path: Path) -> Path:
    """A second of noise from the front in W, Y, Z and X."""
    noise = 0.05 * np.random.default_rng(0).standard_normal(24_000)
    soundfile.write(path, np.outer(noise, [1.0, 0.0, 0.0, 1.0]), 24_000)
    return path
