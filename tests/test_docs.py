"""Every command and every Python example in the documents runs as it stands.

A Python block whose first line is a comment with a file's name is that file to the commands of its document.

Stand-ins: the address of the user's server is llmock's, and so are the vendors'; the path of the user's copy of
STAR-Bench is the published samples', those of MMAU, recordings and rooms are miniatures', a model of the hub is a tiny
one of its kind, and the fault campaign, of most of an hour, is one case. Commands that install set up a fresh machine:
.ci/run runs them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from llmock.testing import LLMockServer
from public_sets import mmau
from user_recordings import ambisonics, recordings, sofa_room

REPOSITORY = Path(__file__).resolve().parents[1]
DOCUMENTS = ["README.md", "CONTRIBUTING.md", *(f"docs/{p.name}" for p in (REPOSITORY / "docs").glob("*.md"))]
_LOCAL = "transformers:Qwen/Qwen2-Audio-7B-Instruct"
#: The commands of this page run networks.
_NETWORKS = "docs/diagnostics.md"
_CAMPAIGN = "python -m tests.faults"
_SERVER, _DATA, _MMAU = "http://localhost:8000/v1", "/data/STAR-Bench", "/data/MMAU"
_EXAMPLES_FOLDER = "examples/listener"
_RECORDINGS, _ROOM, _AMBISONICS = "/data/recordings", "/data/room.sofa", "/data/foa.wav"


def _blocks(document: str, language: str) -> list[str]:
    text = (REPOSITORY / document).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def _commands(document: str) -> list[str]:
    lines = [line for block in _blocks(document, "bash") for line in block.splitlines()]
    return [line for line in lines if line and ".venv/" not in line and not line.startswith("pip ")]


@pytest.mark.slow
@pytest.mark.parametrize("document", [d for d in DOCUMENTS if _commands(d) and d != _NETWORKS])
def test_commands_run_as_they_stand(document: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    commands = [command for command in _commands(document) if _LOCAL not in command]
    _run_all(commands, document, tmp_path, request)


@pytest.mark.local
@pytest.mark.parametrize("document", [d for d in DOCUMENTS if any(_LOCAL in c for c in _commands(d))])
def test_commands_with_local_models_run(
    document: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    commands = [c for c in _commands(document) if _LOCAL in c or c.startswith("starbench build")]
    _run_all(commands, document, tmp_path, request)


@pytest.mark.local
def test_commands_that_look_into_networks_run(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    _run_all(_commands(_NETWORKS), _NETWORKS, tmp_path, request)


def _run_all(commands: list[str], document: str, folder: Path, request: pytest.FixtureRequest) -> None:
    _write_examples(document, folder)
    with LLMockServer() as server:
        for command in commands:
            done = _run(_stand_in(command, server, request, folder), folder)
            assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def _stand_in(command: str, server: LLMockServer, request: pytest.FixtureRequest, folder: Path) -> str:
    """``command`` with servers and data of this machine in place of the user's and the vendors'."""
    if command.startswith(_CAMPAIGN):
        return f'cd {REPOSITORY} && {_CAMPAIGN} "secrets: redirects" --cases 1'
    if _DATA in command:
        command = command.replace(_DATA, str(request.getfixturevalue("samples")))
    if _MMAU in command:
        mmau(folder / "MMAU")
        command = command.replace(_MMAU, str(folder / "MMAU"))
    if _RECORDINGS in command:
        recordings(folder / "recordings")
        command = command.replace(_RECORDINGS, str(folder / "recordings"))
    command = command.replace(_EXAMPLES_FOLDER, str(REPOSITORY / _EXAMPLES_FOLDER))
    if _ROOM in command:
        command = command.replace(_ROOM, str(sofa_room(folder / "room.sofa")))
    if _AMBISONICS in command:
        command = command.replace(_AMBISONICS, str(ambisonics(folder / "foa.wav")))
    if _LOCAL in command:
        command = command.replace(_LOCAL, f"transformers:{request.getfixturevalue('tiny_qwen2_audio')}")
    if "--model gemini:" in command:
        command += f" --base-url {server.base_url('gemini')} --model-arg api_version=v1beta"
    elif "--model openai:gpt-audio" in command and "--dry-run" not in command:
        command += f" --base-url {server.base_url()}"
    return command.replace(_SERVER, server.base_url())


def _named(document: str) -> dict[str, str]:
    """Python blocks that say in their first line which file they are."""
    found = ((re.match(r"# (\w+\.py)\n", block), block) for block in _blocks(document, "python"))
    return {name[1]: block for name, block in found if name is not None}


def _write_examples(document: str, folder: Path) -> None:
    adapter, synthesizer, task = _blocks("CONTRIBUTING.md", "python")
    scene, *_ = _blocks("docs/space.md", "json")
    examples = {
        **_named("README.md"),
        "my_adapter.py": adapter,
        "my_synth.py": synthesizer,
        "my_task.py": task,
        "scene.json": scene,
        **_named(document),
    }
    for name, code in examples.items():
        (folder / name).write_text(code, "utf-8")


def _run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    environment |= {"OPENAI_API_KEY": "not-a-real-key", "GEMINI_API_KEY": "not-a-real-key"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    return subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_commands_are_found_at_all() -> None:
    assert sum(len(_commands(document)) for document in DOCUMENTS) >= 8


def test_every_example_of_a_plug_in_is_tried() -> None:
    """An adapter that the page shows and no command uses could be wrong, and nobody would know."""
    commands = " ".join(_commands("docs/plugins.md"))
    untried = [name for name in _named("docs/plugins.md") if name not in commands]
    assert untried == ["my_careful_model.py"]
    assert len(_blocks("docs/plugins.md", "python")) == len(_named("docs/plugins.md")) >= 5


_EXAMPLES = _blocks("docs/statistics.md", "python")


@pytest.mark.parametrize("number", range(len(_EXAMPLES)))
def test_worked_examples_of_formulas_come_to_what_they_say(number: int) -> None:
    assert "assert" in _EXAMPLES[number]
    exec(compile(_EXAMPLES[number], "docs/statistics.md", "exec"), {})


def test_the_entry_point_that_the_documents_name_is_the_one_that_is_read() -> None:
    (block,) = _blocks("docs/plugins.md", "toml")
    (group,) = tomllib.loads(block)["project"]["entry-points"]
    ours = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    assert group in ours


@pytest.mark.parametrize("marker", ["setup", "test", "scenes"])
def test_ci_runs_the_readmes_own_commands(marker: str) -> None:
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    ci = (REPOSITORY / ".ci" / "run").read_text("utf-8")
    assert re.search(rf"^<!-- command: {marker} -->\n```bash\n[^`]+```$", readme, re.MULTILINE)
    assert f"command_of {marker}" in ci
    assert ci.index("command_of test") < ci.index("[test-local]")  # without torch first


def test_the_set_up_installs_the_core_and_what_pages_need() -> None:
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    setup = readme.split("<!-- command: setup -->")[1].split("```")[1]
    assert "-e '.[report]' &&" in setup
    assert "starbench demo" in setup


def test_links_between_documents_lead_somewhere() -> None:
    for document in DOCUMENTS:
        text = (REPOSITORY / document).read_text("utf-8")
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert ((REPOSITORY / document).parent / target).exists(), f"{document}: {target}"
