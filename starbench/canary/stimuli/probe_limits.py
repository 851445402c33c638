"""What may be sent to a model, from what it declares: rates, channels, seconds."""

from __future__ import annotations

from dataclasses import dataclass

from starbench.schema import Capabilities

#: Rate of all probes that need no other, Hz.
_USUAL_HZ = 16_000
#: Where a run sends clips at their own rate, the band is probed at this rate, Hz.
_FULL_HZ = 48_000
_OTHER_HZ = (24_000, 16_000, 48_000)
#: Rates closer to each other than this ratio distinguish bytes from seconds badly.
_UNLIKE = 1.25
#: Length of the sounds that are compared, s.
_SOUND_S = 2.0
#: The longest clip whose tokens are counted is this many times as long.
FOURFOLD = 4


@dataclass(frozen=True)
class ProbeLimits:
    """The clips that a model may be sent."""

    rate: int
    full_rate: int
    """For the probes of the band, Hz."""
    other_rate: int | None
    """Another rate that the model reads, Hz."""
    stereo: bool
    longest_s: float
    text_only: bool

    @classmethod
    def of(cls, capabilities: Capabilities, rate: int | None) -> ProbeLimits:
        """What ``capabilities`` allow; ``rate`` is the rate that the run sends at, None: each clip's own."""
        readable = sorted(capabilities.rates or ())
        usual = rate or min(readable, key=lambda hz: abs(hz - _USUAL_HZ), default=_USUAL_HZ)
        others = [hz for hz in (readable or _OTHER_HZ) if not usual / _UNLIKE < hz < usual * _UNLIKE]
        lowest = readable[0] if readable else _FULL_HZ
        return cls(
            rate=usual,
            full_rate=rate or max((hz for hz in readable if hz <= _FULL_HZ), default=lowest),
            other_rate=others[0] if others else None,
            stereo=(capabilities.max_channels or 2) >= 2,
            longest_s=capabilities.max_seconds or float("inf"),
            text_only=capabilities.text_only,
        )

    @property
    def sound_s(self) -> float:
        """Length of the sounds that are compared, s: a clip four times as long must be allowed too."""
        return min(_SOUND_S, self.longest_s / FOURFOLD)
