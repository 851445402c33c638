"""A trained separator from a folder on this machine: speechbrain's, by the form of its files, or ESPnet's.

Such networks are made for one channel, and are given the mean of both ears. What a stream has of each bin of the
spectrum is then taken from each ear's own, so that the differences between the ears are those of the clip.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import soxr

from starbench.errors import InputError
from starbench.plugins.consent import ask_consent
from starbench.plugins.extras import needed

from ..estimates import Samples, masked, transform

#: A wave of shape (n,) to streams of shape (sources, n), at the network's own rate.
Network = Callable[[Samples], Samples]
_TINY = 1e-12
#: The highest bands that a network hears well, as shares of its Nyquist frequency.
_TOP = (0.7, 0.9)


class Checkpoint:
    """Separates with a network from a folder: a speechbrain one (``hyperparams.yaml``) or an ESPnet one (``*.pth``).

    The network decides how many sources there are. It hears nothing above half its rate: there, each frame is shared
    out as in the highest bands below. Its code runs with the rights of the user: take folders whose
    origin you know.

    Parameters
    ----------
    model : str
        The folder.
    rate : int
        The rate that the network was trained at, Hz.

    Raises
    ------
    InputError
        If the folder holds neither, or speechbrain or ESPnet is missing.
    """

    needs_count = False

    def __init__(self, model: str, rate: int = 8000) -> None:
        folder = Path(model)
        if not folder.is_dir():
            raise InputError(f"checkpoint:{model}: there is no such folder")
        ask_consent(f"what comes with {model}")
        self._rate = rate
        self._network = (
            _speechbrain(folder) if (folder / "hyperparams.yaml").is_file() else _espnet(folder, rate)
        )

    def __call__(self, samples: Samples, rate: int, n_sources: int) -> Samples:  # noqa: ARG002
        """Separate one clip."""
        return for_both_ears(self._network, self._rate, samples, rate)


def for_both_ears(network: Network, network_rate: int, samples: Samples, rate: int) -> Samples:
    """What a network of one channel makes of all channels: a mask from its streams, applied to each.

    Above what the network hears, each frame has the mask of the highest bands that it does hear.
    """
    mono = network(soxr.resample(samples.mean(axis=1), rate, network_rate))
    streams = np.stack([soxr.resample(stream, network_rate, rate) for stream in mono])
    streams = np.pad(streams, ((0, 0), (0, max(0, samples.shape[0] - streams.shape[1]))))
    shares, stft = transform(streams[:, : samples.shape[0]].T, rate)
    power = np.square(np.abs(shares))
    if network_rate < rate:
        low, high = (share * network_rate / 2 for share in _TOP)
        power[:, stft.f > high] = power[:, (stft.f > low) & (stft.f <= high)].sum(axis=1, keepdims=True)
    masks = power / (power.sum(axis=0) + _TINY)
    return masked(masks[:, None], samples, rate)


def _speechbrain(folder: Path) -> Network:
    message = f"checkpoint:{folder} is speechbrain's: pip install speechbrain"
    torch, separation = needed("torch", message), needed("speechbrain.inference.separation", message)
    network = separation.SepformerSeparation.from_hparams(source=str(folder), savedir=str(folder))

    def separate(wave: Samples) -> Samples:
        with torch.no_grad():
            streams = network.separate_batch(torch.tensor(wave[None], dtype=torch.float32))
        return np.asarray(streams[0].T.double().numpy())

    return separate


def _espnet(folder: Path, rate: int) -> Network:
    weights, config = (next(folder.rglob(pattern), None) for pattern in ("*.pth", "config.yaml"))
    if weights is None or config is None:
        raise InputError(
            f"checkpoint:{folder} holds neither hyperparams.yaml (speechbrain) nor config.yaml and *.pth (ESPnet)"
        )
    espnet = needed("espnet2.bin.enh_inference", f"checkpoint:{folder} is ESPnet's: pip install espnet")
    network = espnet.SeparateSpeech(
        train_config=str(config), model_file=str(weights), normalize_output_wav=False
    )

    def separate(wave: Samples) -> Samples:
        return np.stack([np.asarray(stream[0], dtype=np.float64) for stream in network(wave[None], fs=rate)])

    return separate
