"""Public data sets in miniature: hand-made records in the fields that each set has, and short sounds."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

Record = dict[str, Any]


def sound(path: Path, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.random.default_rng(seed).uniform(-0.1, 0.1, 1600), 16000)


def sounds(root: Path, names: Iterable[str]) -> None:
    for seed, name in enumerate(names):
        sound(root / name, seed)


def json_file(path: Path, records: Sequence[Record]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(records), "utf-8")


def json_lines(path: Path, records: Sequence[Record]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), "utf-8")


def csv_file(path: Path, records: Sequence[Record]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for record in records for name in record)))
        writer.writeheader()
        writer.writerows(records)


def mmau(root: Path) -> None:
    json_file(
        root / "mmau-test-mini.json",
        [
            {
                "id": f"m{n}", "audio_id": f"./test-mini-audios/m{n}.wav", "question": "What is heard?",
                "choices": ["dog", "cat", "cat", "cow"], "answer": answer, "dataset": "AudioSet", "task": "sound",
                "split": "test-mini", "category": category, "sub-category": "Ambient", "difficulty": "easy",
            }
            for n, (answer, category) in enumerate([("dog", "Reasoning"), ("cow", ["Reasoning", "Information"])])
        ],
    )  # fmt: skip
    sounds(root, ["test-mini-audios/m0.wav", "test-mini-audios/m1.wav"])


def mmar(root: Path) -> None:
    json_lines(
        root / "MMAR-meta.jsonl",
        [
            {
                "id": "r0", "audio_path": "./audio/r0.wav", "question": "Where is it?",
                "choices": ["left", "right", ""],
                "answer": "right", "modality": "mix-sound-speech", "category": "Perception Layer",
                "sub-category": "Spatial Analysis", "language": "en", "source": "youtube", "url": "-",
                "timestamp": "00:00:00,00:00:01", "thinking": "-", "cue": ["-"], "rubric": [],
            }
        ],
    )  # fmt: skip
    sounds(root, ["audio/r0.wav"])


def mmsu(root: Path) -> None:
    json_lines(
        root / "question" / "mmsu.jsonl",
        [
            {
                "id": "u0", "audio_path": "audio/u0.wav", "question": "Which tone?", "choice_a": "rising",
                "choice_b": "falling", "choice_c": None, "choice_d": None, "answer_gt": "falling",
                "task_name": "intonation_perception", "category": "Perception", "sub-category": "Phonology",
                "sub-sub-category": "Prosody", "linguistics_sub_discipline": "Phonetics",
            }
        ],
    )  # fmt: skip
    sounds(root, ["audio/u0.wav"])


def air_bench(root: Path) -> None:
    usual = {"question": "What is it?", "choice_a": "a", "choice_b": "b", "choice_c": "c", "answer_gt": "c"}
    json_file(
        root / "Foundation" / "Foundation_meta.json",
        [
            {**usual, "path": "x.wav", "task_name": "Speech_Grounding", "dataset_name": "librispeech", "uniq_id": 0},
            {**usual, "path": "y.wav", "task_name": "Audio_Grounding", "dataset_name": "AudioGrounding", "uniq_id": 1},
        ],
    )  # fmt: skip
    sounds(
        root / "Foundation",
        ["Speech_Grounding_librispeech/x.wav", "Audio_Grounding_AudioGrounding/y.flac"],
    )


def adqa(root: Path) -> None:
    json_lines(
        root / "dev.jsonl",
        [
            {
                "id": "a0", "audio_path": "dev/a0.wav", "question_text": "Who speaks?",
                "multi_choice": ["a man", "a woman", "nobody"], "answer": "nobody", "source_dataset": "x",
            }
        ],
    )  # fmt: skip
    sounds(root, ["dev/a0.wav"])


def mmau_pro(root: Path) -> None:
    import polars

    root.mkdir(parents=True, exist_ok=True)
    usual = {
        "length_type": "short",
        "perceptual_skills": ["x"],
        "transcription": "",
        "sub-cat": "x",
        "kwargs": None,
    }
    polars.DataFrame(
        [
            {**usual, "id": "p0", "audio_path": ["data/p0.wav", "data/p1.wav"], "question": "Which is nearer?",
             "answer": "first", "choices": ["first", "second"], "category": "multi"},
            {**usual, "id": "p1", "audio_path": ["data/p1.wav"], "question": "Where?", "answer": "left",
             "choices": ["left", "right", "front"], "category": "spatial_audio"},
            {**usual, "id": "p2", "audio_path": ["data/p1.wav"], "question": "Describe it.", "answer": "A dog.",
             "choices": [], "category": "open"},
            {**usual, "id": "p3", "audio_path": ["data/p1.wav"], "question": "Do it.", "answer": None,
             "choices": ["x", "y"], "category": "instruction following"},
        ],
        strict=False,
    ).write_parquet(root / "test.parquet")  # fmt: skip
    sounds(root, ["data/p0.wav", "data/p1.wav"])


def muchomusic(root: Path) -> None:
    usual = {
        "question": "Which instrument leads?", "correct_answer": "violin", "distractor_1_answer": "flute",
        "distractor_2_answer": "drums", "distractor_3_answer": "voice", "genre": "folk",
        "music_knowledge": "['instrumentation']", "music_reasoning": "",
    }  # fmt: skip
    csv_file(
        root / "muchomusic.csv",
        [
            {**usual, "dataset": "sdd", "dataset_identifier": "1001.json"},
            {**usual, "dataset": "musiccaps", "dataset_identifier": "AbC_-1_30.json"},
        ],
    )
    csv_file(root / "sdd" / "song_describer.csv", [{"track_id": "1001", "path": "01/1001.mp3"}])
    csv_file(
        root / "musiccaps" / "musiccaps-public.csv", [{"ytid": "AbC_-1", "start_s": "30", "end_s": "40"}]
    )
    for seed, name in enumerate(["sdd/audio/01/1001.2min.mp3", "musiccaps/audio/[AbC_-1]-[30-40].wav"]):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(seed).uniform(-0.1, 0.1, 16000)
        soundfile.write(path, noise, 16000, format=path.suffix[1:].upper())


def sakura(root: Path) -> None:
    for track in ("Animal", "Gender"):
        csv_file(
            root / track / "metadata.csv",
            [
                {
                    "file": "0.wav", "attribute_label": "dog",
                    "single_instruction": "Which animal is it? (a) cat (b) dog (c) cow (d) bird",
                    "single_answer": "(b) dog",
                    "multi_instruction": "What does it have? (a) wings (b) fins (c) four legs (d) six legs",
                    "multi_answer": "(c) four legs",
                }
            ],
        )  # fmt: skip
        sound(root / track / "audio" / "0.wav", seed=len(track))


def sonicbench(root: Path) -> None:
    json_lines(
        root / "pitch_recog.jsonl",
        [
            {
                "audio_path": "pitch/task_recog/p_000.wav", "reference": "B",
                "prompt": "Is the pitch high or low? Answer 'A' for high, 'B' for low. Only answer 'A' or 'B'. "
                "Do not add any explanation, punctuation, or extra text.",
            }
        ],
    )  # fmt: skip
    sounds(root, ["pitch/task_recog/p_000.wav"])


def response(path: Path, *ears: tuple[int, float]) -> None:
    """A binaural response of one reflection-free path: for each ear its delay in samples at 32 kHz, and its gain."""
    path.parent.mkdir(parents=True, exist_ok=True)
    taps = np.zeros((len(ears), 64))
    for ear, (delay, gain) in enumerate(ears):
        taps[ear, delay] = gain
    np.save(path, taps)


#: Answers in the forms that the authors' notebook shows, by types of question; the second half has two sources.
SPATIAL_ANSWERS = {
    "CLASSIFICATION": ["dog; animal", "drum; percussion", "siren; emergency vehicle", "speech"],
    "DOA": ["left, front, above; 1m", "right, behind, below; 2.5m", "left, behind, above; 3m"],
    "MIXUP_DIRECTION": ["Yes", "No"],
    "MIXUP_NONBINARY_DISTANCE": ["0.5m", "1m", "1.5m", "2m", "2.5m"],
    "MIXUP_NONBINARY_SOURCE": ["dog; animal", "siren; emergency vehicle"],
    "MIXUP_NONBINARY_DIRECTION": ["left; front; above", "a little to the left"],
}


def spatial_records(n_recordings: int = 4) -> list[Record]:
    return [
        {
            "audio_id": f"eval/audio/Y{n % n_recordings}", "reverb_id": f"room/{n % 2}.npy",
            "audio_id2": f"eval/audio/Y{(n + 1) % n_recordings}" if is_pair else None,
            "reverb_id2": f"room/{(n + 1) % 2}.npy" if is_pair else None,
            "question_id": n, "question_type": kind, "question": f"What of {kind}?", "answer": answer,
        }
        for kind, answers in SPATIAL_ANSWERS.items()
        for is_pair in [kind.startswith("MIXUP")]
        for n, answer in enumerate(answers)
    ]  # fmt: skip


def spatialsoundqa(root: Path) -> None:
    table = root / "closed-end" / "stage3-mixup" / "eval-stage3-all.json"
    table.parent.mkdir(parents=True, exist_ok=True)
    table.write_text(json.dumps({"data": spatial_records()}), "utf-8")
    sounds(root / "AudioSet", [f"eval/audio/Y{n}.wav" for n in range(4)])
    response(root / "mp3d_reverb" / "binaural" / "room" / "0.npy", (3, 0.5), (20, 0.2))
    response(root / "mp3d_reverb" / "binaural" / "room" / "1.npy", (20, 0.2), (3, 0.5))


def so_bench(root: Path) -> None:
    usual = {"split": "test", "audio_id": "foa_1", "audio_path": "audio/test/foa_1.wav", "dataset": "hm3d"}
    answers = [
        ("identify_source_by_location", "string instrument", ["string_instrument"]),
        ("identify_source_by_doa", "bell", ["bell"]),
        ("identify_source_by_location", "bell", ["bell"]),
        ("identify_source_by_location", "dog", ["dog"]),
        ("relative_left_right", "bell is to the left of string instrument.", ["bell", "string_instrument"]),
        ("compare_distance", "bell", ["bell", "string_instrument"]),
        ("count_sources", "2", []),
        ("count_sources", "3", []),
        ("classify_motion", "stationary", ["bell"]),
        ("classify_motion", "moving", ["bell"]),
        ("spatial_temporal", "bell from back-left and above.", ["bell"]),
        ("estimate_azimuth", "67", ["bell"]),
        ("speech_content", "hello there", ["speech"]),
        ("detect_time", "0.1 to 2.0 s", ["bell"]),
    ]
    json_lines(
        root / "qa" / "test.jsonl",
        [
            {
                **usual, "qa_id": f"qa_{n}", "task_type": "x", "task_name": task, "question": f"What of {task}?",
                "answer": f"It is {answer}.", "canonical_answer": answer,
                "source_refs": [
                    {"class_id": 1, "class_name": name, "azimuth_deg": 67.0, "elevation_deg": 1.0, "distance_m": 2.0}
                    for name in names
                ],
            }
            for n, (task, answer, names) in enumerate(answers)
        ],
    )  # fmt: skip
    path = root / usual["audio_path"]
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.random.default_rng(0).uniform(-0.1, 0.1, (1600, 4)), 16000)


#: Task -> how its data set in miniature is written.
SETS: Mapping[str, Callable[[Path], None]] = {
    "mmau": mmau,
    "mmar": mmar,
    "mmsu": mmsu,
    "air-bench": air_bench,
    "adqa": adqa,
    "mmau-pro": mmau_pro,
    "muchomusic": muchomusic,
    "sakura": sakura,
    "sonicbench": sonicbench,
    "spatialsoundqa": spatialsoundqa,
    "so-bench": so_bench,
}
