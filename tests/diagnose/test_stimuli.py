"""Single sounds for probes: what is drawn is what sounds, and nothing gives a factor away."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from starbench.diagnose.stimuli import factorial_stimuli, planned_clips
from starbench.errors import InputError, PluginError
from starbench.plugins import registry
from starbench.suites.suite import Suite

SECONDS = 1.25


@pytest.fixture(scope="module")
def stimuli():
    return factorial_stimuli("perception", seed=3, count=60)


def test_factors_are_what_sounds(stimuli) -> None:
    for clip, onset, seconds, level in zip(
        stimuli.clips, *(stimuli.factors[f] for f in ("onset_s", "duration_s", "level_db")), strict=True
    ):
        assert clip.channels == 2
        assert clip.seconds == SECONDS
        inside = clip.samples[round(onset * clip.rate) : round((onset + seconds) * clip.rate)]
        assert 10 * np.log10(np.mean(inside.astype(float) ** 2)) == pytest.approx(level, abs=0.5)
        assert not clip.samples[: round((onset - 0.03) * clip.rate)].any()  # no floor gives the level away
        assert not clip.samples[round((onset + seconds + 0.03) * clip.rate) :].any()


def test_both_ears_hear_every_sound(stimuli) -> None:
    powers = np.stack([np.mean(clip.samples.astype(float) ** 2, axis=0) for clip in stimuli.clips])
    louder_right = np.log(powers[:, 1] / powers[:, 0])
    assert np.abs(louder_right).max() < np.log(10**4)
    assert np.corrcoef(louder_right, stimuli.factors["azimuth_deg"])[0, 1] > 0.5


def test_clips_are_the_same_for_any_count_and_independent_of_each_other(stimuli) -> None:
    again = factorial_stimuli("perception", seed=3, count=4, workers=0)
    assert [a.digest for a in again.clips] == [a.digest for a in stimuli.clips[:4]]
    assert factorial_stimuli("perception", seed=4, count=1).clips[0].digest != stimuli.clips[0].digest
    numbers = [np.asarray(v, float) for name, v in stimuli.factors.items() if name != "timbre"]
    assert np.abs(np.corrcoef(numbers) - np.eye(len(numbers))).max() < 0.45  # of 60 clips


@pytest.mark.parametrize("planned", [(), None, [1, 2]])
def test_a_task_that_plans_other_than_was_asked_is_named(
    planned: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = SimpleNamespace(factorial_clips=lambda _seed, _count: planned)
    monkeypatch.setattr(registry, "make", lambda *_: task)
    with pytest.raises(PluginError, match=r"task mine (planned . single sounds, and 3|fails to plan)"):
        planned_clips("mine", 0, 3)


def test_a_task_without_single_sounds_is_refused() -> None:
    with pytest.raises(InputError, match="makes no single sounds"):
        factorial_stimuli("temporal", seed=0, count=1)
    with pytest.raises(InputError, match="is not installed here"):
        factorial_stimuli("hearing", seed=0, count=1)


@pytest.mark.parametrize("task", ["{}/task.py:Task", "this", "os.path:join"])
def test_code_that_only_a_suite_names_is_not_run(task: str, tmp_path: Path) -> None:
    (tmp_path / "task.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Task: pass\n", "utf-8")
    suite = Suite("sounds", tmp_path, (), {}, "starbench", spec={"task": task.format(tmp_path)})
    with pytest.raises(InputError, match="is not installed here"):
        factorial_stimuli(suite, seed=0, count=1)
    assert not (tmp_path / "ran").exists()
    assert "this" not in sys.modules
