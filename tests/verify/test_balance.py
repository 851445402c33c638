"""Answers out of balance are a breach."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from changed_suites import change, declare

from starbench.verify.audit import verify


def test_answers_out_of_balance_are_a_breach_unless_declared(copied: Path) -> None:
    def lie(lines: list[dict[str, Any]]) -> None:
        for number in range(30):  # forty more of one answer
            lines.append({**lines[0], "id": f"again_{number}"})

    change(copied, lie)
    first = json.loads((copied / "metadata.jsonl").read_text("utf-8").splitlines()[0])
    group = first["sub-category"]
    found = [one for one in verify(copied, workers=1).breaches if one.item == group]
    assert {one.claim for one in found} >= {"balance of answers", "balance of places"}
    declare(copied, {"flaws": {group: {"balance": "as published"}}})
    findings = verify(copied, workers=1)
    assert [one for one in findings.breaches if one.claim.startswith("balance")] == []
    assert next(row.declared for row in findings.balance if row.group == group) == "as published"
