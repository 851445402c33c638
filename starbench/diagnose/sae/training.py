"""BatchTopK training of a dictionary (Bussmann et al. 2024, arXiv:2412.06410), as dictionary_learning has it.

z = ReLU(W_e (x − b) + b_e), of which the k · B largest of a batch of B frames are kept; x̂ = W_d z + b with directions
of length 1; loss Σ‖x − x̂‖² / B. With the auxiliary loss of Gao et al. (2024, arXiv:2406.04093) features that have not
fired for a while learn to explain what is left. Activations are scaled to a variance of 1 for training, so that one
learning rate fits every layer, and the scale is then put into the weights.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from starbench.diagnose.sae.dictionary import Dictionary, Floats, require
from starbench.errors import InputError
from starbench.schema.sae import SaeSettings

#: The threshold of inference follows the smallest activation that is kept, over so many steps.
_THRESHOLD_MEMORY = 100
#: A feature that has not fired for this share of all steps is dead.
_DEAD_AFTER = 0.02
_WARM_UP, _DECAY = 0.05, 0.8
_BASE_RATE, _BASE_WIDTH = 1e-3, 2**14


def train(
    frames: Floats, settings: SaeSettings, seed: int, on_step: Callable[[], None] = lambda: None
) -> Dictionary:
    """Train one dictionary on activations of shape (frames, dim); the same seed gives the same one."""
    require("torch")
    import torch

    if len(frames) < settings.batch:
        raise InputError(
            f"{len(frames)} frames are fewer than a batch of {settings.batch}: add sounds or lower batch"
        )
    scale = float(np.sqrt(frames.var(axis=0, dtype=np.float64).sum()))
    if not np.isfinite(scale) or scale <= 0:
        raise InputError(
            "the layer's activations are the same on every frame, or not finite: nothing can be learnt"
        )
    data = torch.from_numpy(np.ascontiguousarray(frames, np.float32)) / scale
    generator = torch.Generator().manual_seed(seed)
    width = max(round(settings.expansion * data.shape[1]), settings.k)
    sae = BatchTopK(_geometric_median(data[:: max(len(data) // 10_000, 1)]), width, settings.k, generator)
    optimizer = torch.optim.Adam(
        sae.parameters, lr=settings.learning_rate or _BASE_RATE * (_BASE_WIDTH / width) ** 0.5
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, settings.steps))
    idle = torch.zeros(width)
    order = torch.empty(0, dtype=torch.long)
    for _ in range(settings.steps):
        if len(order) < settings.batch:
            order = torch.randperm(len(data), generator=generator)
        batch, order = data[order[: settings.batch]], order[settings.batch :]
        loss, fired = sae.loss(batch, idle > _DEAD_AFTER * settings.steps, settings.auxiliary)
        optimizer.zero_grad()
        loss.backward()
        sae.keep_directions()
        torch.nn.utils.clip_grad_norm_(sae.parameters, 1.0)
        optimizer.step()
        schedule.step()
        sae.normalise()
        idle = torch.where(fired, 0.0, idle + 1)
        on_step()
    return sae.dictionary(scale)


class BatchTopK:
    """The weights during training, and what is done with them in a step."""

    def __init__(self, offset: Any, width: int, k: int, generator: Any) -> None:
        import torch

        self.k, self.threshold = k, -1.0
        decoder = torch.randn(width, len(offset), generator=generator)
        self.decoder = (decoder / decoder.norm(dim=1, keepdim=True)).requires_grad_()
        self.encoder = self.decoder.detach().clone().requires_grad_()
        self.bias = torch.zeros(width, requires_grad=True)
        self.offset = offset.clone().requires_grad_()
        self.parameters = [self.encoder, self.bias, self.decoder, self.offset]

    def activations(self, batch: Any) -> Any:
        """ReLU(W_e (x − b) + b_e), shape (B, features)."""
        return ((batch - self.offset) @ self.encoder.T + self.bias).relu()

    def kept(self, activations: Any) -> Any:
        """The k · B largest of a batch, all else zero."""
        import torch

        flat = activations.flatten()
        top = flat.topk(min(self.k * len(activations), flat.numel()), sorted=False)
        return torch.zeros_like(flat).scatter(0, top.indices, top.values).view_as(activations)

    def loss(self, batch: Any, dead: Any, auxiliary: float) -> tuple[Any, Any]:
        """The loss of a batch, and which features fired; moves the threshold."""
        activations = self.activations(batch)
        codes = self.kept(activations)
        self.follow(codes.detach())
        error = batch - (codes @ self.decoder + self.offset)
        loss = error.pow(2).sum(dim=1).mean()
        if auxiliary and bool(dead.any()):
            loss = loss + auxiliary * self._auxiliary(error.detach(), activations, dead)
        return loss, (codes.detach() > 0).any(dim=0)

    def follow(self, codes: Any) -> None:
        """Move the threshold of inference towards the smallest activation that was kept."""
        active = codes[codes > 0]
        smallest = float(active.min()) if active.numel() else 0.0
        share = 1 / _THRESHOLD_MEMORY
        self.threshold = smallest if self.threshold < 0 else (1 - share) * self.threshold + share * smallest

    def _auxiliary(self, error: Any, activations: Any, dead: Any) -> Any:
        """How much of the error the most active dead features do not explain, as a share of its variance."""
        import torch

        of_dead = activations.masked_fill(~dead, -torch.inf)
        top = of_dead.topk(min(self.decoder.shape[1] // 2 or 1, int(dead.sum())), dim=1, sorted=False)
        codes = torch.zeros_like(activations).scatter(1, top.indices, top.values)
        left = (error - codes @ self.decoder).pow(2).sum(dim=1).mean()
        return (left / (error - error.mean(dim=0)).pow(2).sum(dim=1).mean()).nan_to_num(0.0)

    def keep_directions(self) -> None:
        """Take from the gradient of each direction what would only change its length."""
        gradient, unit = self.decoder.grad, self.decoder.detach()
        if gradient is not None:
            gradient -= (gradient * unit).sum(dim=1, keepdim=True) * unit

    def normalise(self) -> None:
        """Give each direction a length of 1 again."""
        self.decoder.data /= self.decoder.data.norm(dim=1, keepdim=True).clamp_min(1e-8)

    def dictionary(self, scale: float) -> Dictionary:
        """The dictionary of activations that are ``scale`` times as large."""
        encoder, bias, decoder, offset = (one.detach().numpy().copy() for one in self.parameters)
        return Dictionary(encoder, bias * scale, decoder, offset * scale, self.k, self.threshold * scale)


def _rate(step: int, steps: int) -> float:
    """Learning rate at a step as a share of the highest: a warm-up, and a linear decay over the last fifth."""
    return min(1.0, (step + 1) / max(_WARM_UP * steps, 1), (steps - step) / max((1 - _DECAY) * steps, 1))


def _geometric_median(points: Any) -> Any:
    """The point with the least mean distance to all (Weiszfeld 1937)."""
    guess = points.mean(dim=0)
    for _ in range(100):
        weights = 1 / (points - guess).norm(dim=1).clamp_min(1e-8)
        moved = (weights[:, None] * points).sum(dim=0) / weights.sum()
        if float((moved - guess).norm()) < 1e-5:
            return moved
        guess = moved
    return guess
