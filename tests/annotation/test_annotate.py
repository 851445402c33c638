"""Annotation by hand: what a page sends is kept at once, and nobody else can read or send anything."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from command_line import Command
from planted_runs import write

from starbench.annotation.annotator import Annotator, annotation_server
from starbench.annotation.site_server import SiteServer
from starbench.errors import InputError, RunError
from starbench.runs.annotations import annotation_writer, annotations_path, saved_annotations
from starbench.runs.load import load
from starbench.schema.error_analysis import Annotation, ErrorCause
from starbench.scoring.error_analysis import error_analysis

WRONG, RIGHT = ("wrong", "wrong"), ("right", "right")
#: Enough that the model is shown to use what it is told.
TOLD = {f"told {k}": ("right", "right") for k in range(20)}
CONDITIONS = {
    "audio": {"a": WRONG, "b": ("right", "wrong"), "c": RIGHT},
    "caption:full": {"a": RIGHT, "b": WRONG, **TOLD},
}


class Answer(NamedTuple):
    status: int
    body: bytes
    headers: dict[str, str]


class Served(NamedTuple):
    """A server that runs, and how to ask it."""

    run: Path
    server: SiteServer
    annotator: Annotator

    def ask(self, path: str, body: bytes | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=30)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET" if body is None else "POST", path, body, named)
        answer = connection.getresponse()
        found = Answer(answer.status, answer.read(), dict(answer.getheaders()))
        connection.close()
        return found

    @property
    def root(self) -> str:
        return urlsplit(self.server.address).path

    def say(self, item: str, rotation: int, cause: str | None, note: str = "") -> Answer:
        posted = {"suite": "s", "item_id": item, "rotation": rotation, "cause": cause, "note": note}
        return self.ask(f"{self.root}annotations", json.dumps(posted).encode())


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write(tmp_path / "run", CONDITIONS)


@pytest.fixture
def served(run: Path) -> Iterator[Served]:
    with annotation_server(load(run), "Ada") as (server, annotator):
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Served(run, server, annotator)
        server.shutdown()
        thread.join()


def test_what_is_said_is_kept_at_once_and_counted_beside_controls(served: Served) -> None:
    assert served.say("a", 0, "perceptual", "it says left").status == 204
    assert served.say("a", 1, "knowledge").status == 204
    assert served.say("a", 1, "hallucination").status == 204, "a later line replaces an earlier one"
    assert served.say("b", 1, "reasoning").status == 204
    said = {key[1:3]: one for key, one in saved_annotations(served.run)["Ada"].items()}
    assert said["a", 0].note == "it says left"
    assert {place: one.cause for place, one in said.items()} == {
        ("a", 0): ErrorCause.PERCEPTION,
        ("a", 1): ErrorCause.HALLUCINATION,
        ("b", 1): ErrorCause.REASONING,
    }
    analysis = error_analysis(load(served.run))
    by_hand = analysis.sources[1]
    assert (by_hand.kind, by_hand.name, by_hand.rows[0].n_errors) == ("annotator", "Ada", 3)
    assert by_hand.rows[0].counts[ErrorCause.HALLUCINATION] == 1
    (agreement,) = analysis.agreements
    assert (agreement.n_trials, agreement.agreement, agreement.kappa) == (3, 1.0, 1.0)
    assert served.say("b", 1, None).status == 204
    assert error_analysis(load(served.run)).agreements[0].n_trials == 2
    assert served.annotator.n_said == 2


def test_only_errors_of_the_run_have_a_cause(served: Served) -> None:
    before = annotations_path(served.run, "Ada").read_bytes()
    assert served.say("c", 0, "perceptual").status == 400
    assert b"only errors have a cause" in served.say("b", 0, "perceptual").body
    assert served.say("a", 0, "bad luck").status == 400
    assert served.ask(f"{served.root}annotations", b"{").status == 400
    assert served.ask(f"{served.root}annotations", b" " * (1 << 17)).status == 404
    assert annotations_path(served.run, "Ada").read_bytes() == before


def test_nobody_else_reads_or_sends_anything(served: Served) -> None:
    page = served.ask(f"{served.root}items.html")
    assert page.status == 200
    assert b"Why is this reply not right?" in page.body
    assert b"connect-src 'self'" in page.body
    assert served.ask(f"{served.root}data/annotations.js").body.startswith(b"starbench.annotations(")
    assert page.headers["X-Frame-Options"] == "DENY"
    for path in ("/", "/items.html", "/wrong/items.html", "//etc/passwd", "/%ff/items.html"):
        assert served.ask(path).status == 404, path
    assert served.ask(f"{served.root}items.html", Host="evil.example").status == 404
    posted = json.dumps({"suite": "s", "item_id": "a", "rotation": 0, "cause": "perceptual"}).encode()
    assert served.ask("/annotations", posted).status == 404
    assert served.ask(f"{served.root}annotations", posted, Host="evil.example").status == 404
    assert saved_annotations(served.run) == {}


def test_no_path_leaves_the_folder(served: Served) -> None:
    (served.server.folder.parent / "outside.html").write_text("secret", "utf-8")
    for name in (
        "../outside.html",
        "%2e%2e/outside.html",
        "data/../../outside.html",
        "/etc/passwd.html",
        "data",
        "%00.html",
    ):
        assert served.ask(f"{served.root}{name}").status == 404, name
    assert served.ask(f"{served.root}.starbench-report").status == 404


def test_a_player_gets_the_part_that_it_asks_for(served: Served) -> None:
    whole = served.ask(f"{served.root}static/style.css").body
    part = served.ask(f"{served.root}static/style.css", Range="bytes=10-19")
    assert (part.status, part.body) == (206, whole[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole)}"
    assert served.ask(f"{served.root}static/style.css", Range="bytes=10-").body == whole[10:]
    assert served.ask(f"{served.root}static/style.css", Range="bytes=99999999-").status == 200


def test_two_people_have_files_of_their_own_and_one_person_one_server(served: Served) -> None:
    served.say("a", 0, "perceptual")
    with annotation_writer(served.run, "Grace") as writer:
        line = {"annotator": "Grace", "suite": "s", "item_id": "a", "rotation": 0, "condition": "audio"}
        writer.append(Annotation(**line, cause=ErrorCause.KNOWLEDGE, at="now"))
    assert set(saved_annotations(served.run)) == {"Ada", "Grace"}
    with pytest.raises(RunError, match="in use"), annotation_writer(served.run, "Ada"):
        pass
    names = [(one.first, one.second, one.agreement) for one in error_analysis(load(served.run)).agreements]
    assert names == [("controls", "Ada", 1.0), ("controls", "Grace", 0.0), ("Ada", "Grace", 0.0)]


def test_what_was_said_before_is_on_the_page_and_a_torn_line_is_cut(run: Path) -> None:
    with annotation_server(load(run), "Ada") as (_, annotator):
        annotator.post(
            json.dumps({"suite": "s", "item_id": "a", "rotation": 0, "cause": "knowledge"}).encode()
        )
    with annotations_path(run, "Ada").open("ab") as file:
        file.write(b'{"annotator": "A')
    with annotation_server(load(run), "Ada") as (_, annotator):
        assert annotator.n_said == 1
        assert '["s","a",0,"knowledge",""]' in annotator.script()
        assert '["s","a",1,null,""]' in annotator.script()
    annotations_path(run, "Ada").write_text("{}\n", "utf-8")
    with pytest.raises(RunError, match=r"annotations-.*:1: is not a annotation|annotations-.*:1: is not"):
        saved_annotations(run)


def test_there_must_be_something_to_annotate(tmp_path: Path) -> None:
    fine = write(tmp_path / "fine", {"audio": {"a": RIGHT}})
    with pytest.raises(InputError, match="nothing to annotate"), annotation_server(load(fine), "Ada"):
        pass


def test_the_command_serves_until_it_is_interrupted(run: Path, command: Command) -> None:
    assert "--name must be" in command("annotate", str(run), "--name", "").err
    process = subprocess.Popen(
        [sys.executable, "-m", "starbench", "annotate", str(run), "--name", "Ada", "--no-open"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert "annotate as Ada: 3 errors, 0 with a cause" in process.stdout.readline()
    address = urlsplit(process.stdout.readline().split()[1])
    connection = http.client.HTTPConnection("127.0.0.1", address.port or 0, timeout=30)
    posted = json.dumps({"suite": "s", "item_id": "a", "rotation": 0, "cause": "perceptual"})
    connection.request("POST", f"{address.path}annotations", posted)
    assert connection.getresponse().status == 204
    connection.close()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert "1 of 3 errors have a cause" in out, err
    assert process.returncode == 0
    assert "by hand, Ada" in command("errors", str(run)).out
