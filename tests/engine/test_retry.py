"""Waiting: bounded, jittered, as long as the server asked, and shared by all who ask it."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable

import pytest
from virtual_server import now
from virtual_server import run_virtually as run

from starbench.engine.pacing import Pace
from starbench.engine.retry import with_retries
from starbench.engine.settings import Backoff
from starbench.errors import FatalError, RequestError, TransientError


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
        await with_retries(ask, Backoff(longest_retry_after_s=600.0), Pace(), random.Random(0))

    with pytest.raises(FatalError, match="asks to wait") as stopped:
        asyncio.run(main())
    assert stopped.value.kind == "rate_limit"


@pytest.mark.parametrize("most", [1, 2, 5])
def test_attempts_are_bounded_and_the_last_failure_is_raised(most: int) -> None:
    async def main() -> None:
        ask, asked = failing(99, server_error)
        with pytest.raises(TransientError, match="down"):
            await with_retries(ask, Backoff(max_attempts=most), Pace(), random.Random(1))
        assert len(asked) == most

    run(main())


def test_it_stops_asking_once_it_works() -> None:
    async def main() -> None:
        ask, asked = failing(3, server_error)
        backoff = Backoff(max_attempts=9, base_s=1.0)
        assert await with_retries(ask, backoff, Pace(), random.Random(1)) == "answer"
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
            await with_retries(ask, Backoff(), Pace(), random.Random(1))
        assert asked == [0.0]

    run(main())


async def _asked_by_another(after: float, pace: Pace) -> float:
    await asyncio.sleep(after)
    ask, asked = failing(0, server_error)
    await with_retries(ask, Backoff(), pace, random.Random(2))
    return asked[0]


@pytest.mark.parametrize("kind", ["rate_limit", "server"])
@pytest.mark.parametrize("most", [1, 6])
def test_a_retry_after_holds_everyone_back_even_when_its_own_trial_gives_up(most: int, kind: str) -> None:
    async def main() -> None:
        pace = Pace()
        ask, asked = failing(1, lambda: TransientError("later", kind=kind, retry_after=30.0))
        first = asyncio.create_task(with_retries(ask, Backoff(max_attempts=most), pace, random.Random(1)))
        others = await asyncio.gather(*(_asked_by_another(after, pace) for after in (1.0, 15.0, 40.0)))
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
        pace = Pace()
        turns = [await pace.enter(pace.place()) for _ in range(3)]
        pace.refused(turns[0], 10.0)
        waiting = asyncio.create_task(_asked_by_another(0.0, pace))
        await asyncio.sleep(9.0)
        pace.refused(turns[1], 20.0)
        pace.refused(turns[2], 1.0)  # a shorter one never shortens it
        for turn in turns:
            pace.leave(turn)
        assert 29.0 <= await waiting <= 30.0

    run(main())


def test_waits_without_a_retry_after_grow_and_cover_a_minute() -> None:
    """A first trial that meets a spent minute gets through when the next begins, with its attempts."""

    async def main() -> None:
        ask, asked = failing(5, lambda: TransientError("later", kind="rate_limit"))
        assert await with_retries(ask, Backoff(), Pace(), random.Random(1)) == "answer"
        assert asked == pytest.approx([0.0, 1.0, 3.5, 9.75, 25.375, 64.4375])

    run(main())


def test_a_failure_of_the_one_that_asks_alone_is_not_taken_for_leave() -> None:
    async def main() -> None:
        replies = iter([rate_limit(5.0), server_error(), None])
        asked: list[float] = []

        async def ask() -> str:
            asked.append(now())
            reply = next(replies)
            if reply is not None:
                raise reply
            return "answer"

        pace = Pace()
        first = asyncio.create_task(with_retries(ask, Backoff(base_s=8.0), pace, random.Random(1)))
        other = await _asked_by_another(1.0, pace)
        await first
        assert asked[:2] == [0.0, 5.0]
        assert other > 5.0

    run(main())
