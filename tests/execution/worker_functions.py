"""What the tests have worker processes do: functions of a module, which another process can import."""

from __future__ import annotations

import os
import signal
import time


def square(number: int, plus: int = 0) -> int:
    return number**2 + plus


def environment(_number: int) -> tuple[int, dict[str, str]]:
    return os.getpid(), dict(os.environ)


def slow_pid(_number: int) -> int:
    time.sleep(0.2)
    return os.getpid()


def refuse_seven(number: int) -> int:
    if number == 7:
        raise ValueError("seven")
    return number


def die_at_seven(number: int) -> int:
    if number == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return number
