"""Whether a sound file is whole, and what it states is true, as far as its decoder does not check that itself.

Only containers in which a file cut short can be recognised are accepted: WAV and RF64 state their size, the last page
of Ogg says that it is the last, FLAC has a checksum of its sound. Of MP3, what the encoder's header states is compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial, reduce
from hashlib import md5
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from starbench.errors import AudioError

if TYPE_CHECKING:
    from soundfile import SoundFile

#: Containers that are accepted, as libsndfile names them.
ACCEPTED = ("WAV", "WAVEX", "RF64", "FLAC", "OGG", "MP3")
#: A WAV or RF64 that claims more than it has; libsndfile corrects that silently and says so in its log.
_CUT_WAV = re.compile(r"^ *(?:data|Riff size) : (\d+) \(should be (\d+)\)", re.MULTILINE)
#: Claims from here on are placeholders of programs that wrote a WAV to a pipe, bytes.
_PLACEHOLDER = (2**31 - 2**16, 2**32)
_OGG_FIRST, _OGG_LAST = 2, 4
_OGG_CRC = [
    reduce(lambda crc, _: crc << 1 & 0xFFFFFFFF ^ (0x04C11DB7 if crc >> 31 else 0), range(8), byte << 24)
    for byte in range(256)
]
#: Codes of a FLAC frame's rate -> Hz; those above state it in bytes of their own.
_FLAC_RATES = (0, 88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000)
#: Codes of a FLAC frame's rate that state it in so many bytes, in such a unit of Hz.
_FLAC_RATE_BYTES = {12: (1, 1000), 13: (2, 1), 14: (2, 10)}
#: Codes of a FLAC frame's length that state it in so many bytes.
_FLAC_LENGTH_BYTES = {6: 1, 7: 2}


def checked(file: SoundFile, read: Callable[[], bytes]) -> FlacCheck | None:
    """Check an open file as far as that needs no decoding; ``read`` gives its bytes. What is returned checks the rest.

    Raises :class:`AudioError` if it is of another container, or not whole.
    """
    if file.format not in ACCEPTED:
        raise AudioError(
            f"is {file.format}, in which a file cut short cannot be recognised: convert it to WAV or FLAC"
        )
    for claimed, present in ((int(cut[1]), int(cut[2])) for cut in _CUT_WAV.finditer(file.extra_info)):
        if present < claimed and not _PLACEHOLDER[0] <= claimed < _PLACEHOLDER[1]:
            raise AudioError(f"is cut short: {present} of {claimed} bytes")

    if file.format == "OGG":
        _refuse_cut_ogg(read())
    return FlacCheck.of(read()) if file.format == "FLAC" else None


def _refuse_cut_ogg(data: bytes) -> None:
    """Raise :class:`AudioError` unless ``data`` is one Ogg stream from its first page to its last (RFC 3533)."""
    at, last, number, flags = 0, 0, 0, 0
    while data[at : at + 4] == b"OggS" and not flags & _OGG_LAST:
        head = data[at : at + 27]
        table = data[at + 27 : at + 27 + head[-1]] if len(head) == 27 else b""
        end = at + 27 + len(table) + sum(table)
        if len(head) < 27 or len(table) < head[26] or end > len(data):
            raise AudioError("is cut short: its last page is not whole")
        if int.from_bytes(head[18:22], "little") != number or bool(head[5] & _OGG_FIRST) != (number == 0):
            raise AudioError("has pages that are missing, or of several streams")
        last, at, number, flags = at, end, number + 1, head[5]
    if not flags & _OGG_LAST:
        raise AudioError("is cut short: its last page is missing")
    if data[at : at + 4] == b"OggS":
        raise AudioError("holds several streams: keep one of them")
    # A decoder skips a damaged page. Of any other page, the samples that are missing show that.
    if _ogg_checksum(data[last:at]) != int.from_bytes(data[last + 22 : last + 26], "little"):
        raise AudioError("is damaged: its last page is not what its checksum says")


def _ogg_checksum(page: bytes) -> int:
    checksum = 0
    for byte in page[:22] + bytes(4) + page[26:]:
        checksum = checksum << 8 & 0xFFFFFFFF ^ _OGG_CRC[checksum >> 24 ^ byte]
    return checksum


@dataclass
class FlacCheck:
    """The checksum of the sound in a FLAC file, compared while its samples are decoded (RFC 9639)."""

    digest: bytes
    """MD5 that the file states of its samples."""
    width: int
    """Bytes of a sample."""
    _computed: Any = field(default_factory=partial(md5, usedforsecurity=False))

    @classmethod
    def of(cls, data: bytes) -> FlacCheck:
        """Read the header; raises :class:`AudioError` if its first frame has another rate, or there is no checksum."""
        at = data.find(b"fLaC") + 4
        info = data[at + 4 : at + 38]
        is_last = False
        while not is_last and at + 4 <= len(data):
            is_last = bool(data[at] & 0x80)
            at += 4 + int.from_bytes(data[at + 1 : at + 4], "big")
        rate, stated = _flac_frame_rate(data[at : at + 16]), int.from_bytes(info[10:13], "big") >> 4
        if rate not in (0, stated):
            raise AudioError(f"states a rate of {stated} Hz, and its sound has {rate} Hz")
        digest = info[18:34]
        if not any(digest):
            raise AudioError(
                "has no checksum of its sound, so nothing shows whether it is whole: encode it again"
            )
        bits = (int.from_bytes(info[12:14], "big") >> 4 & 31) + 1
        return cls(digest, -(-bits // 8))

    def add(self, block: NDArray[np.int32]) -> None:
        """Count a block of samples, shape (n, channels), left-aligned in 32 bits."""
        samples = np.ascontiguousarray(block, "<i4").view(np.uint8).reshape(-1, 4)
        self._computed.update(samples[:, 4 - self.width :].tobytes())

    def finish(self) -> None:
        """Raise :class:`AudioError` if the samples are not those that were encoded."""
        if self._computed.digest() != self.digest:
            raise AudioError("is cut short or damaged: its sound is not what its checksum says")


def _flac_frame_rate(frame: bytes) -> int:
    """Rate that a FLAC frame of number 0 states, Hz; 0 if it states none."""
    if len(frame) < 16 or frame[0] != 0xFF:
        return 0
    code = frame[2] & 15
    if code < len(_FLAC_RATES):
        return _FLAC_RATES[code]
    n_bytes, unit = _FLAC_RATE_BYTES.get(code, (0, 0))
    at = 5 + _FLAC_LENGTH_BYTES.get(frame[2] >> 4, 0)
    return int.from_bytes(frame[at : at + n_bytes], "big") * unit
