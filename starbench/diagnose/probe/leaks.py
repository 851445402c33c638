"""Whether an attribute can be read where it should not be: then a verdict would rest on what a loader cannot lose."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from starbench.audio import Audio, quantise
from starbench.diagnose.probe.baselines import BASELINE
from starbench.diagnose.probe.features import features_of
from starbench.diagnose.probe.readings import Split, Target, read_layers
from starbench.diagnose.stimuli import FactorialStimuli
from starbench.schema.probe import LeakCheck

#: The rms that normalised clips get.
_RMS = 0.05
#: The longest stretch before a sound that is looked at, and what is left free before its ramp, s.
_SILENCE_S, _FREE_S = 0.2, 0.015


def leak_checks(stimuli: FactorialStimuli, targets: Sequence[Target], split: Split) -> tuple[LeakCheck, ...]:
    """Read loudness from clips of equal level, and every attribute from what is before its sound, by baselines."""
    numbers = [one for one in targets if not one.names]
    loudness = [one for one in numbers if one.attribute.factor == "level_db"]
    found = []
    if loudness:
        found += _read([_normalised(clip) for clip in stimuli.clips], loudness, split, "normalised")
    if "onset_s" in stimuli.factors:
        onsets = stimuli.factors["onset_s"].tolist()
        clips = [_before(clip, onset_s) for clip, onset_s in zip(stimuli.clips, onsets, strict=True)]
        found += _read(clips, numbers, split, "silence")
    return tuple(found)


def _read(clips: Sequence[Audio], targets: Sequence[Target], split: Split, kind: str) -> list[LeakCheck]:
    features = features_of(BASELINE, clips, [0.0] * len(clips))
    readings = read_layers("baseline", features, targets, split)
    checks = []
    for target in targets:
        rows = [one.row for one in readings if one.row.attribute == target.attribute.name]
        best = max(rows, key=lambda row: row.validation)
        checks.append(
            LeakCheck(attribute=best.attribute, kind=kind, r2=best.r2, r2_interval=best.r2_interval)  # type: ignore[arg-type]
        )
    return checks


def _normalised(clip: Audio) -> Audio:
    samples = clip.samples.astype(np.float64)
    return Audio(quantise(np.clip(samples * (_RMS / np.sqrt(np.mean(samples**2))), -1.0, 1.0)), clip.rate)


def _before(clip: Audio, onset_s: float) -> Audio:
    """What is heard before the sound, filled up to one length with digital silence in front."""
    pcm = clip.pcm[: max(round((onset_s - _FREE_S) * clip.rate), 0)][-round(_SILENCE_S * clip.rate) :]
    return Audio(np.pad(pcm, ((round(_SILENCE_S * clip.rate) - len(pcm), 0), (0, 0))), clip.rate)
