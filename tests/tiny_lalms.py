"""Tiny audio-language models: real architectures, random weights, made in a blink, loaded as any other.

Each is a complete checkpoint directory, written by ``save_pretrained`` and read back through the same public
path as the model of billions of weights it is named after. Sound changes what they say; it means nothing to
them. With ``says``, a model replies with exactly that text to whatever it is asked, and then stops.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

RATE = 16_000
_END, _PAD = "<|im_end|>", "<|endoftext|>"
#: What a turn looks like, whatever stands for a clip.
_TEMPLATE = (
    "{{% for m in messages %}}<|im_start|>{{{{ m['role'] }}}}\n"
    "{{% if m['content'] is string %}}{{{{ m['content'] }}}}{{% else %}}"
    "{{% for c in m['content'] %}}{{% if c['type'] == 'audio' %}}{clip}"
    "{{% else %}}{{{{ c['text'] }}}}{{% endif %}}{{% endfor %}}{{% endif %}}<|im_end|>\n"
    "{{% endfor %}}{{% if add_generation_prompt %}}<|im_start|>assistant\n{{% endif %}}"
)
#: Whisper's front end cut small. Encoders have 1500 positions, two frames each: 30 s at 10 ms a frame.
_MELS = 16
_ENCODER = {"num_mel_bins": _MELS, "max_source_positions": 1500}


def build_qwen2_audio(
    path: str | Path, seed: int = 0, *, says: str | None = None, single_letters: bool = True
) -> str:
    """Write a tiny Qwen2-Audio: any number of clips in a prompt, 30 s of each.

    Parameters
    ----------
    path : path
        Directory to write.
    seed : int
        Of the random weights.
    says : str, optional
        The reply to everything; default: whatever the weights make of it.
    single_letters : bool
        Whether a capital letter is one token, as in every real tokenizer.

    Returns
    -------
    str
        The path.
    """
    import torch
    from transformers import (
        Qwen2AudioConfig,
        Qwen2AudioEncoderConfig,
        Qwen2AudioForConditionalGeneration,
        Qwen2AudioProcessor,
        WhisperFeatureExtractor,
    )

    torch.manual_seed(seed)
    tokenizer = _tokenizer(
        ("<|im_start|>", "<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>"), says, single_letters=single_letters
    )
    processor = Qwen2AudioProcessor(
        feature_extractor=WhisperFeatureExtractor(feature_size=_MELS, sampling_rate=RATE, chunk_length=30),
        tokenizer=tokenizer,
        chat_template=_TEMPLATE.format(clip="<|audio_bos|><|AUDIO|><|audio_eos|>"),
    )
    config = Qwen2AudioConfig(
        audio_config=Qwen2AudioEncoderConfig(
            **_ENCODER, d_model=16, encoder_layers=1, encoder_attention_heads=2, encoder_ffn_dim=32
        ),
        text_config=_text_config(tokenizer),
        audio_token_index=tokenizer.convert_tokens_to_ids("<|AUDIO|>"),
    )
    return _save(Qwen2AudioForConditionalGeneration(config), processor, tokenizer, path, says)


def build_audio_flamingo3(path: str | Path, seed: int = 0, *, says: str | None = None) -> str:
    """Write a tiny Audio Flamingo 3: one clip in a prompt, up to 600 s. See :func:`build_qwen2_audio`."""
    import torch
    from transformers import (
        AudioFlamingo3Config,
        AudioFlamingo3EncoderConfig,
        AudioFlamingo3ForConditionalGeneration,
        AudioFlamingo3Processor,
        WhisperFeatureExtractor,
    )

    torch.manual_seed(seed)
    tokenizer = _tokenizer(("<|im_start|>", "<sound>"), says)
    processor = AudioFlamingo3Processor(
        feature_extractor=WhisperFeatureExtractor(feature_size=_MELS, sampling_rate=RATE, chunk_length=30),
        tokenizer=tokenizer,
        chat_template=_TEMPLATE.format(clip="<sound>"),
    )
    config = AudioFlamingo3Config(
        audio_config=AudioFlamingo3EncoderConfig(
            **_ENCODER, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
        ),
        text_config=_text_config(tokenizer),
        audio_token_id=tokenizer.convert_tokens_to_ids("<sound>"),
    )
    return _save(AudioFlamingo3ForConditionalGeneration(config), processor, tokenizer, path, says)


def _tokenizer(
    specials: tuple[str, ...], says: str | None, *, single_letters: bool = True
) -> PreTrainedTokenizerFast:
    """Bytes, and the capital letters with and without a space before them: encodes any text, untrained."""
    from tokenizers import AddedToken
    from transformers import PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=_bytes(single_letters=single_letters),
        eos_token=_END,
        pad_token=_PAD,
        padding_side="left",
    )
    tokenizer.add_special_tokens({"additional_special_tokens": list(specials)})
    if says:
        # One token, so that saying it takes no memory of what was said.
        tokenizer.add_tokens([AddedToken(says, normalized=False)])
    return tokenizer


def _bytes(*, single_letters: bool) -> Tokenizer:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    space = "Ġ"  # what byte-level alphabets write for it
    capitals = [chr(code) for code in range(ord("A"), ord("Z") + 1)]
    symbols = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = [(space, letter) for letter in capitals] if single_letters else []
    vocabulary = {symbol: i for i, symbol in enumerate([*symbols, *("".join(pair) for pair in merges)])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    # A space forced before every text makes two tokens of each letter where the two are not merged.
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=not single_letters)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _text_config(tokenizer: PreTrainedTokenizerFast) -> Any:
    from transformers import Qwen2Config

    return Qwen2Config(
        vocab_size=(len(tokenizer) + 63) // 64 * 64,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=16_384,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
    )


def _save(
    model: PreTrainedModel,
    processor: Any,
    tokenizer: PreTrainedTokenizerFast,
    path: str | Path,
    says: str | None,
) -> str:
    from transformers import GenerationConfig

    if says is not None:
        _teach(model, tokenizer, says)
    model.generation_config = GenerationConfig(
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id, do_sample=False
    )
    model.eval().save_pretrained(path)
    processor.save_pretrained(path)
    return str(path)


def _teach(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, says: str) -> None:
    """Make each token follow from the one before alone: a line break, ``says``, the end."""
    import torch

    layer = model.model.language_model.layers[0]
    said = tokenizer.encode(says, add_special_tokens=False) if says else []
    chain = [*tokenizer.encode("\n", add_special_tokens=False), *said, tokenizer.eos_token_id]
    with torch.no_grad():
        for forgotten in (layer.self_attn.o_proj, layer.mlp.down_proj):
            forgotten.weight.zero_()
        known = model.get_input_embeddings().weight
        head = model.get_output_embeddings().weight
        head.zero_()
        for before, after in pairwise(chain):
            head[after] = 1000 * known[before]
