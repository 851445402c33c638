"""What the reader makes of the published replies of SonicBench, and how long hostile replies take it.

    python benchmarks/reading.py FOLDER                          # answered share and bare letters, per system
    python benchmarks/reading.py FOLDER --save before.jsonl      # also keep every letter and outcome
    python benchmarks/reading.py FOLDER --against before.jsonl   # count and show what has changed since
    python benchmarks/reading.py --time                          # 20 KB of "A:A:A:" beside a plain reply

FOLDER holds a gzip file of JSON lines for each system, with ``prompt`` and ``prediction`` and, where the
authors processed the reply first, the reply as it was in ``full_prediction`` or ``raw_output``.
A change is *gained* (a letter where there was none), *dropped* (none where there was one) or *flipped*.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from starbench.protocols import read_response
from starbench.schema import Reading
from starbench.tasks.benchmarks import sonicbench

RAW_FIELDS = ("full_prediction", "raw_output", "prediction")
HOSTILE = (
    *(
        "A:",
        "A ",
        "AB",
        "(A)",
        "<A>",
        "A or B ",
        "not A ",
        "A.\n",
        "\n\n",
        " ",
        "'",
        "**",
        "first ",
        "the first clip ",
    ),
    *(
        "if the first ",
        "it is not the ",
        "<think>",
        "</think>",
        "<answer>",
        "<THINK><x>",
        "[[",
        "{",
        '{"answer":',
        "1.5",
    ),
    *(
        "\\boxed{",
        "A: 10% ",
        "the answer is ",
        "I don't think ",
        "\x1b[1m",
        "A不是B",
        "I can't hear ",
        "| A ",
        "- [x] A\n",
    ),
    *(
        "<tool_call>",
        "functions.a(",
        "\naction: a[",
        "<function=a>",
        '"',
        '"A',
        "```\n",
        "\nQ: ",
        "\nUser: ",
        "[INST]",
        "</s>",
        "\nanswer ",
        "can't tell ",
        "answer>",
        "otherwise ",
        "for example ",
        "第一个",
        "- A ",
    ),
)
OPTIONS = ("first clip is louder", "second clip is louder")


class Answer(NamedTuple):
    """One published reply and what was read in it."""

    system: str
    reply: str
    options: tuple[str, str]
    prompt: str
    letter: str | None
    outcome: str


def read(reply: str, options: tuple[str, ...], question: str) -> Reading:
    return read_response("starbench", reply, "end", options, question=question)


def answers(folder: Path) -> Iterator[Answer]:
    for path in sorted(folder.glob("*.jsonl.gz")):
        for line in gzip.decompress(path.read_bytes()).splitlines():
            row = json.loads(line)
            reply = next(row[field] for field in RAW_FIELDS if field in row)
            options = sonicbench.options(row["prompt"])
            reading = read(reply, options, row["prompt"])
            system = path.name.removesuffix(".jsonl.gz")
            yield Answer(system, reply, options, row["prompt"], reading.letter, str(reading.outcome))


def print_shares(replies: list[Answer]) -> None:
    by_system = defaultdict(list)
    for answer in replies:
        by_system[answer.system].append(answer)
    print(f"{'system':<30} {'answered':>8} {'bare':>6} {'as stated':>9}  other outcomes")
    for system, those in [*by_system.items(), ("all", replies)]:
        outcomes = Counter(answer.outcome for answer in those)
        bare = [answer for answer in those if answer.reply.strip() in {"A", "B", "a", "b"}]
        stated = sum(answer.letter == answer.reply.strip().upper() for answer in bare)
        share = outcomes.pop("answered", 0) / len(those)
        others = ", ".join(f"{name} {n}" for name, n in outcomes.most_common())
        print(f"{system:<30} {share:8.2%} {len(bare):6} {stated / len(bare) if bare else 1:9.2%}  {others}")


def print_changes(replies: list[Answer], before: list[list[str | None]], n_examples: int) -> None:
    if len(before) != len(replies):
        sys.exit(f"the other reader's file has {len(before)} lines, and there are {len(replies)} replies")
    changes: dict[str, list[tuple[Answer, str]]] = defaultdict(list)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for answer, (system, letter, outcome) in zip(replies, before, strict=True):
        if answer.system != system:
            sys.exit(f"the other reader's file lists other systems: {system} where {answer.system} stands")
        if (answer.letter, answer.outcome) == (letter, outcome):
            continue
        kind = (
            "outcome"
            if answer.letter == letter
            else "gained"
            if letter is None
            else "dropped"
            if answer.letter is None
            else "flipped"
        )
        changes[kind].append((answer, f"{letter or '-'} {outcome}"))
        counts[answer.system][kind] += 1
        counts["all"][kind] += 1
    kinds = ("gained", "dropped", "flipped", "outcome")
    print(f"{'system':<30}" + "".join(f"{kind:>9}" for kind in kinds))
    for system, count in counts.items():
        print(f"{system:<30}" + "".join(f"{count[kind]:>9}" for kind in kinds))
    for kind in kinds:
        # Spread over all systems, and each reply once.
        distinct = list(
            {(answer.reply, answer.options): (answer, old) for answer, old in changes[kind]}.values()
        )
        print(f"\n{kind}: {len(changes[kind])} replies, {len(distinct)} different")
        for answer, old in (
            distinct[:: max(1, len(distinct) // n_examples)][:n_examples] if n_examples else []
        ):
            print(f"  {answer.system}: {old} -> {answer.letter or '-'} {answer.outcome}  {answer.options}")
            print(f"    {answer.prompt[:160]!r}\n    {answer.reply[-300:]!r}")


def print_times(n_characters: int) -> None:
    def seconds(text: str) -> float:
        start = time.perf_counter()
        read(text, OPTIONS, "Which clip is louder?")
        return time.perf_counter() - start

    def filled(pattern: str) -> str:
        return (pattern * n_characters)[:n_characters]

    plain = seconds(filled("The tone starts softly and decays over a few beats. "))
    print(f"plain reply of {n_characters} characters: {1000 * plain:.1f} ms")
    slow = sorted(((seconds(filled(pattern)), pattern) for pattern in HOSTILE), reverse=True)
    for duration, pattern in slow:
        print(f"{pattern!r:<24} {1000 * duration:9.1f} ms  {duration / plain:7.1f} x")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--save", type=Path)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--examples", type=int, default=10, help="of each kind of change")
    parser.add_argument("--time", action="store_true")
    parser.add_argument("--characters", type=int, default=20_000)
    arguments = parser.parse_args()
    if arguments.time:
        print_times(arguments.characters)
    elif arguments.folder is None:
        parser.error("name the folder of published replies, or --time")
    else:
        replies = list(answers(arguments.folder))
        print_shares(replies)
        if arguments.save:
            lines = (json.dumps([answer.system, answer.letter, answer.outcome]) for answer in replies)
            arguments.save.write_text("\n".join(lines) + "\n", "utf-8")
        if arguments.against:
            before = [json.loads(line) for line in arguments.against.read_text("utf-8").splitlines()]
            print_changes(replies, before, arguments.examples)


if __name__ == "__main__":
    main()
