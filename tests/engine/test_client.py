"""One client a model: its limits hold for the canary and the trials together, and what it learns is kept."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from time import sleep

import pytest

from starbench.build.build import build
from starbench.canary.run import run_canary
from starbench.engine.client import ModelClient
from starbench.engine.settings import Backoff, Settings
from starbench.errors import AudioError, RequestError, TransientError
from starbench.models.adapter import Model
from starbench.planning.plan import Request, plan_run
from starbench.runs.attempt import ask_all
from starbench.runs.run_record import RunRecord
from starbench.schema import Capabilities, Prompt, Response, Setup
from starbench.synthesis import BuildSpec

ONCE = Backoff(max_attempts=1)


class OneAtATime:
    """A plain function that bears one call at a time; the first calls outlast their time-out."""

    capabilities = Capabilities(max_in_flight=1)

    def __init__(self, slow_calls: int) -> None:
        self._slow = slow_calls
        self._lock = threading.Lock()
        self._under_way = self.most = self.calls = 0

    def generate(self, prompt: Prompt) -> str:
        with self._lock:
            self.calls += 1
            self._under_way += 1
            self.most = max(self.most, self._under_way)
            slow = self.calls <= self._slow
        sleep(0.5 if slow else 0.0)
        with self._lock:
            self._under_way -= 1
        return "<A>" if prompt.options else "a sound"


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("built") / "suite"
    build("perception", BuildSpec(("pitch",), "default", 7, 4), path, lambda *_: None)
    return path


def test_a_model_of_one_call_at_a_time_never_gets_two_from_canary_and_run(
    suite: Path, tmp_path: Path
) -> None:
    # The canary gives its probes up while their threads still run; the run's first trial must wait for them.
    adapter = OneAtATime(slow_calls=1000)
    model = Model("slow", {}, adapter)
    settings = Settings(timeout_s=0.3, backoff=ONCE)
    plan = plan_run(Request((str(suite),), Setup(limit=1)), model)
    ask_all(RunRecord(plan, tmp_path / "run"), model, settings)
    assert adapter.calls > 1
    assert adapter.most == 1


def test_what_the_canary_learns_of_a_rate_limit_is_kept() -> None:
    class Limited:
        """Refuses every fifth request."""

        calls = 0

        async def generate(self, prompt: Prompt) -> str:
            self.calls += 1
            await asyncio.sleep(0.001)
            if self.calls % 5 == 0:
                raise TransientError("slow down", kind="rate_limit", retry_after=0.01)
            return f"a sound, the {self.calls}th" if not prompt.options else "<A>"

    async def gap() -> float:
        client = ModelClient(Model("limited", {}, Limited()), Settings(backoff=Backoff(base_s=0.01)))
        assert client.pace.rate.gap(0.0) == 0.0
        await run_canary(client, None, "basic")
        return client.pace.rate.gap(asyncio.get_running_loop().time())

    assert asyncio.run(gap()) > 0


@pytest.mark.parametrize(
    ("error", "kinds", "attempts"),
    [
        (TransientError("down", kind="server"), ["server"] * 3, 3),
        (RequestError("too large"), ["bad_request"], 1),
        (AudioError("damaged"), [], 1),
    ],
)
def test_an_exchange_tells_every_attempt(error: Exception, kinds: list[str], attempts: int) -> None:
    class Failing:
        async def generate(self, prompt: Prompt) -> str:
            raise error

    settings = Settings(backoff=Backoff(max_attempts=3, base_s=0.001))
    client = ModelClient(Model("failing", {}, Failing()), settings)
    prompt = Prompt(parts=(), digest="d", key="k")
    exchange = asyncio.run(client.exchange(prompt))
    assert exchange.response is None
    assert exchange.error is error
    assert exchange.attempts == attempts
    assert [failure.kind for failure in exchange.failures] == kinds
    with pytest.raises(type(error)):
        asyncio.run(ModelClient(Model("failing", {}, Failing()), settings).ask(prompt))


@pytest.mark.parametrize("repeated", [True, False])
def test_time_outs_are_repeated_unless_told_otherwise(repeated: bool) -> None:
    class Stuck:
        calls = 0

        async def generate(self, prompt: Prompt) -> Response:
            self.calls += 1
            await asyncio.sleep(60)
            return Response(text="late")

    adapter = Stuck()
    settings = Settings(timeout_s=0.01, backoff=Backoff(max_attempts=3, base_s=0.001, timeouts=repeated))
    exchange = asyncio.run(
        ModelClient(Model("stuck", {}, adapter), settings).exchange(Prompt(parts=(), digest="d", key="k"))
    )
    assert adapter.calls == exchange.attempts == (3 if repeated else 1)
    assert {failure.kind for failure in exchange.failures} == {"timeout"}
