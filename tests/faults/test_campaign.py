"""The short form of the campaign: a few cases of each kind; ``python -m tests.faults`` runs all."""

from __future__ import annotations

import sys

import pytest

from faults.campaign import FaultKind, Verdict, run_case, short_form, table
from faults.kinds import all_kinds
from faults.world import World, make

KINDS = all_kinds()
CASES = [
    pytest.param(
        kind,
        label,
        id=f"{kind.name} / {label}",
        marks=[pytest.mark.slow] if kind.name.startswith(("kill -9: run", "kill -9: build")) else [],
    )
    for kind in KINDS
    for label in short_form(kind)
]
pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="needs RLIMIT_AS, /proc and a server of forks"
)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make(tmp_path_factory.mktemp("faults"))


@pytest.mark.parametrize(("kind", "label"), CASES)
def test_an_attack_is_survived(kind: FaultKind, label: str, world: World) -> None:
    result = run_case(kind, label, world)
    assert result.verdict is Verdict.OK, f"{result.verdict}: {result.detail}"


def test_the_long_form_has_enough_cases_and_no_name_twice() -> None:
    assert sum(len(kind.labels) for kind in KINDS) >= 2500
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    for kind in KINDS:
        assert len(set(kind.labels)) == len(kind.labels)


def test_a_table_has_a_row_for_each_kind_and_one_for_all() -> None:
    rows = table([]).splitlines()
    assert rows[-1].startswith("| **all** | 0 |")
