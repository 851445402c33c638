"""What a result depends on besides its request: versions of what changes sound, numbers or requests."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from starbench.version import __version__

#: Distributions whose versions a run records.
DISTRIBUTIONS = ("numpy", "scipy", "soundfile", "soxr", "pydantic", "openai")


def versions() -> dict[str, str]:
    """Versions of starbench and of the distributions that are installed."""
    installed = {"starbench": __version__}
    for name in DISTRIBUTIONS:
        try:
            installed[name] = version(name)
        except PackageNotFoundError:
            continue
    return installed
