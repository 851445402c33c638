"""Small networks of other projects with random weights, in the files that those projects read."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

#: A separator of speechbrain: its parts, and where their weights lie.
_SEPFORMER = """
num_spks: 2
encoder: !new:speechbrain.lobes.models.dual_path.Encoder
    kernel_size: 16
    out_channels: 16
intra: !new:speechbrain.lobes.models.dual_path.SBTransformerBlock
    num_layers: 1
    d_model: 16
    nhead: 2
    d_ffn: 32
    use_positional_encoding: true
    norm_before: true
inter: !new:speechbrain.lobes.models.dual_path.SBTransformerBlock
    num_layers: 1
    d_model: 16
    nhead: 2
    d_ffn: 32
    use_positional_encoding: true
    norm_before: true
masknet: !new:speechbrain.lobes.models.dual_path.Dual_Path_Model
    num_spks: !ref <num_spks>
    in_channels: 16
    out_channels: 16
    num_layers: 1
    K: 50
    intra_model: !ref <intra>
    inter_model: !ref <inter>
    norm: ln
    linear_layer_after_inter_intra: false
    skip_around_intra: true
decoder: !new:speechbrain.lobes.models.dual_path.Decoder
    in_channels: 16
    out_channels: 1
    kernel_size: 16
    stride: 8
    bias: false
modules:
    encoder: !ref <encoder>
    masknet: !ref <masknet>
    decoder: !ref <decoder>
pretrainer: !new:speechbrain.utils.parameter_transfer.Pretrainer
    loadables:
        encoder: !ref <encoder>
        masknet: !ref <masknet>
        decoder: !ref <decoder>
"""
#: What a vocabulary of a recogniser of ESPnet needs beside its phones.
_SYMBOLS = ("<blank>", "<unk>", "<na>", "<nolang>", "<pr>", "<notimestamps>", "<0.00>", "<30.00>")
PHONES = ("/a/", "/b/", "/tʃ/", "/ɔ/", "/s/")
#: All that the speech-to-text model can write.
WORDS = ("hear", "nothing", "here")


def save_sepformer(folder: Path) -> None:
    """A separator of speechbrain."""
    import torch
    from hyperpyyaml import load_hyperpyyaml

    torch.manual_seed(0)
    folder.mkdir()
    (folder / "hyperparams.yaml").write_text(_SEPFORMER, "utf-8")
    parts = load_hyperpyyaml(_SEPFORMER)
    for name in ("encoder", "masknet", "decoder"):
        torch.save(parts[name].state_dict(), folder / f"{name}.ckpt")


def save_tcn(folder: Path) -> None:
    """A separator of ESPnet."""
    from espnet2.tasks.enh import EnhancementTask

    coder = {"channel": 16, "kernel_size": 16, "stride": 8}
    _save_espnet(
        folder,
        EnhancementTask,
        encoder="conv",
        encoder_conf=coder,
        decoder="conv",
        decoder_conf=coder,
        separator="tcn",
        separator_conf={
            "num_spk": 2,
            "layer": 2,
            "stack": 1,
            "bottleneck_dim": 8,
            "hidden_dim": 16,
            "kernel": 3,
        },
        criterions=[{"name": "si_snr", "conf": {}, "wrapper": "pit", "wrapper_conf": {}}],
    )


def save_phone_recogniser(folder: Path) -> None:
    """A recogniser of ESPnet of the kind of POWSM, which likes phones better than to end."""
    import sentencepiece
    import torch
    from espnet2.tasks.s2t import S2TTask

    folder.mkdir()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["".join(PHONES)] * 9),
        model_prefix=str(folder / "bpe"),
        vocab_size=len(PHONES) + 4,
        user_defined_symbols=list(PHONES),
        hard_vocab_limit=False,
    )
    tokens = [*_SYMBOLS, *PHONES, "<sos>", "<eos>", "<sop>"]
    block = {"attention_heads": 2, "linear_units": 16, "num_blocks": 1}

    def talkative(model: Any) -> None:
        with torch.no_grad():
            model.decoder.output_layer.bias.fill_(-50.0)
            model.decoder.output_layer.bias[len(_SYMBOLS) : len(_SYMBOLS) + len(PHONES)] = 50.0

    _save_espnet(
        folder,
        S2TTask,
        talkative,
        token_list=tokens,
        token_type="bpe",
        bpemodel=str(folder / "bpe.model"),
        encoder="transformer",
        encoder_conf={"output_size": 16, "input_layer": "conv2d", **block},
        decoder="transformer",
        decoder_conf=block,
        frontend_conf={"n_fft": 512, "win_length": 400, "hop_length": 160},
        specaug=None,
        normalize=None,
        init="xavier_uniform",
    )


def _save_espnet(folder: Path, task: Any, change: Any = lambda _model: None, **changes: Any) -> None:
    import torch
    import yaml

    folder.mkdir(exist_ok=True)
    config = {**task.get_default_config(), **changes}
    torch.manual_seed(0)
    model = task.build_model(Namespace(**config))
    change(model)
    torch.save(model.state_dict(), folder / "valid.best.pth")
    (folder / "config.yaml").write_text(yaml.safe_dump(config), "utf-8")


def save_whisper(folder: Path) -> None:
    """A speech-to-text model of transformers that knows three words, and never ends by itself."""
    import torch
    import transformers

    library: Any = transformers
    folder.mkdir()
    vocabulary = {
        word: number
        for number, word in enumerate(
            ("<|endoftext|>", "<|startoftranscript|>", *(f"Ġ{word}" for word in WORDS))
        )
    }
    (folder / "vocab.json").write_text(json.dumps(vocabulary), "utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", "utf-8")
    tokenizer = library.WhisperTokenizer(
        str(folder / "vocab.json"), str(folder / "merges.txt"), unk_token="<|endoftext|>"
    )
    torch.manual_seed(0)
    model = library.WhisperForConditionalGeneration(
        library.WhisperConfig(
            encoder_layers=2,
            encoder_attention_heads=2,
            encoder_ffn_dim=32,
            decoder_layers=2,
            decoder_attention_heads=2,
            decoder_ffn_dim=32,
            d_model=16,
            num_mel_bins=16,
            vocab_size=len(vocabulary),
            pad_token_id=0,
            bos_token_id=0,
            eos_token_id=0,
            decoder_start_token_id=1,
        )
    )
    model.generation_config.suppress_tokens = [0, 1]
    model.save_pretrained(folder)
    library.WhisperProcessor(library.WhisperFeatureExtractor(feature_size=16), tokenizer).save_pretrained(
        folder
    )
