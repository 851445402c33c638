"""Plug-ins that break the rules, each in one way, with the exit code and the end of its trials as one table."""

# ruff: noqa: E501 - a row of a table stays on its line

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from starbench.runs import journal
from starbench.schema.latest import latest_lines

from . import child
from .campaign import OK, Case, FaultKind, Judgement, Verdict
from .server_faults import ended_badly

_HEAD = """\
import asyncio, math, os, sys, threading, time, warnings
from starbench.errors import *
from starbench.schema import *
class Own(BaseException): pass
class Silent(Exception):
    def __str__(self): raise ValueError("no words")
class Deaf(Exception):
    def __init__(self, a, b): super().__init__(a, b)
"""
#: How an end is named: an outcome, or ``error`` for any error; ``letters`` stands for the true replies.
_ERROR, _ANSWERED = "error", "answered"


class Beast(NamedTuple):
    """A plug-in, the exit codes that a run of it may have, and how its trials may end."""

    body: str
    codes: tuple[int, ...]
    ends: tuple[str, ...] = ()
    is_told: bool = True
    """Whether the screen must say something of it."""


def _indented(code: str, by: int) -> str:
    return "".join(f"{' ' * by}{line}\n" for line in code.split("\n"))


def _beast(generate: str = "return '<A>'", extra: str = "", head: str = "", *, of: str = "def") -> str:
    return f"{head}\nclass Beast:\n{_indented(extra, 4)}    {of} generate(self, prompt):\n{_indented(generate, 8)}"


_RAISED = {
    "ValueError": "ValueError('no')",
    "KeyError": "KeyError('f0')",
    "OSError": "OSError(28, 'No space left on device')",
    "MemoryError": "MemoryError()",
    "RecursionError": "RecursionError('deep')",
    "SystemExit": "SystemExit(0)",
    "GeneratorExit": "GeneratorExit()",
    "CancelledError": "asyncio.CancelledError()",
    "StopIteration": "StopIteration(1)",
    "StopAsyncIteration": "StopAsyncIteration()",
    "BaseException": "Own('mine')",
    "an exception group": "ExceptionGroup('two', [ValueError('a'), KeyError('b')])",
    "a base exception group": "BaseExceptionGroup('two', [Own('a')])",
    "an exception without words": "Silent()",
    "UnicodeEncodeError": "UnicodeEncodeError('utf-8', chr(0xd800), 0, 1, 'surrogates')",
    "surrogates": "ValueError(chr(0xd800) + chr(27) + '[31m')",
    "a megabyte of words": "ValueError('x' * 10**6)",
    "TimeoutError": "TimeoutError()",
    "AssertionError": "AssertionError()",
}
#: Phase -> the plug-in in which ``{}`` is raised then, the exit codes, and how its trials end.
_PHASES: dict[str, tuple[str, tuple[int, ...], tuple[str, ...]]] = {
    "generate": (_beast("raise {}"), (1,), (_ERROR,)),
    "import": (_beast(head="raise {}"), (2,), ()),
    "construction": (_beast(extra="def __init__(self): raise {}"), (2,), ()),
    "check": (_beast(extra="async def check(self): raise {}"), (1, 2), ()),
    "close": (_beast(extra="def close(self): raise {}"), (0, 1, 2), (_ANSWERED,)),
}
#: What async and other ways add: fewer exceptions each.
_FEW = ("ValueError", "SystemExit", "BaseException", "CancelledError", "StopIteration")
_MORE_PHASES = {
    "async generate": (_beast("raise {}", of="async def"), (1,), (_ERROR,)),
    "a batch": (
        _beast(extra="capabilities = Capabilities(max_batch=4)\ndef generate_batch(self, prompts): raise {}"),
        (1,),
        (_ERROR,),
    ),
    "async close": (_beast(extra="async def close(self): raise {}"), (0, 1, 2), (_ANSWERED,)),
    "reading capabilities": (_beast(extra="@property\ndef capabilities(self): raise {}"), (2,), ()),
    "reading server": (_beast(extra="@property\ndef server(self): raise {}"), (2,), ()),
}
_RETURNED = {
    "an int": "3", "bytes": "b'<A>'", "a list": "['<A>']", "a dict": "{'text': '<A>'}", "a generator": "(x for x in '<A>')",
    "a class": "Response", "a nested coroutine": "asyncio.sleep(0, asyncio.sleep(0))",
    "an exception": "ValueError('<A>')", "an exception's class": "ValueError", "itself": "self", "the prompt": "prompt",
    "NaN": "math.nan", "a text of 5": "Response.model_construct(text=5)",
    "half a response": "Response.model_construct()", "an odd stop": "Response.model_construct(text='<A>', stop='bored')",
    "odd usage": "Response.model_construct(text='<A>', usage={'input_tokens': 'many'})",
    "odd log-probabilities": "Response.model_construct(text='<A>', letter_logprobs={'A': 'x'})",
}  # fmt: skip
_ERRORS = {
    "retry_after a text": "TransientError('no', kind='server', retry_after='5')",
    "retry_after NaN": "TransientError('no', kind='rate_limit', retry_after=math.nan)",
    "retry_after below 0": "TransientError('no', kind='server', retry_after=-5)",
    "retry_after infinite": "TransientError('no', kind='server', retry_after=math.inf)",
    "kind None": "RequestError('no', kind=None)",
    "kind a number": "TransientError('no', kind=5)",
    "a message of None": "RequestError(None)",
    "a message of surrogates": "RequestError(chr(0xd800))",
    "a base error": "AdapterError('no', kind='x')",
    "InputError": "InputError('no')",
    "JournalError": "JournalError('no')",
    "CanaryError": "CanaryError('no')",
}
_A = (_ANSWERED,)
_OTHERS: dict[str, Beast] = {
    "a coroutine of nothing": Beast(_beast("return asyncio.sleep(0)"), (0, 1), ("empty",)),
    "minus infinity": Beast(_beast("return Response.model_construct(text='<A>', letter_logprobs={'A': 0.0, 'B': -math.inf})"), (0, 1), (_ANSWERED, _ERROR)),
    "NaN of a letter": Beast(_beast("return Response.model_construct(text='<A>', letter_logprobs={'A': math.nan})"), (0, 1), (_ANSWERED, _ERROR)),
    "usage of 400 digits": Beast(_beast("return Response.model_construct(text='<A>', usage=Usage.model_construct(input_tokens=10**400))"), (0, 1), (_ANSWERED, _ERROR)),
    "surrogates in the reply": Beast(_beast("return '\\ud800 <A>'"), (0, 1), (_ANSWERED, _ERROR), is_told=False),
    "NUL and escapes": Beast(_beast("return '\\x00\\x1b[31m<A>'"), (0, 1), (_ANSWERED, "unparsed"), is_told=False),
    "ten megabytes": Beast(_beast("return '<A>' + ' ' * 10**7"), (0, 1), (_ANSWERED, "unparsed"), is_told=False),
    "a reply nested deep": Beast(_beast("return '[' * 10**5"), (0, 1), ("unparsed", "truncated"), is_told=False),
    "sleeps": Beast(_beast("time.sleep(30)"), (1,), (_ERROR,)),
    "sleeps and is async": Beast(_beast("await asyncio.sleep(30)", of="async def"), (1,), (_ERROR,)),
    "swallows its end": Beast(_beast("try: await asyncio.sleep(30)\nexcept BaseException: return '<A>'", of="async def"), (0, 1), (_ERROR, _ANSWERED), is_told=False),
    "check never ends": Beast(_beast(extra="check_limit_s = 2\nasync def check(self): await asyncio.sleep(60)"), (1, 2)),
    "check sleeps": Beast(_beast(extra="check_limit_s = 2\ndef check(self): time.sleep(60)"), (1, 2)),
    "close never ends": Beast(_beast(extra="async def close(self): await asyncio.sleep(60)"), (0, 1, 2), _A),
    "close sleeps": Beast(_beast(extra="def close(self): time.sleep(60)"), (0, 1, 2), _A),
    "a thread that stays": Beast(_beast(extra="def __init__(self): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"), (0, 1), _A, is_told=False),
    "tasks left behind": Beast(_beast("self.t = asyncio.ensure_future(asyncio.sleep(60))\nreturn '<A>'", of="async def"), (0, 1), _A, is_told=False),
    "prints": Beast(_beast("print('<B>'); print('x', file=sys.stderr)\nreturn '<A>'"), (0, 1), _A, is_told=False),
    "warns": Beast(_beast("warnings.warn('odd')\nreturn '<A>'"), (0, 1), _A, is_told=False),
    "closes stdout": Beast(_beast("sys.stdout.close()\nreturn '<A>'"), (0, 1, 2), _A, is_told=False),
    "changes directory": Beast(_beast("os.chdir('/')\nreturn '<A>'"), (0, 1, 2), _A, is_told=False),
    "removes the journal": Beast(_beast("import pathlib\n[p.unlink() for p in pathlib.Path('out').glob('trials.jsonl')]\nreturn '<A>'"), (1, 2)),
    "changes the prompt": Beast(_beast("object.__setattr__(prompt, 'options', ())\nreturn '<A>'"), (0, 1), _A, is_told=False),
    "changes the samples": Beast(_beast("prompt.clips[0].audio().samples[:] = 0\nreturn '<A>'"), (0, 1), (_ANSWERED, _ERROR), is_told=False),
    "no generate": Beast("class Beast: pass", (2,)),
    "generate is a text": Beast("class Beast:\n    generate = '<A>'", (2,)),
    "generate without prompt": Beast("class Beast:\n    def generate(self): return '<A>'", (2,)),
    "generate of two": Beast("class Beast:\n    def generate(self, a, b): return '<A>'", (2,)),
    "async generator": Beast(_beast("yield '<A>'", of="async def"), (1, 2), (_ERROR,)),
    "not a class": Beast("Beast = 5", (2,)),
    "no such class": Beast("class Other: pass", (2,)),
    "a syntax error": Beast("class Beast(:", (2,)),
    "null bytes": Beast("\x00", (2,)),
    "imports itself": Beast("from beast import Beast", (2,)),
    "capabilities None": Beast(_beast(extra="capabilities = None"), (2,)),
    "capabilities a dict": Beast(_beast(extra="capabilities = {'max_clips': 1}"), (2,)),
    "capabilities made up": Beast(_beast(extra="capabilities = Capabilities.model_construct(max_clips='many')"), (2,)),
    "takes no clip": Beast(_beast(extra="capabilities = Capabilities(max_clips=0)"), (2,)),
    "modes it has not": Beast(_beast(extra="capabilities = Capabilities(answer_modes=())"), (0, 2), (_ANSWERED, _ERROR)),
    "identity a list": Beast(_beast(extra="identity = ['x']"), (2,)),
    "identity of surrogates": Beast(_beast(extra="identity = {'x': '\\ud800'}"), (0, 2), _A),
    "prices a dict": Beast(_beast(extra="prices = {'input': 1}"), (2,)),
    "server a number": Beast(_beast(extra="server = 5"), (0, 2), _A, is_told=False),
    "server of surrogates": Beast(_beast(extra="server = 'http://\\ud800'"), (0, 2), _A, is_told=False),
    "a batch too short": Beast(_beast(extra="capabilities = Capabilities(max_batch=4)\ndef generate_batch(self, prompts): return ['<A>']"), (0, 1), (_ERROR, _ANSWERED)),
    "a batch of anything": Beast(_beast(extra="capabilities = Capabilities(max_batch=4)\ndef generate_batch(self, prompts): return [5] * len(prompts)"), (1,), (_ERROR,)),
    "a batch that is a text": Beast(_beast(extra="capabilities = Capabilities(max_batch=4)\ndef generate_batch(self, prompts): return '<A>' * len(prompts)"), (1,), (_ERROR,)),
    "attributes that raise": Beast(_beast(extra="def __getattr__(self, name): raise Own(name)"), (2,)),
    "attributes for any name": Beast(_beast(extra="def __getattr__(self, name): return 5"), (2,)),
    "a repr that raises": Beast(_beast("return self", extra="def __repr__(self): raise Own('x')"), (1,), (_ERROR,)),
    "logs a lot": Beast(_beast("import logging\nlogging.error('x' * 10000)\nreturn '<A>'"), (0, 1), _A, is_told=False),
    "opens a loop": Beast(_beast("return asyncio.run(asyncio.sleep(0, '<A>'))"), (0, 1), (_ANSWERED, _ERROR), is_told=False),
    "opens a loop in a loop": Beast(_beast("return asyncio.run(asyncio.sleep(0, '<A>'))", of="async def"), (1,), (_ERROR,)),
    "stops the loop": Beast(_beast("asyncio.get_running_loop().stop()\nreturn '<A>'", of="async def"), (0, 1, 2), (_ANSWERED, _ERROR)),
    "cancels every task": Beast(_beast("[t.cancel() for t in asyncio.all_tasks()]\nawait asyncio.sleep(0)\nreturn '<A>'", of="async def"), (1, 2, 130), (_ERROR,)),
}  # fmt: skip


def _all() -> dict[str, Beast]:
    beasts: dict[str, Beast] = {}
    for phases, names in ((_PHASES, tuple(_RAISED)), (_MORE_PHASES, _FEW)):
        for phase, (body, codes, ends) in phases.items():
            for name in names:
                beasts[f"{name} in {phase}"] = Beast(body.replace("{}", _RAISED[name]), codes, ends)
    for what, returned in _RETURNED.items():
        beasts[f"returns {what}"] = Beast(_beast(f"return {returned}"), (1,), (_ERROR,))
    for what, raised in _ERRORS.items():
        beasts[f"raises {what}"] = Beast(_beast(f"raise {raised}"), (1, 2), (_ERROR,))
    return beasts | _OTHERS


BEASTS = _all()


def kinds() -> list[FaultKind]:
    groups: dict[str, list[str]] = {}
    for name in BEASTS:
        group = (
            "others"
            if name in _OTHERS
            else "raise"
            if " in " in name or name.startswith("raises")
            else "return"
        )
        groups.setdefault(group, []).append(name)
    return [FaultKind(f"plug-ins: {group}", names, _judge, short=5) for group, names in groups.items()]


def _judge(case: Case) -> Judgement:
    beast = BEASTS[case.label]
    (case.folder / "beast.py").write_text(_HEAD + beast.body, "utf-8")
    ended = child.command(
        *("run", "--model", "beast.py:Beast", "--suite", case.world.path("suite"), "--out", "out", "--no-canary"),
        *("--limit", "3", "--rotations", "1", "--max-attempts", "2", "--backoff", "0.01", "--timeout", "0.5"),
        cwd=case.folder, seconds=50,
    )  # fmt: skip
    if problem := ended_badly(ended, (0, 1, 2, 130)):
        return problem
    out = case.folder / "out"
    if ended.code not in beast.codes:
        return Judgement(Verdict.WRONG, f"exit code {ended.code}, not {beast.codes}: {ended.complaint}")
    if beast.is_told and not ended.err.strip():
        return Judgement(Verdict.CRASH, f"exit code {ended.code} without a word")
    lines = latest_lines(journal.read(out), lambda line: line) if (out / "run.json").exists() else {}
    ends = Counter(_ERROR if line.error else line.outcome.value for line in lines.values())
    if wrong := set(ends) - set(beast.ends):
        return Judgement(
            Verdict.WRONG, f"trials ended as {', '.join(sorted(wrong))}, not {' or '.join(beast.ends)}"
        )
    if any(line.outcome == _ANSWERED and line.letter != "A" for line in lines.values()):
        return Judgement(Verdict.WRONG, "a letter that it did not give")
    if _ANSWERED in beast.ends and len(beast.ends) == 1 and ended.code != 2 and ends[_ANSWERED] < 3:
        return Judgement(Verdict.LOST, f"{ends[_ANSWERED]} of 3 answers are kept: {ended.complaint}")
    if ends[_ANSWERED] == 3 and not list(out.glob("entry-*.json")):
        return Judgement(Verdict.LOST, f"every trial is answered, and no entry is written: {ended.complaint}")
    return OK
