"""What a page draws of a clip, without any drawing library: its waveform as numbers, its spectrogram as a PNG.

A picture depends on the sound alone, on a scale that is the same for all sounds, so it is made once and kept.
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio
from starbench.errors import InputError
from starbench.reporting.pictures.signals import LOWEST_HZ, SCALE_DB, envelope, spectrogram
from starbench.storage.atomic import write_bytes, write_text
from starbench.storage.cache import cache_folder
from starbench.storage.inputs import read_json

#: Changes with anything that changes a picture.
_VERSION = 1
_COLUMNS, _ROWS, _WAVE_COLUMNS = 320, 88, 320
_SHADES = 32
_MOST_WAVES = 4
#: From silence to loud: black, purple, orange, pale yellow; lightness rises steadily, also for the colour-blind.
_COLOURS = ((6, 5, 18), (59, 15, 112), (140, 41, 129), (222, 73, 104), (254, 159, 109), (252, 253, 191))


def default_folder() -> Path:
    """Where pictures are kept between reports."""
    return cache_folder(f"clip-pictures-{_VERSION}")


def draw(audio: Audio) -> tuple[bytes, dict[str, Any]]:
    """The spectrograms of a clip's channels below each other, as a PNG, and what else is drawn of it, for JSON."""
    n = audio.channels
    parts = [audio.samples[:, [k]] for k in range(n)] if n <= 2 else [audio.samples]
    images = [_shades(part, audio.rate) for part in parts]
    peak = float(np.abs(audio.samples).max())
    return png(np.vstack(images)), {
        "channels": n,
        "rate": audio.rate,
        "seconds": round(audio.seconds, 6),
        "bands": len(parts),
        "hertz": [LOWEST_HZ, audio.rate / 2],
        "peak": round(peak, 6),
        "waves": [_packed(wave, peak) for wave in audio.samples[:, :_MOST_WAVES].T],
    }


def keep(folder: Path, name: str, audio: Audio) -> None:
    """Write the picture of a clip and what belongs to it to ``folder``."""
    image, facts = draw(audio)
    write_bytes(folder / f"{name}.png", image)
    write_text(folder / f"{name}.json", json.dumps(facts))  # last: where it is, the picture is whole


def read(folder: Path, name: str) -> dict[str, Any] | None:
    """What was kept of a clip, None if nothing was or it cannot be read."""
    try:
        facts = read_json(folder / f"{name}.json")
    except InputError:
        return None
    return facts if isinstance(facts, dict) and (folder / f"{name}.png").is_file() else None


def png(shades: NDArray[np.uint8]) -> bytes:
    """A picture of shape (rows, columns), each pixel one of the shades of the scale, as a PNG with a palette."""
    rows, columns = shades.shape
    lines = np.zeros((rows, columns + 1), np.uint8)  # each line begins with its filter: none
    lines[:, 1:] = shades
    places = np.linspace(0, len(_COLOURS) - 1, _SHADES)
    palette = np.stack(
        [np.interp(places, range(len(_COLOURS)), channel) for channel in zip(*_COLOURS, strict=True)], axis=1
    )
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)),
        (b"PLTE", palette.round().astype(np.uint8).tobytes()),
        (b"IDAT", zlib.compress(lines.tobytes(), 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def _shades(samples: NDArray[np.float32], rate: int) -> NDArray[np.uint8]:
    """The spectrogram of samples of shape (n, channels), shape (rows, columns), the highest frequency first."""
    _, hertz, levels = spectrogram(samples, rate)
    edges = np.geomspace(LOWEST_HZ, rate / 2, _ROWS + 1)[:-1]
    rows = np.minimum(np.searchsorted(hertz, edges), hertz.size - 1)
    levels = np.maximum.reduceat(levels, rows, axis=0)
    columns = np.unique(np.linspace(0, levels.shape[1], _COLUMNS, endpoint=False).astype(int))
    levels = np.maximum.reduceat(levels, columns, axis=1)
    low, high = SCALE_DB
    shades = np.rint((levels - low) / (high - low) * (_SHADES - 1))
    limited: NDArray[np.uint8] = np.clip(shades, 0, _SHADES - 1).astype(np.uint8)
    return limited[::-1]


def _packed(wave: NDArray[np.float32], peak: float) -> str:
    """Lowest and highest sample under each column of pixels, as signed bytes in base 64, the clip's peak 127."""
    _, low, high = envelope(wave, _WAVE_COLUMNS)
    pairs = np.stack([low, high], axis=1) / (peak or 1.0)
    return base64.b64encode(np.rint(127 * pairs).astype(np.int8).tobytes()).decode()
