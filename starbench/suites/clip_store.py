"""Clips by content: decoded, changed and resampled once, kept while memory lasts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from functools import partial
from threading import Lock

from starbench.audio import Audio, decode, join, resample, transform
from starbench.errors import AudioError
from starbench.schema import ClipSpec, Item, JoinedSpec, Transform
from starbench.suites.clip_info import ClipInfo
from starbench.suites.suite import Suite
from starbench.suites.validate import resolve_within

#: Sound kept in memory, bytes.
CACHE_BYTES = 512 * 2**20
#: A clip's 16-bit samples, its WAV bytes, and its float samples, in units of the first.
_COPIES = 4


class ClipStore:
    """The clips of one suite as they are sent, from any thread; all at ``rate``, Hz, or each at its own."""

    def __init__(self, suite: Suite, rate: int | None = None) -> None:
        self._suite = suite
        self._root = suite.root.absolute()  # clips are read later, from wherever the process is then
        self._boundary = suite.boundary and suite.boundary.absolute()
        self._rate = rate
        self._kept: OrderedDict[Hashable, Audio] = OrderedDict()
        self._bytes = 0
        self._making: dict[Hashable, Lock] = {}
        self._lock = Lock()

    @property
    def clips(self) -> Mapping[str, ClipInfo]:
        return self._suite.clips

    def get(self, path: str, how: Transform = "native", then: Transform | None = None) -> Audio:
        """The clip at ``path`` at the rate of this store, changed as a condition asks, then as a policy asks.

        Raises :class:`AudioError` if the file is not what it was when the suite was read.
        """
        steps = _steps(how, then)
        return self._cached((path, *steps), partial(self._make, path, steps))

    def part(self, spec: ClipSpec | JoinedSpec, item: Item) -> Audio:
        """A clip of a prompt about ``item`` as it is sent."""
        if isinstance(spec, ClipSpec):
            return self.get(item.clip_path(spec.clip), spec.transform, spec.then)
        return self._cached(
            self.part_fingerprint(spec, item),
            lambda: join([self.part(clip, item) for clip in spec.clips], spec.gap_s),
        )

    def fingerprint(self, path: str, how: Transform = "native", then: Transform | None = None) -> str:
        """What identifies the clip as sent, without decoding it."""
        clip = self._suite.clips[path]
        return f"{clip.digest}/{'+'.join(_steps(how, then)) or 'native'}/{self._rate or clip.rate}"

    def part_fingerprint(self, spec: ClipSpec | JoinedSpec, item: Item) -> str:
        """What identifies a clip of a prompt about ``item`` as sent."""
        if isinstance(spec, ClipSpec):
            return self.fingerprint(item.clip_path(spec.clip), spec.transform, spec.then)
        return f"joined {spec.gap_s!r} s/" + "/".join(
            self.part_fingerprint(clip, item) for clip in spec.clips
        )

    def _cached(self, key: Hashable, make: Callable[[], Audio]) -> Audio:
        with self._lock:
            making = self._making.setdefault(key, Lock())
        with making:  # the rotations of an item start together, and one decoding serves them all
            with self._lock:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    return self._kept[key]
            audio = make()
            with self._lock:
                self._kept[key] = audio
                self._bytes += _COPIES * audio.pcm.nbytes
                while self._bytes > CACHE_BYTES and len(self._kept) > 1:
                    _, dropped = self._kept.popitem(last=False)
                    self._bytes -= _COPIES * dropped.pcm.nbytes
            return audio

    def _make(self, path: str, steps: tuple[Transform, ...]) -> Audio:
        audio = decode(resolve_within(self._root, path, self._boundary))
        if audio.digest != self._suite.clips[path].digest:
            raise AudioError("a clip changed on disk after the suite was read")
        for step in steps:
            audio = transform(audio, step)
        return audio if self._rate is None else resample(audio, self._rate)


def _steps(how: Transform, then: Transform | None) -> tuple[Transform, ...]:
    """What is done to a clip in turn; equal for changes that make the same sound."""
    return tuple(step for step in (how, then) if step is not None and step != "native")
