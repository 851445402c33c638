"""JSON bodies with sound in them, put together without sending the sound through a JSON encoder.

Half a megabyte of base64 costs more time in ``json.dumps`` than all else that a request takes; it is plain
ASCII, so the encoder would copy it unchanged. A clip is sent in several questions and is encoded once.
"""

from __future__ import annotations

import base64
import json
from collections import OrderedDict
from collections.abc import Sequence
from itertools import chain
from secrets import token_hex
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starbench.audio import Audio

#: Stands for a clip's base64 in the values that :func:`json_body` takes. Drawn anew in each process, so that
#: no text of a prompt can contain it.
CLIP = f"clip-{token_hex(16)}"
_MAX_BYTES = 128 * 2**20


def json_body(value: Any, clips: Sequence[bytes]) -> bytes:
    """Return ``value`` as compact JSON in UTF-8, with a clip's base64 in place of each :data:`CLIP`, in order.

    :data:`CLIP` may be part of a longer text, such as a ``data:`` URL.

    Raises
    ------
    ValueError
        If there are more or fewer clips than places for them, or ``value`` holds a number that JSON has no
        form for.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    head, *rest = text.encode().split(CLIP.encode())
    return b"".join([head, *chain.from_iterable(zip(clips, rest, strict=True))])


class EncodedClips:
    """Clips as base64 of their WAV files, each encoded once; usable from any thread.

    Beyond ``max_bytes`` of base64, what was not used for longest is dropped.
    """

    def __init__(self, max_bytes: int = _MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._kept: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._lock = Lock()

    def encode(self, audio: Audio) -> bytes:
        """Return the base64 of the clip's WAV file."""
        # One sound may come in several files, as the canary's probes do, and each is sent in its own bytes.
        key = (audio.digest, hash(audio.wav))
        with self._lock:  # the questions about a clip often start together, and one encoding serves them all
            encoded = self._kept.pop(key, None)
            if encoded is None:
                encoded = base64.b64encode(audio.wav)
                self._bytes += len(encoded)
            self._kept[key] = encoded
            while self._bytes > self._max_bytes:
                self._bytes -= len(self._kept.popitem(last=False)[1])
        return encoded
