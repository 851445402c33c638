"""Names that become part of a path: plain characters only, and not too many."""

from __future__ import annotations

import re

_OTHER = re.compile(r"[^\w.-]+", re.ASCII)
_LONGEST = 100


def slug(text: str) -> str:
    """``text`` with everything but letters, digits, dots and dashes made a dash, never empty."""
    return _OTHER.sub("-", text).strip("-.")[:_LONGEST] or "unnamed"
