"""Where things are kept that can be made again: in the user's cache folder."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder(name: str = "") -> Path:
    """Our folder ``name`` in the user's cache folder, which ``XDG_CACHE_HOME`` names; nothing is made there.

    Raises :class:`RuntimeError` where nobody knows the user's home.
    """
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "starbench" / name
