"""Archives of sounds: matched, bounded, unpacked once, and never out of their folder."""

from __future__ import annotations

import errno
import io
import json
import multiprocessing
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
from tables_of_faults import wav

from starbench.errors import SuiteError
from starbench.suites.clip_store import ClipStore
from starbench.suites.suite import Suite
from starbench.tasks.questions import Questions, archives

ARCHIVES = ("s.zip", "s.tar", "s.tar.gz", "s.tgz", "s.tar.bz2", "s.tar.xz")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "starbench" / "sounds"


def pack(file: Path, members: dict[str, bytes]) -> Path:
    if file.suffix == ".zip":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        return file
    kinds = {"bz2": "w:bz2", "xz": "w:xz", "gz": "w:gz", "tgz": "w:gz"}
    with tarfile.open(file, kinds.get(file.suffix[1:], "w")) as tar:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return file


def table(folder: Path, names: list[str]) -> Path:
    file = folder / "own.jsonl"
    rows = [
        {"id": name, "question": "Q?", "options": "dog|cat", "answer": "cat", "audio": name} for name in names
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return file


def load(folder: Path, names: list[str], archive: Path, *, skip_bad: bool = False) -> Suite:
    return Questions().load(str(table(folder, names)), sounds=archive, skip_bad=skip_bad)


@pytest.mark.parametrize("name", ARCHIVES)
def test_members_are_found_below_folders_and_without_endings(name: str, tmp_path: Path, cache: Path) -> None:
    sounds = {f"set/audio/{n}.wav": wav(2, seed=n) for n in range(3)} | {"set\\old\\w.wav": wav(seed=9)}
    archive = pack(tmp_path / name, sounds)
    suite = load(tmp_path, ["0", "audio/1.wav", "set/audio/2", "old/w.wav"], archive)
    assert suite.root.is_relative_to(cache)
    store = ClipStore(suite)
    assert [store.get(item.audio_paths[0]).wav for item in suite.items] == list(sounds.values())


@pytest.mark.parametrize("name", ["s.zip", "s.tar.gz"])
def test_nothing_is_written_outside_the_cache_folder(name: str, tmp_path: Path, cache: Path) -> None:
    hostile = [
        "../up.wav",
        "../../../../up.wav",
        "/abs.wav",
        str(tmp_path / "abs.wav"),
        "a/../../up.wav",
        ".",
        "..",
        "a\0b",
    ]
    archive = pack(tmp_path / name, {"good.wav": wav(), **{one: wav() for one in hostile[:5]}})
    before = {path for path in tmp_path.rglob("*") if not path.is_relative_to(tmp_path / "cache")}
    suite = load(tmp_path, [*hostile, "good", "up.wav"], archive, skip_bad=True)
    assert {path for path in tmp_path.rglob("*") if not path.is_relative_to(tmp_path / "cache")} - before == {
        tmp_path / "own.jsonl"
    }
    assert "good" in [item.id for item in suite.items]
    assert all(str(one) not in [item.id for item in suite.items] for one in hostile)
    assert all(path.is_relative_to(suite.root) for path in cache.rglob("*.wav"))


def test_an_archive_that_is_encrypted_or_none_is_a_sentence(tmp_path: Path, cache: Path) -> None:
    archive = pack(tmp_path / "s.zip", {"a.wav": wav()})
    data = bytearray(archive.read_bytes())
    for header in (data.find(b"PK\3\4") + 6, data.find(b"PK\1\2") + 8):
        data[header] |= 1
    archive.write_bytes(data)
    with pytest.raises(SuiteError) as refused:
        load(tmp_path, ["a"], archive)
    assert "encrypted" in refused.value.problems[0]
    assert "own.jsonl:1: audio: " in refused.value.problems[0]
    for content in (b"", b"no archive at all", bytes(data[: len(data) // 2])):
        archive.write_bytes(content)
        with pytest.raises(SuiteError, match=r"s\.zip cannot be unpacked: "):
            load(tmp_path, ["a"], archive)


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_damaged_archive_gives_what_can_be_read_and_names_the_rest(
    name: str, tmp_path: Path, cache: Path
) -> None:
    names = [str(n) for n in range(20)]
    archive = pack(tmp_path / name, {f"{one}.wav": wav(seed=int(one)) for one in names})
    data = archive.read_bytes()
    for share in (0.1, 0.5, 0.9):
        place = int(len(data) * share)
        for damaged in (data[:place], data[:place] + bytes(range(40)) + data[place + 40 :]):
            archive.write_bytes(damaged)
            try:
                suite = load(tmp_path, names, archive, skip_bad=True)
            except SuiteError:  # nothing of it can be read
                continue
            assert len(suite.items) + len({line.split(": ")[0] for line in suite.skipped}) == len(names)


def test_an_archive_that_only_grows_is_refused(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "_FREE", 2**20)
    archive = pack(tmp_path / "s.zip", {f"{n}.wav": bytes(2**19) for n in range(8)})
    with pytest.raises(SuiteError, match="grows to more than"):
        load(tmp_path, [str(n) for n in range(8)], archive)
    monkeypatch.setattr(archives, "MAX_BYTES", 2**18)
    with pytest.raises(SuiteError) as refused:
        load(tmp_path, ["7"], archive)
    assert "is larger than" in refused.value.problems[0]


def test_a_killed_unpacking_resumes(tmp_path: Path, cache: Path) -> None:
    names = [str(n) for n in range(30)]
    archive = pack(tmp_path / "s.zip", {f"{one}.wav": wav(seed=int(one)) for one in names})
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom starbench.tasks.questions import Questions, archives\n"
        "written = []\nwrite = archives.write\n"
        "def die(path, data):\n    write(path, data)\n    written.append(path)\n    len(written) < 10 or os._exit(9)\n"
        "archives.write = die\nQuestions().load(sys.argv[1], sounds=Path(sys.argv[2]))"
    )
    file = table(tmp_path, names)
    assert subprocess.run([sys.executable, "-c", code, file, archive], check=False).returncode == 9
    kept = {path: path.stat().st_ino for path in cache.rglob("*") if path.is_file()}
    assert len(kept) == 10
    suite = load(tmp_path, names, archive)
    assert len(suite.items) == 30
    assert {path: path.stat().st_ino for path in kept} == kept, "what was unpacked is not unpacked again"


def test_another_state_of_the_archive_is_unpacked_anew(tmp_path: Path, cache: Path) -> None:
    archive = pack(tmp_path / "s.tar", {"a.wav": wav(seed=1)})
    before = archive.stat()
    first = load(tmp_path, ["a"], archive)
    pack(archive, {"a.wav": wav(seed=2)})
    os.utime(archive, ns=(before.st_atime_ns, before.st_mtime_ns))  # of the same size and age
    second = load(tmp_path, ["a"], archive)
    assert archive.stat().st_size == before.st_size
    assert first.digest != second.digest


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_a_cache_folder_that_takes_nothing_is_one_sentence(
    code: int, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    archive = pack(tmp_path / "s.zip", {"a.wav": wav(), "b.wav": wav()})
    monkeypatch.setattr(archives, "write_bytes", refuse)
    with pytest.raises(SuiteError, match=r"XDG_CACHE_HOME") as refused:
        load(tmp_path, ["a", "b"], archive, skip_bad=True)
    assert os.strerror(code) in str(refused.value)
    assert not refused.value.problems


def _load_in_a_process(folder: str) -> str:
    return Questions().load(f"{folder}/own.jsonl", sounds=Path(folder, "s.zip")).digest


def test_two_processes_unpack_at_once(tmp_path: Path, cache: Path) -> None:
    names = [str(n) for n in range(50)]
    pack(tmp_path / "s.zip", {f"{one}.wav": wav(seed=int(one)) for one in names})
    table(tmp_path, names)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        digests = pool.map(_load_in_a_process, [str(tmp_path)] * 4, chunksize=1)
    assert len(set(digests)) == 1
    assert len([path for path in cache.rglob("*") if path.is_file()]) == 50
