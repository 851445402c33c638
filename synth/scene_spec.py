"""Parameters of the synthesizer ``scene``, checked before anything is rendered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from starbench.schema.base import Frozen

from .heads.loading import Equalisation
from .parameters import Finite, Positive, validate
from .surfaces import Surfaces

Format = Literal["binaural", "stereo", "array", "foa", "mono"]
Point = tuple[Finite, Finite, Finite]


class Place(Frozen):
    """Position of a source, as seen from the listener: degrees and metres (see ``geometry``)."""

    azimuth_deg: Finite
    elevation_deg: Annotated[float, Field(ge=-90, le=90)] = 0.0
    distance_m: Positive = 1.5


class Source(Frozen):
    """One sound: what it is, when it is heard, where it is or how it moves, and how loud.

    ``onset_s`` is when the direct sound *arrives* at the middle of the head: the travel time is removed, so
    that it does not give the distance away. Exactly one of ``at`` and ``path`` is needed, and exactly one of
    the levels: ``level_db_spl`` is the rms at the listener (mean power of the channels, reverberation
    included, from onset to offset); ``source_db_spl`` is that of the direct sound at 1 m in the free field.
    """

    signal: dict[str, Any]
    onset_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    at: Place | None = None
    path: dict[str, Any] | None = None
    level_db_spl: Finite | None = None
    source_db_spl: Finite | None = None

    @model_validator(mode="after")
    def _check_alternatives(self) -> Self:
        if (self.at is None) == (self.path is None):
            raise ValueError("give one of 'at' (a static source) and 'path' (a moving one)")
        if (self.level_db_spl is None) == (self.source_db_spl is None):
            raise ValueError("give one of 'level_db_spl' (at the listener) and 'source_db_spl' (at 1 m)")
        return self


class Room(Frozen):
    """A rectangular room: inner size, reverberation time, and the listener's position and direction.

    With ``surfaces``, ``rt60_s`` is the mean of the octaves of 500 Hz and 1 kHz.
    """

    size_m: tuple[Positive, Positive, Positive]
    rt60_s: Finite
    listener_m: Point
    facing_deg: Finite = 0.0
    surfaces: Surfaces | None = None


class PolygonRoom(Frozen):
    """A room over any floor plan, with upright walls: corners in order, height, and what its surfaces absorb.

    Exactly one of ``materials`` and ``absorption`` is needed; see ``prism.Prism``.
    """

    corners: Annotated[tuple[tuple[Finite, Finite], ...], Field(min_length=3, max_length=64)]
    height_m: Positive
    listener_m: Point
    facing_deg: Finite = 0.0
    materials: Surfaces | None = None
    absorption: Annotated[float, Field(gt=0, lt=1)] | None = None
    max_order: Annotated[int, Field(ge=0, le=20)] = 6
    rays: Annotated[int, Field(ge=1_000, le=1_000_000)] = 50_000
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0

    @model_validator(mode="before")
    @classmethod
    def _refuse_box(cls, fields: Any) -> Any:
        of_boxes = [name for name in ("size_m", "rt60_s", "surfaces") if name in fields]
        if of_boxes:
            raise ValueError(
                f"a room with corners has height_m and materials, and no {of_boxes[0]}, which is of rectangular rooms"
            )
        return fields

    @model_validator(mode="after")
    def _check_alternatives(self) -> Self:
        if (self.materials is None) == (self.absorption is None):
            raise ValueError(
                "give one of 'materials' (of floor, walls and ceiling) and 'absorption' (of all alike)"
            )
        return self


def _shape(room: Any) -> str:
    has_corners = "corners" in room if isinstance(room, dict) else isinstance(room, PolygonRoom)
    return "polygon" if has_corners else "box"


AnyRoom = Annotated[
    Annotated[Room, Tag("box")] | Annotated[PolygonRoom, Tag("polygon")], Discriminator(_shape)
]


class Response(Frozen):
    """A measured room, in place of ``room`` and ``head``: a SOFA file or a folder (``starbench.measured_rooms``).

    Sources stand where loudspeakers stood. With a ``digest``, the SHA-256 of its files, other files are refused.
    """

    path: str
    digest: str | None = None


class Background(Frozen):
    """Diffuse noise under the whole clip, ``snr_db`` below the rms of the sources taken together, or of the softest."""

    snr_db: Finite
    below: Literal["all", "softest"] = "all"
    tilt_db_per_octave: Finite = -3.0


class SceneSpec(Frozen):
    """Everything about a scene except its random numbers."""

    sources: Annotated[tuple[Source, ...], Field(min_length=1, max_length=16)]
    total_s: Annotated[float, Field(gt=0, le=600)]
    format: Format = "binaural"
    rate: Annotated[int, Field(ge=8_000, le=192_000)] = 48_000
    room: AnyRoom | None = None
    response: Response | None = None
    head: str | None = None
    """``kemar`` (None is the same), ``kemar-large``, which come with the package, or the path of a SOFA file."""
    head_equalisation: Equalisation | None = None
    """``diffuse-field``: what the head does to sounds from everywhere is divided out; None: nothing is."""
    microphones_m: tuple[Point, ...] | None = None
    """Positions relative to the listener (x front, y left, z up), m, for format ``array``.

    None: two, 18 cm apart.
    """
    background: Background | None = None
    dither: bool = True
    stems: bool = False

    @model_validator(mode="after")
    def _check_response(self) -> Self:
        if self.response is None:
            return self
        others = [
            name for name in ("room", "head", "head_equalisation", "microphones_m") if getattr(self, name)
        ]
        if others:
            raise ValueError(f"a measured response has its own room and ears: leave {others[0]} out")
        if self.format != "binaural":
            raise ValueError(
                f"a measured response is heard with its own two ears: format {self.format} is impossible"
            )
        return self


def parse_scene(parameters: Mapping[str, Any]) -> SceneSpec:
    """Check the parameters of a scene, or raise a StimulusError that names the wrong one."""
    return validate(SceneSpec, parameters, "scene")
