"""DCASE's metadata: angles in our convention, both forms of a file, and every fault of one at once."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from starbench.tasks.annotated.annotations import (
    FRONT_HALF,
    FULL_SPHERE,
    Activity,
    Annotation,
    read_annotation,
)
from starbench.tasks.annotated.conventions import (
    clockwise_azimuth,
    lateral_deg,
    mean_direction,
    signed_azimuth,
    spread_deg,
)

ANGLES = st.floats(-180, 180)
HEADER = "frame,class,source,azimuth,distance,onscreen"


@pytest.mark.parametrize(
    ("dcase", "ours"), [(0, 0), (90, 270), (-90, 90), (180, 180), (-180, 180), (45, 315), (-1, 1), (1, 359)]
)
def test_the_left_is_at_90_for_dcase_and_at_270_here(dcase: float, ours: float) -> None:
    assert clockwise_azimuth(dcase) == ours


@given(ANGLES)
def test_conversion_keeps_front_and_behind_and_exchanges_left_and_right(dcase: float) -> None:
    ours = clockwise_azimuth(dcase)
    assert 0 <= ours < 360
    # x to the front, y to the left in DCASE's frame and to the right in ours
    assert math.cos(math.radians(ours)) == pytest.approx(math.cos(math.radians(dcase)), abs=1e-9)
    assert math.sin(math.radians(ours)) == pytest.approx(-math.sin(math.radians(dcase)), abs=1e-9)
    back = clockwise_azimuth(ours)
    assert math.cos(math.radians(back - dcase)) == pytest.approx(1, abs=1e-9)


@given(ANGLES, st.floats(-90, 90))
def test_the_mirror_turns_the_lateral_angle_round_and_front_and_behind_do_not_matter(
    azimuth: float, elevation: float
) -> None:
    lateral = lateral_deg(azimuth, elevation)
    assert -90 <= lateral <= 90
    assert lateral_deg(-azimuth, elevation) == pytest.approx(-lateral, abs=1e-6)
    assert lateral_deg(180 - azimuth, elevation) == pytest.approx(lateral, abs=1e-5)
    assert (lateral > 1e-6) <= (0 < signed_azimuth(azimuth) < 180)


@given(st.floats(0, 360), st.lists(st.floats(-20, 20), min_size=2, max_size=20))
def test_the_mean_direction_does_not_depend_on_where_angles_are_cut(
    centre: float, around: list[float]
) -> None:
    azimuths = [(centre + off) % 360 for off in (*around, *(-off for off in around))]
    azimuth, elevation = mean_direction(azimuths, [0.0] * len(azimuths))
    assert abs(signed_azimuth(azimuth - centre)) < 1e-6
    assert elevation == pytest.approx(0, abs=1e-9)
    assert spread_deg(azimuths, [0.0] * len(azimuths)) == pytest.approx(max(map(abs, around)), abs=1e-4)


def read(path: Path, text: str, *, stereo: bool = False) -> Annotation:
    path /= "fold4_room1_mix001.csv"
    path.write_bytes(text.encode())
    return read_annotation(path, FRONT_HALF if stereo else FULL_SPHERE)


def test_lines_of_starss23(tmp_path: Path) -> None:
    # With the blanks of the example in its README.
    annotation = read(tmp_path, "11,     1,  2,   10, -20, 243\n10,     1,  1,  -50,  30, 180\n\n")
    assert annotation == Annotation(
        (Activity(10, 1, 1, 50.0, 30.0, 1.8), Activity(11, 1, 2, 350.0, -20.0, 2.43)), ()
    )


def test_lines_of_stereo_seld(tmp_path: Path) -> None:
    annotation = read(tmp_path, f"{HEADER}\n0,0,1,-9,155,0\n7,8,0,75,238,1\n", stereo=True)
    assert annotation == Annotation(
        (Activity(0, 0, 1, 9.0, 0.0, 1.55), Activity(7, 8, 0, 285.0, 0.0, 2.38)), ()
    )


def test_a_clip_without_sounds_is_no_fault(tmp_path: Path) -> None:
    assert read(tmp_path, f"{HEADER}\n", stereo=True) == read(tmp_path, "") == Annotation((), ())


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("1,0,1,10,0", "has 5 cells where 6 are needed: frame, class, source, azimuth, elevation, distance"),
        (
            "x,0,1,10,0,100",
            "frame: 'x' is not a whole number from 0 to 1e+06: write the number of the 100 ms frame",
        ),
        ("-1,0,1,10,0,100", "frame: '-1'"),
        ("1,13,1,10,0,100", "class: '13' is not one of the classes: 0, 1, 2"),
        ("1,0.5,1,10,0,100", "class: '0.5'"),
        ("1,0,-1,10,0,100", "source: '-1'"),
        ("1,0,1,181,0,100", "azimuth: '181' is not a number from -180 to 180: write degrees, 90 on the left"),
        ("1,0,1,10,91,100", "elevation: '91'"),
        ("1,0,1,10,0,-5", "distance: '-5'"),
        ("1,0,1,nan,0,100", "azimuth: 'nan'"),
        ("1,0,1,,0,100", "azimuth: ''"),
        ("1,0,1,1e999,0,100", "azimuth: '1e999'"),
        ("1,0,1,é,0,100", "azimuth: 'é'"),
    ],
)
def test_a_fault_is_named_with_its_line_its_column_and_what_to_write(
    tmp_path: Path, line: str, fault: str
) -> None:
    annotation = read(tmp_path, f"0,0,1,10,0,100\n{line}\n2,0,1,10,0,100\n")
    ((number, problem),) = annotation.problems
    assert number == 2
    assert problem.startswith(fault)
    assert [one.frame for one in annotation.activities] == [0, 2]


def test_all_faults_of_a_file_are_named_at_once(tmp_path: Path) -> None:
    annotation = read(tmp_path, "0,0,1,10,0,100\n1,99,1,300,0,100\n2,0,1\n")
    assert [(line, text.partition(":")[0]) for line, text in annotation.problems] == [
        (2, "class"),
        (2, "azimuth"),
        (3, "has 3 cells where 6 are needed"),
    ]


@pytest.mark.parametrize(
    ("text", "stereo"),
    [(f"{HEADER}\n1,0,1,10,100,0\n" * 3, False), ("1,0,1,10,0,100\n" * 9, True), ("1,0,1,10,0\n" * 9, False)],
    ids=["the other data set's", "the other way round", "without distances"],
)
def test_a_file_of_another_form_is_one_fault(tmp_path: Path, text: str, stereo: bool) -> None:
    annotation = read(tmp_path, text, stereo=stereo)
    ((number, problem),) = annotation.problems
    assert number == 1
    assert "a file of this data set has" in problem
    assert annotation.activities == ()


def test_what_is_behind_cannot_stand_in_a_folded_file(tmp_path: Path) -> None:
    annotation = read(tmp_path, f"{HEADER}\n1,0,1,120,100,0\n1,0,1,10,100,2\n", stereo=True)
    assert [text.partition(":")[0] for _, text in annotation.problems] == ["azimuth", "onscreen"]
