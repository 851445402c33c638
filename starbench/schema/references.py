"""What others hear of the sounds of a suite, as its manifest declares it: people, the ideal listener, partial ones."""

from __future__ import annotations

from pydantic import Field

from starbench.schema.base import Float, Frozen


class HumanThreshold(Frozen):
    """What people need to hear the same thing, as published."""

    threshold: Float
    unit: str
    source: str
    of: str | None = None
    """The sounds and listeners that it was measured with."""
    basis: str | None = None
    """How far the source was read, and what was assumed."""


class References(Frozen):
    """Of one suite, by sub-category."""

    human: dict[str, HumanThreshold] = Field(default_factory=dict)
    ideal_d_prime: dict[str, tuple[tuple[Float, Float], ...]] = Field(default_factory=dict)
    """Pairs of a level and the d′ of the best that can be done with the sound at that level."""
    sufficient: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Names of floors whose listeners hear what is asked about, such as one ear the distance: no floors of it."""
