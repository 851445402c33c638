"""Waiting: bounded, jittered, as long as the server asked, and shared by all who ask it."""

from __future__ import annotations

import asyncio
import itertools
import random
import selectors
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from starbench.errors import FatalError, RequestError, TransientError
from starbench.retry import Backoff, Cooldown, persist


class _Skipping(selectors.DefaultSelector):
    """Instead of waiting, lets the clock jump to where the wait would end."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready and timeout:
            self.now += timeout
        return ready


class _Loop(asyncio.SelectorEventLoop):
    """An event loop whose time costs nothing, and is exact."""

    def __init__(self) -> None:
        self._clock = _Skipping()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now


def run(main: Coroutine[Any, Any, Any]) -> Any:
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(main)


def now() -> float:
    return asyncio.get_running_loop().time()


def failing(times: int, error: Callable[[], Exception]) -> tuple[Callable[[], Awaitable[str]], list[float]]:
    """Something to ask that fails ``times`` times, and when it was asked."""
    asked: list[float] = []

    async def ask() -> str:
        asked.append(now())
        if len(asked) <= times:
            raise error()
        return "answer"

    return ask, asked


def server_error() -> TransientError:
    return TransientError("down", kind="server")


def rate_limit(seconds: float) -> TransientError:
    return TransientError("later", kind="rate_limit", retry_after=seconds)


@pytest.mark.parametrize(
    ("attempt", "most"), [(1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0), (5, 5.0), (9, 5.0), (4000, 5.0)]
)
def test_jitter_is_full_and_its_bound_doubles_up_to_the_cap(attempt: int, most: float) -> None:
    backoff = Backoff(max_attempts=10_000, base_s=0.5, cap_s=5.0)
    rng = random.Random(attempt)
    waits = [backoff.wait(attempt, server_error(), rng) for _ in range(2000)]
    found = [wait for wait in waits if wait is not None]
    assert len(found) == len(waits)
    assert min(found) >= 0
    assert max(found) <= most
    # Uniform from nothing to the bound: not equal jitter, not a bare doubling.
    assert min(found) < 0.01 * most
    assert max(found) > 0.99 * most
    assert sum(found) / len(found) == pytest.approx(most / 2, rel=0.05)


@pytest.mark.parametrize("asked_for", [0.0, 0.3, 7.0, 600.0])
def test_retry_after_is_waited_out_in_full_with_a_little_on_top(asked_for: float) -> None:
    backoff = Backoff(base_s=0.5, cap_s=1.0, longest_retry_after_s=600.0)
    waits = [backoff.wait(1, rate_limit(asked_for), random.Random(seed)) for seed in range(500)]
    assert all(wait is not None and asked_for <= wait <= asked_for + 0.5 for wait in waits)
    assert len(set(waits)) > 400


@pytest.mark.parametrize("asked_for", [600.1, 86_400.0, float("inf")])
def test_a_wait_longer_than_anyone_would_stops_the_run(asked_for: float) -> None:
    async def ask() -> str:
        raise rate_limit(asked_for)

    async def main() -> None:
        await persist(ask, Backoff(longest_retry_after_s=600.0), Cooldown(), random.Random(0))

    with pytest.raises(FatalError, match="asks to wait") as stopped:
        asyncio.run(main())
    assert stopped.value.kind == "rate_limit"


@pytest.mark.parametrize("most", [1, 2, 5])
def test_attempts_are_bounded_and_the_last_failure_is_raised(most: int) -> None:
    async def main() -> None:
        ask, asked = failing(99, server_error)
        with pytest.raises(TransientError, match="down"):
            await persist(ask, Backoff(max_attempts=most), Cooldown(), random.Random(1))
        assert len(asked) == most

    run(main())


def test_it_stops_asking_once_it_works() -> None:
    async def main() -> None:
        ask, asked = failing(3, server_error)
        backoff = Backoff(max_attempts=9, base_s=1.0)
        assert await persist(ask, backoff, Cooldown(), random.Random(1)) == "answer"
        assert len(asked) == 4
        gaps = [later - earlier for earlier, later in itertools.pairwise(asked)]
        assert all(gap <= 2**n for n, gap in enumerate(gaps))
        assert now() == asked[-1] > 0

    run(main())


@pytest.mark.parametrize(
    "error", [RequestError("no"), FatalError("no", kind="auth"), ValueError("no"), asyncio.CancelledError()]
)
def test_what_another_attempt_cannot_mend_passes_at_once(error: BaseException) -> None:
    async def main() -> None:
        ask, asked = failing(99, lambda: error)  # type: ignore[arg-type,return-value]
        with pytest.raises(type(error)):
            await persist(ask, Backoff(), Cooldown(), random.Random(1))
        assert asked == [0.0]

    run(main())


async def _asked_by_another(after: float, cooldown: Cooldown) -> float:
    await asyncio.sleep(after)
    ask, asked = failing(0, server_error)
    await persist(ask, Backoff(), cooldown, random.Random(2))
    return asked[0]


@pytest.mark.parametrize("most", [1, 6])
def test_a_retry_after_holds_everyone_back_even_when_its_own_trial_gives_up(most: int) -> None:
    async def main() -> None:
        cooldown = Cooldown()
        ask, asked = failing(1, lambda: rate_limit(30.0))
        first = asyncio.create_task(persist(ask, Backoff(max_attempts=most), cooldown, random.Random(1)))
        others = await asyncio.gather(*(_asked_by_another(after, cooldown) for after in (1.0, 15.0, 40.0)))
        assert all(30.0 <= other <= 31.0 for other in others[:2])
        assert others[2] == pytest.approx(40.0)
        if most == 1:
            with pytest.raises(TransientError):
                await first
        else:
            await first
            assert 30.0 <= asked[1] <= 31.0

    run(main())


def test_a_pause_that_grows_while_others_wait_is_waited_out() -> None:
    async def main() -> None:
        cooldown = Cooldown()
        cooldown.extend(10.0)
        waiting = asyncio.create_task(_asked_by_another(0.0, cooldown))
        await asyncio.sleep(9.0)
        cooldown.extend(20.0)
        cooldown.extend(1.0)  # a shorter one never shortens it
        assert 29.0 <= await waiting <= 30.0


def test_those_who_waited_do_not_come_back_together() -> None:
    async def main() -> None:
        cooldown, rng = Cooldown(), random.Random(3)
        cooldown.extend(10.0)

        async def after_the_pause() -> float:
            await cooldown.over(1.0, rng)
            return now()

        back = await asyncio.gather(*(after_the_pause() for _ in range(64)))
        assert min(back) >= 10.0
        assert max(back) - min(back) > 0.8
        assert len(set(back)) == 64

    run(main())
