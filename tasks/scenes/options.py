"""Options of the tasks that make sound in space, read once and refused in a sentence where they cannot work.

Several values of one option are separated by commas and become a factor: each comes up equally often.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from starbench.errors import InputError
from starbench.redact import printable

from .recordings import Recording
from .recordings import describe as describe_recordings
from .recordings import find as find_recordings

ANECHOIC = "anechoic"
NO_BACKGROUND = "none"
#: Half of the items are in quiet.
BACKGROUNDS_DB = (None, 20.0)
FORMATS = ("binaural", "stereo", "array", "foa", "mono")
#: Image sources grow with the cube of it; beyond, a shoebox of these sizes is no room any more.
_LONGEST_RT60_S = 2.0
#: Beyond, the background clips with the loudest sources, or falls below one 16-bit step under the softest.
_SNR_DB = (-5.0, 40.0)


@dataclass(frozen=True)
class SceneOptions:
    """What the user chose, read.

    Attributes
    ----------
    rt60 : tuple of float or None, or None
        Reverberation times, s, and None for no room; None alone: each kind of item has its own.
    snr : tuple of float or None, or None
        Levels of the sources over the background, dB, and None for no background; None alone: the task's.
    signal : tuple of str
        Kinds of signal; empty: the task's own.
    head : str or None
        Path of a SOFA file.
    recordings : tuple of Recording
        Source material; empty: synthesis.
    format : str
        What receives the sound.
    stems : bool
        Whether each source's own sound is kept beside the mixture.
    resolved : dict
        All of it, fit for a manifest: digests for paths.
    """

    rt60: tuple[float | None, ...] | None = None
    snr: tuple[float | None, ...] | None = None
    signal: tuple[str, ...] = ()
    head: str | None = None
    recordings: tuple[Recording, ...] = ()
    format: str = "binaural"
    stems: bool = False

    @property
    def resolved(self) -> dict[str, Any]:
        """Options that say how the suite was made, without any path."""
        told: dict[str, Any] = {}
        if self.snr is not None:
            told["snr"] = [NO_BACKGROUND if snr is None else snr for snr in self.snr]
        if self.rt60 is not None:
            told["rt60"] = [ANECHOIC if rt60 is None else rt60 for rt60 in self.rt60]
        if self.signal:
            told["signal"] = list(self.signal)
        if self.head is not None:
            told["hrtf"] = {"sha256": sha256(Path(self.head).read_bytes()).hexdigest()}
        if self.recordings:
            told["recordings"] = describe_recordings(self.recordings)
        if self.format != "binaural":
            told["format"] = self.format
        return told | ({"stems": True} if self.stems else {})

    @property
    def licence(self) -> str | None:
        """Of the suite: ours to give where all is synthesis, unknown where the user's recordings sound."""
        return None if self.recordings else "CC0-1.0"

    def backgrounds(self, own: Sequence[float | None] = BACKGROUNDS_DB) -> tuple[float | None, ...]:
        """Levels over the background for items that would have ``own`` unless told otherwise."""
        return tuple(own) if self.snr is None else self.snr

    def rooms(self, own: Sequence[float | None], *, needs_room: bool = False) -> tuple[float | None, ...]:
        """Reverberation times (None: no room) for items that would have ``own`` unless told otherwise.

        Raises
        ------
        InputError
            If the items ``needs_room`` and the user left none.
        """
        chosen = tuple(own) if self.rt60 is None else self.rt60
        kept = tuple(rt60 for rt60 in chosen if rt60 is not None) if needs_room else chosen
        if not kept:
            raise InputError(
                "option rt60: without level, distance is heard in rooms only: add a reverberation time in s, "
                f"such as rt60={ANECHOIC},0.4"
            )
        return kept


def read(
    given: Mapping[str, Any],
    task: str,
    known: Sequence[str],
    signals: Sequence[str],
    needs: tuple[float, int],
) -> SceneOptions:
    """Read a task's options.

    Parameters
    ----------
    given : mapping
        As they came: texts, numbers or lists.
    task : str
        Its name, for the sentences.
    known : sequence of str
        The options that it takes, some of ``format``, ``hrtf``, ``recordings``, ``rt60``, ``signal``,
        ``snr``, ``stems``.
    signals : sequence of str
        The kinds of signal that it has.
    needs : (float, int)
        Length, s, that a recording must have, and how many are needed.

    Raises
    ------
    InputError
        In one sentence that names the option and what would work.
    """
    for name in given:
        if name not in known:
            raise InputError(
                f"{task} has no option {printable(str(name))!r}: there are {', '.join(sorted(known))}"
            )
    if "signal" in given and "recordings" in given:
        raise InputError("options signal and recordings exclude each other: recordings are the signals")
    if "hrtf" in given and given.get("format", "binaural") != "binaural":
        raise InputError("option hrtf is for format binaural: leave one of the two out")
    read_one: dict[str, Callable[[Any], Any]] = {
        "rt60": lambda value: tuple(map(_rt60, _parts(value, "rt60"))),
        "snr": lambda value: tuple(map(_snr, _parts(value, "snr"))),
        "signal": lambda value: tuple(_one_of(part, "signal", signals) for part in _parts(value, "signal")),
        "hrtf": _head,
        "recordings": lambda value: find_recordings(str(value), *needs),
        "format": lambda value: _one_of(str(value), "format", FORMATS),
        "stems": _yes,
    }
    fields = {"hrtf": "head"}
    return SceneOptions(**{fields.get(name, name): read_one[name](value) for name, value in given.items()})


def _parts(value: Any, name: str) -> list[str]:
    whole = value if isinstance(value, list | tuple) else str(value).split(",")
    parts = [str(part).strip() for part in whole]
    if not all(parts) or not parts:
        raise InputError(
            f"option {name}: {printable(str(value))!r} names nothing: give values with commas between"
        )
    if len(set(parts)) < len(parts):
        raise InputError(f"option {name}: {printable(str(value))!r} names a value twice: give each once")
    return parts


def _number(part: str, name: str, word: str) -> float:
    try:
        number = float(part)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"option {name}: {printable(part)!r} is no number: give numbers, or the word {word}")
    return number


def _rt60(part: str) -> float | None:
    if part == ANECHOIC:
        return None
    seconds = _number(part, "rt60", ANECHOIC)
    if seconds <= 0:
        raise InputError(
            f"option rt60: a room of {seconds:g} s reverberation does not exist: leave it out, or say "
            f"{ANECHOIC} for no room"
        )
    if seconds > _LONGEST_RT60_S:
        raise InputError(f"option rt60: {seconds:g} s is too long: {_LONGEST_RT60_S:g} s is the most")
    return seconds


def _snr(part: str) -> float | None:
    if part == NO_BACKGROUND:
        return None
    decibels = _number(part, "snr", NO_BACKGROUND)
    if not _SNR_DB[0] <= decibels <= _SNR_DB[1]:
        raise InputError(
            f"option snr: {decibels:g} dB cannot be used: give {_SNR_DB[0]:g} to {_SNR_DB[1]:g} dB, or the "
            f"word {NO_BACKGROUND}"
        )
    return decibels


def _one_of(part: str, name: str, choices: Sequence[str]) -> str:
    if part not in choices:
        raise InputError(f"option {name}: there is no {printable(part)!r}: there are {', '.join(choices)}")
    return part


def _head(value: Any) -> str:
    path = Path(str(value)).expanduser()
    if not path.is_file():
        raise InputError(f"option hrtf: there is no file {printable(str(value))}: give a SOFA file")
    return str(path.resolve())


def _yes(value: Any) -> bool:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    word = str(value).strip().lower()
    if word not in words:
        raise InputError(f"option stems: {printable(str(value))!r} is neither yes nor no: say one of them")
    return words[word]
