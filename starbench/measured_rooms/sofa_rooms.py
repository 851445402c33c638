"""Measured rooms in SOFA files: loudspeakers around a head, or one that was moved; a head that was turned or not.

The conventions are MultiSpeakerBRIR, SingleRoomSRIR and SingleRoomMIMOSRIR. In each, source and listener have
positions in the room, emitters are relative to the source, and the listener's axes turn with its view.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from starbench.measured_rooms.room import Floats, MeasuredRoom, measured_room
from starbench.measured_rooms.sofa import MAX_DELAY_S, SofaFile, open_sofa

#: Convention -> types of its data.
CONVENTIONS = {
    "MultiSpeakerBRIR": ("FIRE", "FIR-E"),
    "SingleRoomSRIR": ("FIR",),
    "SingleRoomMIMOSRIR": ("FIR-E", "FIRE"),
}
#: The axis of the emitters: type FIR-E put them last, where its predecessor had them before the samples.
_EMITTER_AXIS = {"FIRE": 2, "FIR-E": 3}
#: Heads and sources may be tilted by so little, as a sine.
_LEVEL = np.sin(np.radians(0.5))


def read_sofa(path: Path, digest: str) -> MeasuredRoom:
    """Read a SOFA file of a room, whose SHA-256 is ``digest``.

    Raises a StimulusError, which says what is wrong, if it cannot be used.
    """
    with open_sofa(path) as file:
        return _RoomFile(file).room(digest)


class _RoomFile(SofaFile):
    """Reads the parts of a measured room."""

    def room(self, digest: str) -> MeasuredRoom:
        convention = self.convention(CONVENTIONS, "rooms")
        responses = self._responses()
        rate = self.rate()
        measurements, emitters = responses.shape[:2]
        vectors = self._vectors(measurements, emitters).reshape(-1, 3)
        responses = self._delayed(responses, rate).reshape(measurements * emitters, 2, -1)
        if "ReceiverPosition" in self.file and self.right_ear_is_first():
            responses = responses[:, ::-1]
        subject = f"the SOFA file {str(self.path)!r}"
        described = (self.name(), digest, convention)
        return measured_room(described, rate, vectors, np.ascontiguousarray(responses), subject)

    def _responses(self) -> Floats:
        """Shape (measurements, emitters, receivers, taps)."""
        kind = self.text("DataType")
        responses = self.array("Data.IR", (3,) if kind == "FIR" else (4,))
        if kind == "FIR":
            responses = responses[:, None]
        else:
            count = len(self.array("EmitterPosition", (2, 3)))
            usual = _EMITTER_AXIS[kind]
            axis = next((each for each in (usual, 5 - usual) if responses.shape[each] == count), None)
            if axis is None:
                raise self.refusal(f"has {count} emitters, but Data.IR has no axis of that length")
            responses = np.moveaxis(responses, axis, 1)
        receivers = responses.shape[2]
        if receivers != 2:
            raise self.refusal(
                f"has {receivers} receiver{'s' * (receivers != 1)}, but two ears or two microphones are needed"
            )
        return responses

    def _delayed(self, responses: Floats, rate: int) -> Floats:
        """Responses with ``Data.Delay`` added, as far as it differs between the receivers or not."""
        if "Data.Delay" not in self.file:
            return responses
        measurements, emitters, receivers, taps = responses.shape
        delays = self.array("Data.Delay", (2, 3))
        if delays.ndim == 2:
            delays = delays[..., None]
        fits = all(
            have in (1, need)
            for have, need in zip(delays.shape, (measurements, receivers, emitters), strict=True)
        )
        if not fits or np.abs(delays).max() > MAX_DELAY_S * rate:
            raise self.refusal(f"has a Data.Delay that is not up to {MAX_DELAY_S:g} s for each response")
        samples = np.broadcast_to(delays, (measurements, receivers, emitters)).swapaxes(1, 2)
        samples = samples - samples.min()  # travel time is removed anyway
        if not samples.any():
            return responses
        size = taps + int(np.ceil(samples.max())) + 1
        turn = np.exp(-2j * np.pi / size * np.multiply.outer(samples, np.arange(size // 2 + 1)))
        return np.asarray(np.fft.irfft(np.fft.rfft(responses, size) * turn, size))

    def _vectors(self, measurements: int, emitters: int) -> Floats:
        """From the listener to each emitter in the listener's axes, shape (measurements, emitters, 3), m."""
        source, listener = (self._each(name, measurements) for name in ("SourcePosition", "ListenerPosition"))
        places = self._emitters(measurements, emitters)
        places = _turned(places, self._facing("Source", measurements)[:, None]) + source[:, None]
        return _turned(places - listener[:, None], -self._facing("Listener", measurements)[:, None])

    def _each(self, name: str, measurements: int) -> Floats:
        """A position for each measurement, shape (measurements, 3); the origin where the file has none."""
        if name not in self.file:
            return np.zeros((measurements, 3))
        positions = self.positions(name, (2,))
        if len(positions) not in (1, measurements):
            raise self.refusal(f"does not give one {name}, or one for every response")
        return np.broadcast_to(positions, (measurements, 3))

    def _emitters(self, measurements: int, emitters: int) -> Floats:
        if "EmitterPosition" not in self.file:
            return np.zeros((measurements, emitters, 3))
        positions = self.positions("EmitterPosition", (2, 3))
        positions = positions[..., None] if positions.ndim == 2 else positions
        if len(positions) not in (1, emitters) or positions.shape[2] not in (1, measurements):
            raise self.refusal("does not give one EmitterPosition for every emitter")
        return np.broadcast_to(positions.transpose(2, 0, 1), (measurements, emitters, 3))

    def _facing(self, who: str, measurements: int) -> Floats:
        """Angle from the room's x axis to where ``who`` looks, counter-clockwise, radians, shape (measurements,)."""
        view = (
            self._each(f"{who}View", measurements)
            if f"{who}View" in self.file
            else np.array([[1.0, 0.0, 0.0]])
        )
        up = self._each(f"{who}Up", measurements) if f"{who}Up" in self.file else np.array([[0.0, 0.0, 1.0]])
        lengths = np.linalg.norm(view, axis=1), np.linalg.norm(up, axis=1)
        if min(map(np.min, lengths)) <= 0.0:
            raise self.refusal(f"has a {who}View or {who}Up without a direction")
        tilted = np.abs(view[:, 2] / lengths[0]).max() > _LEVEL or (up[:, 2] / lengths[1]).min() < np.sqrt(
            1 - _LEVEL**2
        )
        if tilted and who == "Listener":
            raise self.refusal("has a listener whose head is tilted, which is not supported")
        return np.broadcast_to(np.arctan2(view[:, 1], view[:, 0]), measurements)


def _turned(vectors: Floats, angle: Floats) -> Floats:
    """Vectors turned counter-clockwise about the vertical axis."""
    c, s = np.cos(angle), np.sin(angle)
    x, y, z = np.moveaxis(vectors, -1, 0)
    return np.stack([c * x - s * y, s * x + c * y, np.broadcast_to(z, (c * x).shape)], axis=-1)
