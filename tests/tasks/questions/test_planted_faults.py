"""Every fault of a file of questions is named at once, by its place, its field and what to do."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from command_line import Command

sys.path.append(str(Path(__file__).parent))
from tables_of_faults import PLANTS, Plant

from starbench.suites.open import open_suite


def _arguments(plant: Plant) -> tuple[str, ...]:
    return (f"questions:{plant.file}", *plant.arguments)


@pytest.mark.parametrize("kind", PLANTS)
def test_every_planted_fault_has_a_sentence_of_its_own_at_once(
    kind: str, tmp_path: Path, command: Command
) -> None:
    plant = PLANTS[kind](tmp_path)
    result = command("questions", "check", *_arguments(plant))
    assert result.code == 2, result
    lines = [line.strip() for line in result.err.splitlines()[1:]]
    assert f"{len(plant.faults)} problem(s)" in result.err, result.err
    left = list(lines)
    for parts in plant.faults:
        line = next((line for line in left if all(part in line for part in parts)), None)
        assert line is not None, (parts, lines)
        left.remove(line)
    assert not left


def test_sixty_different_faults_are_planted(tmp_path: Path) -> None:
    plants = [plant(tmp_path) for plant in PLANTS.values()]
    assert len({parts for plant in plants for parts in plant.faults}) >= 60


@pytest.mark.parametrize("kind", PLANTS)
def test_a_run_without_the_bad_rows_asks_every_good_one(kind: str, tmp_path: Path, command: Command) -> None:
    plant = PLANTS[kind](tmp_path)
    out = tmp_path / "run"
    suite, *arguments = _arguments(plant)
    refused = command("run", "--model", "constant:A", "--suite", suite, "--out", str(out), *arguments)
    assert refused.code == 2
    assert not out.exists()
    result = command(
        "run",
        "--model",
        "constant:A",
        "--suite",
        suite,
        "--out",
        str(out),
        "--no-canary",
        "--skip-bad",
        *arguments,
    )
    assert result.code == 0, result.err
    listed = command("items", str(out), "--json")
    assert all(f'"{one}"' in listed.out for one in plant.good), listed.out


@pytest.mark.parametrize("kind", PLANTS)
def test_exactly_the_good_rows_are_kept(kind: str, tmp_path: Path) -> None:
    plant = PLANTS[kind](tmp_path)
    loading = {"sounds": Path(plant.arguments[1])} if plant.arguments else {}
    suite = open_suite(f"questions:{plant.file}", skip_bad=True, loading=loading)
    assert [item.id for item in suite.items] == plant.good
    assert len(suite.skipped) == len(plant.faults)
