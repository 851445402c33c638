"""Public data sets from the hub: the real client against a loopback copy, and no more sounds than are asked about."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hub_server import COMMIT, Hub
from public_sets import json_lines, sounds, spatialsoundqa
from pytest_httpserver import HTTPServer

REPOSITORY = "somebody/questions"
LOAD = """
import json, sys
from functools import partial
from starbench.errors import SuiteError
from starbench.suites.clip_store import ClipStore
from starbench.suites.open import open_suite
from starbench.suites.sampling import sample
try:
    suite = open_suite(sys.argv[1], to_decode=partial(sample, limit=int(sys.argv[2]) or None, seed=0))
except SuiteError as error:
    print(json.dumps({"error": str(error), "problems": error.problems}))
else:
    store = ClipStore(suite)
    clips = sorted(store.get(path).digest for path in suite.clips)
    facts = {"spec": suite.spec, "digest": suite.digest, "clips": clips}
    print(json.dumps({"ids": [item.id for item in suite.items], **facts}))
"""
N = 12


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer(host="127.0.0.1", threaded=True) as http_server:
        yield http_server


def load(server: HTTPServer, hub: Hub, tmp_path: Path, spec: str, limit: int = 0) -> dict[str, Any]:
    """Open ``spec`` in a new process, because the client reads its settings when it is imported."""
    server.clear()
    server.expect_request(re.compile("/.*")).respond_with_handler(hub)
    done = subprocess.run(
        [sys.executable, "-c", LOAD, spec, str(limit)],
        env={
            **os.environ,
            "HF_ENDPOINT": server.url_for("").rstrip("/"),
            "HF_HOME": str(tmp_path / "hub"),
            "HF_HUB_DISABLE_XET": "1",
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def mmar(root: Path) -> list[str]:
    """A data set of the layout of MMAR; its sounds as files."""
    names = [f"audio/r{n}.wav" for n in range(N)]
    json_lines(
        root / "MMAR-meta.jsonl",
        [
            {
                "id": f"r{n}", "audio_path": f"./{name}", "question": "Which?",
                "choices": ["a", "b"], "answer": "ab"[n % 2],
                "modality": "sound", "category": "x", "sub-category": "y", "language": "en", "source": "z",
            }
            for n, name in enumerate(names)
        ],
    )  # fmt: skip
    sounds(root, names)
    return names


def as_files(root: Path) -> None:
    mmar(root)


def as_tar(root: Path) -> None:
    names = mmar(root)
    with tarfile.open(root / "mmar-audio.tar.gz", "w:gz") as tar:
        for name in names:
            tar.add(root / name, name)
            (root / name).unlink()


@pytest.mark.parametrize("laid_out", [as_files, as_tar])
def test_a_sample_is_fetched_and_then_the_rest(
    server: HTTPServer, tmp_path: Path, laid_out: Callable[[Path], None]
) -> None:
    laid_out(tmp_path / "data")
    hub = Hub(server, tmp_path / "data", REPOSITORY)
    spec = f"mmar:{REPOSITORY}@{COMMIT}"
    few = load(server, hub, tmp_path, spec, limit=3)
    assert len(few["ids"]) == len(few["clips"]) == 3
    assert (few["spec"]["source"], few["spec"]["revision"]) == (REPOSITORY, COMMIT)
    fetched = [path for path in hub.paths if path.endswith(".wav")]
    assert len(fetched) == (3 if laid_out is as_files else 0)
    every = load(server, hub, tmp_path, spec)
    assert set(few["ids"]) < set(every["ids"])
    assert len(every["clips"]) == N
    if laid_out is as_files:
        again = [path for path in hub.paths if path.endswith(".wav")]
        assert len(set(again)) == N
        assert len(again) == N, "what was fetched before is not fetched again"
    assert load(server, hub, tmp_path, spec, limit=3)["digest"] == few["digest"]


def test_of_a_zip_only_what_is_asked_about_is_read(server: HTTPServer, tmp_path: Path) -> None:
    import polars

    root = tmp_path / "data"
    root.mkdir()
    rows = [
        {
            "id": f"p{n}", "audio_path": [f"data/p{n}.wav"], "question": "Where?", "choices": ["left", "right"],
            "answer": "left", "category": "spatial_audio", "length_type": "short", "sub-cat": "x",
        }
        for n in range(N)
    ]  # fmt: skip
    polars.DataFrame(rows).write_parquet(root / "test.parquet")
    noise = np.random.default_rng(0)
    with zipfile.ZipFile(root / "data.zip", "w", zipfile.ZIP_STORED) as members:
        for n in range(N):
            soundfile.write(tmp_path / "x.wav", noise.uniform(-0.5, 0.5, (48_000 * 20, 2)), 48_000)
            members.write(tmp_path / "x.wav", f"data/p{n}.wav")
    whole = (root / "data.zip").stat().st_size
    hub = Hub(server, root, REPOSITORY)
    found = load(server, hub, tmp_path, f"mmau-pro:spatial:{REPOSITORY}@{COMMIT}", limit=2)
    assert len(found["ids"]) == len(found["clips"]) == 2
    read = sum(n for _, n in hub.ranges)
    assert read < whole / 2, f"{read} of {whole} bytes"


def test_what_is_not_on_the_hub_is_named(server: HTTPServer, tmp_path: Path) -> None:
    names = mmar(tmp_path / "data")
    (tmp_path / "data" / names[4]).unlink()
    hub = Hub(server, tmp_path / "data", REPOSITORY)
    found = load(server, hub, tmp_path, f"mmar:{REPOSITORY}@{COMMIT}")
    (problem,) = found["problems"]
    assert "MMAR-meta.jsonl:5" in problem
    assert "file is missing" in problem
    assert "no data set nobody/nothing" in load(server, hub, tmp_path, "mmar:nobody/nothing")["error"]


def test_scenes_are_rendered_of_members_of_two_zips(server: HTTPServer, tmp_path: Path) -> None:
    from starbench.suites.open import open_suite

    local, root = tmp_path / "local", tmp_path / "data"
    spatialsoundqa(local)
    table = "closed-end/stage3-mixup/eval-stage3-all.json"
    (root / "SpatialSoundQA" / table).parent.mkdir(parents=True)
    (root / "SpatialSoundQA" / table).write_bytes((local / table).read_bytes())
    for folder, archive in (("AudioSet/eval", "AudioSet/eval.zip"), ("mp3d_reverb", "mp3d_reverb.zip")):
        (root / "SpatialSoundQA" / archive).parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(root / "SpatialSoundQA" / archive, "w") as members:
            for path in sorted((local / folder).rglob("*.*")):
                members.write(path, path.relative_to((local / folder).parent))
    hub = Hub(server, root, REPOSITORY)
    found = load(server, hub, tmp_path, f"spatialsoundqa:{REPOSITORY}@{COMMIT}")
    assert found["digest"] == open_suite(f"spatialsoundqa:{local}").digest
    assert (found["spec"]["source"], found["spec"]["revision"]) == (REPOSITORY, COMMIT)
    assert len(load(server, hub, tmp_path, f"spatialsoundqa:{REPOSITORY}@{COMMIT}", limit=2)["clips"]) == 2
