"""What may be sent to a model, by what it declares: rates, channels, seconds."""

from __future__ import annotations

from dataclasses import dataclass

from starbench.canary import sounds
from starbench.canary.probes import Stimulus
from starbench.canary.sounds import PALETTE, Sound
from starbench.schema import Capabilities

#: Rate of all probes that need no other, Hz.
_USUAL_HZ = 16_000
#: Where a run sends clips at their own rate, the band is probed at this, Hz.
_FULL_HZ = 48_000
_OTHERS_HZ = (24_000, 16_000, 48_000)
#: Rates nearer to each other than this tell bytes from seconds badly.
_UNLIKE = 1.25
#: Length of the sounds that are compared, s, and of the silent clip that stands for none.
SOUND_S, SILENT_S = 2.0, 0.5
#: Lengths over which counts of tokens must grow are this many times the sounds' own.
TWICE, FOURFOLD = 2, 4


@dataclass(frozen=True)
class Terms:
    """The clips that a model may be sent.

    Attributes
    ----------
    rate, full_rate : int
        Rate of the usual probes, and of those that ask for the band, Hz.
    other_rate : int or None
        Another rate that the model reads, Hz.
    stereo : bool
        Whether it takes two channels.
    longest_s : float
        The longest clip that it takes, s.
    text_only : bool
        Whether it takes a prompt without any clip.
    """

    rate: int
    full_rate: int
    other_rate: int | None
    stereo: bool
    longest_s: float
    text_only: bool

    @classmethod
    def of(cls, capabilities: Capabilities, rate: int | None) -> Terms:
        """What ``capabilities`` allow; ``rate`` is what the run sends at, None: each clip's own."""
        read = sorted(capabilities.rates or ())
        usual = rate or min(read, key=lambda hz: abs(hz - _USUAL_HZ), default=_USUAL_HZ)
        others = [hz for hz in (read or _OTHERS_HZ) if not usual / _UNLIKE < hz < usual * _UNLIKE]
        return cls(
            rate=usual,
            full_rate=rate
            or max((hz for hz in read if hz <= _FULL_HZ), default=read[0] if read else _FULL_HZ),
            other_rate=others[0] if others else None,
            stereo=(capabilities.max_channels or 2) >= 2,
            longest_s=capabilities.max_seconds or float("inf"),
            text_only=capabilities.text_only,
        )

    @property
    def sound_s(self) -> float:
        """Length of the sounds that are compared, s; four times as much must be allowed."""
        return min(SOUND_S, self.longest_s / FOURFOLD)

    @property
    def none(self) -> Stimulus:
        """No clip; a silent one where the model takes no prompt without."""
        if self.text_only:
            return Stimulus("no clip")
        return Stimulus(
            "no sound",
            lambda: sounds.audio(self.rate, sounds.silence(min(SILENT_S, self.sound_s), self.rate)),
        )

    def sound(self, make: Sound, *, times: int = 1, rate: int | None = None, channels: int = 1) -> Stimulus:
        """A sound of the palette, ``times`` the usual length."""
        hz = rate or self.rate
        name = f"{make.__name__}, {times} times {self.sound_s:g} s, {hz} Hz, {channels} channel(s)"
        return Stimulus(name, lambda: sounds.audio(hz, *[make(times * self.sound_s, hz)] * channels))

    @property
    def palette(self) -> list[Stimulus]:
        """Unlike sounds of one length, rate and number of channels."""
        return [self.sound(make) for make in PALETTE.values()]

    def counted(self) -> dict[str, Stimulus]:
        """The sound that is counted at several lengths, rates and numbers of channels."""
        sound = sounds.low_tone
        stimuli = {"once": self.sound(sound), "twice": self.sound(sound, times=TWICE)}
        stimuli["fourfold"] = self.sound(sound, times=FOURFOLD)
        if self.other_rate:
            stimuli["other rate"] = self.sound(sound, times=FOURFOLD, rate=self.other_rate)
        elif self.stereo:
            stimuli["two channels"] = self.sound(sound, times=FOURFOLD, channels=2)
        return stimuli
