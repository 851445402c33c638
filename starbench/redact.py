"""Keys never reach a log, a result or a report: every known secret is blanked out, however it is written.

Known are the secrets of the environment, and what was registered: keys inside arguments and addresses.
"""

from __future__ import annotations

import html
import json
import os
import re
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit, urlunsplit

_SECRET_NAME = re.compile(
    r"(^|[_-])(API[_-]?KEYS?|KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|AUTH|AUTHORIZATION|BEARER|"
    r"COOKIE)(_?\d+)?$",
    re.IGNORECASE,
)
#: Of tokenizers, not of people.
_NO_SECRETS = re.compile(r"(^|_)(PAD|EOS|BOS|STOP|UNK|MASK)_TOKEN$", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z\d])(?=[A-Z])")
#: Shorter values ("none", "EMPTY") are no secrets, and blanking them would garble ordinary text.
_SHORTEST = 8
BLANK = "[redacted]"

#: ``Authorization: Bearer KEY`` and its like, wherever it stands.
_SCHEME = re.compile(r"\b(?:bearer|basic|token)\s+([^\s\"',;}\]]+)", re.IGNORECASE)
#: A field and its value in a text that is not JSON.
_FIELD = re.compile(
    r"""(?<![\w-])([\w-]+)["']?\s*[:=]\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s"',;}&]+))"""
)
_LOGIN = re.compile(r"//([^/?#\s]*)@")
_ADDRESS = re.compile(r"(?:[\w+.-]*://)?(?:[^/?#]*@)?[^/?#]*(?P<path>[^?#]*)(?P<rest>.*)", re.DOTALL)
#: Part of a path that is a key by its looks: a vendor's mark, a UUID, or long and of letters and digits.
_TOKEN = re.compile(
    r"^(?:sk|pk|rk|hf|gsk|ghp|xai|nvapi|key|token)[-_].{8,}|^AIza.{8,}"
    r"|[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}"
    r"|(?<![A-Za-z\d])(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z\d]{16,}|(?<![A-Za-z])[A-Za-z]{32,}",
    re.IGNORECASE,
)
_URL_SAFE = str.maketrans("+/", "-_")


def redact(text: str) -> str:
    """Blank every known secret: as it is, escaped as by ``repr`` or JSON, in an address, in base64."""
    if len(text) < _SHORTEST:
        return text
    for secret in _secrets():
        text = text.replace(secret, BLANK)
    return text


def names_secret(name: str) -> bool:
    """Whether an argument or a variable of this name holds a secret."""
    words = _CAMEL.sub("_", name)
    return bool(_SECRET_NAME.search(words)) and not _NO_SECRETS.search(words)


def address(url: str) -> str:
    """A URL without what may hold a key: user, password, query, fragment, and keys in its path."""
    parts = urlsplit(url)
    segments = parts.path.rstrip("/").split("/")
    keys = set(_keys_in(segments))
    path = "/".join(BLANK if segment in keys else segment for segment in segments)
    return redact(urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], path, "", "")))


# --- registering -----------------------------------------------------------------------------------


def register(secret: str) -> None:
    """Blank ``secret`` from now on, as a key of the environment is."""
    if len(secret.strip()) >= _SHORTEST and secret.strip() not in _Secrets.registered:
        _Secrets.registered.add(secret.strip())
        _Secrets.environment = None


def register_fields(text: str) -> None:
    """Register what stands in the fields of ``text`` that are named like secrets, and after ``Bearer``."""
    for secret in _SCHEME.findall(text):
        register(secret)
    try:
        fields = list(_named(json.loads(text)))
    except (ValueError, RecursionError):
        fields = [(name, "".join(values)) for name, *values in _FIELD.findall(text)]
    for name, value in fields:
        if names_secret(name):
            register(value)


def register_address(url: str) -> None:
    """Register what an address holds besides the address: a login, a query, keys in its path."""
    for secret in _logins(url):
        register(secret)
    match = _ADDRESS.match(url)
    if match is not None:
        for secret in _keys_in(match["path"].split("/")):
            register(secret)
        for part in re.split(r"[?&#;]", match["rest"]):
            value = part.partition("=")[2] or part
            register(value)
            register(unquote(value))


def _named(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a JSON value, with the name of the innermost field named like a secret that it is in."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _named(inner, key if names_secret(key) else name)
    elif isinstance(value, list):
        for inner in value:
            yield from _named(inner, name)


def _logins(text: str) -> Iterator[str]:
    """Passwords of the addresses in ``text``; a user without one may be a token."""
    for login in _LOGIN.findall(text if "//" in text else f"//{text}"):
        user, colon, password = login.partition(":")
        for secret in (password if colon else user, user if _TOKEN.search(user) else ""):
            yield secret
            yield unquote(secret)


def _keys_in(segments: list[str]) -> Iterator[str]:
    """The parts of a path that are keys by their looks, or by the name before them."""
    for before, segment in zip(["", *segments], segments, strict=False):
        name, equals, _ = segment.partition("=")
        if _TOKEN.search(segment) or (segment and names_secret(name if equals else before)):
            yield segment


# --- what is blanked -------------------------------------------------------------------------------


class _Secrets:
    """The secrets that are known, and the environment as it was last seen."""

    environment: dict[str, str] | None = None
    registered: set[str] = set()  # noqa: RUF012 - one for the whole process
    values: tuple[str, ...] = ()
    """All forms of all secrets."""


def _secrets() -> tuple[str, ...]:
    """Secrets in every form, longest first, so that a key is not left half-visible by a shorter one within it.

    The environment is walked only when it changed: this is asked for every text of every reply. A plug-in
    may set a key at any moment, so it is compared each time.
    """
    # The mapping below os.environ: comparing it costs a microsecond, walking os.environ forty.
    now = getattr(os.environ, "_data", None)
    if now is None or now != _Secrets.environment:
        _Secrets.environment = None if now is None else dict(now)
        named = {
            line for secret in _known() for line in (secret.strip(), *map(str.strip, secret.splitlines()))
        }
        forms = {form for secret in named if len(secret) >= _SHORTEST for form in _forms(secret)}
        _Secrets.values = tuple(sorted(forms, key=lambda form: (-len(form), form)))
    return _Secrets.values


def _known() -> Iterator[str]:
    yield from _Secrets.registered
    for name, value in os.environ.items():
        if names_secret(name):
            yield value
        else:  # headers, and proxies with a login
            yield from _SCHEME.findall(value)
            if "//" in value:
                yield from _logins(value)


def _forms(secret: str) -> set[str]:
    """A secret as programs write it."""
    forms = {secret}
    for _ in range(2):  # such as JSON within JSON
        forms |= {escaped for form in forms for escaped in _escaped(form)}
    data = secret.encode("utf-8", "surrogatepass")
    for offset in range(3):
        # Three bytes make four letters, so what stands before it, such as a user, decides among three forms.
        encoded = b64encode(bytes(offset) + data).decode()[
            -(-offset * 8 // 6) : (offset + len(data)) * 8 // 6
        ]
        forms |= {encoded, encoded.translate(_URL_SAFE)}
    return {form for form in forms if len(form) >= _SHORTEST}


def _escaped(text: str) -> Iterator[str]:
    yield " ".join(text.split())
    yield repr(text)[1:-1]
    yield ascii(text)[1:-1]
    yield html.escape(text)
    for in_json in (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]):
        yield in_json
        yield in_json.replace("/", r"\/")
    for safe in ("/", ""):
        encoded = quote(text, safe, errors="surrogatepass")
        yield encoded
        yield re.sub("%..", lambda code: code[0].lower(), encoded)
    yield quote_plus(text, errors="surrogatepass")
