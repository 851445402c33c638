"""A plan of many spatial items."""

from __future__ import annotations

import pytest
from spatial_plans import plan

from starbench.synthesis import BuildPlan


@pytest.fixture(scope="session", params=["default-1", "default-2"])
def large_plan(request: pytest.FixtureRequest) -> BuildPlan:
    return plan(2510, profile=request.param)
