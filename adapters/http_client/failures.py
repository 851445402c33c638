"""What a failed HTTP request means: stop the run, retry, or give up this one question."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from email.utils import parsedate_to_datetime
from math import isfinite
from time import time
from typing import NoReturn

from starbench.errors import FatalError, RequestError, TransientError
from starbench.redact import address

_FATAL = {401: "auth", 402: "quota", 403: "auth", 404: "not_found"}
#: Vendors' codes for an exhausted account, which no waiting fixes.
QUOTA = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
#: The kinds of errors that a model behind HTTP may raise.
ERROR_KINDS = (
    "auth",
    "bad_request",
    "connection",
    "malformed",
    "not_found",
    "quota",
    "rate_limit",
    "server",
    "timeout",
)


def raise_for(status: int, codes: Collection[object], message: str, headers: Mapping[str, str]) -> NoReturn:
    """Raise what an HTTP status means for a run.

    ``codes`` are the vendor's own: an exhausted quota comes with 429, as a rate limit does. The names of
    ``headers`` are in lower case, or case-insensitive.

    Raises
    ------
    FatalError, TransientError, RequestError
        Always one of them.
    """
    if 300 <= status < 400:
        raise redirected(headers.get("location", ""), f"{status}: ")
    text = message if str(status) in message else f"{status}: {message}"
    if status in _FATAL:
        raise FatalError(text, kind=_FATAL[status])
    if status == 429 and QUOTA.intersection(codes):
        raise FatalError(text, kind="quota")
    if status == 429:
        raise TransientError(text, kind="rate_limit", retry_after=retry_after(headers))
    if status in (408, 409) or status >= 500:
        raise TransientError(text, kind="server", retry_after=retry_after(headers))
    raise RequestError(text)


def redirected(location: str, lead: str = "") -> FatalError:
    """Return the error for a server that wants a request, and so sound and key, to go to another address."""
    try:
        target = address(location)
    except ValueError:  # brackets without an IPv6 address in them
        target = ""
    return FatalError(
        f"{lead}the server redirects to {target or 'no address'}, and redirects are not followed, because sound "
        "and key would go there: name the server's own address with --base-url",
        kind="not_found",
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait: ``retry-after-ms``, or ``Retry-After`` (also a date: RFC 9110 §10.2.3)."""
    stated = ((headers.get("retry-after-ms"), 1e-3), (headers.get("retry-after"), 1.0))
    waits = (_seconds(value, scale) for value, scale in stated if value is not None)
    return next((wait for wait in waits if wait is not None), None)


def _seconds(value: str, scale: float) -> float | None:
    """Return the seconds that a header states; None for anything that is not a time to wait."""
    if not value.isascii():  # Python takes digits of any script for a number
        return None
    try:
        seconds = float(value) * scale
        return seconds if isfinite(seconds) and seconds >= 0 else None
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except (ValueError, OverflowError):  # not a date, or beyond any calendar
        return None
