"""Plans of many items about tones."""

from __future__ import annotations

import pytest
from tone_plans import TONES, plan

from starbench.synthesis import BuildPlan, Draft


@pytest.fixture(scope="session")
def large_plan() -> BuildPlan:
    return plan(size=2000)


@pytest.fixture(scope="session")
def many_pairs() -> dict[str, list[Draft]]:
    """6,000 items of each sub-category with two tones."""
    return {f"sensitivity_{name}": list(plan(attributes=(name,), size=6000, seed=8).drafts) for name in TONES}
