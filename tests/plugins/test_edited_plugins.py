"""A plug-in in a file, from run to run: an edited one is told, and so is one that never answers."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from starbench.build.build import build
from starbench.cli.commands.run import evaluate
from starbench.engine.settings import Settings
from starbench.models.resolve import resolve
from starbench.planning.plan import Request, plan_run
from starbench.reporting.entries import entries_of
from starbench.runs.load import load
from starbench.scoring.run import score
from starbench.synthesis import BuildSpec

MODEL = """\
from starbench.errors import FatalError, RequestError
from starbench.schema import Response

class MyModel:
    asked = 0
    def generate(self, prompt):
        self.asked += 1
        {body}
"""
ANSWERS = "return '<A>'"
_NOTE = (
    "note: my_model.py changed since it was begun: its answers may differ; give another --out to start anew"
)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("built") / "suite"
    build("perception", BuildSpec(("pitch",), "default", 5, 2), path)
    return str(path)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sit(suite: str, body: str | None, spec: str = "my_model.py:MyModel") -> int:
    """One sitting of the run ``r``, by a plug-in that does ``body``."""
    if body is not None:
        Path("my_model.py").write_text(MODEL.format(body=body))
    model = resolve(spec)
    settings = Settings(canary=False, max_in_flight=1)
    return evaluate(plan_run(Request(suites=(suite,)), model), model, Path("r"), settings)


def test_an_edited_plug_in_is_told_when_its_run_goes_on(
    suite: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sit(suite, "if self.asked > 3: raise RequestError('no')\n        return '<A>'") == 1
    begun = sha256(Path("my_model.py").read_bytes()).hexdigest()
    assert "changed" not in capsys.readouterr().err
    assert sit(suite, None) == 1
    assert "changed" not in capsys.readouterr().err, "the same file goes on without a word"
    sit(suite, ANSWERS)
    assert capsys.readouterr().err.count(_NOTE) == 1
    recorded = json.loads(Path("r/run.json").read_text())["versions"]
    assert recorded["plugin:my_model.py"] == begun
    (entry,) = entries_of(load(Path("r")), score(load(Path("r"))))
    assert entry.versions["plugin:my_model.py"] == begun


def test_an_installed_adapter_leaves_no_digest_and_an_old_run_no_note(
    suite: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sit(suite, None, "constant:B") == 0
    assert not [name for name in json.loads(Path("r/run.json").read_text())["versions"] if ":" in name]
    Path("r").rename("constant")
    sit(suite, ANSWERS)
    record = json.loads(Path("r/run.json").read_text())
    del record["versions"]["plugin:my_model.py"]
    Path("r/run.json").write_text(json.dumps(record))
    capsys.readouterr()
    assert sit(suite, f"{ANSWERS}  # edited") == 0
    assert "changed" not in capsys.readouterr().err


_HINT = "no reply held an answer: starbench check-model my_model.py:MyModel says why"


@pytest.mark.parametrize(
    ("body", "hinted"),
    [
        ("return ''", True),
        ("return 'No idea.'", True),
        ("return Response(text='<A>', stop='length')", True),
        ("return '<A>' if self.asked == 1 else ''", False),
        (ANSWERS, False),
        ("raise RequestError('no')", False),  # nothing was said at all, and that is told
    ],
)
def test_a_run_without_one_answer_says_what_tells_why(
    suite: str, body: str, hinted: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    sit(suite, body)
    told = capsys.readouterr().err
    assert (_HINT in told) == hinted
    assert ("no trial was answered" in told) == ("raise" in body)


def test_a_run_that_is_ended_by_its_server_says_how_to_go_on(
    suite: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sit(suite, "raise FatalError('no such key', kind='auth')")
    assert (
        "starbench: the server ended the run: no such key; fix it, and --out r resumes the run"
        in capsys.readouterr().err
    )
