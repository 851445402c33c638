"""A plan of many spatial items."""

from __future__ import annotations

import pytest
from spatial_plans import plan

from starbench.synthesis import BuildPlan


@pytest.fixture(scope="session")
def large_plan() -> BuildPlan:
    return plan(2510)
