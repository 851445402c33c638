"""From ``--model`` to an adapter: found, given typed arguments, made, and refused with the line to fix."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from starbench.errors import AdapterError, InputError, PluginError
from starbench.models.adapter import Model
from starbench.models.resolve import as_model, resolve
from starbench.schema import Capabilities

ADAPTERS = """
import enum, functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Optional
from starbench.schema import Capabilities

class Size(enum.Enum):
    SMALL = "small"
    LARGE = "large"

@dataclass
class Decoding:
    beams: int
    penalty: float = 1.0

@dataclass
class Typed:
    model: str = ""
    path: Path = Path()
    size: Size = Size.SMALL
    layers: list[int] = field(default_factory=list)
    pair: tuple[int, int] | None = None
    words: set[str] = field(default_factory=set)
    headers: dict[str, float] | None = None
    decoding: Decoding | None = None
    level: Literal[1, 2] = 1
    share: float = 0.0
    anything: Any = None
    either: int | str = 0
    unknown: "functools.partial" = None
    def generate(self, prompt): return ""

class KeywordOnly:
    def __init__(self, model: str = "", *, depth: int): self.given = (model, depth)
    def generate(self, prompt): return ""
class ByPlace:
    def __init__(self, depth: int, /): ...
    def generate(self, prompt): return ""
def make_deeper(depth: int): return KeywordOnly(depth=depth)
deeper = functools.partial(KeywordOnly, depth=9)
async def make_later(model: str = "m"): return Echo(model)

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
    (tmp_path / "one.py").write_text(
        "class Remote:\n    def __init__(self, model, base_url): ...\n    def generate(self, prompt): ...\n"
    )
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
        ("mine.py:Needy", {"temperature": "0"}, "needs 'model': name it as mine.py:Needy:MODEL"),
        ("mine.py:Needy:", {"temperature": "0"}, "needs 'model': name it as mine.py:Needy:MODEL"),
        ("one.py", {}, "needs 'model': name it as one.py:Remote:MODEL"),
        ("one.py:Remote:m", {}, "needs 'base_url': give --base-url ADDRESS"),
        ("openai", {}, "needs 'model': name it as openai:MODEL"),
        ("starbench.adapters.openai:OpenAI", {}, "name it as starbench.adapters.openai:OpenAI:MODEL"),
        ("mine.py:Mute", {}, "has no method generate"),
        ("mine.py:Broken", {}, "cannot be made: OSError: no such weights"),
        ("mine.py:Refusing", {}, "set MY_KEY"),
        ("mine.py:NOTHING", {}, "neither a class nor a function"),
        ("os.path:sep", {}, "neither a class nor a function"),
        ("mine.py:Mistaken", {}, "capabilities are of type dict and no starbench.schema.Capabilities"),
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


@pytest.mark.parametrize(
    ("name", "text", "value", "recorded"),
    [
        ("path", "~/weights", "Path('~/weights')", "~/weights"),
        ("size", "large", "Size.LARGE", "large"),
        ("layers", "[1, 2]", "[1, 2]", [1, 2]),
        ("layers", "[]", "[]", []),
        ("pair", "[1, 2]", "(1, 2)", "[1, 2]"),
        ("pair", "null", "None", None),
        ("words", '["b", "a"]', "{'a', 'b'}", '["b", "a"]'),
        ("headers", '{"a": 1}', "{'a': 1.0}", {"a": 1.0}),
        ("decoding", '{"beams": 2}', "Decoding(2)", '{"beams": 2}'),
        ("level", "2", "2", 2),
        ("share", "nan", "share", "nan"),
        ("anything", "[1]", "[1]", [1]),
        ("anything", "words", "'words'", "words"),
        ("either", "5", "5", 5),
        ("either", "five", "'five'", "five"),
        ("unknown", "left as it is", "'left as it is'", "left as it is"),
    ],
)
def test_richer_types_are_read_from_json_and_recorded_so_that_a_run_can_be_resumed(
    name: str, text: str, value: str, recorded: Any
) -> None:
    model = resolve("mine.py:Typed", {name: text})
    got = getattr(model.adapter, name)
    names = vars(sys.modules[type(model.adapter).__module__])
    if name == "share":
        assert got != got
    else:
        assert got == eval(value, dict(names))
    assert model.arguments == {name: recorded}
    assert json.loads(json.dumps(model.arguments)) == model.arguments


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("size", "huge", "size=huge: Input should be 'small' or 'large'"),
        ("layers", "3", "layers=3: Input should be a JSON list, e.g. [1, 2]"),
        ("pair", "3", "pair=3: Input should be a JSON list, e.g. [1, 2]"),
        ("headers", "3", 'headers=3: Input should be a JSON object, e.g. {"a": 1}'),
        ("layers", '[1, "x"]', 'layers=[1, "x"]: [1]: Input should be a valid integer'),
        ("layers", "[1, 2", "a JSON list"),
        ("decoding", '{"penalty": 1}', "['beams']: Field required"),
        ("level", "3", "Input should be 1 or 2"),
        ("share", "much", "valid number"),
    ],
)
def test_a_value_that_is_not_of_its_type_is_told(name: str, text: str, says: str) -> None:
    with pytest.raises(InputError) as refused:
        resolve("mine.py:Typed", {name: text})
    assert says in str(refused.value)


def test_ways_of_taking_arguments() -> None:
    assert resolve("mine.py:KeywordOnly:m", {"depth": "3"}).adapter.given == ("m", 3)
    assert resolve("mine.py:make_deeper", {"depth": "4"}).adapter.given == ("", 4)
    assert resolve("mine.py:deeper").adapter.given == ("", 9)
    with pytest.raises(InputError, match="needs 'depth': give --model-arg depth="):
        resolve("mine.py:KeywordOnly")


@pytest.mark.parametrize(
    ("source", "says", "line"),
    [
        (
            "class A:\n    def __init__(self):\n        self.x = 1 / 0\n",
            "cannot be made: ZeroDivisionError",
            3,
        ),
        ("class A:\n    def __init__(self):\n        exit(3)\n", "cannot be made: SystemExit: 3", 3),
        ("class A:\n    def __init__(self, x, /): ...\n", "'x' is taken by position only", 1),
        ("class A:\n    x = 1\n", "has no method generate(prompt)", 1),
        ("class A:\n    generate = 3\n", "has a generate of type int", 1),
        ("class A:\n    def generate(self): ...\n", "has generate(), which does not take one prompt", 2),
        ("class A:\n    def generate(self, a, b): ...\n", "has generate(a, b), which", 2),
        ("class A:\n    def generate(self, p, *, k): ...\n", "has generate(p, *, k), which", 2),
        ("class A:\n    def generate(prompt): ...\n", "has generate(), which does not take one prompt", 2),
        ("class A:\n\n    def generate(self, p):\n        yield 1\n", "generate() that yields", 3),
        ("class A:\n\n    async def generate(self, p):\n        yield 1\n", "generate() that yields", 3),
        ("\nasync def A():\n    ...\n", "is made by an async function", 2),
        (
            "class A:\n    capabilities = None\n    def generate(self, p): ...\n",
            "its capabilities are of type NoneType and no",
            1,
        ),
        (
            "class A:\n    @property\n    def capabilities(self):\n        return self.gone\n"
            "    def generate(self, p): ...\n",
            "its capabilities raise AttributeError",
            4,
        ),
        (
            "from starbench.schema import Capabilities\n"
            "class A:\n    capabilities = Capabilities(max_batch=4)\n"
            "    def generate(self, p): ...\n",
            "declares max_batch=4 and has no method generate_batch(prompts)",
            2,
        ),
    ],
)
def test_a_broken_plug_in_is_told_with_file_and_line(folder: Path, source: str, says: str, line: int) -> None:
    (folder / "bad.py").write_text(source)
    with pytest.raises(PluginError) as refused:
        resolve("bad.py:A")
    assert says in str(refused.value)
    assert str(refused.value).endswith(f"(bad.py:{line})")
    assert "\n" not in str(refused.value)


def test_a_file_is_told_from_an_edited_one_and_what_is_installed_is_not(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "mine.py").write_text(ADAPTERS)
    same = [resolve(f"{path}mine.py:Echo").versions for path in ("", "sub/")]
    assert list(same[0]) == ["plugin:mine.py"]
    assert same[0] == same[1]
    (folder / "mine.py").write_text(f"{ADAPTERS}\n")
    assert resolve("mine.py:Echo").versions != same[0]
    assert resolve("constant").versions == {}


def test_what_a_check_or_close_raises_by_accident_names_the_line(folder: Path) -> None:
    (folder / "ends.py").write_text(
        "class A:\n    def generate(self, prompt): ...\n"
        "    async def check(self):\n        raise OSError('off')\n"
        "    def close(self):\n        self.socket.close()\n"
    )
    model = resolve("ends.py:A")
    with pytest.raises(PluginError, match=r"check\(\) failed: OSError: off \(ends\.py:4\)"):
        asyncio.run(model.check())
    with pytest.raises(PluginError, match=r"close\(\) failed: AttributeError.* \(ends\.py:6\)"):
        asyncio.run(model.close())


@pytest.mark.parametrize("name", ["server", "identity", "prices", "check_limit_s"])
@pytest.mark.parametrize("error", ["OSError('off')", "SystemExit(0)", "asyncio.CancelledError()"])
def test_an_attribute_that_raises_names_the_line(folder: Path, name: str, error: str) -> None:
    (folder / "odd.py").write_text(
        "import asyncio\nclass A:\n    def generate(self, prompt): ...\n"
        f"    @property\n    def {name}(self):\n        raise {error}\n"
    )
    model = resolve("odd.py:A")
    with pytest.raises(
        PluginError, match=rf"its {name} raises {error.partition('(')[0].split('.')[-1]}.*odd\.py:6"
    ):
        model.declared(name)


def test_a_plug_in_that_changes_the_directory_changes_it_for_itself(folder: Path) -> None:
    (folder / "away.py").write_text(
        "import os\nos.chdir('/')\nclass A:\n"
        "    def __init__(self): os.chdir('/')\n    def generate(self, prompt): ...\n"
    )
    resolve("away.py:A")
    assert Path.cwd() == folder


def test_a_proxy_s_capabilities_are_found() -> None:
    class Proxy:
        def __getattr__(self, name: str) -> Any:
            return {"generate": lambda prompt: "", "capabilities": Capabilities(max_clips=2)}[name]

    assert as_model(Proxy(), "proxy").capabilities.max_clips == 2


def test_an_error_tree_keeps_adapters_apart_from_inputs() -> None:
    assert issubclass(PluginError, InputError)
    assert not issubclass(AdapterError, InputError)
