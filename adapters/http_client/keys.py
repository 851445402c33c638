"""The key that a server asks for, read from the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from starbench.errors import InputError

#: A key travels in a header: one that does not fit there would come back in an exception's text.
_KEY = re.compile(r"[^\s\"'`\\]+", re.ASCII)


def key_of_environment(names: Iterable[str]) -> str | None:
    """Return the key in the first of the variables ``names`` that is set, None if none is.

    Raises
    ------
    InputError
        If it holds a blank, a line break, a quote or anything else that no key has; it is not shown.
    """
    for name in names:
        key = os.environ.get(name, "").strip()
        if key:
            if not (_KEY.fullmatch(key) and key.isascii() and key.isprintable()):
                raise InputError(f"{name} holds characters that no key has: export it again")
            return key
    return None
