"""What a result depends on besides its request: versions of what changes sound, numbers or requests."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

from starbench.version import __version__

#: Distributions whose versions a run records.
DISTRIBUTIONS = ("numpy", "scipy", "soundfile", "soxr", "pydantic", "openai")


def versions(distributions: Sequence[str] = DISTRIBUTIONS) -> dict[str, str]:
    """Versions of starbench and of those distributions that are installed."""
    installed = {"starbench": __version__}
    for name in distributions:
        with suppress(PackageNotFoundError):
            installed[name] = version(name)
    return installed
