"""Clips by content: decoded, changed and resampled once, kept while memory lasts."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from starbench.audio import Audio, decode, resample, transform
from starbench.errors import AudioError
from starbench.intake import inside
from starbench.schema import Transform
from starbench.suite import Suite

#: Sound kept in memory, bytes.
CACHE_BYTES = 512 * 2**20
#: A clip's 16-bit samples, its WAV bytes, and its float samples, in units of the first.
_COPIES = 4


class ClipStore:
    """The clips of one suite as they are sent, from any thread.

    Parameters
    ----------
    suite : Suite
        Where the files lie, and what each held when the suite was read.
    rate : int, optional
        Rate that every clip is resampled to, Hz; None keeps each clip's own.
    """

    def __init__(self, suite: Suite, rate: int | None = None) -> None:
        self._suite = suite
        self._rate = rate
        self._kept: OrderedDict[tuple[str, Transform], Audio] = OrderedDict()
        self._bytes = 0
        self._making: dict[tuple[str, Transform], Lock] = {}
        self._lock = Lock()

    def get(self, path: str, how: Transform = "native") -> Audio:
        """The clip at ``path``, changed as a condition asks, at the rate of this store.

        Raises
        ------
        AudioError
            If the file is not what it was when the suite was read.
        """
        key = (path, how)
        with self._lock:
            making = self._making.setdefault(key, Lock())
        with making:  # the rotations of an item start together, and one decoding serves them all
            kept = self._recall(key)
            return kept if kept is not None else self._keep(key, self._make(path, how))

    def fingerprint(self, path: str, how: Transform = "native") -> str:
        """What identifies the clip as sent, without decoding it."""
        clip = self._suite.clips[path]
        return f"{clip.digest}/{how}/{self._rate or clip.rate}"

    def _recall(self, key: tuple[str, Transform]) -> Audio | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: tuple[str, Transform], audio: Audio) -> Audio:
        with self._lock:
            self._kept[key] = audio
            self._bytes += _COPIES * audio.pcm.nbytes
            while self._bytes > CACHE_BYTES and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self._bytes -= _COPIES * dropped.pcm.nbytes
        return audio

    def _make(self, path: str, how: Transform) -> Audio:
        audio = decode(inside(self._suite.root, path, self._suite.boundary))
        if audio.digest != self._suite.clips[path].digest:
            raise AudioError("a clip changed on disk after the suite was read")
        changed = transform(audio, how)
        return changed if self._rate is None else resample(changed, self._rate)
