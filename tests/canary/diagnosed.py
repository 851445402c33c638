"""What the canary says of a server, asked over real HTTP through the real ``openai`` adapter."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from canary_servers import Behaviour, serving

from starbench.canary.diagnose import MOST_PROBES, diagnose
from starbench.models.call import AdapterCall
from starbench.models.resolve import resolve
from starbench.schema import Canary, Capabilities, ProbeSet


class Verdicts(NamedTuple):
    transport: str
    hearing: str
    ears: str = "unknown"
    length: str = "unknown"
    band: str = "unknown"

    @property
    def basic(self) -> Verdicts:
        """As a basic canary has them."""
        return self._replace(length="unknown", band="unknown")


def verdicts(canary: Canary) -> Verdicts:
    return Verdicts(*(getattr(canary, name) for name in Verdicts._fields))


def diagnosed(
    behaviour: Behaviour,
    capabilities: Capabilities | None = None,
    rate: int | None = None,
    probe: ProbeSet = "all",
    *,
    two_channels: bool = True,
) -> Canary:
    """The canary of a server; a basic one never takes more requests than it may."""

    async def ask(url: str) -> Canary:
        model = resolve("openai:m", {"base_url": url})
        try:
            limits = capabilities or Capabilities()
            call = AdapterCall(model.adapter)
            return await diagnose(call, limits, rate=rate, probe=probe, two_channels=two_channels)
        finally:
            await model.close()

    before = len(behaviour.asked)
    with serving(behaviour) as url:
        canary = asyncio.run(ask(url))
    assert canary.requests == len(behaviour.asked) - before
    assert probe == "all" or canary.requests <= MOST_PROBES == 40
    return canary
