"""The pause of Python's collector ends, however it is left."""

from __future__ import annotations

import gc
from contextlib import suppress

from starbench.execution.garbage import paused_collector


def test_the_collector_is_paused_within_and_then_as_it_was() -> None:
    assert gc.isenabled()
    with suppress(ValueError), paused_collector():
        assert not gc.isenabled()
        with paused_collector():
            pass
        assert not gc.isenabled(), "an inner pause does not end the outer one"
        raise ValueError
    assert gc.isenabled()
