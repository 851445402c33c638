"""What a failed request to the Gemini API means, in starbench's own exceptions.

Google's errors carry more than a status: machine-readable details (`google.rpc.ErrorInfo`, ``QuotaFailure``,
``RetryInfo``) say that a 400 is a wrong key, that a 429 is a day's quota and not a minute's, and how
long to wait.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from starbench.errors import FatalError, TransientError

from ..http_client.failures import QUOTA, raise_for, retry_after

if TYPE_CHECKING:
    import httpx2

#: A wrong or expired key is answered with 400, not 401 (google.api.ErrorReason).
_KEY_REASONS = frozenset({"API_KEY_INVALID"})
#: A daily quota comes back with the next day; Google's own gemini-cli gives up on these ids too.
_DAILY = re.compile("PerDay")
#: Exhausted prepaid credits have no code of their own, only this text (dyad-sh/dyad#3626).
_EXHAUSTED = re.compile("credits are depleted", re.IGNORECASE)
_DURATION = re.compile(r"(\d{1,12}(?:\.\d+)?)s")


async def raise_unless_success(response: httpx2.Response) -> None:
    """Raise for a reply without success, before the SDK sees it.

    A response hook of our HTTP client: status, headers and raw body are available here, and what the SDK
    would repeat (it sends a failed upload up to three times) is left to the harness.

    Raises
    ------
    FatalError, TransientError, RequestError
        By status and details, unless the status is 200.
    """
    if response.status_code == 200:
        return
    if response.is_success:  # such as a proxy's 204
        raise TransientError(f"{response.status_code} is not a reply of the Gemini API", kind="malformed")
    body = await response.aread()
    try:
        decoded = json.loads(body)
    except (ValueError, RecursionError):
        decoded = None
    text = body.decode("utf-8", "replace").strip() or response.reason_phrase
    raise_for_error(response.status_code, decoded, text, response.headers)


def raise_for_error(status: int, body: object, text: str, headers: Mapping[str, str]) -> NoReturn:
    """Raise what an error body means for a run.

    Parameters
    ----------
    status : int
        The HTTP status, or the code inside a 200.
    body : object
        The decoded body; ``{"error": {"code", "message", "status", "details"}}`` by Google's custom.
    text : str
        The message if the body holds none.
    headers : mapping
        The reply's headers.

    Raises
    ------
    FatalError, TransientError, RequestError
        Always one of them.
    """
    error = _mapping(_mapping(body[0] if isinstance(body, list) and body else body).get("error"))
    details = [_mapping(detail) for detail in _list(error.get("details"))]
    message = str(error.get("message") or text)
    if _KEY_REASONS & {str(detail.get("reason")) for detail in details}:
        raise FatalError(f"{status}: {message}", kind="auth")
    codes = QUOTA if _is_exhausted(message, details) else {error.get("status")}
    # RetryInfo and Retry-After may disagree: the longer wait satisfies both.
    waits = [wait for wait in (retry_after(headers), *map(_retry_delay, details)) if wait is not None]
    raise_for(status, codes, message, {"retry-after": str(max(waits))} if waits else {})


@contextmanager
def transport_errors(server: str) -> Iterator[None]:
    """Turn the HTTP client's own exceptions about ``server``, which the SDK lets through, into ours."""
    import httpx2

    try:
        yield
    except httpx2.TimeoutException as error:
        raise TransientError(_message(error), kind="timeout") from error
    except httpx2.DecodingError as error:
        raise TransientError(f"the reply cannot be decoded: {_message(error)}", kind="malformed") from error
    except httpx2.HTTPError as error:
        raise TransientError(f"{server}: {_message(error)}", kind="connection") from error


def _message(error: Exception) -> str:
    return str(error) or type(error).__name__


def _is_exhausted(message: str, details: list[dict[str, Any]]) -> bool:
    violations = [_mapping(v) for detail in details for v in _list(detail.get("violations"))]
    return bool(_EXHAUSTED.search(message)) or any(_DAILY.search(str(v.get("quotaId"))) for v in violations)


def _retry_delay(detail: dict[str, Any]) -> float | None:
    """Seconds of a ``RetryInfo``, whose duration is written as ``"17.5s"`` (protobuf's JSON mapping)."""
    duration = _DURATION.fullmatch(str(detail.get("retryDelay")))
    return float(duration[1]) if duration else None


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
