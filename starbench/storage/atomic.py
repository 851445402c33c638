"""All of a file or none of it, whenever the process dies: the one place where whole files are written."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

#: Characters of a file's name that its temporary one repeats: names have a limit, and a character four bytes.
_LONGEST_NAME = 40


def write_bytes(path: Path, data: bytes, *, sync: bool = False) -> None:
    """Write or replace a file whole; ``sync`` waits until the disk holds it, so that a power cut cannot lose it.

    A link is followed. Raises :class:`OSError` if the disk refuses it, or something else than a file is there;
    what was there before is there still.
    """
    target = Path(os.path.realpath(path))
    if target.is_symlink():  # links that lead to each other
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    if target.exists() and not target.is_file():  # replacing it would destroy a device
        raise OSError(errno.EINVAL, "it is not a regular file")
    temporary = target.with_name(f".{target.name[-_LONGEST_NAME:]}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str, *, sync: bool = True) -> None:
    """Write a text file whole, as UTF-8; otherwise as :func:`write_bytes`.

    Raises :class:`OSError` also if UTF-8 cannot hold the text.
    """
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        half = f"U+{ord(text[error.start]):04X}"
        raise OSError(
            errno.EILSEQ, f"a text in it holds half a character ({half}): correct that text"
        ) from error
    write_bytes(path, data, sync=sync)


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write a text file of these lines whole; raises as :func:`write_text`."""
    write_text(path, "".join(f"{line}\n" for line in lines))
