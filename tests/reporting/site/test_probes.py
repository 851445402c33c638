"""The tables of probes: whose layers were read, and a column for each figure."""

from __future__ import annotations

import csv

from starbench.reporting.site.probes import probe_table, verdict_table
from starbench.schema.probe import (
    ProbedAttribute,
    ProbedLayer,
    ProbeRecord,
    ProbeRow,
    ProbeVerdict,
    StageReading,
)

READ = {"layer": "tower", "family": "linear", "pooling": "clip", "accuracy": 0.5}


def record(size: int) -> ProbeRecord:
    row = ProbeRow(
        attribute="pitch", source="model", validation=0.5, accuracy_interval=(0.4, 0.6), p=1, p_holm=1, **READ
    )
    stage = StageReading(
        stage="encoder", interval=(0.4, 0.6), bar=0.7, state="not read", significant=False, **READ
    )
    verdict = ProbeVerdict(
        attribute="pitch", where="encoder", reason="not read at the stage", stages=(stage,)
    )
    return ProbeRecord(
        encoder="mine.py:Mine",
        arguments={"size": size},
        suite="s",
        suite_digest="d",
        seed=0,
        clips=100,
        train=60,
        validation=13,
        test=27,
        attributes=(ProbedAttribute(name="pitch", unit="semitones", chance=0.5),),
        layers=(ProbedLayer(name="tower", stage="encoder", features=4),),
        rows=(row,),
        verdicts=(verdict,),
        versions={},
    )


def test_encoders_of_other_arguments_are_other_rows() -> None:
    probes = [("run", record(1)), ("run", record(2))]
    for table in (verdict_table(probes), probe_table(probes)):
        assert table is not None
        rows = list(csv.DictReader(table.csv().decode().splitlines()))
        assert [row["network"] for row in rows] == ["mine.py:Mine (size=1)", "mine.py:Mine (size=2)"]


def test_a_verdict_says_that_it_is_not_read_and_by_how_much() -> None:
    table = verdict_table([("run", record(1))])
    assert table is not None
    (row,) = csv.DictReader(table.csv().decode().splitlines())
    assert (row["verdict"], row["reason"]) == ("encoder", "not read at the stage")
    assert (row["encoder"], row["encoder low"], row["encoder high"]) == ("0.5", "0.4", "0.6")
