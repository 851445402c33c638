"""Data for pages as script files: a page that is opened from disk may load a script, and no other data."""

from __future__ import annotations

import json
from typing import Any

#: What could end the script or the line it stands in, whatever reads it; JSON may hold escapes for them.
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def call(function: str, *arguments: Any) -> str:
    """A script that calls a function of the pages with data, in ASCII, safe wherever a script may stand."""
    data = json.dumps(arguments, ensure_ascii=True, separators=(",", ":"), allow_nan=False)[1:-1]
    for character, escape in _ESCAPES.items():
        data = data.replace(character, escape)
    return f"starbench.{function}({data});\n"
