"""Keys never reach a log, a result or a report: every secret of the environment is blanked out."""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit, urlunsplit

_SECRET_NAME = re.compile(
    r"(^|[_-])(API[_-]?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)(_?\d+)?$", re.IGNORECASE
)
#: Of tokenizers, not of people.
_NO_SECRETS = re.compile(r"(^|_)(PAD|EOS|BOS|STOP|UNK|MASK)_TOKEN$", re.IGNORECASE)
#: Shorter values ("none", "EMPTY") are no secrets, and blanking them would garble ordinary text.
_SHORTEST = 8
BLANK = "[redacted]"


def redact(text: str) -> str:
    """Blank every value of an environment variable that is named like a secret."""
    for secret in _secrets():
        text = text.replace(secret, BLANK)
    return text


def names_secret(name: str) -> bool:
    """Whether an argument or a variable of this name holds a secret."""
    return bool(_SECRET_NAME.search(name)) and not _NO_SECRETS.search(name)


def address(url: str) -> str:
    """A URL without user, password, query and fragment, any of which may hold a key."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))


class _Secrets:
    """The secrets of an environment as it was last seen."""

    environment: dict[str, str] | None = None
    values: tuple[str, ...] = ()


def _secrets() -> tuple[str, ...]:
    """Secrets, longest first, so that a key is not left half-visible by a shorter one within it.

    The environment is walked only when it changed: this is asked for every text of every reply. A plug-in
    may set a key at any moment, so it is compared each time.
    """
    # The mapping below os.environ: comparing it costs a microsecond, walking os.environ forty.
    now = getattr(os.environ, "_data", None)
    if now is None or now != _Secrets.environment:
        _Secrets.environment = None if now is None else dict(now)
        named = {
            value.strip()
            for name, value in os.environ.items()
            if names_secret(name) and len(value.strip()) >= _SHORTEST
        }
        _Secrets.values = tuple(sorted(named, key=lambda value: (-len(value), value)))
    return _Secrets.values
