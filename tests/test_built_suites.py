"""Built suites end to end: what is on disk, what is sent, and that listening answers it."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

import pytest

from starbench.adapters.observer import Observer
from starbench.audio import decode
from starbench.build.build import build
from starbench.errors import InputError, SuiteError
from starbench.planning.trials import materialise, plan_trials
from starbench.protocols import get as get_protocol
from starbench.schema import ClipPart, Outcome, Prompt, Response
from starbench.suites.clip_store import ClipStore
from starbench.suites.suite import Suite
from starbench.synthesis import BuildSpec

ATTRIBUTES = ("pitch", "loudness", "duration")


@pytest.fixture(scope="module")
def default(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    return build(
        "perception", BuildSpec(ATTRIBUTES, "default", 11, 240), tmp_path_factory.mktemp("d") / "suite"
    )


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    return build(
        "perception", BuildSpec(ATTRIBUTES, "star-bench", 11, 160), tmp_path_factory.mktemp("o") / "suite"
    )


def _as_sent(prompt: Prompt) -> Prompt:
    """The prompt with its sounds decoded again from the WAV bytes that leave."""
    parts = [
        ClipPart.of(partial(decode, part.audio().wav)) if isinstance(part, ClipPart) else part
        for part in prompt.parts
    ]
    return prompt.model_copy(update={"parts": tuple(parts)})


def _listen(suite: Suite, protocol: str) -> dict[str, list[bool]]:
    items, store, heard = {item.id: item for item in suite.items}, ClipStore(suite), Observer()
    right: dict[str, list[bool]] = {}
    for trial in plan_trials("s", suite.items, suite.clips, get_protocol(protocol), ["audio"], "1").trials:
        reply = heard.generate(_as_sent(materialise(trial, items[trial.item_id], store)))
        text = reply if isinstance(reply, str) else reply.text
        reading = get_protocol(protocol).read(Response(text=text), trial.options)
        assert reading.outcome is Outcome.ANSWERED
        right.setdefault(items[trial.item_id].sub_category or "", []).append(
            reading.letter == trial.answer_letter
        )
    return right


@pytest.mark.parametrize("protocol", ["starbench", "star-bench"])
def test_the_observer_answers_what_is_sent(default: Suite, protocol: str) -> None:
    eased = [item for item in default.items if item.level is None or item.level == 0 or item.level >= 2]
    suite = Suite("s", default.root, tuple(eased), default.clips, protocol)
    right = _listen(suite, protocol)
    assert len(right) == 4
    for name, answers in right.items():
        assert len(answers) > 40
        assert sum(answers) / len(answers) >= 0.99, name


def test_the_observer_answers_the_original_design_where_it_is_true(original: Suite) -> None:
    sound = tuple(item for item in original.items if not item.flags)
    right = _listen(Suite("s", original.root, sound, original.clips, "starbench"), "starbench")
    assert {name: sum(answers) / len(answers) for name, answers in right.items()} == dict.fromkeys(right, 1.0)


def test_the_original_design_keeps_its_impossible_cells_and_flags_them(original: Suite) -> None:
    flags = {flag for item in original.items for flag in item.flags}
    assert {"over-full-scale", "below-one-lsb"} <= flags
    assert all(item.abstain is not None for item in original.items)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(default: Suite, tmp_path: Path) -> None:
    spec = BuildSpec(ATTRIBUTES, "default", 11, 24)
    one, two = build("perception", spec, tmp_path / "1"), build("perception", spec, tmp_path / "2")
    assert _bytes(one.root) == _bytes(two.root)
    other = build("perception", BuildSpec(ATTRIBUTES, "default", 12, 24), tmp_path / "3")
    assert not set(other.clips) & set(one.clips)
    assert one.digest == two.digest != other.digest


def _bytes(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_names_on_disk_tell_nothing(default: Suite) -> None:
    assert all(re.fullmatch(r"audio/[0-9a-f]{64}\.wav", path) for path in default.clips)
    files = {str(path.relative_to(default.root)) for path in default.root.rglob("*") if path.is_file()}
    assert files == {"suite.json", "metadata.jsonl", *default.clips}


def test_metadata_reads_as_an_audio_folder(default: Suite) -> None:
    """``file_name`` first and relative, as Hugging Face datasets' audiofolder loader wants it."""
    for line in (default.root / "metadata.jsonl").read_text("utf-8").splitlines():
        record = json.loads(line)
        assert next(iter(record)) == "file_name"
        assert (default.root / record["file_name"]).is_file()


def test_the_manifest_says_how_to_make_it_again(default: Suite) -> None:
    manifest = json.loads((default.root / "suite.json").read_text("utf-8"))
    assert manifest["spec"]["seed"] == 11
    assert manifest["spec"]["attributes"] == list(ATTRIBUTES)
    assert manifest["digest"] == default.digest
    assert len(manifest["dropped"]) == 51
    assert {"starbench", "numpy"} <= set(manifest["versions"])


def test_a_directory_in_use_is_not_touched(default: Suite) -> None:
    before = _bytes(default.root)
    with pytest.raises(SuiteError, match="is not empty"):
        build("perception", BuildSpec(ATTRIBUTES, "default", 1, 8), default.root)
    assert _bytes(default.root) == before


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (BuildSpec(("taste",), "default", 1, 8), "taste"),
        (BuildSpec(ATTRIBUTES, "better", 1, 8), "better"),
    ],
)
def test_what_cannot_be_built_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, spec: BuildSpec, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        build("perception", spec, tmp_path / "suite")
    assert list(tmp_path.iterdir()) == []
