"""Suites as training data: questions and right answers as messages, with the warning that keeps them out of tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starbench.errors import SuiteError
from starbench.interchange.files import new_folder, write_json, write_json_lines
from starbench.interchange.sounds import copied
from starbench.planning.trials import plan_trials
from starbench.protocols.starbench import Starbench
from starbench.schema import ClipSpec, Item, JoinedSpec, Trial
from starbench.storage.inputs import lines, parse_json, read_json
from starbench.suites.overlap import recordings
from starbench.suites.suite import Suite
from starbench.suites.validate import RawRecord, validate_records

LINES, HEADER = "chat.jsonl", "chat.json"
FORMAT = "starbench-chat/1"
#: What each line says of its item; never what was put into its sounds.
_OF_ITEM = {"id", "task", "sub_category", "question", "options", "answer", "option_orders", "audio_paths"}


def warning(suite: Suite) -> str:
    """What everybody who trains on the data must know."""
    return (
        "TRAINING DATA. A model trained on these lines must not be tested on this suite "
        f"(digest {suite.digest[:12]}), nor on any that shares sounds with it: starbench suites overlap"
    )


def write(suite: Suite, out: Path, options: Mapping[str, Any]) -> tuple[str, ...]:
    """Write the folder ``out``: a line for each question (or each rotation of its options), sounds, and a header.

    Option ``rotations`` is ``default`` (each question once, its options in the item's order), ``all`` or a number.
    """
    rotations = options.get("rotations") or "1"
    with new_folder(out) as folder:
        items = {item.id: item for item in copied(suite, folder)}
        plan = plan_trials(suite.name, suite.items, suite.clips, Starbench(), ("audio",), rotations)
        n_lines = write_json_lines(
            folder / LINES, (_line(trial, items[trial.item_id], suite) for trial in plan.trials)
        )
        write_json(
            folder / HEADER,
            {
                "format": FORMAT,
                "warning": warning(suite),
                "suite": suite.name,
                "suite_digest": suite.digest,
                "spec": suite.spec,
                "licence": suite.licence,
                "rotations": rotations,
                "lines": n_lines,
            },
        )
    return (
        f"{n_lines} lines of {len(items)} questions, {len(suite.clips)} clips: {out / LINES}",
        warning(suite),
    )


def _line(trial: Trial, item: Item, suite: Suite) -> dict[str, Any]:
    content = [
        {"type": "audio", "audio": item.clip_path(part.clip)}
        if isinstance(part, ClipSpec)
        else {"type": "text", "text": part.text}
        for part in trial.parts
        if not isinstance(part, JoinedSpec)  # nothing is joined before a model's limits are known
    ]
    return {
        "messages": [
            {"role": "user", "content": content},
            {"role": "assistant", "content": f"<{trial.answer_letter}>"},
        ],
        "metadata": {
            "suite": suite.name,
            "suite_digest": suite.digest,
            "item": item.model_dump(mode="json", by_alias=True, include=_OF_ITEM),
            "recordings": sorted(recordings(item)),
            "rotation": trial.rotation,
            "warning": warning(suite),
        },
    }


def is_chat(folder: Path) -> bool:
    """Whether a folder holds training data that :func:`write` wrote."""
    return (folder / HEADER).is_file()


def read(folder: Path) -> Suite:
    """The questions and sounds of training data as a suite, each question once; its digest is not that of the suite.

    Raises :class:`SuiteError` if a line or a sound is damaged.
    """
    header = read_json(folder / HEADER, SuiteError)
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise SuiteError(f"{folder / HEADER} is not the header of {FORMAT}")
    if not isinstance(spec := header.get("spec") or {}, dict):
        raise SuiteError(f"{folder / HEADER}: spec must be an object: export the data again")
    records: dict[str, RawRecord] = {}
    for number, line in enumerate(lines(folder / LINES), 1):
        where = f"{LINES}:{number}"
        try:
            metadata = parse_json(line, where)["metadata"]
            stated = metadata["recordings"]
            fields = {**metadata["item"], "truth": {"recordings": stated}}
        except (KeyError, TypeError) as error:
            raise SuiteError(f"{folder / where} is not a line of {FORMAT}") from error
        if not (isinstance(stated, list) and all(isinstance(one, str) for one in stated)):
            raise SuiteError(f"{folder / where}: recordings must be a list of digests: export the data again")
        records.setdefault(str(fields.get("id")), RawRecord(where, fields))
    intake = validate_records(records.values(), folder, skip_bad=False)
    return Suite(
        name=str(header.get("suite")),
        root=folder,
        items=intake.items,
        clips=intake.clips,
        default_protocol=Starbench.name,
        spec=spec,
    )
