"""Rooms over a polygon: against boxes of our own, against what is physically the same, and what is refused."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import numpy as np
import pytest
from example_room import RATE
from scipy.spatial import cKDTree

from starbench.errors import StimulusError
from starbench.synth import acoustics
from starbench.synth.geometry import unit
from starbench.synth.image_sources import ImageSources, shoebox_images
from starbench.synth.microphones import array_response
from starbench.synth.prism import Prism
from starbench.synth.prism_images import prism_images
from starbench.synth.scene import scene
from starbench.synth.shoebox import Shoebox
from starbench.synth.surfaces import Surfaces
from starbench.synthesis import Stimulus

pytest.importorskip("pyroomacoustics")

MIXED = Surfaces(floor="carpet", walls="panelling", ceiling="plasterboard")
#: Size, T30, listener, direction and distance of the source, surfaces. The third is symmetric about the listener, so
#: that paths of its sound meet corners.
BOXES: dict[str, tuple[Any, ...]] = {
    "plain": ((6.0, 5.0, 3.0), 0.4, (2.5, 2.2, 1.4), (30.0, 10.0), 1.7, None),
    "live": ((8.0, 4.5, 2.7), 0.8, (1.1, 3.2, 1.2), (345.0, -5.0), 2.4, None),
    "symmetric": ((5.0, 5.0, 3.0), 0.5, (2.5, 2.5, 1.5), (45.0, 0.0), 1.0, None),
    "surfaces": ((7.0, 5.6, 3.2), 0.5, (4.4, 1.3, 1.6), (310.0, 0.0), 2.1, MIXED),
    "near a wall": ((6.5, 4.1, 2.9), 0.5, (0.2, 2.6, 1.3), (300.0, 15.0), 1.2, MIXED),
}
L_SHAPED: dict[str, Any] = {
    "corners": [[0, 0], [6, 0], [6, 3], [3, 3], [3, 6], [0, 6]],
    "height_m": 2.8,
    "materials": {"floor": "carpet", "walls": "plasterboard", "ceiling": "plaster"},
    "listener_m": [1.5, 1.5, 1.4],
    "rays": 5_000,
}


def box_and_prism(name: str, **fields: Any) -> tuple[Shoebox, Prism, np.ndarray]:
    size, rt60, listener, direction, distance, surfaces = BOXES[name]
    box = Shoebox(size, rt60, listener, 20.0, surfaces)
    x, y, height = size
    walls: dict[str, Any] = {"absorption": box.absorption}
    if box.losses is not None:
        absorbed = (-np.expm1(-2.0 * box.losses))[:, :6].tolist()
        parts = zip(("walls", "floor", "ceiling"), map(tuple, absorbed), strict=True)
        walls = {"materials": Surfaces(**dict(parts))}
    corners = ((0.0, 0.0), (x, 0.0), (x, y), (0.0, y))
    return box, Prism(corners, height, listener, 20.0, **walls, **fields), unit(*direction) * distance


def of_order(images: ImageSources, most: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places, orders, and levels in the octaves (dB) of images of up to an order."""
    which = np.flatnonzero(images.orders <= most)
    octaves = images.of_octaves(which)
    level = 20 * np.log10(images.gains[which])[:, None]
    return (
        images.offsets[which],
        images.orders[which],
        level + 8.685889638 * (0 if octaves is None else octaves),
    )


@pytest.mark.parametrize("name", BOXES)
def test_early_images_of_a_box_are_those_of_our_lattice(name: str) -> None:
    box, prism, offset = box_and_prism(name, rays=1_000)
    theirs = prism_images(prism, offset)
    early = theirs.orders <= 6
    reach_s = float(theirs.distances[early].max() - theirs.distances[0]) / 343.0
    place, order, level = of_order(shoebox_images(box, offset, reach_s + 1e-6), 6)
    their_place, their_order, their_level = of_order(theirs, 6)
    assert len(their_place) == len(place) == 377
    apart, match = cKDTree(place).query(their_place)
    assert len(set(match)) == 377
    assert apart.max() < 1e-3
    assert np.array_equal(order[match], their_order)
    assert np.abs(their_level - level[match]).max() < 0.01
    assert np.array_equal(theirs.offsets[0], offset)
    assert theirs.orders[0] == 0


@pytest.mark.parametrize(("name", "most"), [*((name, 6) for name in BOXES), ("plain", 2), ("surfaces", 3)])
def test_a_traced_tail_has_the_energy_and_the_decay_of_a_box(name: str, most: int) -> None:
    box, prism, offset = box_and_prism(name, max_order=most)
    ours, theirs = (
        array_response(images, np.zeros((1, 3)), RATE)
        for images in (shoebox_images(box, offset), prism_images(prism, offset))
    )
    values = [
        (
            acoustics.direct_to_reverberant_db(direct, rest),
            acoustics.reverberation_time_s(direct + rest, RATE),
        )
        for direct, rest in (
            (acoustics.high_pass(each.direct, RATE), acoustics.high_pass(each.rest, RATE))
            for each in (ours, theirs)
        )
    ]
    assert values[1][0] == pytest.approx(values[0][0], abs=1.0)
    assert values[1][1] == pytest.approx(values[0][1], rel=0.10)


@pytest.mark.slow
def test_over_many_boxes_the_tail_is_right_on_average() -> None:
    """No order is counted twice or left out: that would be a bias, which single rooms hide."""
    rng = np.random.default_rng(4)
    differences = []
    for _ in range(12):
        size = tuple(rng.uniform((4.0, 3.5, 2.5), (9.0, 7.0, 4.0)).tolist())
        box = Shoebox(
            size, float(rng.uniform(0.3, 0.7)), tuple(rng.uniform(0.8, np.array(size) - 0.8).tolist())
        )
        offset = unit(rng.uniform(0, 360)) * 0.7
        corners = ((0.0, 0.0), (size[0], 0.0), size[:2], (0.0, size[1]))
        prism = Prism(corners, size[2], box.listener_m, absorption=box.absorption, max_order=3)
        late = [
            float(np.square(images.gains[images.orders > 3]).sum())
            for images in (shoebox_images(box, offset, 2.0 * box.rt60_s), prism_images(prism, offset))
        ]
        differences.append(10 * np.log10(late[1] / late[0]))
    assert np.abs(differences).max() < 0.3
    assert np.mean(differences) == pytest.approx(0.0, abs=0.1)


def test_images_of_an_l_shaped_room_are_in_sight() -> None:
    """Each path of the plan is followed back from the listener by mirrors of this test's own."""
    prism = Prism(
        **L_SHAPED | {"materials": None, "absorption": 0.3, "listener_m": (1.37, 4.71, 1.4)}, max_order=3
    )
    source = np.array([2.11, 1.03, 1.4])
    images = prism_images(prism, source - prism.listener_m)
    plan: dict[tuple[float, float], int] = {}
    for (x, y, _), order in zip(prism.to_room(images.offsets), images.orders.tolist(), strict=True):
        if order <= 3:  # the least order of a place of the plan is that without floor and ceiling
            plan[round(float(x), 3), round(float(y), 3)] = min(order, plan.get((round(x, 3), round(y, 3)), 3))
    ends = [np.array(corner, float) for corner in L_SHAPED["corners"]]
    walls = list(zip(ends, [*ends[1:], ends[0]], strict=True))
    expected = {(2.11, 1.03): 0}
    for path in paths(len(walls), 3):
        image = source[:2]
        for wall in path:
            image = mirrored(image, *walls[wall])
        if arrives(image, path, walls, np.array([1.37, 4.71]), source[:2]):
            expected[round(float(image[0]), 3), round(float(image[1]), 3)] = len(path)
    assert plan == expected


def paths(walls: int, most: int) -> list[tuple[int, ...]]:
    longer: list[tuple[int, ...]] = [()]
    every = []
    for _ in range(most):
        longer = [(*path, wall) for path in longer for wall in range(walls) if not path or path[-1] != wall]
        every += longer
    return every


def mirrored(point: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    along = (end - start) / np.linalg.norm(end - start)
    return start + 2 * along * np.dot(point - start, along) - (point - start)


def crossing(a: np.ndarray, b: np.ndarray, start: np.ndarray, end: np.ndarray) -> float | None:
    """Where, from 0 at ``a`` to 1 at ``b``, a path crosses a wall."""
    matrix = np.column_stack([b - a, start - end])
    if abs(np.linalg.det(matrix)) < 1e-12:
        return None
    along, on_wall = np.linalg.solve(matrix, start - a)
    return float(along) if 1e-9 < along < 1 - 1e-9 and 0 < on_wall < 1 else None


def arrives(
    image: np.ndarray, path: tuple[int, ...], walls: list[Any], listener: np.ndarray, source: np.ndarray
) -> bool:
    point = listener
    for wall in reversed(path):
        along = crossing(point, image, *walls[wall])
        if along is None:
            return False
        hit = point + along * (image - point)
        if any(crossing(point, hit, *other) is not None for k, other in enumerate(walls) if k != wall):
            return False
        image, point = mirrored(image, *walls[wall]), hit
    return all(crossing(point, source, *other) is None for other in walls)


def make(az: float = 30.0, distance: float = 1.5, seed: int = 1, **fields: Any) -> Stimulus:
    form, path = fields.pop("format", "mono"), fields.pop("path", None)
    where = {"path": path} if path else {"at": {"azimuth_deg": az, "distance_m": distance}}
    fields["seed"] = fields.pop("room_seed", 0)
    room = {name: value for name, value in {**L_SHAPED, **fields}.items() if value is not None}
    source = {"signal": {"kind": "noise", "duration_s": 0.3}, "onset_s": 0.1, "level_db_spl": 65, **where}
    rng = np.random.default_rng(seed)
    return scene(rng=rng, sources=[source], total_s=0.9, format=form, room=room, dither=False)


@pytest.mark.parametrize("form", ["binaural", "stereo", "array", "foa", "mono"])
def test_every_receiver_hears_it_and_the_truth_says_what_made_it(form: str) -> None:
    stimulus = make(format=form)
    room, source = stimulus.truth["room"], stimulus.truth["sources"][0]
    assert room["renderer"] == {
        "name": "pyroomacoustics",
        "version": sys.modules["pyroomacoustics"].__version__,
        "images_to_order": 6,
        "rays": 5_000,
    }
    assert room["materials"] == L_SHAPED["materials"]
    assert room["volume_m3"] == pytest.approx(27 * 2.8)
    assert room["t30_s"] == pytest.approx(np.median(source["t30_s"]))
    assert len(source["drr_db"]) == len(source["c50_db"]) == (1 if form in {"foa", "mono"} else 2)
    assert list(source["t30_octaves_s"])[:2] == ["125", "250"]


def test_the_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    first = make(format="foa").samples
    assert np.array_equal(first, make(format="foa").samples)
    assert not np.array_equal(first, make(format="foa", room_seed=7).samples)
    clockwise = L_SHAPED["corners"][::-1]
    assert np.array_equal(first, make(format="foa", corners=clockwise).samples)


def room_with(**fields: Any) -> Any:
    return partial(make, **fields)


@pytest.mark.parametrize(
    ("make_it", "message"),
    [
        (room_with(corners=[[0, 0], [6, 6], [6, 0], [0, 6]]), "cross or touch"),
        (room_with(corners=[[0, 0], [6, 0], [6, 6], [3, 0], [0, 6]]), "cross or touch"),
        (room_with(corners=[[0, 0], [6, 0]]), "at least 3"),
        (room_with(corners=[[0, 0], [6, 0], [6, 0], [6, 6], [0, 6]]), "give each once"),
        (room_with(corners=[[0, 0], [3, 0], [6, 0]]), "lie on each other"),
        (room_with(corners=[[0, 0], [6, 0], [6, float("nan")]]), "finite"),
        (room_with(corners=[[0, 0], [600, 0], [600, 600]]), "1 to 100 m"),
        (room_with(corners=[[0, 0], [1.2, 0], [1.2, 1.2]], listener_m=[1, 0.5, 1]), "1 m² is the least"),
        (room_with(height_m=0), "height_m"),
        (room_with(height_m=-2.5), "height_m"),
        (room_with(height_m=float("inf")), "height_m"),
        (
            room_with(materials={"floor": "carpt", "walls": "brick", "ceiling": "brick"}),
            "did you mean 'carpet'",
        ),
        (room_with(materials={"floor": [1.0] * 6, "walls": "brick", "ceiling": "brick"}), "below 1"),
        (room_with(materials=None, absorption=1.0), "absorption"),
        (room_with(absorption=0.3), "give one of"),
        (room_with(materials=None), "give one of"),
        (room_with(size_m=[6, 6, 3]), "which is of rectangular rooms"),
        (room_with(listener_m=[5, 5, 1.4]), "the listener would be at"),
        (room_with(listener_m=[0.05, 1, 1.4]), "nearer than 0.1 m to a wall"),
        (room_with(distance=6.0, az=0.0), "a source at azimuth 0"),
        (room_with(distance=0.1), "too near"),
        (room_with(listener_m=[1.5, 5.0, 1.4], az=45.0, distance=4.5), "behind a corner"),
        (room_with(max_order=14), "lower max_order"),
        (room_with(materials=None, absorption=0.005), "reverberate"),
        (room_with(path={"kind": "arc", "from_deg": 0, "to_deg": 20, "distance_m": 1}), "moving source"),
    ],
)
def test_impossible_rooms_are_refused_in_one_sentence(make_it: Any, message: str) -> None:
    with pytest.raises(StimulusError, match=message) as caught:
        make_it()
    assert "\n" not in str(caught.value)


def test_without_pyroomacoustics_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyroomacoustics", None)
    with pytest.raises(StimulusError, match=r"starbench\[rooms\]"):
        make()
