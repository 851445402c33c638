"""``--limit N``: only the sounds of the sampled items are decoded, and nothing that is asked is believed."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from small_suite import item, write

from starbench.audio import Audio, decode
from starbench.build.build import build
from starbench.errors import SuiteError
from starbench.models.adapter import Model
from starbench.planning.captions import CaptionRequest, plan_captions
from starbench.planning.plan import Request, RunPlan, plan_run
from starbench.schema import Prompt, Setup
from starbench.suites import clip_cache
from starbench.suites import suite as suites
from starbench.synthesis import BuildSpec


class Silent:
    def generate(self, prompt: Prompt) -> str:
        return ""


MODEL = Model("silent", {}, Silent())


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("built") / "suite"
    build("perception", BuildSpec(("pitch", "loudness"), "default", 5, 12), path)
    return path


@pytest.fixture
def built(template: Path, tmp_path: Path) -> Path:
    return shutil.copytree(template, tmp_path / "suite")


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Names of the files that were decoded to read a suite, of which nothing is known yet."""
    names: list[str] = []

    def counted(path: Path) -> Audio:
        names.append(path.name)
        return decode(path)

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "no folder"))
    (tmp_path / "no folder").touch()
    monkeypatch.setattr(clip_cache, "decode", counted)
    return names


def planned(suite: Path, limit: int | None) -> RunPlan:
    return plan_run(Request((str(suite),), Setup(conditions=("audio",), limit=limit)), MODEL)


def clips_of(plan: RunPlan) -> set[str]:
    return {Path(path).name for item in plan.items.values() for path in item.audio_paths}


def overwrite(path: Path, *, like: Path | None = None) -> None:
    """Put another sound in a file, of the same length."""
    samples, rate = soundfile.read(like or path, dtype="int16", always_2d=True)
    soundfile.write(path, np.roll(samples, 7, axis=0), rate, subtype="PCM_16")


def test_a_limited_run_decodes_the_clips_of_its_items_and_a_whole_one_all(
    built: Path, decoded: list[str]
) -> None:
    one = planned(built, 1)
    assert sorted(decoded) == sorted(clips_of(one))
    decoded.clear()
    every = planned(built, None)
    assert len(decoded) == len(set(decoded)) == len(list((built / "audio").iterdir()))
    assert one.run.identity.suites == every.run.identity.suites
    decoded.clear()
    captions = plan_captions(CaptionRequest((str(built),), Setup(limit=1)), MODEL)
    assert len(decoded) == len(captions.trials) == len(clips_of(one))


@pytest.mark.parametrize("damage", ["cut short", "another sound"])
def test_a_damaged_clip_is_refused_where_it_is_asked_before_any_question(built: Path, damage: str) -> None:
    plan = planned(built, 1)
    names = {path.name for path in (built / "audio").iterdir()}
    for name, limits in ((min(clips_of(plan)), (1, None)), (min(names - clips_of(plan)), (None,))):
        file = built / "audio" / name
        whole = file.read_bytes()
        if damage == "cut short":
            file.write_bytes(whole[:-100])
        else:
            overwrite(file)
        for limit in limits:
            with pytest.raises(SuiteError, match=r"cut short|digest does not match|problem"):
                planned(built, limit)
        file.write_bytes(whole)
    assert planned(built, None).trials


def test_a_changed_question_is_refused_although_it_is_not_asked(built: Path, decoded: list[str]) -> None:
    (identity,) = {item_id for _, item_id in planned(built, 1).items}
    lines = (built / "metadata.jsonl").read_text("utf-8").splitlines()
    at = next(n for n, line in enumerate(lines) if f'"{identity}"' not in line)
    lines[at] = lines[at].replace('"question": "', '"question": "Now: ')
    (built / "metadata.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    with pytest.raises(SuiteError, match="digest does not match"):
        planned(built, 1)


def test_names_are_believed_only_where_the_digest_of_the_suite_confirms_them(
    tmp_path: Path, decoded: list[str]
) -> None:
    items = [item(n, audio_paths=[f"audio/{n:064x}.wav"]) for n in range(4)]
    root = write(tmp_path / "named", items)
    for number in range(4):
        (root / f"audio/{number}.wav").rename(root / f"audio/{number:064x}.wav")
    content = suites.read(root).digest
    for stated in ({}, {"digest": content}):
        write(root, items, **stated)
        decoded.clear()
        assert planned(root, 1).run.identity.suites[0].digest == content
        assert len(set(decoded)) == 4
