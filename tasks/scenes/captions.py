"""Full captions of scenes: every parameter in words and units, so that language alone carries the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

#: The eight directions around the listener, clockwise from straight ahead.
_DIRECTIONS = (
    "ahead",
    "ahead to the right",
    "to the right",
    "behind to the right",
    "behind",
    "behind to the left",
    "to the left",
    "ahead to the left",
)
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")


def direction_words(azimuth_deg: float) -> str:
    """An azimuth in words, one of eight directions."""
    return _DIRECTIONS[round(azimuth_deg % 360.0 / 45.0) % 8]


def ordinal_names(count: int) -> list[str]:
    """Names of sounds by their order, such as "The first sound"."""
    return ["The sound"] if count == 1 else [f"The {_ORDINALS[k]} sound" for k in range(count)]


def full_caption(names: Sequence[str], parameters: Mapping[str, Any]) -> str:
    """Give every parameter of a scene in words and units.

    ``names`` are those of the sources, capitalised; ``parameters`` those of the scene's recipe.
    """
    sources = " ".join(
        f"{name} {_signal(source['signal'])}, sets in at {source['onset_s']:.4f} s with {_level(source)}, "
        f"and {_path(source['path']) if 'path' in source else _place('is', source['at'])}."
        for name, source in zip(names, parameters["sources"], strict=True)
    )
    return f"A clip of {parameters['total_s']:.4f} s {_surroundings(parameters)}. {sources}"


def _surroundings(parameters: Mapping[str, Any]) -> str:
    room, noise = parameters.get("room"), parameters.get("background")
    where = "without a room"
    if room is not None:
        size = " by ".join(f"{side:.2f}" for side in room["size_m"])
        where = f"in a room of {size} m with a reverberation time of {room['rt60_s']:.2f} s"
    elif "response" in parameters:
        where = "in a room that was measured"
    under = f"noise {noise['snr_db']:.1f} dB below the sound" if noise is not None else "no noise"
    return f"{where}, with {under} in the background"


def _signal(signal: Mapping[str, Any]) -> str:
    lasts = f"for {signal['duration_s']:.4f} s"
    tilt = f"tilted by {signal.get('tilt_db_per_octave', 0.0):.2f} dB per octave"
    match signal["kind"]:
        case "noise":
            rippled = "with random gains in each third of an octave, " if signal.get("ripple_db") else ""
            return f"is noise {lasts}, {rippled}{tilt}"
        case "complex":
            return f"is a harmonic complex of {signal['f0_hz']:.2f} Hz {lasts}, {tilt}"
        case "pulses":
            return f"is a train of {signal['per_second']:.2f} pulses a second {lasts}, {tilt}"
        case "siren":
            return f"is a siren about {signal['f0_hz']:.2f} Hz {lasts}, {tilt}"
        case _:
            return f"is recorded and lasts {signal['duration_s']:.4f} s"


def _level(source: Mapping[str, Any]) -> str:
    if "source_db_spl" in source:
        return f"a level of {source['source_db_spl']:.2f} dB SPL at 1 m from it"
    return f"a level of {source['level_db_spl']:.2f} dB SPL at the listener"


def _place(verb: str, at: Mapping[str, float]) -> str:
    up = at.get("elevation_deg", 0.0)
    height = f"{abs(up):.2f} degrees {'above' if up > 0 else 'below'} ear level" if up else "at ear level"
    return f"{verb} {_azimuth(at['azimuth_deg'])}, {height} and {at['distance_m']:.4f} m away"


def _azimuth(azimuth_deg: float) -> str:
    clockwise = azimuth_deg % 360.0
    signed = (clockwise + 180.0) % 360.0 - 180.0
    side = (
        f"{abs(signed):.2f} degrees to the {'right' if signed > 0 else 'left'}"
        if signed
        else "straight ahead"
    )
    return f"at an azimuth of {clockwise:.2f} degrees clockwise from the front ({side})"


def _path(path: Mapping[str, Any]) -> str:
    match path["kind"]:
        case "still":
            return _place("stays in one place", path["at"])
        case "arc" | "there-and-back":
            back = " and back again" if path["kind"] == "there-and-back" else ""
            return (
                f"moves about the listener from {_azimuth(path['from_deg'])} to {_azimuth(path['to_deg'])}"
                f"{back}, {path['distance_m']:.4f} m away"
            )
        case "circle":
            sense = "clockwise" if path["turns"] > 0 else "counterclockwise"
            return (
                f"circles around the listener {abs(path['turns']):.2f} times {sense} as seen from above, "
                f"beginning {_azimuth(path['start_deg'])}, {path['distance_m']:.4f} m away"
            )
        case "pass-by":
            return (
                f"passes straight in front of the listener from {path['heading'].replace('-to-', ' to ')} at "
                f"{path['speed_m_s']:.2f} m/s, {path['closest_m']:.4f} m away at the nearest"
            )
        case kind:
            verb = "comes closer" if kind == "approach" else "moves away"
            return (
                f"{verb} in a straight line {_azimuth(path['azimuth_deg'])}, from {path['from_m']:.4f} m to "
                f"{path['to_m']:.4f} m"
            )
