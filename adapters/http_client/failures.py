"""What a failed HTTP request means: stop the run, retry, or give up this one question."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from email.utils import parsedate_to_datetime
from math import isfinite
from time import time
from typing import NoReturn

from starbench.errors import FatalError, RequestError, TransientError

_FATAL = {401: "auth", 402: "quota", 403: "auth", 404: "not_found"}
#: Vendors' codes for an exhausted account, which no waiting fixes.
QUOTA = frozenset({"insufficient_quota", "billing_hard_limit_reached"})


def raise_for(status: int, codes: Collection[object], message: str, headers: Mapping[str, str]) -> NoReturn:
    """Raise what an HTTP status means for a run.

    Parameters
    ----------
    status : int
        The status.
    codes : collection
        The vendor's own codes, if any: an exhausted quota comes with 429, as a rate limit does.
    message : str
        The server's message.
    headers : mapping
        The reply's headers, in lower case or case-insensitive.

    Raises
    ------
    FatalError, TransientError, RequestError
        Always one of them.
    """
    text = message if str(status) in message else f"{status}: {message}"
    if 300 <= status < 400:
        raise FatalError(f"{text} (a redirect: name the server's own address)", kind="not_found")
    if status in _FATAL:
        raise FatalError(text, kind=_FATAL[status])
    if status == 429 and QUOTA.intersection(codes):
        raise FatalError(text, kind="quota")
    if status == 429:
        raise TransientError(text, kind="rate_limit", retry_after=retry_after(headers))
    if status in (408, 409) or status >= 500:
        raise TransientError(text, kind="server", retry_after=retry_after(headers))
    raise RequestError(text)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait: ``retry-after-ms``, or ``Retry-After`` (also a date: RFC 9110 §10.2.3)."""
    for name, scale in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        value = headers.get(name)
        seconds = None if value is None else _seconds(value, scale)
        if seconds is not None:
            return seconds
    return None


def _seconds(value: str, scale: float) -> float | None:
    """Return the seconds that a header states; None for anything that is not a time to wait."""
    try:
        seconds = float(value) * scale
    except ValueError:
        return _seconds_until(value)
    return seconds if isfinite(seconds) and seconds >= 0 else None


def _seconds_until(date: str) -> float | None:
    """Return the seconds until ``date``, 0 if it has passed."""
    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - time())
    except (ValueError, OverflowError):  # not a date, or beyond any calendar
        return None
