"""The project's words: plain modern English, terms of the field, and nothing that only its authors know.

Documents, help, docstrings, comments and messages are searched for retired words and for references to
things outside the repository; definitions for retired names.
"""

from __future__ import annotations

import ast
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from starbench.cli import app

REPOSITORY = Path(__file__).resolve().parents[1]
CODE = sorted(
    path
    for room in ("starbench", "synth", "tasks", "adapters", "benchmarks", "docs")
    for path in (REPOSITORY / room).rglob("*.py")
)
#: These two say what is wrong and where the official test data must lie.
TESTS = sorted(
    {*(REPOSITORY / "tests").rglob("*.py")} - {Path(__file__), REPOSITORY / "tests" / "conftest.py"}
)
DOCUMENTS = [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").glob("*.md")]

RETIRED_WORDS = {
    "coined terms": r"sittings?|crews?|workshops?|persist(?:s|ed)?|conduct|dealing|dealt|desk",
    "fix": r"mend(?:s|ed|able|ing)?",
    "resume, continue": r"(?:go|goes|going|gone|went) on(?! (?:to|the|a)\b)",
    "except": r"save (?:that|for|where|when|in)",
    "supports": r"bears?|borne",
    "mixed to mono": r"fold(?:s|ed|ing)? (?:\w+ ){0,3}(?:to|into) (?:mono|one)",
    "distinguish": r"(?:tell|tells|told|telling) (?:\w+ ){0,4}apart",
    "whether or not": r"be (?:it|they) (?:of|a|an|one|by|\w+ly)",
    "is not a …": r"(?:it|they|that|which|this) (?:is|are) none",
    "things outside": r"\.\./shared|fact sheets?|(?-i:DESIGN)|our user|reviewers?|reviewed by|our issue",
}
PATTERNS = {
    use: re.compile(rf"(?<![\w`])(?:{words})(?![\w`])", re.IGNORECASE) for use, words in RETIRED_WORDS.items()
}

#: Classes and functions whose names said too little, or had two meanings.
RETIRED_NAMES = frozenset(
    re.findall(
        r"\w+",
        "Asked Asker Compass Content Course Cut Desk Evaluation Interview Kind Ledger Load Made Order Reach Share "
        "Spell Start Tape Terms Turn Voice Workshop Written _Ask _Asked admit asked doubt hear held held_to in_words "
        "make_all make_on_record may_follow persist spoken telling undelivered weigh write_whole",
    )
)
RETIRED_MODULES = frozenset(
    re.findall(
        r"\w+",
        "asked asking brir chats conduct crew dealing denial evaluation examination flight gliding gridding hearing "
        "held holding intake interview invalid marks moving naming origin pace phrases place_ladders place_ranges "
        "reach reachable rundir session sitting subject terms transport variable_delay workshop wrapping",
    )
)


def _name(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


def _prose(path: Path) -> Iterator[tuple[int, str]]:
    """Comments, docstrings and messages of a module, each with its line. A string without a space is data."""
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.lineno, " ".join(node.value.split())


def _odd(text: str) -> list[str]:
    return [f"{found[0]!r} ({use})" for use, odd in PATTERNS.items() for found in odd.finditer(text)]


def test_the_patterns_find_what_they_are_for() -> None:
    odd = (
        "one sitting of a run",
        "mend it",
        "--out goes on",
        "save that it waits",
        "what a server bears",
        "ears folded to mono",
        "tell two tones apart",
        "every run, be it of captions",
        "a head, and it is none",
        "see ../shared",
        "a reviewer found",
    )
    assert [text for text in odd if not _odd(text)] == []
    plain = "Amend the bearing; two attempts; save the file; nothing depends on the conductor; there is none."
    assert _odd(plain) == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=_name)
def test_documents_are_in_plain_words(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    assert [f"{path.name}:{n}: {odd}" for n, line in enumerate(lines, 1) for odd in _odd(line)] == []


def test_docstrings_comments_and_messages_are_in_plain_words() -> None:
    odd = [
        f"{_name(path)}:{line}: {words}"
        for path in CODE
        for line, text in _prose(path)
        for words in _odd(text)
    ]
    assert not odd, "\n".join(odd)


def test_tests_refer_to_nothing_outside() -> None:
    outside = PATTERNS["things outside"]
    assert [f"{_name(path)}:{n}" for path in TESTS for n, text in _prose(path) if outside.search(text)] == []


def _commands() -> list[str]:
    return list(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("command", ["", *_commands()])
def test_help_is_in_plain_words(command: str) -> None:
    shown = CliRunner().invoke(app, [*command.split(), "--help"])
    assert shown.exit_code == 0
    assert _odd(" ".join(shown.output.split())) == []


def test_no_definition_has_a_retired_name() -> None:
    retired = [
        f"{_name(path)}:{node.lineno}: {node.name}"
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name in RETIRED_NAMES
    ]
    modules = [path for path in CODE if not _name(path).startswith("benchmarks/")]
    retired += [_name(path) for path in modules if path.stem in RETIRED_MODULES]
    assert not retired, "\n".join(retired)


def test_a_class_of_the_core_has_a_name_of_its_own() -> None:
    # The public API extends a class of the core under the name that users know.
    rooms = [path for path in CODE if _name(path).startswith("starbench/") and path.name != "api.py"]
    names = Counter(
        node.name
        for path in rooms
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, n in names.items() if n > 1] == []
