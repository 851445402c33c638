"""Plans of many items about places."""

from __future__ import annotations

import pytest
from drafts import by_sub_category
from place_plans import plan

from starbench.synthesis import BuildPlan, Draft


@pytest.fixture(scope="session")
def large_plan() -> BuildPlan:
    return plan(size=2400)


@pytest.fixture(scope="session", params=["default-1", "default-2"])
def many_items(request: pytest.FixtureRequest) -> dict[str, list[Draft]]:
    return by_sub_category(plan(size=6000, seed=8, profile=request.param).drafts)
