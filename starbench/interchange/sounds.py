"""The sounds of a suite, copied under names that say nothing but what they hold."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath

from starbench.schema import Item
from starbench.suites.suite import AUDIO, Suite
from starbench.suites.validate import resolve_within


def copied(suite: Suite, folder: Path) -> tuple[Item, ...]:
    """The items of a suite with their sounds in ``folder``, each file as it is and named by the sound's digest."""
    (folder / AUDIO).mkdir(parents=True, exist_ok=True)
    paths = {}
    for path, clip in suite.clips.items():
        paths[path] = f"{AUDIO}/{clip.digest}{PurePosixPath(path).suffix.lower()}"
        if not (folder / paths[path]).exists():
            shutil.copyfile(resolve_within(suite.root, path, suite.boundary), folder / paths[path])
    return tuple(
        item.model_copy(
            update={
                "audio_paths": tuple(paths[path] for path in item.audio_paths),
                "uncut_audio_path": item.uncut_audio_path and paths[item.uncut_audio_path],
            }
        )
        for item in suite.items
    )
