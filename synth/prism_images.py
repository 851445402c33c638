"""Image sources of rooms over a polygon, found by pyroomacoustics, and images that stand for all later reflections.

Walls are upright, so a path of sound is one in the floor plan and, independently of it, one between floor and
ceiling. Images of the plan are pyroomacoustics' (Borish, J. Acoust. Soc. Am. 75, 1984), with those in sight of the
listener only. Floor and ceiling multiply them as in a box, exactly.

Reflections of a higher order are too many. Rays find the energy with which they arrive, by time, direction and
band; a random impulse in place of thousands of reflections carries it. These are images like any other, so each
receiver hears them with the filters of their directions: the tail has the coherence of the real field.

All surfaces are mirrors, as in a box. Then rays have no random numbers, and they and the images are parts of one
sum: rays of an order that images have are not counted (pyroomacoustics counts the last order twice).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from starbench.errors import StimulusError

from .geometry import SPEED_OF_SOUND, even_directions, to_listener_axes
from .image_sources import ImageSources
from .listening_room import refuse_near_head
from .prism import Prism
from .surfaces import REFERENCE

#: Whether an image is in sight is decided this far beside the listener, m: where a room is symmetric about the
#: listener, paths meet corners, and rounding would count them twice or not at all.
_BESIDE_M = (3.1e-4, 1.7e-4)
#: Directions from which energy is counted, and time in which it is, s.
_DIRECTIONS, _BIN_S = 128, 0.002
#: Rays are received by a sphere about the listener, m: one that reaches through a wall would miss some.
_MAX_RADIUS_M = 0.5
#: Rays end when this part of their energy is left in every band; or after so many reverberation times of a diffuse
#: field (between hard walls under a soft ceiling sound lasts five times as long), and at most so many seconds.
_LEAST_ENERGY, _REVERBERATION_TIMES, _LONGEST_S = 1e-8, 6.0, 10.0
#: The tail ends where less than this part of its energy is left in every band.
_REST = 10.0**-6.5
#: Impulses of the tail in a second, at most: from some thousands on, nobody hears single ones.
_MAX_DENSITY = 24_000.0
#: An impulse has no less than this part of the mean energy of its place in any band.
_LEAST_BAND = 1e-12

Floats = NDArray[np.float64]


class _Images(NamedTuple):
    """Some images: vectors from the listener in the room's axes, (n, 3), m, and how they arrive.

    ``log_gains``, shape (n, bands), are amplitudes times distance, nepers, without the air; ``signs`` are 1 or −1.
    """

    vectors: Floats
    log_gains: Floats
    orders: NDArray[np.int32]
    signs: Floats


def prism_images(room: Prism, offset_m: ArrayLike) -> ImageSources:
    """Images of a source in a room over a polygon, and random ones in place of those of a higher order.

    ``offset_m``, shape (3,), is from the middle of the head to the source, in the listener's axes, m.

    Raises a StimulusError if the source is outside the room, too near to a wall or to the head, or out of sight,
    or if pyroomacoustics is not installed.
    """
    offset = np.asarray(offset_m, dtype=np.float64)
    refuse_near_head(offset)
    source = room.to_room(offset)
    room.require_inside(source, "the source")
    if not room.plan.in_sight(np.array(room.listener_m[:2]), source[:2]):
        raise room.out_of_sight(source)
    engine = _engine()
    early = _early(engine, room, source)
    vectors, log_gains, orders, signs = _joined(early, _late(engine, room, source))
    vectors = to_listener_axes(vectors, room.facing_deg)
    vectors[0] = offset  # free of rounding
    distances = np.linalg.norm(vectors, axis=1)
    if room.materials is None:
        return ImageSources(vectors, distances, signs * np.exp(log_gains[:, 0]) / distances, orders)
    mean = log_gains[:, REFERENCE].mean(axis=1)
    kinds = np.arange(len(orders), dtype=np.int32)
    gains = signs * np.exp(mean) / distances
    return ImageSources(vectors, distances, gains, orders, kinds, log_gains - mean[:, None])


def _joined(first: _Images, then: _Images) -> _Images:
    return _Images(
        np.concatenate([first.vectors, then.vectors]),
        np.concatenate([first.log_gains, then.log_gains]),
        np.concatenate([first.orders, then.orders]),
        np.concatenate([first.signs, then.signs]),
    )


def _engine() -> Any:
    try:
        from pyroomacoustics import libroom
    except ImportError as error:
        raise StimulusError(
            "rooms with corners need pyroomacoustics: pip install 'starbench[rooms]'"
        ) from error
    return libroom


def _early(engine: Any, room: Prism, source: Floats) -> _Images:
    """Images of up to ``room.max_order`` reflections, the direct sound first."""
    listener = np.array(room.listener_m)
    bands = room.losses.shape[1]
    walls = [
        engine.Wall2D(_single([start, end]).T, *_surface(room.losses[0]), "")
        for start, end in zip(room.plan.starts, room.plan.ends, strict=True)
    ]
    no_rays = (1e-7, 1.0, _MAX_RADIUS_M, _BIN_S, False)
    plan = engine.Room2D(walls, room.plan.obstructing, [], SPEED_OF_SOUND, room.max_order, *no_rays)
    plan.add_mic(_single(listener[:2] + _BESIDE_M))
    plan.image_source_model(_single(source[:2]))
    at_walls = np.asarray(plan.orders, np.int32)
    direct = np.flatnonzero(at_walls == 0)
    if not direct.size:  # so close to a corner that it is in sight of one point and not of the next
        raise room.out_of_sight(source)
    first = np.concatenate([direct, np.delete(np.arange(at_walls.size), direct)])
    flat = np.asarray(plan.sources, np.float64).T[first]
    log_walls = np.log(np.asarray(plan.attenuations, np.float64).T[first])

    cells = np.array(sorted(range(-room.max_order, room.max_order + 1), key=abs))
    at_ends = np.abs(cells)
    # Upwards from the room, the first mirror is the ceiling; downwards it is the floor.
    at_ceiling = np.where(cells > 0, (at_ends + 1) // 2, at_ends // 2)
    heights = cells * room.height_m + np.where(at_ends % 2, room.height_m - source[2], source[2])
    log_ends = -np.outer(at_ends - at_ceiling, room.losses[1]) - np.outer(at_ceiling, room.losses[2])

    orders = at_walls[first, None] + at_ends
    image, cell = np.nonzero(orders <= room.max_order)
    vectors = np.column_stack([flat[image], heights[cell]]) - listener
    log_gains = log_walls[image] + log_ends[cell]
    return _Images(vectors, log_gains.reshape(-1, bands), orders[image, cell], np.ones(image.size))


def _late(engine: Any, room: Prism, source: Floats) -> _Images:
    """Random images with the energy of all reflections of a higher order, by time, direction and band."""
    directions = even_directions(_DIRECTIONS)
    energies = _traced(engine, room, source, directions)
    metres = (np.arange(energies.shape[1]) + 0.5) * _BIN_S * SPEED_OF_SOUND
    heard = energies * np.exp(-2.0 * np.multiply.outer(metres, room.air))
    left = heard.sum(axis=0)[::-1].cumsum(axis=0)[::-1]
    bins = int((left > _REST * left[:1]).any(axis=1).sum())

    rng = np.random.default_rng([room.seed, *np.round(source * 1e6).astype(np.int64) % 2**32])
    images: list[tuple[Floats, Floats]] = []
    for bin_, metre in enumerate(metres[:bins]):
        energy = energies[:, bin_]
        share = energy.mean(axis=1) / max(energy.mean(axis=1).sum(), 1e-300)
        if not share.any():
            continue
        count = _impulses(room, metre)
        chosen = rng.choice(_DIRECTIONS, count, p=share)
        distances = metre + (rng.random(count) - 0.5) * _BIN_S * SPEED_OF_SOUND
        band = energy[chosen] / (share[chosen, None] * count)
        band = np.maximum(band, _LEAST_BAND * band.max(axis=1, keepdims=True))
        images.append(
            (directions[chosen] * distances[:, None], 0.5 * np.log(band) + np.log(distances)[:, None])
        )
    if not images:
        return _Images(
            np.empty((0, 3)), np.empty((0, room.losses.shape[1])), np.empty(0, np.int32), np.empty(0)
        )
    vectors, log_gains = (np.concatenate(parts) for parts in zip(*images, strict=True))
    orders = np.full(len(vectors), room.max_order + 1, np.int32)
    return _Images(vectors, log_gains, orders, rng.choice([-1.0, 1.0], len(vectors)))


def _impulses(room: Prism, metre: float) -> int:
    """How many impulses stand for the reflections of a bin: as many as arrive, or few enough to compute."""
    density = 4.0 * np.pi * metre**2 * SPEED_OF_SOUND / room.volume_m3
    return max(1, round(min(density, _MAX_DENSITY) * _BIN_S))


def _traced(engine: Any, room: Prism, source: Floats, directions: Floats) -> Floats:
    """Energy of reflections of a higher order than images have, shape (directions, bins, bands).

    An image at 1 m that lost nothing has energy 1; the air has taken nothing.
    """
    walls = [engine.Wall(_single(corners).T, *_surface(losses), "") for corners, losses in _surfaces(room)]
    until_s = min(_REVERBERATION_TIMES * float(room.expected_rt60_s.max()), _LONGEST_S)
    radius = min(_MAX_RADIUS_M, float(room.clearance_m(room.listener_m)))
    parameters = (room.max_order + 1, _LEAST_ENERGY, until_s, radius, _BIN_S, True)
    space = engine.Room(walls, room.plan.obstructing, [], SPEED_OF_SOUND, *parameters)
    space.add_mic(_single(room.listener_m))
    space.microphones[0].set_directions(_single(directions))
    space.ray_tracing(room.rays, _single(source))
    histograms = [np.asarray(each.get_hist(), np.float64).T for each in space.microphones[0].histograms]
    bins = max(map(len, histograms))
    return np.stack([np.pad(each, [(0, bins - len(each)), (0, 0)]) for each in histograms])


def _surfaces(room: Prism) -> Iterator[tuple[Floats, Floats]]:
    """Corners, shape (n, 3), counter-clockwise seen from outside, and losses, of walls, floor and ceiling."""
    up = np.array([0.0, 0.0, room.height_m])
    floor = np.pad(room.plan.starts, [(0, 0), (0, 1)])
    for start, end in zip(floor, np.roll(floor, -1, axis=0), strict=True):
        yield np.stack([start, end, end + up, start + up]), room.losses[0]
    yield floor[::-1], room.losses[1]
    yield floor + up, room.losses[2]


def _surface(losses: Floats) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Absorption and scattering of a surface; all surfaces are mirrors."""
    return _single(-np.expm1(-2.0 * losses)), np.zeros(len(losses), np.float32)


def _single(values: ArrayLike) -> NDArray[np.float32]:
    return np.asarray(values, np.float32)
