"""Benchmarks of which only the prompt is reproduced, and why their scorers are not.

Where a benchmark's options stand inside its prompts, a reader keeps the prompt in the published record of an item
(``prompt``), because ``Item.question`` is what protocol ``starbench`` puts before options of its own.
"""

from __future__ import annotations

from starbench.protocols.official import OfficialProtocol, letter_of, published
from starbench.schema import Item


class PublishedPromptProtocol(OfficialProtocol):
    """Base of those whose prompt is whole in the data."""

    def prompt(self, item: Item, options: tuple[str, ...]) -> str:  # noqa: ARG002
        """The prompt as the data set has it; the question where it has no other."""
        return str(published(item, "prompt") or item.question)


class SonicBenchProtocol(PublishedPromptProtocol):
    """SonicBench: the prompts of the data set; no scorer is published."""

    name = "sonicbench"
    prompt_version = "sonicbench/d9f621e"
    unscored = (
        "SonicBench publishes no scorer: its repository (github qiuxins/SonicBench, d9f621e) has replies and a "
        "toolbox that makes sounds"
    )


class SakuraProtocol(PublishedPromptProtocol):
    """SAKURA: the instructions of the data set; its scorer is a judge."""

    name = "sakura"
    prompt_version = "sakura/a1fdb14"
    unscored = (
        "SAKURA's scorer is a language model that judges each reply (gpt-4o-2024-11-20; github b08202033/SAKURA, "
        "a1fdb14)"
    )


class SoBenchProtocol(PublishedPromptProtocol):
    """SO-Bench: the question alone; its scorer is a judge."""

    name = "so-bench"
    prompt_version = "so-bench/0d4a591"
    unscored = (
        "SO-Bench's scorer lets a language model (gpt-4o-mini unless another is named) put each open reply into "
        "numbers and names before it compares them (github dieKarotte/Spatial-Omni, scripts/score_sobench.py, 0d4a591)"
    )


class SpatialSoundQaProtocol(OfficialProtocol):
    """SpatialSoundQA (BAT): the prompt of its authors' model; most of its figures have no published scorer."""

    name = "spatialsoundqa"
    prompt_version = "spatialsoundqa/89b70be"
    unscored = (
        "SpatialSoundQA publishes a scorer for classes of sounds alone, which asks an embedding service "
        "(text-embedding-ada-002; github X-LANCE/SLAM-LLM, examples/seld_spatialsoundqa, a1d8052), and none for "
        "directions, distances and answers of yes or no"
    )

    def prompt(self, item: Item, options: tuple[str, ...]) -> str:  # noqa: ARG002
        """The question as an instruction; the questions are open, so no option is shown."""
        return (
            "Based on the audio you've heard, refer to the instruction and provide a response.\n\n"
            f"### Instruction:\n{item.question}\n\n### Response:"
        )


class MmauProProtocol(OfficialProtocol):
    """MMAU-Pro: the prompt; its scorer needs the weights of NV-Embed-v2, and a judge."""

    name = "mmau-pro"
    prompt_version = "mmau-pro/2269762"
    unscored = (
        "MMAU-Pro's scorer takes the option whose embedding by NV-Embed-v2 is nearest to the reply, so that an empty "
        "reply, a refusal or an error message is always some option, and lets Qwen2.5-7B-Instruct judge open "
        "questions, an unreadable verdict counting 3 of 5; both need weights that are not here (github "
        "sonalkum/MMAUPro, evaluate_mmau_pro_comprehensive.py, 2269762)"
    )

    def prompt(self, item: Item, options: tuple[str, ...]) -> str:
        """The question, and the options behind letters in brackets.

        The repository has no prompt; this is the form that github xiaomi-research/midashenglm-spatial
        (eval/mmaupro/infer.py) gives as the official one.
        """
        lines = [f"({letter_of(place)}) {option}" for place, option in enumerate(options)]
        return "\n".join([item.question, *lines])
