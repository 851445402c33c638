"""Source signals: mono waveforms, before they have a place."""

from .making import SIGNAL_KINDS, DrySignal, make_signal

__all__ = ["SIGNAL_KINDS", "DrySignal", "make_signal"]
