"""Methods of a plug-in that are called once and must end: its own end, or the end of its time."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

from starbench.models.adapter import finished
from starbench.models.call import in_thread

#: How long a call that was cancelled may take to clean up, s.
_CLEAN_UP_S = 1.0


async def limited(method: Any, limit_s: float | None) -> bool:
    """Call ``method``, a sync one in a thread, and return whether it ended within ``limit_s``.

    One that did not is cancelled, and left behind if it ignores that. Raises what it raises.
    """
    call = asyncio.ensure_future(_called(method))
    try:
        done, _ = await asyncio.wait((call,), timeout=limit_s)
    except asyncio.CancelledError:
        call.cancel()
        raise
    if done:
        await call
        return True
    call.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    call.cancel()
    await asyncio.wait((call,), timeout=_CLEAN_UP_S)
    return False


async def _called(method: Any) -> None:
    await (method() if inspect.iscoroutinefunction(method) else finished(await in_thread(method)))
