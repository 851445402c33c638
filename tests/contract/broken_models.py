"""Plug-ins that are broken, each in one way, and what ``check-model`` must say of them."""

from __future__ import annotations

from typing import NamedTuple

_HEAD = """\
import asyncio, threading, time
from starbench.errors import FatalError, RequestError, TransientError
from starbench.schema import Capabilities, ClipPart, Prices, Response, Usage
"""
#: Every source begins with these lines.
HEAD_LINES = _HEAD.count("\n")


class Broken(NamedTuple):
    """A plug-in ``A``, the checks it must fail, what the first of them must say, and the line in the body."""

    body: str
    fails: tuple[str, ...]
    says: str
    line: int | None = None

    @property
    def source(self) -> str:
        return _HEAD + self.body

    @property
    def place(self) -> str:
        return "" if self.line is None else f"(bad.py:{HEAD_LINES + self.line})"


_SYNC = "class A:\n    def generate(self, prompt):\n        "
_ASYNC = "class A:\n    async def generate(self, prompt):\n        "
#: What these say depends on all of the prompt, as a real model's reply does.
_REPLY = "f'{prompt.digest[:6]} <A>'"
_HONEST = f"    def generate(self, prompt): return {_REPLY}\n"
_FOUR = f"class A:\n    capabilities = Capabilities(max_batch=4)\n{_HONEST}"

BROKEN = {
    # --- what comes back
    "returns an int": Broken(
        _SYNC + "return 3\n", ("mono",), "generate() returned int, not str or Response", 2
    ),
    "returns nothing": Broken(_ASYNC + "return None\n", ("mono",), "answered with nothing: None", 2),
    "returns spaces": Broken(_SYNC + "return '  '\n", ("mono",), "answered with nothing: ' '", 2),
    "returns a generator": Broken(_SYNC + "return (c for c in 'A')\n", ("mono",), "returned generator", 2),
    "raises": Broken(_SYNC + "x = 1\n        return prompt.no\n", ("mono",), "AttributeError", 4),
    "exits": Broken(_ASYNC + "raise SystemExit('bye')\n", ("mono",), "SystemExit: bye", 3),
    "refuses the key": Broken(
        _SYNC + "raise FatalError('no such key', kind='auth')\n", ("mono",), "no such key"
    ),
    "hangs": Broken(_ASYNC + "await asyncio.sleep(99)\n", ("mono",), "no reply within 0.5 s"),
    "hangs in a thread": Broken(_SYNC + "time.sleep(2)\n", ("mono",), "no reply within 0.5 s"),
    # --- what is taken
    "needs a clip": Broken(
        _SYNC + f"prompt.clips[0].audio()\n        return {_REPLY}\n", ("text only",), "IndexError", 3
    ),
    "needs options": Broken(
        _SYNC + f"prompt.options[0]\n        return {_REPLY}\n", ("no options",), "IndexError", 3
    ),
    "takes one channel": Broken(
        _SYNC + "for c in prompt.clips:\n            c.audio().samples.reshape(c.audio().pcm.shape[0])\n"
        f"        return {_REPLY}\n",
        ("stereo",),
        "ValueError: cannot reshape",
        4,
    ),
    "takes one clip": Broken(
        _SYNC + f"assert len(prompt.clips) < 2\n        return {_REPLY}\n",
        ("three clips",),
        "AssertionError",
        3,
    ),
    "takes 16 kHz": Broken(
        _SYNC + "if any(c.audio().rate != 16000 for c in prompt.clips):\n"
        f"            raise RequestError('16 kHz, please')\n        return {_REPLY}\n",
        ("48 kHz",),
        "16 kHz, please",
    ),
    "divides by the level": Broken(
        _SYNC + "for c in prompt.clips:\n            1 / int(abs(c.audio().pcm.astype(int)).max())\n"
        f"        return {_REPLY}\n",
        ("silence",),
        "ZeroDivisionError",
        4,
    ),
    "takes half a minute": Broken(
        _SYNC + "if any(c.audio().seconds > 30 for c in prompt.clips):\n"
        f"            raise RequestError('too long')\n        return {_REPLY}\n",
        ("long clip",),
        "too long",
    ),
    "takes ASCII": Broken(
        _SYNC + f"prompt.text.encode('ascii')\n        return {_REPLY}\n",
        ("unicode",),
        "UnicodeEncodeError",
        3,
    ),
    # --- what it declares
    "chooses in prose": Broken(
        "class A:\n    capabilities = Capabilities(answer_modes=('text', 'choice'))\n"
        "    def generate(self, prompt):\n        return f'I think <A> {prompt.digest}'\n",
        ("choice",),
        "the reply is 'I think",
        3,
    ),
    "chooses what is no option": Broken(
        "class A:\n    capabilities = Capabilities(answer_modes=('text', 'choice'))\n"
        "    def generate(self, prompt):\n        return '<C>'\n",
        ("choice",),
        "'<C>' and not one of A, B",
        3,
    ),
    "has no log-probabilities": Broken(
        "class A:\n    capabilities = Capabilities(answer_modes=('text', 'logprobs'))\n"
        "    def generate(self, prompt):\n        return '<A>'\n",
        ("logprobs",),
        "no letter_logprobs",
        3,
    ),
    "has probabilities": Broken(
        "class A:\n    capabilities = Capabilities(answer_modes=('text', 'logprobs'))\n"
        "    def generate(self, prompt):\n"
        "        if prompt.answer_mode == 'text': return '<A>'\n"
        "        return Response(text='<A>', letter_logprobs={'A': 0.7, 'B': 0.3})\n",
        ("logprobs",),
        "letter_logprobs.A=0.7",
        5,
    ),
    "has a masked letter": Broken(
        "class A:\n    capabilities = Capabilities(answer_modes=('text', 'logprobs'))\n"
        "    def generate(self, prompt):\n"
        "        if prompt.answer_mode == 'text': return '<A>'\n"
        "        return Response(text='<A>', letter_logprobs={'A': 0.0, 'B': float('-inf')})\n",
        ("logprobs",),
        "letter_logprobs.B=-inf",
        5,
    ),
    "has what is not a number, unchecked": Broken(
        "class A:\n    capabilities = Capabilities(answer_modes=('text', 'logprobs'))\n"
        "    def generate(self, prompt):\n"
        "        if prompt.answer_mode == 'text': return '<A>'\n"
        "        return Response.model_construct(text='<A>', letter_logprobs={'A': float('nan')})\n",
        ("logprobs",),
        "letter_logprobs.A=nan",
        3,
    ),
    "answers with a number, unchecked": Broken(
        _SYNC + "return Response.model_construct(text=5)\n",
        ("mono",),
        "Response(text=5)",
    ),
    "says half a character": Broken(
        _SYNC + f"return '\\ud800' + {_REPLY}\n",
        ("texts",),
        "half a character",
    ),
    "has logarithms of other letters": Broken(
        "class A:\n    capabilities = Capabilities(answer_modes=('text', 'logprobs'))\n"
        "    def generate(self, prompt):\n"
        "        return Response(text='<A>', letter_logprobs={'A': -0.7, 'C': -3.0})\n",
        ("logprobs",),
        "names 'C', which is no option's letter",
        3,
    ),
    "says not the best": Broken(
        "class A:\n    capabilities = Capabilities(answer_modes=('text', 'logprobs'))\n"
        "    def generate(self, prompt):\n"
        "        return Response(text='<A>', letter_logprobs={'A': -3.0, 'B': -0.1})\n",
        ("logprobs",),
        "'<A>' and not the most probable",
        3,
    ),
    "keeps the ears of one channel": Broken(
        "class A:\n    capabilities = Capabilities(max_channels=1, channels_kept=True)\n"
        f"    def generate(self, prompt): return {_REPLY}\n",
        ("capabilities",),
        "keeps the ears apart and takes one channel",
        1,
    ),
    "reads no WAV": Broken(
        f"class A:\n    capabilities = Capabilities(formats=('mp3',))\n{_HONEST}",
        ("capabilities",),
        "does not read WAV",
        1,
    ),
    "takes no prompt": Broken(
        "class A:\n    capabilities = Capabilities(text_only=False, max_clips=0)\n"
        f"    def generate(self, prompt): return {_REPLY}\n",
        ("capabilities",),
        "no prompt is left",
        1,
    ),
    "never fills its batches": Broken(
        "class A:\n    capabilities = Capabilities(max_batch=4, max_in_flight=2)\n"
        f"    def generate(self, prompt): return {_REPLY}\n"
        "    def generate_batch(self, prompts): return [self.generate(p) for p in prompts]\n",
        ("capabilities",),
        "max_in_flight=2 never fills batches of 4",
        1,
    ),
    "never uses its batches": Broken(
        f"class A:\n    def generate(self, prompt): return {_REPLY}\n"
        "    def generate_batch(self, prompts): return []\n",
        ("capabilities",),
        "generate_batch that is never used",
        1,
    ),
    "hides what it ends in": Broken(
        "from starbench.schema import Outcome\n"
        "class A:\n    capabilities = Capabilities(outcomes=(Outcome.ANSWERED, Outcome.ERROR))\n"
        "    def generate(self, prompt): return Response(text=prompt.digest, stop='length')\n",
        ("outcomes",),
        "replies were truncated, which is not declared",
    ),
    "hides a kind of error": Broken(
        "class A:\n    capabilities = Capabilities(max_clips=5, error_kinds=('server',))\n"
        "    def generate(self, prompt):\n"
        "        if len(prompt.clips) == 3: raise RequestError('no', kind='three')\n"
        f"        return {_REPLY}\n",
        ("three clips", "outcomes"),
        "no",
    ),
    "names a server with its password": Broken(
        f"class A:\n    server = 'http://me:secret@host/v1'\n{_HONEST}",
        ("attributes",),
        "server holds more than an address",
        1,
    ),
    "has prices of its own kind": Broken(
        f"class A:\n    prices = {{'input': 3}}\n    def generate(self, prompt): return {_REPLY}\n",
        ("attributes",),
        "prices are a dict",
        1,
    ),
    "closes with an argument": Broken(
        f"class A:\n    def generate(self, prompt): return {_REPLY}\n    def close(self, how): ...\n",
        ("attributes", "close"),
        "close is not called without arguments",
        3,
    ),
    # --- how it behaves
    "answers the question before": Broken(
        "class A:\n    last = ''\n    def generate(self, prompt):\n"
        f"        reply, self.last = self.last, {_REPLY}\n        return reply or 'warming up'\n",
        ("again",),
        "after another one, else with",
        3,
    ),
    "remembers the conversation": Broken(
        "class A:\n    def __init__(self): self.turns = []\n    def generate(self, prompt):\n"
        "        self.turns.append(prompt.text)\n"
        "        return Response(text='<A>', usage=Usage(input_tokens=9 * len(self.turns)))\n",
        ("again",),
        "the same question took ",
        3,
    ),
    "keeps the prompt in itself": Broken(
        "class A:\n    async def generate(self, prompt):\n        self.prompt = prompt\n"
        "        await asyncio.sleep(0.01)\n        prompt = self.prompt\n"
        f"        return {_REPLY}\n",
        ("concurrency",),
        "questions at a time was answered with",
        2,
    ),
    "keeps the prompt in itself, in threads": Broken(
        "class A:\n    def generate(self, prompt):\n        self.prompt = prompt\n"
        "        time.sleep(0.02)\n        prompt = self.prompt\n"
        f"        return {_REPLY}\n",
        ("concurrency",),
        "questions at a time was answered with",
        2,
    ),
    "takes one call": Broken(
        "class A:\n    busy = False\n    async def generate(self, prompt):\n"
        "        assert not self.busy\n        self.busy = True\n"
        "        try: await asyncio.sleep(0.005)\n        finally: self.busy = False\n"
        f"        return {_REPLY}\n",
        ("concurrency",),
        "AssertionError",
        4,
    ),
    "swallows being cancelled": Broken(
        _ASYNC + "try: await asyncio.sleep(0.02)\n        except BaseException: pass\n"
        f"        return {_REPLY}\n",
        ("cancel",),
        "a call continued when it was cancelled",
        2,
    ),
    "makes being cancelled an error": Broken(
        _ASYNC + "try: await asyncio.sleep(0.02)\n"
        "        except BaseException: raise RequestError('odd')\n"
        f"        return {_REPLY}\n",
        ("cancel",),
        "a call continued when it was cancelled",
        2,
    ),
    "does not end when cancelled": Broken(
        _ASYNC + "try: await asyncio.sleep(0.02)\n"
        "        except BaseException: await asyncio.sleep(9)\n"
        f"        return {_REPLY}\n",
        ("cancel",),
        "still ran after",
        2,
    ),
    "holds a lock when cancelled": Broken(
        "class A:\n    lock = None\n    async def generate(self, prompt):\n"
        "        self.lock = self.lock or asyncio.Lock()\n        await self.lock.acquire()\n"
        f"        await asyncio.sleep(0.002)\n        self.lock.release()\n        return {_REPLY}\n",
        # Whatever is asked after it hangs, too.
        ("cancel", "event loop", "unreadable clip"),
        "no reply within 0.5 s",
    ),
    "blocks the event loop": Broken(
        _ASYNC + f"time.sleep(0.11)\n        return {_REPLY}\n",
        ("event loop",),
        "the event loop stood still",
        2,
    ),
    "answers what it cannot read": Broken(
        _SYNC + "try: [c.audio() for c in prompt.clips]\n        except Exception: return 'I hear nothing'\n"
        f"        return {_REPLY}\n",
        ("unreadable clip",),
        "a clip that could not be read was answered with 'I hear nothing'",
        2,
    ),
    "changes the samples": Broken(
        _SYNC + f"for c in prompt.clips:\n            c.audio().samples[:] *= 0.5\n        return {_REPLY}\n",
        ("clips untouched",),
        "clips were changed in place",
        2,
    ),
    "adds up wrongly": Broken(
        _SYNC + "return Response(text=prompt.digest, usage=Usage(output_tokens=3, reasoning_tokens=40))\n",
        ("usage",),
        "reasoning_tokens=40 is more than output_tokens=3",
    ),
    "counts less than nothing": Broken(
        _SYNC + "return Response(text=prompt.digest, usage=Usage(input_tokens=-1))\n",
        ("usage",),
        "input_tokens=-1",
    ),
    "repeats the key": Broken(
        _SYNC + "import os\n        return f'{prompt.digest} {os.environ[\"CHECKED_API_KEY\"]}'\n",
        ("secrets",),
        "held a key of the environment",
    ),
    "closes once": Broken(
        f"class A:\n    socket = {{1}}\n    def generate(self, prompt): return {_REPLY}\n"
        "    def close(self):\n        self.socket.remove(1)\n",
        ("close",),
        "close() failed: KeyError: 1",
        5,
    ),
    "never closes": Broken(
        f"class A:\n    def generate(self, prompt): return {_REPLY}\n"
        "    async def close(self): await asyncio.sleep(99)\n",
        ("close",),
        "close() did not end",
        3,
    ),
    # --- batches
    "drops one of a batch": Broken(
        _FOUR + "    def generate_batch(self, prompts): return [self.generate(p) for p in prompts][:3]\n",
        ("concurrency", "batches"),
        "generate_batch() returned 3 answers to 4 prompts",
        4,
    ),
    "turns a batch round": Broken(
        _FOUR + "    def generate_batch(self, prompts): return [self.generate(p) for p in prompts][::-1]\n",
        ("concurrency", "batches"),
        "questions at a time was answered with",
        4,
    ),
    "answers otherwise in batches": Broken(
        _FOUR + "    async def generate_batch(self, prompts):\n"
        "        return ['padded ' + self.generate(p) for p in prompts]\n",
        ("batches",),
        "one of a batch of 4 was answered with",
        4,
    ),
    "puts an int into a batch": Broken(
        f"class A:\n    capabilities = Capabilities(max_batch=2)\n{_HONEST}"
        "    def generate_batch(self, prompts): return [1] * len(prompts)\n",
        ("mono",),
        "generate_batch() returned int, not str or Response",
        4,
    ),
}
