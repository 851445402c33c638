"""How hard a model is pushed; nothing here changes what is asked."""

from __future__ import annotations

import random
from dataclasses import field
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field
from pydantic.dataclasses import dataclass

from starbench.errors import InputError, TransientError
from starbench.models.adapter import Model
from starbench.models.prices import prices_of
from starbench.schema import Prices, ProbeSet


@dataclass(frozen=True)
class Backoff:
    """How often and how patiently a failed request is repeated.

    Full jitter (Brooker, AWS Architecture Blog 2015): the wait before attempt n + 1 is uniform between
    nothing and ``min(cap_s, base_s · 2^(n-1))``. A server's own Retry-After is waited out in full,
    with up to ``base_s`` on top; one longer than ``longest_retry_after_s`` stops the run, because every
    other trial would meet it too, and so does a server that refuses everything for as long.

    A refusal (429) is not a failure: it is waited out together with all other requests
    (:mod:`starbench.engine.pacing`), and counts as an attempt only if the request went alone, to find out, or
    nothing was granted yet.
    """

    max_attempts: Annotated[int, Field(ge=1)] = 6
    base_s: Annotated[float, Field(ge=0)] = 1.0
    cap_s: float = 60.0
    longest_retry_after_s: float = 600.0
    timeouts: bool = True
    """Whether a request that got no reply in time is repeated."""

    def wait(self, attempt: int, failure: TransientError, rng: random.Random) -> float | None:
        """Seconds to wait after ``attempt`` (from 1) failed, or None to give up."""
        if attempt >= self.max_attempts or (failure.kind == "timeout" and not self.timeouts):
            return None
        if failure.retry_after is not None:
            return failure.retry_after + rng.uniform(0, self.base_s)
        doublings = min(attempt - 1, 64)  # more would overflow, and no cap lies beyond
        return rng.uniform(0, min(self.cap_s, self.base_s * 2**doublings))


@dataclass(frozen=True)
class Settings:
    """How a run is driven. None of it changes what is asked."""

    max_in_flight: Annotated[int, Field(ge=1)] | None = None
    """Requests under way at a time; None: as many as the server accepts."""
    rpm: Annotated[float, Field(gt=0)] | None = None
    """Requests a minute; None: as many as the server grants."""
    timeout_s: Annotated[float, Field(gt=0)] = 600.0
    backoff: Backoff = field(default_factory=Backoff)
    max_cost_usd: Annotated[float, Field(ge=0)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    prices: Prices | None = None
    """What tokens cost, where that is known."""
    canary: bool = True
    probe: ProbeSet = "basic"
    """Which probes a canary sends."""


def settings_of(
    model: Model,
    *,
    prices: Path | None = None,
    max_attempts: int = Backoff.max_attempts,
    backoff: float = Backoff.base_s,
    **limits: Any,
) -> Settings:
    """Settings from the options of a run; ``limits`` are those that have a field of their own.

    Raises :class:`pydantic.ValidationError` if one is out of its range, :class:`InputError` if dollars are
    limited and no price of the model is known.
    """
    settings = Settings(
        backoff=Backoff(max_attempts=max_attempts, base_s=backoff),
        prices=prices_of(model, prices),
        **limits,
    )
    if settings.max_cost_usd is not None and settings.prices is None:
        raise InputError(
            f"--max-cost {settings.max_cost_usd:g}: no price of model {model.spec!r} is known; give "
            "--prices FILE"
        )
    return settings
