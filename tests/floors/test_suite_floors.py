"""``starbench floors``: a file beside the suite that changes nothing of it, and stands beside the scores of runs."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import noise_bursts
import pytest
from command_line import Command

from starbench.errors import SuiteError
from starbench.floors import listeners
from starbench.floors import suite as suite_floors
from starbench.reporting.floors import highest, listed
from starbench.runs.load import load
from starbench.schema.floors import Floors
from starbench.scoring.run import score
from starbench.suites.floors import FLOORS, read_floors, write_floors
from starbench.suites.suite import read
from starbench.verify.audit import verify


@pytest.fixture
def bursts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A suite that few listeners listen to, so that they are done soon."""
    monkeypatch.setattr(suite_floors, "FLOORS", ("level", "colour", "one_interval"))
    monkeypatch.setattr(suite_floors, "BINAURAL", "level")
    assert set(suite_floors.FLOORS) < {*listeners.FLOORS}
    return noise_bursts.write(tmp_path / "suite", 64, ild_db=8, rove_db=3)


def test_floors_are_written_beside_the_suite_and_change_nothing_of_it(bursts: Path, command: Command) -> None:
    before = read(bursts).digest
    done = command("floors", str(bursts), "--workers", "1")
    assert done.code == 0, done
    assert "side" in done.out
    assert sorted(path.name for path in bursts.iterdir()) == ["audio", FLOORS, "metadata.jsonl", "suite.json"]
    suite = read(bursts)
    assert suite.digest == before
    found = read_floors(suite)
    assert found is not None
    (part,) = found.parts
    assert (part.name, part.n_items, part.chance) == ("side", 64, 0.5)
    assert part.floors.level is not None
    assert part.floors.one_interval is None
    assert "two sounds" in part.missing["one_interval"]
    assert {"numpy", "scikit-learn"} <= set(found.versions)
    assert verify(bursts, workers=1).floors == found


def test_a_run_keeps_the_floors_that_lay_beside_its_suite(
    bursts: Path, tmp_path: Path, command: Command
) -> None:
    run = ["run", "--model", "constant:A", "--suite", str(bursts), "--condition", "audio,question-only"]
    assert command(*run, "--out", str(tmp_path / "before"), "--no-canary").code == 0
    assert command("floors", str(bursts), "--workers", "1").code == 0
    floors = json.loads((bursts / FLOORS).read_text("utf-8"))["parts"][0]["floors"]
    assert command(*run, "--out", str(tmp_path / "after"), "--no-canary").code == 0
    shutil.rmtree(bursts)
    (then,) = score(load(tmp_path / "before")).suites
    (now,) = score(load(tmp_path / "after")).suites
    assert then.tasks[0].floors is None
    audio, blind = now.tasks
    assert audio.floors is not None
    assert audio.floors.model_dump() == audio.sub_categories[0].floors.model_dump() == floors  # type: ignore[union-attr]
    assert now.headlines[0].floors == audio.floors
    assert blind.floors is None
    assert audio.model_copy(update={"floors": None, "sub_categories": ()}) == then.tasks[0].model_copy(
        update={"sub_categories": ()}
    )
    shown = command("score", str(tmp_path / "after"))
    assert "highest floor" in shown.out
    assert "highest floor" not in command("score", str(tmp_path / "before")).out


def test_floors_of_another_suite_are_no_floors_and_damaged_ones_are_named(bursts: Path) -> None:
    floors = suite_floors.floors_of(read(bursts), 1)
    other = floors.model_copy(update={"digest": "0" * 64})
    (bursts / FLOORS).write_text(other.model_dump_json())
    assert read_floors(read(bursts)) is None
    found = verify(bursts, workers=1)
    assert "another suite" in found.unmeasured[-1]["why"]
    (bursts / FLOORS).write_text('{"suite": 1}')
    with pytest.raises(SuiteError, match=r"damaged.*starbench floors"):
        read_floors(read(bursts))
    assert "damaged" in verify(bursts, workers=1).unmeasured[-1]["why"]
    assert read(bursts).items


def test_published_floors_stand_for_those_of_a_suite_of_the_same_design(bursts: Path) -> None:
    spec = {"task": "spatial", "attributes": ["localisation"], "profile": "default-2", "seed": 3, "size": 9}
    plain = replace(read(bursts), spec=spec)
    found = read_floors(plain)
    assert found is not None
    assert found.suite == "spatial-default-2-seed7"
    assert 0.2 < (found.by_part({})["sector"].one_ear or 0.0) < 0.62
    for changed in (
        {"profile": "default-1"},
        {"profile": "../default-2"},
        {"rt60": ["anechoic"]},
        {"task": 3},
    ):
        assert read_floors(replace(plain, spec=spec | changed)) is None
    own = suite_floors.floors_of(plain, 1)
    write_floors(bursts, own)
    assert read_floors(plain) == own


def test_the_items_of_other_suites_help_where_there_are_few(
    bursts: Path, tmp_path: Path, command: Command
) -> None:
    few = noise_bursts.write(tmp_path / "few", 8, ild_db=8, rove_db=3, seed=9)
    assert suite_floors.floors_of(read(few), 1).parts[0].floors == Floors()
    done = command("floors", str(few), "--with", str(bursts), "--workers", "1")
    assert done.code == 0, done
    found = read_floors(read(few))
    assert found is not None
    assert found.others == (read(bursts).digest,)
    assert found.parts[0].n_items == 72
    twice = command("floors", str(few), "--with", str(few), "--workers", "1")
    assert twice.code == 2
    assert "given twice" in twice.err


def test_without_scikit_learn_the_fix_is_named(
    bursts: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suite_floors, "find_spec", lambda _name: None)
    done = command("floors", str(bursts))
    assert done.code == 2
    assert "pip install 'starbench[floors]'" in done.err
    out = bursts.parent / "built"
    built = command("build", "perception", "--size", "6", "--out", str(out), "--floors")
    assert built.code == 2
    assert not out.exists()


def test_the_highest_floor_is_shown_with_who_reaches_it() -> None:
    floors = Floors(one_ear=0.61, colour=0.7)
    assert highest(floors).split() == ["70.0", "colour"]
    assert highest(None) == highest(Floors()) == "–"
    assert [part.split()[0] for part in listed(floors).split(", ")] == ["one", "colour"]
