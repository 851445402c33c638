"""A task brings its own estimators: the example of docs/plugins.md, right, wrong and broken."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from changed_suites import change
from command_line import Command

from starbench.build.build import build
from starbench.errors import PluginError
from starbench.synthesis import BuildSpec
from starbench.verify.audit import verify
from starbench.verify.findings import Findings, SuiteVerdict

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "plugins.md"
KIND = "click_rate_hz (by the task)"


def example() -> str:
    blocks = re.findall(r"^```python\n(.*?)^```$", DOCUMENT.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    (block,) = (block for block in blocks if block.startswith("# my_clicks.py"))
    return block


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def built(here: Path, old: str = "", new: str = "", name: str = "my_clicks") -> str:
    """The task of the example, with one thing changed, and a suite of it; returns the task's name."""
    code = example()
    assert old in code
    (here / f"{name}.py").write_text(code.replace(old, new, 1).replace("my_clicks.py", f"{name}.py"), "utf-8")
    build(f"{name}.py:Clicks", BuildSpec((), "default", 7, 20), here / "suite", workers=1)
    return f"{name}.py:Clicks"


def times_3(lines: list[dict[str, Any]]) -> None:
    for line in lines:
        line["truth"]["clips"][0]["click_rate_hz"] *= 3


def row(findings: Findings) -> Any:
    return next(row for row in findings.claims if row.kind == KIND)


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_right_passes_and_what_is_not_is_a_breach(here: Path, command: Command, workers: int) -> None:
    task = built(here)
    findings = verify("suite", workers=workers, estimators=task)
    assert findings.verdict is SuiteVerdict.CLEAN
    assert (row(findings).measured, row(findings).tolerance_jnd) == (20, pytest.approx(0.1 / 0.4))
    (made,) = findings.synthesizers
    assert (made.name, made.clips, made.unknown, made.is_known) == ("my_clicks.py:clicks", 20, (), True)

    change(here / "suite", times_3)
    findings = verify("suite", workers=workers, estimators=task)
    assert [one.claim for one in findings.breaches] == [f"{KIND} (clip)"] * 20
    done = command("verify", "suite", "--workers", str(workers), "--estimators", task)
    assert done.code == 1
    assert f"BREACH clicks_0: {KIND} (clip): claimed " in done.out


def test_without_estimators_the_claim_and_its_synthesizer_are_listed(here: Path, command: Command) -> None:
    task = built(here)
    change(here / "suite", times_3)
    findings = verify("suite", workers=1)
    assert findings.unknown == [{"claim": "click_rate_hz", "why": "nothing measures it", "count": 20}]
    assert findings.verdict is SuiteVerdict.CLEAN_AS_MEASURED
    assert findings.task == task
    done = command("verify", "suite", "--workers", "1")
    assert done.code == 0
    last = done.out.strip().splitlines()[-1]
    assert last.startswith("clean as far as measured: 20 measurements of 1 kinds")
    assert last.endswith("not measured: click_rate_hz (20 ×)")
    assert (
        "unknown synthesizer: nothing measures what my_clicks.py:clicks claims of its 20 clip(s)" in done.out
    )
    assert f"--estimators {task}" in done.out


def test_where_nothing_at_all_is_measured_the_exit_code_is_1(here: Path, command: Command) -> None:
    built(here, '"rate": 48_000, ', "", "unknown")
    done = command("verify", "suite", "--workers", "1")
    assert done.code == 1
    assert "not measured: nothing knows what the suite claims (click_rate_hz (20 ×))" in done.out
    assert "clean" not in done.out


def test_no_file_is_run_because_a_suite_names_it(here: Path) -> None:
    built(here, "import numpy as np", "import numpy as np\nopen('ran', 'w').close()", "planted")
    (here / "ran").unlink()
    verify("suite", workers=1)
    assert not (here / "ran").exists()


FAULTS = [
    ("places = np", "raise KeyError('oops')\n    places = np", "failed: KeyError: 'oops'"),
    ("places = np", "raise SystemExit(0)\n    places = np", "failed: SystemExit"),
    ("places = np", "return 'fast'\n    places = np", "returned 'fast', where 1 number"),
    ("places = np", "return [1.0, 2.0]\n    places = np", r"returned \[1.0, 2.0\], where 1 number"),
    (
        "Estimator(click_rate_hz, tolerance=0.1",
        "dict(measure=click_rate_hz, tolerance=0.1",
        "not an Estimator",
    ),
    ("estimators = {", "estimators = 3\n    other = {", "estimators is 3, not a mapping"),
]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(("number", "old", "new", "message"), [(k, *fault) for k, fault in enumerate(FAULTS)])
def test_an_estimator_that_fails_is_named_and_never_passes(
    here: Path, command: Command, number: int, old: str, new: str, message: str, workers: int
) -> None:
    task = built(here, old, new, f"fault_{number}")
    with pytest.raises(PluginError, match=message) as raised:
        verify("suite", workers=workers, estimators=task)
    assert task in str(raised.value)
    assert "click_rate_hz" in str(raised.value) or number == 5
    if workers == 1:
        done = command("verify", "suite", "--workers", "1", "--estimators", task)
        assert (done.code, len(done.err.strip().splitlines())) == (2, 1)


def test_what_an_estimator_cannot_tell_is_unmeasured_and_no_number_is_a_breach(here: Path) -> None:
    task = built(here, "places = np", "return None\n    places = np", "mute")
    findings = verify("suite", workers=1, estimators=task)
    gap = {"claim": KIND, "why": "its estimator finds nothing to measure", "count": 20}
    assert gap in findings.unmeasured
    assert not any(one.kind == KIND for one in findings.claims)
    (here / "mute.py").write_text(
        (here / "mute.py").read_text("utf-8").replace("None\n    p", "np.nan\n    p")
    )
    (here / "other.py").write_text((here / "mute.py").read_text("utf-8"))
    assert len(verify("suite", workers=1, estimators="other.py:Clicks").breaches) == 20


def test_an_estimator_measures_every_record_and_every_value_and_changes_nothing(here: Path) -> None:
    truth = '"click_rate_hz": click_rate_hz'
    more = '"ears": [{"gain": [1.0, 2.0]}, {"gain": [3.0, 4.0], "tag": "x"}], "name": "train"'
    code = """
def gains(samples, rate, truth):
    samples[:] = 0.0
    base = 1.0 if "tag" not in truth else 3.0
    truth.clear()
    return np.array([base, base + 1.0])
"""
    entry = 'estimators = {\n        "ears.gain": Estimator(gains, 0.1), "name": Estimator(gains, 0.1),'
    source = example().replace(truth, f"{truth}, {more}").replace("estimators = {", entry)
    source = source.replace("\n\nclass Clicks", f"\n{code}\n\nclass Clicks").replace(
        "my_clicks.py", "ears.py"
    )
    (here / "ears.py").write_text(source, "utf-8")
    build("ears.py:Clicks", BuildSpec((), "default", 7, 4), here / "suite", workers=1)
    findings = verify("suite", workers=1, estimators="ears.py:Clicks")
    assert findings.breaches == []
    measured = {one.kind: one.measured for one in findings.claims}
    assert measured == {"rate": 4, "ears.gain (by the task)": 16, KIND: 4}
    # A text is no number, and a key beside the measured one is listed as ever.
    assert {gap["claim"] for gap in findings.unknown} == {"name", "ears.tag"}
