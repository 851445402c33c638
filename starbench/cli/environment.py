"""What must be set before numpy is imported, by whatever comes next."""

from __future__ import annotations

import os


def use_one_thread() -> None:
    """One thread for linear algebra, so that a build has the same bytes on any number of processors."""
    from starbench.execution.processes import ONE_THREAD

    os.environ.update(ONE_THREAD)
