"""Reading replies: which option a reply chose, or why it chose none."""

from __future__ import annotations

from starbench.reading.reader import read

#: Entries record it: scores read by another version of the reader may differ.
VERSION = "2"

__all__ = ["VERSION", "read"]
