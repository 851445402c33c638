"""What a server lists at ``/models``, for the sentence about a model that was not found."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from starbench.errors import AdapterError

from ..http_client.replies import field, items
from ..http_client.server import LOOK_UP_S

if TYPE_CHECKING:
    from openai import AsyncOpenAI

#: Names of models in a sentence.
_SHOWN = 3


class ListedModels:
    """The models that a server lists: looked up once, and only when a question was answered with 404.

    A list binds a server to nothing (proxies list little and serve more), so no model is refused for
    missing in it.
    """

    def __init__(self, client: AsyncOpenAI) -> None:
        self._client = client
        self._lock = asyncio.Lock()
        self._names: Sequence[str] | None = None

    async def advice(self, model: str) -> str:
        """Say what to do about a ``model`` that was not found; nothing where the server lists it."""
        async with self._lock:  # the questions of a run fail together, and one list serves them all
            if self._names is None:
                self._names = await self._look_up()
        if model in self._names:
            return ""
        if not self._names:
            return "check the model's name and --base-url, which ends in /v1 at most servers"
        close = closest(model, self._names)
        if close:
            return f"did you mean {' or '.join(map(repr, close))}? Name it with --model openai:{close[0]}"
        more = len(self._names) - _SHOWN
        listed = ", ".join(self._names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
        return f"the server lists {listed}: name one with --model openai:NAME"

    async def _look_up(self) -> Sequence[str]:
        import openai

        try:
            async with asyncio.timeout(LOOK_UP_S):
                reply = await self._client.models.with_raw_response.list()
            listing = reply.http_response.json()
        except (openai.OpenAIError, AdapterError, ValueError, RecursionError, TimeoutError):
            return ()
        names = [field(row, "id") for row in items(field(listing, "data"))]
        return tuple(name for name in names if isinstance(name, str) and name)


def closest(model: str, names: Iterable[str]) -> list[str]:
    """Return the names most like ``model``, best first, whatever their owner and case."""
    by_bare = {_bare(name): name for name in names}
    bare_model = _bare(model)
    alike = get_close_matches(bare_model, by_bare, n=_SHOWN)
    longer = sorted((bare for bare in by_bare if bare_model and bare_model in bare), key=len)
    return [by_bare[bare] for bare in dict.fromkeys([*alike, *longer])][:_SHOWN]


def _bare(name: str) -> str:
    return name.rpartition("/")[2].casefold()
