"""Question files with planted faults: each with the sentence that a user must be told, over all formats."""

from __future__ import annotations

import io
import json
import tarfile
import wave
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from starbench.audio import Audio, quantise


class Plant(NamedTuple):
    """A file of questions, its arguments, and its faults: parts of sentence that one line must hold each."""

    file: Path
    faults: list[tuple[str, ...]]
    good: list[str]
    """Ids of the questions without faults."""
    arguments: tuple[str, ...] = ()


def wav(channels: int = 1, seconds: float = 0.1, seed: int = 0) -> bytes:
    rng = np.random.default_rng(seed)
    return Audio(quantise(rng.uniform(-0.1, 0.1, (round(16000 * seconds), channels))), 16000).wav


def loud() -> bytes:
    """A float WAV beyond full scale."""
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, np.full((800, 1), 3.0), 16000, format="WAV", subtype="FLOAT")
    return buffer.getvalue()


def empty() -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16000)
    return buffer.getvalue()


def plant_sounds(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "good.wav").write_bytes(wav())
    (folder / "cut.wav").write_bytes(wav()[:1000])
    (folder / "text.wav").write_text("this is no sound", "utf-8")
    (folder / "loud.wav").write_bytes(loud())
    (folder / "empty.wav").write_bytes(empty())
    (folder / "folder.wav").mkdir()
    (folder.parent / "outside.wav").write_bytes(wav())
    (folder / "link.wav").symlink_to(folder.parent / "outside.wav")


def csv_plant(root: Path) -> Plant:
    plant_sounds(root / "csv")
    header = "id,audio,question,option_a,option_b,option_c,answer"
    lines: list[tuple[str, tuple[str, ...]]] = [
        ("c02,good.wav,Q?,dog,cat,cow,cat", ()),
        ("c03,missing.wav,Q?,dog,cat,cow,cat", ("audio", "no file 'missing.wav'", "--sounds")),
        ("c04,cut.wav,Q?,dog,cat,cow,cat", ("cut.wav", "cut short")),
        ("c05,text.wav,Q?,dog,cat,cow,cat", ("text.wav", "sound")),
        ("c06,loud.wav,Q?,dog,cat,cow,cat", ("loud.wav", "full scale")),
        ("c07,empty.wav,Q?,dog,cat,cow,cat", ("empty.wav",)),
        ("c08,folder.wav,Q?,dog,cat,cow,cat", ("audio", "no file 'folder.wav'")),
        ("c09,link.wav,Q?,dog,cat,cow,cat", ("link.wav", "leads out")),
        ("c10,../outside.wav,Q?,dog,cat,cow,cat", ("audio", "'../outside.wav' leads out", "--sounds")),
        ("c11,/etc/passwd,Q?,dog,cat,cow,cat", ("audio", "'/etc/passwd' leads out")),
        ("c12,https://a.example/x.wav,Q?,dog,cat,cow,cat", ("audio", "is an address", "download")),
        ("c13,,Q?,dog,cat,cow,cat", ("audio", "names no sound", "write the path")),
        (f"c14,{'x' * 400},Q?,dog,cat,cow,cat", ("audio", "no file")),
        ("c15,good.wav,,dog,cat,cow,cat", ("question", "holds no text", "write the question")),
        (
            "c16,good.wav,Q?,dog,dog,cow,cow",
            ("option_a, option_b, option_c", "'dog' stands 2 times", "remove one"),
        ),
        ("c17,good.wav,Q?,dog,,cow,cow", ("option_a", "option 2 holds no text")),
        ("c18,good.wav,Q?,,,,cow", ("option_a", "holds no options")),
        ("c19,good.wav,Q?,dog,,,dog", ("option_a", "1 option(s)", "2 to 10")),
        ("c20,good.wav,Q?,dog,cat,cow,", ("answer", "holds no answer", "write the right option")),
        (
            "c21,good.wav,Q?,dog,cat,cow,Dog",
            ("answer", "'Dog' is not among the options", "did you mean 'dog'"),
        ),
        ("c22,good.wav,Q?,dog,cat,cow,B", ("answer", "'B'", "letter")),
        ("c23,good.wav,Q?,dog,cat,cow,A. cat", ("answer", "text of one option and the letter of another")),
        ("c24,good.wav,Q?,dog,cat,cow", ("has 6 cells where the header has 7",)),
        ("c25,good.wav,Q, or not?,dog,cat,cow,cat", ("has 8 cells where the header has 7", "quotes")),
        ('c26,good.wav,"Q"?,dog,cat,cow,cat', ("not CSV", "quotation mark")),
        ("c02,good.wav,Q?,dog,cat,cow,cat", ()),
        ("c28,good.wav,caf\udce9?,dog,cat,cow,cat", ("not UTF-8", "save the table as CSV in UTF-8")),
        ('c29,good.wav,"Q?,dog,cat,cow,cat', ("not CSV", "quotation mark")),
        ("c30,good.wav,Q?,dog,cat,cow,cat", ()),
    ]
    text = "\n".join([header, *(line for line, _ in lines)]) + "\n"
    file = root / "csv" / "questions.csv"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    faults = [(f"questions.csv:{number}: ", *parts) for number, (_, parts) in enumerate(lines, 2) if parts]
    # One id in two rows is said of the second; a row with two faults has both said, that of its sound too.
    return Plant(file, [*faults, ("id", "c02", "2 times", ":2", ":27")], ["c30"])


def json_lines_plant(root: Path) -> Plant:
    plant_sounds(root / "jsonl")
    good: dict[str, Any] = {
        "question": "Q?",
        "choices": ["dog", "cat", "cow"],
        "answer": "B",
        "audio_path": "good.wav",
    }
    many = [str(n) for n in range(11)]
    lines: list[tuple[str | dict[str, Any], tuple[str, ...]]] = [
        ({}, ()),
        ("{", ("is not JSON",)),
        ("[1, 2]", ("not a JSON object",)),
        ('{"question": NaN}', ("no NaN",)),
        ('{"question": "\\ud800"}', ("lone surrogate",)),
        ({"answer": "E"}, ("answer", "E names no option", "A to C")),
        ({"answer": "dog"}, ("answer", "'dog' is not a letter from A to C", "write its letter")),
        ({"answer": None}, ("answer", "holds no answer")),
        ({"answer": "  "}, ("answer", "holds no answer")),
        ({"answer": ["A", "B"]}, ("answer", "is not a letter")),
        ({"choices": many}, ("choices", "11 option(s)", "2 to 10")),
        ({"choices": "dog, cat"}, ("choices", "1 option(s)", "| between them")),
        ({"choices": None}, ("choices", "holds no options", "write a list")),
        ({"choices": ["dog", {"x": 1}, "cow"]}, ("choices", "option 2 holds no text")),
        ({"choices": ["dog", "cat", " dog "]}, ("choices", "'dog' stands 2 times")),
        ({"choices": ["A. dog", "B. dog"]}, ("choices", "'dog' stands 2 times")),
        ({"question": 5}, ("question", "holds no text")),
        ({"question": " \n"}, ("question", "holds no text")),
        ({"audio_path": []}, ("audio_path", "names no sound")),
        ({"audio_path": 7}, ("audio_path", "names no sound")),
        ({"audio_path": ["good.wav", "gone.flac"]}, ("audio_path", "no file 'gone.flac'")),
        ({"audio_path": "good.wav\0"}, ("audio_path", "no file")),
        ({"audio_path": "."}, ("audio_path", "leads out")),
        ({"audio_path": "sub\\..\\..\\outside.wav"}, ("audio_path", "leads out")),
        ({"audio_path": "cut.wav", "answer": "Z"}, ("answer", "'Z'")),
        ({"id": "same"}, ()),
        ({"id": "same"}, ()),
        ({"id": "last"}, ()),
    ]
    text = "".join(
        f"{line if isinstance(line, str) else json.dumps({'id': f'j{number}', **good, **line})}\n"
        for number, (line, _) in enumerate(lines, 1)
    )
    file = root / "jsonl" / "own.jsonl"
    file.write_text(text, "utf-8")
    faults = [(f"own.jsonl:{number}: ", *parts) for number, (_, parts) in enumerate(lines, 1) if parts]
    faults += [("own.jsonl:25: ", "cut.wav", "cut short"), ("id", "same", "2 times", ":26", ":27")]
    return Plant(file, faults, ["j1", "last"])


def json_plant(root: Path) -> Plant:
    """Sounds in a zip, answers as numbers from 0."""
    (root / "json").mkdir(parents=True)
    archive = root / "json" / "sounds.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as members:
        for name in ("audio/good.wav", "x/twice.wav", "y/twice.wav", "audio/crc.wav"):
            members.writestr(name, wav(seed=len(name)))
        members.writestr("audio/text.wav", "no sound")
        members.writestr("../up.wav", wav())
        members.writestr("/root.wav", wav())
        link = zipfile.ZipInfo("audio/link.wav")
        link.external_attr = 0o120777 << 16
        members.writestr(link, "/etc/passwd")
        place = members.getinfo("audio/crc.wav").header_offset
    data = bytearray(archive.read_bytes())
    data[place + 60] ^= 0xFF
    archive.write_bytes(data)
    good = {"question": "Q?", "options": "dog|cat|cow", "answer": 0, "audio": "good"}
    rows: list[tuple[dict[str, Any] | str, tuple[str, ...]]] = [
        ({}, ()),
        ("text", ("not a JSON object",)),
        ({"answer": 3}, ("answer", "3 names no option")),
        ({"answer": -1}, ("answer", "'-1' is not the number of an option")),
        ({"answer": "cat"}, ("answer", "'cat' is not the number of an option")),
        ({"answer": 1.5}, ("answer", "'1.5' is not the number")),
        ({"answer": True}, ("answer", "'True' is not the number")),
        (
            {"audio": "twice.wav"},
            ("audio", "'twice.wav' names 2 files", "x/twice.wav, y/twice.wav", "more of its path"),
        ),
        ({"audio": "absent.wav"}, ("audio", "no file 'absent.wav' in sounds.zip")),
        ({"audio": "audio/text.wav"}, ("text.wav", "sound")),
        ({"audio": "audio/crc.wav"}, ("audio: ", "crc.wav", "cannot be unpacked")),
        ({"audio": "link.wav"}, ("link.wav", "sound")),
        ({"audio": "../up.wav"}, ("audio", "leads out")),
        ({"audio": "/root.wav"}, ("audio", "leads out")),
        ({"options": "[dog, cat"}, ("options", "1 option(s)")),
        ({"answer": 2}, ()),
    ]
    content = [
        row if isinstance(row, str) else {**good, **row, "id": f"{number}"}
        for number, (row, _) in enumerate(rows)
    ]
    file = root / "json" / "own.json"
    file.write_text(json.dumps({"questions": content}), "utf-8")
    faults = [(f"own.json[{number}]: ", *parts) for number, (_, parts) in enumerate(rows) if parts]
    return Plant(file, faults, ["0", "15"], ("--sounds", str(archive)))


def tar_plant(root: Path) -> Plant:
    """A tab-separated table; sounds in a tar with members that no user made."""
    (root / "tar").mkdir(parents=True)
    archive = root / "tar" / "sounds.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:

        def add(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "") -> None:
            member = tarfile.TarInfo(name)
            member.size, member.type, member.linkname = len(data), kind, link
            tar.addfile(member, io.BytesIO(data))

        add("deep/good.wav", wav())
        add("link.wav", kind=tarfile.SYMTYPE, link="/etc/passwd")
        add("hard.wav", kind=tarfile.LNKTYPE, link="deep/good.wav")
        add("device.wav", kind=tarfile.CHRTYPE)
        add("fifo.wav", kind=tarfile.FIFOTYPE)
    rows = [
        ("good", ()),
        *(
            (f"{name}.wav", ("audio", f"no file '{name}.wav' in sounds.tar.gz"))
            for name in ("link", "device", "fifo")
        ),
        ("deep/good.wav", ()),
    ]
    file = root / "tar" / "own.tsv"
    lines = [f"t{number}\tQ?\tdog|cat\tdog\t{name}\n" for number, (name, _) in enumerate(rows, 2)]
    file.write_text("id\tquestion\toptions\tanswer\taudio\n" + "".join(lines), "utf-8")
    faults = [(f"own.tsv:{number}: ", *parts) for number, (_, parts) in enumerate(rows, 2) if parts]
    return Plant(file, faults, ["t2", "t6"], ("--sounds", str(archive)))


def parquet_plant(root: Path) -> Plant:
    """Sounds as Hugging Face stores them, and pictures that are none."""
    import polars

    (root / "parquet").mkdir(parents=True)
    sound = {"bytes": wav(2), "path": "a.wav"}
    rows: list[tuple[dict[str, Any], tuple[str, ...]]] = [
        ({}, ()),
        ({"audio": {"bytes": b"no sound", "path": "a.wav"}}, ("sound",)),
        ({"audio": {"bytes": b"", "path": "a.wav"}}, ("sound",)),
        (
            {"audio": {"bytes": None, "path": "a.wav"}},
            ("audio", "'a.wav' is a path", "other rows hold their sounds"),
        ),
        ({"audio": {"bytes": None, "path": None}}, ("audio", "names no sound")),
        ({"audio": None}, ("audio", "names no sound")),
        ({"audio": {"bytes": wav()[:500], "path": "cut.wav"}}, ("cut short",)),
        ({"options": [None, "cat"]}, ("options", "option 1 holds no text")),
        ({"options": []}, ("options", "holds no options")),
        ({"answer": float("nan")}, ("answer", "holds no answer")),
        ({"answer": 7.0}, ("answer", "7 names no option")),
        ({"answer": 2.0}, ()),
    ]
    usual = {"id": 0.0, "question": "Q?", "options": ["dog", "cat"], "answer": 1.0, "audio": sound,
             "image": {"bytes": b"a picture", "path": "a.png"}}  # fmt: skip
    table = polars.DataFrame([{**usual, "id": float(number), **row} for number, (row, _) in enumerate(rows)])
    file = root / "parquet" / "own.parquet"
    table.write_parquet(file)
    faults = [(f"own.parquet: row {number}: ", *parts) for number, (_, parts) in enumerate(rows) if parts]
    return Plant(file, faults, ["0", "11"])


PLANTS: dict[str, Callable[[Path], Plant]] = {
    "csv": csv_plant,
    "jsonl": json_lines_plant,
    "json and zip": json_plant,
    "tsv and tar": tar_plant,
    "parquet": parquet_plant,
}
