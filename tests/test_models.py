"""From ``--model`` to answers: adapters found, given typed arguments, and called whatever they are."""

from __future__ import annotations

import asyncio
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest

from starbench.errors import (
    AdapterError,
    AudioError,
    FatalError,
    InputError,
    PluginError,
    RequestError,
    TransientError,
)
from starbench.models import Asker, Model, resolve
from starbench.redact import redact
from starbench.schema import Capabilities, Prompt, Response, TextPart

PROMPT = Prompt(parts=(TextPart(text="Which?"),), options=("one", "two"))

ADAPTERS = """
from typing import Literal, Optional
from starbench.schema import Capabilities

class Echo:
    def __init__(self, model="none", text: str = "", maybe: str | None = None, option: Optional[str] = None,
                 number: int = 0, share: float = 0.0, flag: bool = False, free=None,
                 mode: Literal["a", "b"] = "a"):
        self.given = dict(model=model, text=text, maybe=maybe, option=option, number=number, share=share,
                          flag=flag, free=free, mode=mode)
    def generate(self, prompt): return "<A>"

class Needy:
    def __init__(self, model, temperature): ...
    def generate(self, prompt): return ""

class Open:
    def __init__(self, **options): self.given = options
    def generate(self, prompt): return ""

class Mute: ...
class Broken:
    def __init__(self): raise OSError("no such weights")
    def generate(self, prompt): return ""
class Refusing:
    def __init__(self):
        from starbench.errors import InputError
        raise InputError("set MY_KEY")
    def generate(self, prompt): return ""
class Mistaken:
    capabilities = {"text_only": False}
    def generate(self, prompt): return ""
class Limited:
    capabilities = Capabilities(text_only=False, max_clips=1)
    server = "http://here"
    def generate(self, prompt): return ""
def make(model: str = "m"): return Echo(model)
NOTHING = 3
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mine.py").write_text(ADAPTERS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


# --- finding and making ---------------------------------------------------------------------------


def test_a_name_is_split_from_its_model_at_the_first_colon() -> None:
    model = resolve("constant:The first half")
    assert (model.spec, model.arguments) == ("constant:The first half", {"model": "The first half"})
    assert resolve("constant:a: b").arguments == {"model": "a: b"}
    assert resolve("constant").arguments == {}


def test_a_factory_function_makes_an_adapter_too() -> None:
    assert resolve("mine.py:make", {"model": "x"}).adapter.given["model"] == "x"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("text", "123", "123"),
        ("text", "true", "true"),
        ("maybe", "123", "123"),
        ("option", "123", "123"),
        ("number", "123", 123),
        ("share", "0.5", 0.5),
        ("share", "1e-3", 0.001),
        ("flag", "true", True),
        ("flag", "false", False),
        ("free", "16", 16),
        ("free", '{"a": [1]}', {"a": [1]}),
        ("free", "plain words", "plain words"),
        ("free", "null", None),
        ("mode", "b", "b"),
        ("text", "", ""),
    ],
)
def test_arguments_are_read_as_the_type_their_parameter_has(name: str, text: str, value: Any) -> None:
    model = resolve("mine.py:Echo", {name: text})
    assert model.adapter.given[name] == value
    assert type(model.adapter.given[name]) is type(value)
    assert model.arguments == {name: value}


@pytest.mark.parametrize(
    ("spec", "arguments", "says"),
    [
        ("mine.py:Echo", {"txet": "x"}, "takes no argument 'txet': there are model, text"),
        ("mine.py:Needy", {"model": "m"}, "give --model-arg temperature="),
        ("mine.py:Needy", {"temperature": "0"}, "needs 'model'"),
        ("mine.py:Mute", {}, "has no method generate"),
        ("mine.py:Broken", {}, "cannot be made: OSError: no such weights"),
        ("mine.py:Refusing", {}, "set MY_KEY"),
        ("mine.py:NOTHING", {}, "neither a class nor a function"),
        ("os.path:sep", {}, "neither a class nor a function"),
        ("mine.py:Mistaken", {}, "capabilities are not a starbench.schema.Capabilities"),
        ("opneai:gpt", {}, "did you mean 'openai'?"),
        ("", {}, "no adapter is called ''"),
        (":x", {}, "no adapter is called ''"),
    ],
)
def test_what_cannot_be_made_is_one_sentence(spec: str, arguments: dict[str, str], says: str) -> None:
    with pytest.raises(InputError) as refused:
        resolve(spec, arguments)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "name",
    [
        "api_key",
        "API_KEY",
        "key",
        "token",
        "hf_token",
        "openai_api_key",
        "password",
        "client_secret",
        "api-key",
    ],
)
@pytest.mark.parametrize("spec", ["mine.py:Open", "mine.py:Echo", "random"])
def test_no_secret_is_taken_on_the_command_line_nor_repeated(spec: str, name: str) -> None:
    with pytest.raises(InputError, match="environment") as refused:
        resolve(spec, {name: "sk-0123456789"})
    assert "sk-0123456789" not in str(refused.value)


def test_a_key_of_the_environment_is_taken_under_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789")
    with pytest.raises(InputError, match="environment") as refused:
        resolve("mine.py:Open", {"header": "Bearer sk-0123456789"})
    assert "sk-0123456789" not in str(refused.value)
    assert resolve("mine.py:Open", {"header": "Bearer"}).arguments == {"header": "Bearer"}


@pytest.mark.parametrize("name", ["max_tokens", "tokenizer", "keyword", "seed"])
def test_names_that_only_resemble_a_secret_are_taken(name: str) -> None:
    assert resolve("mine.py:Open", {name: "5"}).arguments == {name: 5}


def test_capabilities_are_what_is_declared_or_no_known_limit() -> None:
    assert resolve("mine.py:Limited").capabilities == Capabilities(text_only=False, max_clips=1)
    assert resolve("mine.py:Limited").server == "http://here"
    assert resolve("mine.py:Echo").capabilities == Capabilities()
    assert resolve("mine.py:Echo").server is None


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_optional_methods_are_called_sync_or_async(kind: str) -> None:
    called = []

    class Sync:
        def generate(self, prompt): ...
        def check(self):
            called.append("check")

        def close(self):
            called.append("close")

    class Async(Sync):
        async def check(self):
            called.append("check")

        async def close(self):
            called.append("close")

    async def use(model: Model) -> None:
        await model.check()
        await model.close()

    asyncio.run(use(Model("x", {}, Sync() if kind == "sync" else Async())))
    assert called == ["check", "close"]


# --- calling --------------------------------------------------------------------------------------


class Sync:
    """Returns or raises what it was given."""

    def __init__(self, reply: Any) -> None:
        self.reply = reply

    def generate(self, prompt: Prompt) -> Any:
        if isinstance(self.reply, BaseException):
            raise self.reply
        return self.reply


class Async(Sync):
    async def generate(self, prompt: Prompt) -> Any:
        return super().generate(prompt)


class Deferred(Sync):
    """A plain method that returns something to be awaited."""

    def generate(self, prompt: Prompt) -> Any:
        async def later() -> Any:
            return super(Deferred, self).generate(prompt)

        return later()


WAYS = pytest.mark.parametrize("way", [Sync, Async, Deferred])


def ask(adapter: Any) -> Response:
    async def once() -> Response:
        async with asyncio.timeout(10):
            return await Asker(adapter)(PROMPT)

    return asyncio.run(once())


@WAYS
@pytest.mark.parametrize("reply", ["<B>", "", None, Response(text="<B>", stop="length", served_model="m")])
def test_a_text_nothing_or_a_response_is_an_answer(way: Any, reply: Any) -> None:
    answer = ask(way(reply))
    assert answer == (reply if isinstance(reply, Response) else Response(text=reply))


@WAYS
@pytest.mark.parametrize("reply", [b"<B>", 3, 0, False, ["<B>"], {"text": "<B>"}, object()], ids=repr)
def test_any_other_type_is_the_adapters_fault_and_named(way: Any, reply: Any) -> None:
    with pytest.raises(RequestError, match=f"returned {type(reply).__name__}, not str or Response") as raised:
        ask(way(reply))
    assert raised.value.kind == "adapter"


@WAYS
@pytest.mark.parametrize(
    "error",
    [
        ValueError("odd"),
        KeyError("choices"),
        StopIteration("dry"),
        RecursionError("deep"),
        OSError("gone"),
        MemoryError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_an_adapter_raises_becomes_an_error_and_hangs_nothing(way: Any, error: Exception) -> None:
    with pytest.raises(RequestError) as raised:
        ask(way(error))
    assert raised.value.kind == "adapter"
    assert type(error).__name__ in str(raised.value)


@WAYS
@pytest.mark.parametrize(
    "error",
    [
        TransientError("busy", kind="rate_limit", retry_after=3.0),
        RequestError("too large"),
        FatalError("no such key", kind="auth"),
        AudioError("a clip changed"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_that_mean_something_pass_untouched(way: Any, error: Exception) -> None:
    with pytest.raises(type(error)) as raised:
        ask(way(error))
    assert raised.value is error


@WAYS
def test_a_timeout_of_the_adapters_own_stays_a_timeout(way: Any) -> None:
    with pytest.raises(TimeoutError):
        ask(way(TimeoutError()))


def test_a_sync_adapter_is_asked_side_by_side_and_keeps_questions_apart() -> None:
    together = Barrier(9, timeout=10)

    class Slow:
        def generate(self, prompt: Prompt) -> str:
            together.wait()  # passes only once nine are being asked
            return prompt.key

    async def many() -> list[Response]:
        asker = Asker(Slow())
        return await asyncio.gather(*(asker(PROMPT.model_copy(update={"key": str(n)})) for n in range(9)))

    assert [answer.text for answer in asyncio.run(many())] == [str(n) for n in range(9)]


def test_a_call_that_hangs_is_given_up_and_holds_up_no_other() -> None:
    release = Event()

    class Stuck:
        def generate(self, prompt: Prompt) -> str:
            if prompt.key == "stuck":
                release.wait(60)
            return "<A>"

    async def ask_all() -> Response:
        asker = Asker(Stuck())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await asker(PROMPT.model_copy(update={"key": "stuck"}))
        return await asker(PROMPT)

    try:
        assert asyncio.run(ask_all()).text == "<A>"
        assert not release.is_set()
    finally:
        release.set()


def test_an_adapter_that_cancels_itself_does_not_cancel_us() -> None:
    class Cancelling:
        async def generate(self, prompt: Prompt) -> str:
            raise asyncio.CancelledError

    with pytest.raises(RequestError, match="CancelledError"):
        ask(Cancelling())


def test_an_error_tree_keeps_adapters_apart_from_inputs() -> None:
    assert issubclass(PluginError, InputError)
    assert not issubclass(AdapterError, InputError)


# --- redaction ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "blanked"),
    [
        ("OPENAI_API_KEY", "sk-0123456789", True),
        ("hf_token", "hf_abcdefgh", True),
        ("DB_PASSWORD", "correct horse", True),
        ("MY_SECRET", "  padded-secret  ", True),
        ("OPENAI_API_KEY", "EMPTY", False),
        ("HOME_DIRECTORY", "sk-0123456789", False),
    ],
)
def test_secrets_of_the_environment_are_blanked(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, blanked: bool
) -> None:
    monkeypatch.setenv(name, value)
    told = redact(f"401 for {value.strip()}!")
    assert told == ("401 for [redacted]!" if blanked else f"401 for {value.strip()}!")


def test_a_key_within_a_longer_one_leaves_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHORT_KEY", "sk-abcdef")
    monkeypatch.setenv("LONG_KEY", "sk-abcdef-and-more")
    assert redact("sk-abcdef-and-more") == "[redacted]"
