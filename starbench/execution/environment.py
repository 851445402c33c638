"""What a result depends on besides its request: versions of what changes it, threads of linear algebra."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

from starbench.version import __version__

#: Gives every linear algebra library one thread, if it is set before numpy is imported. Sums split over
#: threads differ in their last digit, so bytes would depend on the machine's cores; and threads of several
#: workers would compete for them.
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
#: Distributions whose versions a run records.
DISTRIBUTIONS = ("numpy", "scipy", "soundfile", "soxr", "pydantic", "openai")


def versions(distributions: Sequence[str] = DISTRIBUTIONS) -> dict[str, str]:
    """Versions of starbench and of those distributions that are installed."""
    installed = {"starbench": __version__}
    for name in distributions:
        with suppress(PackageNotFoundError):
            installed[name] = version(name)
    return installed


def use_one_thread() -> None:
    """One thread for linear algebra in this process; call it before numpy is imported."""
    os.environ.update(ONE_THREAD)
