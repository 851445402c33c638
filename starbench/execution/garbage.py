"""Python's search for reference cycles, paused where it only costs."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collector() -> Iterator[None]:
    """Let no search for reference cycles start within.

    Where a hundred thousand records are made and kept, the collector goes through all of them again and again, and
    finds nothing: 6 % of the time of scoring. What has no cycles is freed at once, as ever.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
