"""When to ask again, and how long to wait: exponential backoff with full jitter, Retry-After honoured."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from starbench.engine.pacing import Pace
from starbench.engine.settings import Backoff
from starbench.errors import AdapterError, FatalError, TransientError

T = TypeVar("T")

RATE_LIMIT = "rate_limit"


async def with_retries(
    attempt: Callable[[], Awaitable[T]], backoff: Backoff, pace: Pace, rng: random.Random
) -> T:
    """Ask until it works or no attempt is left, each time when ``pace`` allows.

    Raises the last :class:`TransientError` when every allowed attempt failed, and a :class:`FatalError` when the
    server asks for a longer wait than a run should wait for, or refuses for so long. Other errors pass at once.
    """
    place, attempts = pace.place(), 0
    while True:
        permit = await pace.enter(place)
        granted_before = pace.grants
        try:
            answer = await attempt()
        except TransientError as failure:
            _refuse_long_wait(failure, failure.retry_after or 0.0, "it asks to wait", backoff)
            if failure.kind == RATE_LIMIT:
                refused_for = pace.refused(permit, failure.retry_after)
                _refuse_long_wait(failure, refused_for, "nothing was granted for", backoff)
                attempts += pace.grants == granted_before and (permit.alone or not pace.grants)
                if attempts >= backoff.max_attempts:
                    raise
            else:
                pace.failed(permit, failure.retry_after)
                attempts += 1
                wait = backoff.wait(attempts, failure, rng)
                if wait is None:
                    raise
                await asyncio.sleep(wait)
        except AdapterError:
            pace.granted(permit)
            raise
        else:
            pace.granted(permit)
            return answer
        finally:
            pace.leave(permit)


def _refuse_long_wait(failure: TransientError, seconds: float, what: str, backoff: Backoff) -> None:
    if seconds > backoff.longest_retry_after_s:
        raise FatalError(f"{failure} ({what} {seconds:.0f} s)", kind=failure.kind) from failure
