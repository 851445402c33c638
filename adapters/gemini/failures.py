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
from ..http_client.replies import field, items

if TYPE_CHECKING:
    import httpx2

#: A wrong or expired key is answered with 400, not 401 (google.api.ErrorReason).
_WRONG_KEY = "API_KEY_INVALID"
#: A daily quota comes back with the next day; Google's own gemini-cli gives up on these ids too.
_DAILY = "PerDay"
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

    ``status`` is the HTTP status, or the code inside a 200; ``body`` the decoded body, by Google's custom
    ``{"error": {"code", "message", "status", "details"}}``; ``text`` the message if the body holds none.

    Raises
    ------
    FatalError, TransientError, RequestError
        Always one of them.
    """
    error = field(body[0] if isinstance(body, list) and body else body, "error")
    details = items(field(error, "details"))
    message = str(field(error, "message") or text)
    if any(field(detail, "reason") == _WRONG_KEY for detail in details):
        raise FatalError(f"{status}: {message}", kind="auth")
    codes = QUOTA if _is_exhausted(message, details) else {str(field(error, "status"))}
    # RetryInfo and Retry-After may disagree: the longer wait satisfies both.
    waits = [wait for wait in (retry_after(headers), *map(_retry_delay, details)) if wait is not None]
    wait = {"retry-after": str(max(waits))} if waits else {}
    raise_for(status, codes, message, {"location": headers.get("location", ""), **wait})


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


def _is_exhausted(message: str, details: list[Any]) -> bool:
    quotas = [field(violation, "quotaId") for d in details for violation in items(field(d, "violations"))]
    return bool(_EXHAUSTED.search(message)) or any(_DAILY in str(quota) for quota in quotas)


def _retry_delay(detail: object) -> float | None:
    """Seconds of a ``RetryInfo``, whose duration is written as ``"17.5s"`` (protobuf's JSON mapping)."""
    duration = _DURATION.fullmatch(str(field(detail, "retryDelay")))
    return float(duration[1]) if duration else None
