"""What a scene is asked to be: the parameters of synthesizer ``scene``, checked before anything sounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from starbench.errors import StimulusError
from starbench.schema.base import Frozen

Format = Literal["binaural", "stereo", "array", "foa", "mono"]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Point = tuple[Finite, Finite, Finite]


class Place(Frozen):
    """Where a source stands, seen from the listener: degrees and metres (see ``geometry``)."""

    azimuth_deg: Finite
    elevation_deg: Annotated[float, Field(ge=-90, le=90)] = 0.0
    distance_m: Positive = 1.5


class Source(Frozen):
    """One sound: what it is, when it is heard, where it is or how it moves, and how loud.

    ``onset_s`` is when the direct sound *arrives* at the middle of the head: the time of flight is taken
    out, so that it cannot tell the distance. Exactly one of ``at`` and ``path``, and exactly one of the
    levels: ``level_db_spl`` is the rms at the listener (mean power of the channels, reverberation
    included, from onset to offset); ``source_db_spl`` is that of the direct sound at 1 m in the free field.
    """

    signal: dict[str, Any]
    onset_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    at: Place | None = None
    path: dict[str, Any] | None = None
    level_db_spl: Finite | None = None
    source_db_spl: Finite | None = None

    @model_validator(mode="after")
    def _is_decided(self) -> Self:
        if (self.at is None) == (self.path is None):
            raise ValueError("give one of 'at' (it stands) and 'path' (it moves)")
        if (self.level_db_spl is None) == (self.source_db_spl is None):
            raise ValueError("give one of 'level_db_spl' (at the listener) and 'source_db_spl' (at 1 m)")
        return self


class Room(Frozen):
    """A shoebox: inner size, reverberation time, and where the listener sits and faces in it."""

    size_m: tuple[Positive, Positive, Positive]
    rt60_s: Finite
    listener_m: Point
    facing_deg: Finite = 0.0


class Background(Frozen):
    """Diffuse noise under the whole clip, ``snr_db`` below the rms of the sources taken together."""

    snr_db: Finite
    tilt_db_per_octave: Finite = -3.0


class SceneSpec(Frozen):
    """Everything about a scene but its random numbers."""

    sources: Annotated[tuple[Source, ...], Field(min_length=1, max_length=16)]
    total_s: Annotated[float, Field(gt=0, le=600)]
    format: Format = "binaural"
    rate: Annotated[int, Field(ge=8_000, le=192_000)] = 48_000
    room: Room | None = None
    head: str | None = None
    """Path of a SOFA file; None: the KEMAR that comes with the package."""
    microphones_m: tuple[Point, ...] | None = None
    """Positions about the listener (x front, y left, z up), for format ``array``; None: two, 18 cm apart."""
    background: Background | None = None
    dither: bool = True
    stems: bool = False


def read(parameters: Mapping[str, Any]) -> SceneSpec:
    """Check the parameters of a scene.

    Raises
    ------
    StimulusError
        In one sentence that names the parameter and what is wrong with it.
    """
    try:
        return SceneSpec.model_validate(dict(parameters))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the scene"
        raise StimulusError(f"scene: {where}: {first['msg'].removeprefix('Value error, ')}") from error
