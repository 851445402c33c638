"""A data set from the Hugging Face hub, pinned to a commit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

from starbench.errors import SuiteError

#: Bytes that are fetched at a time of a file that is read in parts.
_BLOCK = 2**20
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


class Snapshot(NamedTuple):
    """A data set at one commit, as far as it was downloaded."""

    root: Path
    """The folder of its files, which consists of links ..."""
    boundary: Path
    """... to the ``blobs`` below this folder of the cache."""
    repository: str
    commit: str

    @property
    def spec(self) -> str:
        return f"{self.repository}@{self.commit}"

    @property
    def origin(self) -> dict[str, str]:
        """For the record."""
        return {"source": self.repository, "revision": self.commit}


def download(source: str, patterns: Sequence[str]) -> Snapshot:
    """Download the files of a data set that match ``patterns``, unless they are in the hub's cache.

    A branch, or nothing, after ``@`` is resolved to its commit, and the commit is recorded: a branch moves,
    so it never becomes part of a run's identity. ``source`` is ``owner/name`` or ``owner/name@revision``.

    Raises a SuiteError if it is not the name of a repository, or the hub cannot deliver it.
    """
    repository, _, revision = source.partition("@")
    if not _REPOSITORY.fullmatch(repository):
        raise SuiteError(
            f"there is no folder {source}, and it is not the name of a hub repository (owner/name@revision)"
        )
    with _failures(source, repository, revision) as hub:
        # The snapshot's folder is named by its commit, whether it was downloaded now or earlier.
        root = Path(
            hub.snapshot_download(
                repository, repo_type="dataset", revision=revision or None, allow_patterns=list(patterns)
            )
        )
    return Snapshot(root, root.parents[1], repository, root.name)


def files(snapshot: Snapshot, patterns: Sequence[str]) -> list[str]:
    """The paths of a data set's files that match one of ``patterns``; raises a SuiteError as :func:`download`."""
    with _failures(snapshot.spec, snapshot.repository, snapshot.commit) as hub:
        found = hub.HfApi().list_repo_files(
            snapshot.repository, repo_type="dataset", revision=snapshot.commit
        )
    return [name for name in found if any(fnmatch(name, pattern) for pattern in patterns)]


def opened_remotely(
    snapshot: Snapshot, name: str
) -> tuple[int, Callable[[], AbstractContextManager[IO[bytes]]]]:
    """The size of a file of a data set, bytes, and how to open it so that only what is read of it is fetched.

    Raises a SuiteError as :func:`download`.
    """
    path = f"datasets/{snapshot.spec}/{name}"
    with _failures(snapshot.spec, snapshot.repository, snapshot.commit) as hub:
        system = hub.HfFileSystem()
        size = int(system.info(path)["size"])
    return size, partial(system.open, path, "rb", block_size=_BLOCK)


@contextmanager
def _failures(source: str, repository: str, revision: str) -> Iterator[Any]:
    """The hub's client; whatever it raises becomes a SuiteError."""
    try:
        import huggingface_hub as hub
        from huggingface_hub import errors
    except ImportError as error:
        raise SuiteError(
            f"there is no folder {source}; downloading it from the hub needs pip install 'starbench[hub]'"
        ) from error
    try:
        yield hub
    except errors.RevisionNotFoundError as error:
        raise SuiteError(f"{repository} has no revision {revision!r} on the hub") from error
    except errors.GatedRepoError as error:
        raise SuiteError(f"{repository} is gated: request access on the hub, then set HF_TOKEN") from error
    except errors.RepositoryNotFoundError as error:
        raise SuiteError(
            f"there is no folder {source}, and no data set {repository} on the hub (or it is private)"
        ) from error
    except Exception as error:  # a lost connection, a full disk, a bad reply: any of a dozen classes
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise SuiteError(
            f"there is no folder {source}, and the hub could not be reached for it: {reason}"
        ) from error
