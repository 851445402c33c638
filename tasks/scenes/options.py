"""Options of the tasks about places: parsed once, and refused in one sentence if they cannot work.

Several values of one option are separated by commas and become a factor: each occurs equally often.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from starbench.errors import InputError
from starbench.measured_rooms.load import load
from starbench.measured_rooms.room import MeasuredRoom
from starbench.recordings import Library, Recording, load_library
from starbench.text import printable

from ..design.plans import check_name, yes_or_no
from .recordings import AROUND_S
from .sounds import RecordedSounds

ANECHOIC = "anechoic"
NO_BACKGROUND = "none"
#: Half of the items are in quiet.
BACKGROUNDS_DB = (None, 20.0)
FORMATS = ("binaural", "stereo", "array", "foa", "mono")
#: Heads that the synthesizer has by name. The first is that of a scene that names none.
HEADS = ("kemar", "kemar-large")
#: The number of image sources grows with its cube, and no room of these sizes reverberates longer.
_MAX_RT60_S = 2.0
#: Below, the background clips with the loudest sources; above, it falls below one 16-bit step under the
#: softest.
_SNR_DB = (-5.0, 40.0)
#: A measured response may end in seconds of noise, s.
_LONGEST_TAIL_S = 1.2


@dataclass(frozen=True)
class ListenerHead:
    """A head that a suite's sounds are heard with.

    ``name`` is one of ``HEADS`` or the name of a SOFA file without its ending, ``source`` what the synthesizer
    takes: the same name, or the file's path. ``digest`` is the SHA-256 of the measurement's file, empty until the
    synthesizer was asked (``feasibility.try_heads``).
    """

    name: str
    source: str
    digest: str = ""

    @property
    def described(self) -> dict[str, str]:
        """What a suite says about it: a digest instead of a path."""
        return {"name": self.name, "sha256": self.digest}


#: The head where nobody chooses one.
DEFAULT_HEAD = ListenerHead(HEADS[0], HEADS[0])


@dataclass(frozen=True)
class SceneOptions:
    """What the user chose.

    Where a value is None or empty, each question type has its own: reverberation times ``rt60``, s (None in
    it stands for no room); levels ``snr`` of the sources over the background, dB (None in it: none); kinds
    of ``signal``. ``format`` is the receiver; ``heads`` are those that a suite's items are shared out to, none
    where the receiver is not a head, ``default_heads`` the sources of those that the profile has, and
    ``head_equalisation`` is what is divided out of them; ``background`` are further parameters of it (see the
    synthesizer ``scene``). With ``stems``, each source's own sound is kept beside the mixture. ``recorded`` are the
    sounds of the user's ``library`` that fit the question at hand. Of a ``measured`` room, read from ``measured_path``,
    sounds have room and ears, and stand where it was measured.
    """

    rt60: tuple[float | None, ...] | None = None
    snr: tuple[float | None, ...] | None = None
    signal: tuple[str, ...] = ()
    heads: tuple[ListenerHead, ...] = (DEFAULT_HEAD,)
    default_heads: tuple[str, ...] = (DEFAULT_HEAD.source,)
    head_equalisation: str | None = None
    background: Mapping[str, Any] = field(default_factory=dict, hash=False)
    library: Library | None = None
    recorded: RecordedSounds | None = None
    format: str = "binaural"
    stems: bool = False
    measured: MeasuredRoom | None = None
    measured_path: str = ""

    @property
    def recordings(self) -> tuple[Recording, ...]:
        """The user's recordings; empty where sounds are synthesized."""
        return self.library.recordings if self.library else ()

    @property
    def resolved(self) -> dict[str, Any]:
        """The options for a suite's manifest, where they are not the profile's: digests instead of paths."""
        resolved = {
            "snr": self.snr and snr_words(self.snr),
            "rt60": self.rt60 and rt60_words(self.rt60),
            "signal": list(self.signal),
            "hrtf": self._resolved_heads,
            "recordings": self.library and self.library.identity,
            "format": self.format if self.format != "binaural" else None,
            "stems": self.stems,
            "rir": self.measured and {"sha256": self.measured.digest},
        }
        return {name: value for name, value in resolved.items() if value}

    @property
    def has_usual_head(self) -> bool:
        """Whether the head is the synthesizer's own, as it is, or there is none."""
        return not self.heads or (self.heads == (DEFAULT_HEAD,) and not self.head_equalisation)

    @property
    def _resolved_heads(self) -> Any:
        if not self.heads or tuple(head.source for head in self.heads) == self.default_heads:
            return None
        described = [head.described for head in self.heads]
        return described if len(described) > 1 else {"sha256": self.heads[0].digest}

    @property
    def declared_heads(self) -> dict[str, Any]:
        """What a suite declares about its heads, where there are several or they are equalised."""
        if len(self.heads) < 2 and not self.head_equalisation:
            return {}
        described = {"n": len(self.heads), "listed": [head.described for head in self.heads]}
        equalisation = {"equalisation": self.head_equalisation} if self.head_equalisation else {}
        return {"heads": {**described, **equalisation}}

    def with_head(self, head: ListenerHead) -> Self:
        """These options for sounds that are heard with one of the heads."""
        return replace(self, heads=(head,))

    def bandwidth_hz(self, default: float) -> float:
        """The highest frequency that a question needs: of recordings what it needs of those, else ``default``."""
        return self.recorded.needs.bandwidth_hz if self.recorded else default

    @property
    def licence(self) -> str | None:
        """Licence of the suite: ours to give where all is synthesis, unknown where anybody's recordings are heard."""
        return None if self.recordings or self.measured else "CC0-1.0"

    def tail_s(self, rt60_s: Sequence[float | None]) -> float:
        """How long a room is heard after a sound, s: the longest reverberation time, or the length of a response."""
        if self.measured:
            return min(float(self.measured.responses.shape[2]) / self.measured.rate, _LONGEST_TAIL_S)
        return max(time_s or 0.0 for time_s in rt60_s)

    def backgrounds(self, default: Sequence[float | None] = BACKGROUNDS_DB) -> tuple[float | None, ...]:
        """Levels over the background, dB; ``default`` unless the user chose some."""
        return tuple(default) if self.snr is None else self.snr

    def reverberation_times(
        self, default: Sequence[float | None], *, needs_room: bool = False
    ) -> tuple[float | None, ...]:
        """Reverberation times, s (None: no room); ``default`` unless the user chose some.

        Raises an InputError if the items need a room and the user allows none.
        """
        if self.measured:
            return (None,)
        choices = tuple(default) if self.rt60 is None else self.rt60
        usable = tuple(rt60 for rt60 in choices if rt60 is not None) if needs_room else choices
        if not usable:
            raise InputError(
                "option rt60: without a level cue, distance is heard in rooms only: add a reverberation time "
                f"in s, such as rt60={ANECHOIC},0.4"
            )
        return usable


def rt60_words(values: Sequence[float | None]) -> list[float | str]:
    """Reverberation times as a manifest and the command line write them."""
    return [ANECHOIC if rt60 is None else rt60 for rt60 in values]


def snr_words(values: Sequence[float | None]) -> list[float | str]:
    """Levels over the background as a manifest and the command line write them."""
    return [NO_BACKGROUND if snr is None else snr for snr in values]


def parse_options(
    raw: Mapping[str, Any],
    task: str,
    known: Sequence[str],
    *,
    signals: Sequence[str] = (),
    min_recording_s: float,
    min_recordings: int = 1,
    default_heads: Sequence[str] = HEADS[:1],
    head_equalisation: str | None = None,
    background: Mapping[str, Any] = MappingProxyType({}),
) -> SceneOptions:
    """Parse a task's options.

    ``raw`` holds texts, numbers or lists, as the user gave them. ``task`` is named in errors; ``known`` are its
    options, ``signals`` its kinds of signal. Recordings must last ``min_recording_s`` and be
    ``min_recordings`` or more. ``default_heads``, of ``HEADS``, are those where option ``hrtf`` names none;
    ``head_equalisation`` holds for any. ``background`` are further parameters of the background.

    Raises an InputError in one sentence that names the option and what would work.
    """
    for name in raw:
        check_name(task, "option", str(name), sorted(known))
    if "signal" in raw and "recordings" in raw:
        raise InputError("options signal and recordings exclude each other: recordings are the signals")
    if "hrtf" in raw and raw.get("format", "binaural") != "binaural":
        raise InputError("option hrtf is for format binaural only: leave one of the two out")
    for name in ("hrtf", "rt60"):
        if "rir" in raw and name in raw:
            raise InputError(
                f"options rir and {name} exclude each other: a measured response has its own room and ears"
            )
    if "rir" in raw and raw.get("format", "binaural") != "binaural":
        raise InputError("option rir is for format binaural only: leave one of the two out")
    parsers: dict[str, Callable[[Any], Any]] = {
        "rt60": lambda value: tuple(map(_rt60, _values(value, "rt60"))),
        "snr": lambda value: tuple(map(_snr, _values(value, "snr"))),
        "signal": lambda value: tuple(_choice(part, "signal", signals) for part in _values(value, "signal")),
        "hrtf": lambda value: _heads(_values(value, "hrtf")),
        "recordings": str,
        "mix": lambda value: yes_or_no(value, "mix"),
        "format": lambda value: _choice(str(value), "format", FORMATS),
        "stems": lambda value: yes_or_no(value, "stems"),
        "rir": str,
    }
    options = {name: parsers[name](value) for name, value in raw.items()}
    folder, mix = options.pop("recordings", None), options.pop("mix", False)
    library = folder and load_library(
        folder, min_seconds=min_recording_s + AROUND_S, min_count=min_recordings, mix=mix
    )
    path = options.pop("rir", "")
    measured = load(path) if path else None
    is_binaural = options.get("format", "binaural") == "binaural" and not measured
    heads = options.pop("hrtf", _heads(default_heads)) if is_binaural else ()
    return SceneOptions(
        heads=heads,
        default_heads=tuple(default_heads),
        head_equalisation=head_equalisation if is_binaural else None,
        background=background,
        library=library,
        measured=measured,
        measured_path=str(Path(path).resolve()) if path else "",
        **options,
    )


def _values(raw: Any, option: str) -> list[str]:
    values = [str(value).strip() for value in (raw if isinstance(raw, list | tuple) else str(raw).split(","))]
    if not all(values) or not values:
        raise InputError(
            f"option {option}: {printable(str(raw))!r} has an empty value: separate values by commas"
        )
    if len(set(values)) < len(values):
        raise InputError(f"option {option}: {printable(str(raw))!r} repeats a value: give each once")
    return values


def _number(text: str, option: str, word: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(
            f"option {option}: {printable(text)!r} is not a number: give numbers, or the word {word}"
        )
    return number


def _rt60(text: str) -> float | None:
    if text == ANECHOIC:
        return None
    seconds = _number(text, "rt60", ANECHOIC)
    if seconds <= 0:
        raise InputError(
            f"option rt60: no room has a reverberation time of {seconds:g} s: give a positive time, or the "
            f"word {ANECHOIC} for no room"
        )
    if seconds > _MAX_RT60_S:
        raise InputError(f"option rt60: {seconds:g} s is too long: the maximum is {_MAX_RT60_S:g} s")
    return seconds


def _snr(text: str) -> float | None:
    if text == NO_BACKGROUND:
        return None
    decibels = _number(text, "snr", NO_BACKGROUND)
    if not _SNR_DB[0] <= decibels <= _SNR_DB[1]:
        raise InputError(
            f"option snr: {decibels:g} dB cannot be used: give {_SNR_DB[0]:g} to {_SNR_DB[1]:g} dB, or the "
            f"word {NO_BACKGROUND}"
        )
    return decibels


def _choice(text: str, option: str, choices: Sequence[str]) -> str:
    if text not in choices:
        raise InputError(f"option {option}: there is no {printable(text)!r}: there are {', '.join(choices)}")
    return text


def _heads(values: Sequence[str]) -> tuple[ListenerHead, ...]:
    heads = tuple(map(_head, values))
    names = [head.name for head in heads]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated:
        raise InputError(
            f"option hrtf: two heads are called {printable(repeated)}, and scores are given by name: give it "
            "once, or rename a file"
        )
    return heads


def _head(value: str) -> ListenerHead:
    if value in HEADS:
        return ListenerHead(value, value)
    path = Path(value).expanduser()
    if not path.is_file():
        raise InputError(
            f"option hrtf: there is no file {printable(value)}: give a SOFA file, or one of {', '.join(HEADS)}"
        )
    return ListenerHead(printable(path.stem), str(path.resolve()))
