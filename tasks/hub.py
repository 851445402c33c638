"""A data set from the Hugging Face hub, pinned to a commit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from starbench.errors import SuiteError

_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


def download(source: str, patterns: Sequence[str]) -> tuple[Path, Path, dict[str, Any]]:
    """Download the files of a data set that match ``patterns``, unless they are in the hub's cache.

    A branch, or nothing, after ``@`` is resolved to its commit, and the commit is recorded: a branch moves,
    so it never becomes part of a run's identity.

    ``source`` is ``owner/name`` or ``owner/name@revision``. Gives the local snapshot; the repository's folder
    in the cache, because a snapshot consists of links to the ``blobs`` beside it; and ``source`` and
    ``revision`` (the commit).

    Raises a SuiteError if it is not the name of a repository, or the hub cannot deliver it.
    """
    repository, _, revision = source.partition("@")
    if not _REPOSITORY.fullmatch(repository):
        raise SuiteError(
            f"there is no folder {source}, and it is not the name of a hub repository (owner/name@revision)"
        )
    try:
        import huggingface_hub as hub
        from huggingface_hub import errors
    except ImportError as error:
        raise SuiteError(
            f"there is no folder {source}; downloading it from the hub needs pip install 'starbench[hub]'"
        ) from error
    try:
        # The snapshot's folder is named by its commit, whether it was downloaded now or earlier.
        root = Path(
            hub.snapshot_download(
                repository, repo_type="dataset", revision=revision or None, allow_patterns=list(patterns)
            )
        )
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
    return root, root.parents[1], {"source": repository, "revision": root.name}
