"""Published checkpoints: AudioSAE's tensors are read without running code, and everything else is one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from starbench.diagnose.sae.checkpoint import read_checkpoint
from starbench.errors import InputError

pytestmark = pytest.mark.local


def state(**changes: Any) -> dict[str, Any]:
    """As AudioSAE and dictionary_learning save it: torch's linear layers, 12 features of 3."""
    import torch

    generator = torch.Generator().manual_seed(0)
    decoder = torch.randn(3, 12, generator=generator)
    decoder /= decoder.norm(dim=0)
    whole = {
        "encoder.weight": decoder.T.clone(),
        "encoder.bias": torch.full((12,), 0.1),
        "decoder.weight": decoder,
        "b_dec": torch.tensor([0.5, 0.0, -0.5]),
        "k": torch.tensor(2),
    }
    return {key: value for key, value in {**whole, **changes}.items() if value is not None}


def saved(tmp_path: Path, what: object) -> Path:
    import torch

    torch.save(what, tmp_path / "ae.pt")
    return tmp_path / "ae.pt"


def test_a_checkpoint_of_audiosae_reads_as_its_formulas_say(tmp_path: Path) -> None:
    import torch

    own = state()
    read = read_checkpoint(saved(tmp_path, own))
    x = torch.randn(40, 3, generator=torch.Generator().manual_seed(1))
    z = torch.relu((x - own["b_dec"]) @ own["encoder.weight"].T + own["encoder.bias"])
    top = z.topk(2, dim=1)
    z = torch.zeros_like(z).scatter(1, top.indices, top.values)
    codes = read.codes(x.numpy())
    np.testing.assert_allclose(codes.toarray(), z.numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        read.reconstruct(codes), (z @ own["decoder.weight"].T + own["b_dec"]).numpy(), rtol=1e-4, atol=1e-5
    )
    assert (read.width, read.dim, read.k, read.threshold) == (12, 3, 2, None)


def test_a_threshold_is_used_where_there_is_one(tmp_path: Path) -> None:
    import torch

    assert read_checkpoint(saved(tmp_path, state(threshold=torch.tensor(0.25)))).threshold == 0.25
    assert (
        read_checkpoint(saved(tmp_path, state(threshold=torch.tensor(-1.0)))).threshold is None
    )  # never set


class _Hostile:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("ran"),))


@pytest.mark.filterwarnings("ignore:torch.quantize:UserWarning")
def test_what_is_not_one_is_refused_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.chdir(tmp_path)
    for what, words in (
        ({**state(), "extra": _Hostile()}, "runs no code of a checkpoint"),
        (state(b_dec=None), "it has no b_dec"),
        (state(k=None), "it has no k"),
        ([1, 2], "holds list and no tensors"),
        (state(b_dec=torch.zeros(3).to_sparse()), "b_dec is not a plain tensor"),
        (state(b_dec=torch.zeros(3, device="meta")), "b_dec is not a plain tensor"),
        (state(b_dec=torch.zeros(3, dtype=torch.complex64)), "b_dec is not a plain tensor"),
        (
            state(b_dec=torch.quantize_per_tensor(torch.zeros(3), 0.1, 0, torch.qint8)),
            "b_dec is not a plain tensor|runs no code",
        ),
        (state(k=10**30), "k is not a plain tensor"),
        (state(k=torch.zeros(0)), "k must be one number"),
        (state(threshold=torch.zeros(2)), "k and threshold must be one number"),
        (state(threshold=torch.tensor(float("nan"))), "not finite"),
    ):
        with pytest.raises(InputError, match=words) as refused:
            read_checkpoint(saved(tmp_path, what))
        assert "\n" not in str(refused.value)
    assert not (tmp_path / "ran").exists()
    (tmp_path / "text").write_text("not a checkpoint")
    for path, words in ((tmp_path / "text", "text"), (tmp_path / "nothing", "cannot be read")):
        with pytest.raises(InputError, match=words):
            read_checkpoint(path)
