"""An autoregressive model of codes: trained in minutes, asked how probable a clip's codes are, and continued."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from starbench.diagnose.tokens.interface import Codes, NextCodeModel, ratio_with_interval, reproducible
from starbench.errors import InputError
from starbench.schema.base import Interval

if TYPE_CHECKING:
    from starbench.diagnose.tokens.next_code_network import NextCodeNetwork

Progress = Callable[[int, int], None]

#: No target: past the end of a clip.
_NOTHING = -100
#: Share of the training clips that are put aside, to choose the step; and how often they are looked at.
_ASIDE, _LOOKS = 0.15, 12
_MOST_ASIDE = 24


@dataclass(frozen=True)
class NextCodeTraining:
    """How large the model is, and how it is trained."""

    steps: int = 600
    batch: int = 4
    context: int = 256
    layers: int = 4
    width: int = 128
    heads: int = 4
    learning_rate: float = 2e-3
    seed: int = 0


class CodeLanguageModel:
    """A network ready to be used on the codes of whole clips."""

    def __init__(self, network: NextCodeNetwork, context: int, chosen_step: int = 0) -> None:
        self.network = network.eval()
        self.context = context
        self.chosen_step = chosen_step
        self.parameters: int = sum(one.numel() for one in network.parameters() if one.requires_grad)

    def log_probabilities(self, codes: Codes) -> NDArray[np.float64]:
        """Of each code but the first, given at least half a context where there is one."""
        import torch

        found = []
        with torch.inference_mode():
            for window, known in _windows(codes, self.context):
                logits = self.network(torch.from_numpy(window)[None, :-1])[0, known - 1 :]
                right = torch.from_numpy(window[known:])
                found.append(logits.double().log_softmax(-1).gather(1, right[:, None])[:, 0].numpy())
        return np.concatenate(found) if found else np.zeros(0)

    def continued(self, codes: Codes, n: int, seed: int) -> Codes:
        """Codes, and ``n`` more as the model draws them."""
        import torch

        generator = torch.Generator().manual_seed(seed)
        drawn = torch.from_numpy(codes)
        with torch.inference_mode():
            for _ in range(n):
                logits = self.network(drawn[None, -self.context :])[0, -1]
                drawn = torch.cat([drawn, torch.multinomial(logits.softmax(-1), 1, generator=generator)])
        return np.asarray(drawn, dtype=np.int64)


def _windows(codes: Codes, context: int) -> Iterator[tuple[Codes, int]]:
    """Parts of a clip of one code more than a context, and how many codes of each are context alone."""
    known, start = 1, 0
    while start + known < codes.size:
        yield codes[start : start + context + 1], known
        scored_to = start + context + 1
        start = scored_to - context // 2
        known = context // 2


@dataclass(frozen=True, eq=False)
class Unigram:
    """Knows how frequent each code is, and nothing of its neighbours."""

    shares: NDArray[np.float64]

    @classmethod
    def of(cls, clips: Sequence[Codes], size: int) -> Unigram:
        """Shares in ``clips``, mixed with equal ones as much as leaving out each code in turn asks for."""
        counts = np.bincount(np.concatenate(clips), minlength=size).astype(np.float64)
        total = counts.sum()
        seen = counts > 0
        mixes = np.linspace(0.001, 1.0, 200)
        without = (counts[seen] - 1) / max(total - 1, 1)
        told = [(counts[seen] * np.log((1 - mix) * without + mix / size)).sum() for mix in mixes]
        mix = mixes[int(np.argmax(told))]
        return cls((1 - mix) * counts / total + mix / size)

    def log_probabilities(self, codes: Codes) -> NDArray[np.float64]:
        """Of each code but the first."""
        return np.asarray(np.log(self.shares[codes[1:]]))


def train_next_code(
    clips: Sequence[Codes], size: int, how: NextCodeTraining, on_step: Progress = lambda _done, _all: None
) -> CodeLanguageModel:
    """Train a model of the codes of clips, which are numbers below ``size``; the same seed gives the same weights.

    A share of the clips is put aside: the step is kept at which their codes are told best. Where nothing but how
    frequent each code is can be learnt, that is the first, and the model is the unigram.

    Raises :class:`InputError` if there are too few clips.
    """
    network, step = _trained(clips, size, how, on_step)
    return CodeLanguageModel(network, how.context, step)


def train_unigram(clips: Sequence[Codes], size: int, how: NextCodeTraining) -> Unigram:
    """The same network, trained in the same way, that gets no code to look at: what is gained over it is context.

    Mere counts are a weaker rival: a network tells codes that are rare better than these, without any context.
    """
    import torch

    network, _ = _trained(clips, size, how, is_blind=True)
    with torch.inference_mode():
        return Unigram(_blind_logits(network).double().softmax(-1).numpy())


def _trained(
    clips: Sequence[Codes],
    size: int,
    how: NextCodeTraining,
    on_step: Progress = lambda _done, _all: None,
    *,
    is_blind: bool = False,
) -> tuple[NextCodeNetwork, int]:
    """The network as it was at the best step, and that step."""
    import torch

    from starbench.diagnose.tokens.next_code_network import NextCodeNetwork

    rng = np.random.default_rng(how.seed)
    used, aside = _split(clips, rng)

    def nats_aside() -> float:
        network.eval()
        with torch.inference_mode():
            model: NextCodeModel = CodeLanguageModel(network, how.context)
            if is_blind:
                model = Unigram(_blind_logits(network).double().softmax(-1).numpy())
            return -float(np.concatenate([model.log_probabilities(codes) for codes in aside]).mean())

    with reproducible(how.seed):
        network = NextCodeNetwork(size, how.layers, how.width, how.heads)
        network.unigram.copy_(torch.from_numpy(np.log(Unigram.of(used, size).shares)))
        optimiser = torch.optim.AdamW(network.parameters(), how.learning_rate, weight_decay=0.1)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, how.learning_rate, total_steps=how.steps + 1, pct_start=0.1
        )
        best = (nats_aside(), 0, _copied(network))
        for step in range(1, how.steps + 1):
            network.train()
            inputs, targets = _batch(used, how, rng)
            logits = _blind_logits(network)[None] if is_blind else network(inputs).flatten(0, 1)
            loss = torch.nn.functional.cross_entropy(logits.expand(targets.numel(), -1), targets.flatten())
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            on_step(step, how.steps)
            is_look = step % max(1, how.steps // _LOOKS) == 0 or step == how.steps
            if is_look and (now := nats_aside()) < best[0]:
                best = (now, step, _copied(network))
        network.load_state_dict(best[2])
    return network, best[1]


def _blind_logits(network: NextCodeNetwork) -> Any:
    import torch

    return network(torch.zeros(1, 1, dtype=torch.int64))[0, 0]


def _split(clips: Sequence[Codes], rng: np.random.Generator) -> tuple[list[Codes], list[Codes]]:
    order = rng.permutation([k for k, codes in enumerate(clips) if codes.size > 1])
    n_aside = min(_MOST_ASIDE, round(_ASIDE * order.size))
    if not n_aside:
        raise InputError(f"{order.size} clips are too few to learn the next code from")
    return [clips[k] for k in order[n_aside:]], [clips[k] for k in order[:n_aside]]


def _copied(network: NextCodeNetwork) -> dict[str, Any]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def _batch(clips: Sequence[Codes], how: NextCodeTraining, rng: np.random.Generator) -> tuple[Any, Any]:
    """Codes and those that follow, shape (batch, context); each moment is as likely as any other."""
    import torch

    lengths = np.array([codes.size for codes in clips], dtype=np.float64)
    rows = np.full((how.batch, how.context + 1), _NOTHING)
    for row, k in zip(rows, rng.choice(len(clips), how.batch, p=lengths / lengths.sum()), strict=True):
        start = rng.integers(max(1, clips[k].size - how.context))
        part = clips[k][start : start + how.context + 1]
        row[: part.size] = part
    return torch.from_numpy(np.maximum(rows[:, :-1], 0)), torch.from_numpy(rows[:, 1:].copy())


@dataclass(frozen=True)
class NextCodeScore:
    """How well held-out codes are told, with 95 % intervals by resampling clips."""

    test_codes: int
    perplexity: float
    interval: Interval
    unigram: float
    bits_gained: float
    bits_gained_interval: Interval


def score_next_code(
    model: NextCodeModel, unigram: NextCodeModel, clips: Sequence[Codes], seed: int
) -> NextCodeScore:
    """Compare a model with the unigram on clips that neither learnt from; both tell the same codes."""
    clips = [codes for codes in clips if codes.size > 1]
    of_model = [-float(model.log_probabilities(codes).sum()) for codes in clips]
    of_unigram = [-float(unigram.log_probabilities(codes).sum()) for codes in clips]
    n = [float(codes.size - 1) for codes in clips]
    nats, (low, high) = ratio_with_interval(of_model, n, seed)
    in_bits = [(there - here) / np.log(2.0) for here, there in zip(of_model, of_unigram, strict=True)]
    gained, gained_interval = ratio_with_interval(in_bits, n, seed)
    return NextCodeScore(
        test_codes=int(sum(n)),
        perplexity=float(np.exp(nats)),
        interval=(float(np.exp(low)), float(np.exp(high))),
        unigram=float(np.exp(sum(of_unigram) / sum(n))),
        bits_gained=gained,
        bits_gained_interval=gained_interval,
    )
