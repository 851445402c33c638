"""What a run may use: counted as servers report it, reserved while a question is under way.

A question is asked only when what it is likely to take still fits beside all that is spent and under
way, so that a run stops before its limit and not after it. Likely is what its length says
(:mod:`starbench.engine.cost`) times the largest ratio of reported to estimated that the run has seen: a model
that thinks before it answers is noticed at the first answer, for which the others wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starbench.engine.cost import PromptSize, dollars, estimate, tokens, total
from starbench.errors import FatalError, InputError
from starbench.schema import Failure, Prices, Usage

#: The kind of the :class:`FatalError` that ends a run whose budget is spent.
SPENT = "budget"
#: Failures of requests that no server charges for; after any other it may have answered, and charged.
_FREE = frozenset(
    {"connection", "rate_limit", "server", "auth", "not_found", "quota", "bad_request", "audio"}
)
#: A first answer that reports almost nothing does not make the others free.
_LEAST_RATIO = 0.25


@dataclass
class _Limit:
    """One limit; ``worth`` is what a usage takes of it."""

    option: str
    most: float
    shown: str
    worth: Callable[[Usage], float]
    spent: float = 0.0
    reserved: float = 0.0
    ratio: float = 1.0
    """The largest of reported to estimated; 1 until something is reported."""
    reported: bool = False

    def likely(self, expected: Usage) -> float:
        return self.worth(expected) * self.ratio

    def admits(self, expected: Usage) -> bool:
        return self.spent + self.reserved + self.likely(expected) <= self.most

    def learn(self, used: Usage, expected: Usage) -> None:
        if self.worth(expected) > 0:
            ratio = max(self.worth(used) / self.worth(expected), _LEAST_RATIO)
            self.ratio = max(self.ratio, ratio) if self.reported else ratio
            self.reported = True


class Budget:
    """What a run may spend in all its attempts, US dollars and tokens in and out; None: no limit.

    Dollars can be limited only where ``prices`` are known; :class:`InputError` otherwise.
    """

    def __init__(
        self,
        max_cost_usd: float | None = None,
        max_tokens: int | None = None,
        prices: Prices | None = None,
    ) -> None:
        self._prices = prices
        self._limits: list[_Limit] = []
        if max_tokens is not None:
            self._limits.append(_Limit("--max-tokens", max_tokens, "{:,.0f} tokens", tokens))
        if max_cost_usd is not None:
            if prices is None:
                raise InputError(
                    f"--max-cost {max_cost_usd:g}: no price of the model is known; give --prices FILE"
                )
            self._limits.append(
                _Limit("--max-cost", max_cost_usd, "US $ {:,.4f}", lambda usage: dollars(usage, prices))
            )
        self.used = Usage()
        """Everything that was counted, by estimate where nothing was reported; not kept without a limit."""
        self._unreported = 0
        self._under_way = 0
        self._line = asyncio.Lock()
        self._freed = asyncio.Event()

    @property
    def limited(self) -> bool:
        return bool(self._limits)

    def spend(self, usage: Usage | None) -> None:
        """Count what was used for something else than a trial, such as the canary."""
        if self.limited:
            self.used = total([self.used, usage or Usage()]) or Usage()
        for limit in self._limits:
            limit.spent += limit.worth(usage or Usage())

    def count(self, usage: Usage | None, failure: Failure | None, size: PromptSize) -> None:
        """Count what a trial used: as the server reported it, or as estimated from ``size`` where it reported nothing.

        A failure costs nothing, unless the server may have answered all the same.
        """
        expected = estimate(size, self._prices)
        used = _used(usage, failure, expected)
        if used is expected:
            self._unreported += 1
        elif usage is not None:
            for limit in self._limits:
                limit.learn(used, expected)
        self.spend(used)

    @asynccontextmanager
    async def reserved(self, size: PromptSize) -> AsyncIterator[None]:
        """Reserve what asking ``size`` is likely to take while it is under way.

        Questions wait here, in order, while only the end of others can show whether they still fit. Raises a
        :class:`FatalError` of kind ``budget`` when one does not fit and nothing is under way.
        """
        if not self._limits:
            yield
            return
        expected = estimate(size, self._prices)
        async with self._line:
            while not all(limit.admits(expected) for limit in self._limits):
                if not self._under_way:
                    raise FatalError(self._exhausted(expected), kind=SPENT)
                self._freed.clear()
                await self._freed.wait()
            reservations = [limit.likely(expected) for limit in self._limits]
            for limit, amount in zip(self._limits, reservations, strict=True):
                limit.reserved += amount
            self._under_way += 1
        try:
            yield
        finally:
            for limit, amount in zip(self._limits, reservations, strict=True):
                limit.reserved -= amount
            self._under_way -= 1
            self._freed.set()

    def _exhausted(self, expected: Usage) -> str:
        limit = next(limit for limit in self._limits if not limit.admits(expected))
        most, spent, likely = map(limit.shown.format, (limit.most, limit.spent, limit.likely(expected)))
        unreported = f", {self._unreported} answer(s) by estimate" if self._unreported else ""
        return (
            f"{limit.option} is {most}: {spent} are used{unreported}, and the next question may take {likely}"
        )


def _used(usage: Usage | None, failure: Failure | None, expected: Usage) -> Usage:
    """What a trial is counted as: ``expected`` itself where nothing was reported."""
    if usage is not None and (usage.input_tokens is not None or usage.output_tokens is not None):
        # Sound costs most: where its tokens are not counted separately, the expected number is used.
        counted = ("input_tokens", "output_tokens", "audio_tokens")
        missing = {name: getattr(expected, name) for name in counted if getattr(usage, name) is None}
        return usage.model_copy(update=missing)
    if failure is not None and failure.kind in _FREE:
        return Usage()
    return expected
