"""Sparse autoencoders of a network's layers: what was trained, how good it is, and what of it depends on the seed."""

from __future__ import annotations

from pydantic import Field

from starbench.schema.base import Bool, Float, Frozen, Int, Interval

#: Above which similarity two features count as one, for overlap of firing as for cosines.
SIMILARITIES = (0.3, 0.5, 0.7)


class SaeSettings(Frozen):
    """How a dictionary is trained: BatchTopK (Bussmann et al. 2024, arXiv:2412.06410).

    The defaults train in minutes on a CPU. AudioSAE (arXiv:2602.05027) has expansion 8, k 50, learning rate 2e-4,
    200,000 steps and no auxiliary loss.
    """

    expansion: Float = Field(default=8.0, gt=0)
    """Features of the dictionary, as a multiple of the layer's."""
    k: Int = Field(default=24, ge=1)
    """Features that a frame has on average: of a batch of B frames the k · B largest activations are kept."""
    steps: Int = Field(default=3000, ge=1)
    batch: Int = Field(default=512, ge=2)
    learning_rate: Float | None = Field(default=None, gt=0)
    """None: 1e-3 · (16384 / features)^½, which falls with size as in Gao et al. 2024 (arXiv:2406.04093)."""
    auxiliary: Float = Field(default=1 / 32, ge=0)
    """Weight of the loss by which features that never fire learn what the others left (Gao et al. 2024); 0: none."""


class SaeSource(Frozen):
    """What a dictionary was trained or measured on."""

    suite: str | None = None
    suite_digest: str | None = None
    stimuli: Int = 0
    """Clips of one sound each, drawn by the suite's task."""
    stimuli_seed: Int | None = None
    recordings: Int = 0
    recordings_digest: str | None = None
    seconds: Float = 0.0
    domains: dict[str, Int] = Field(default_factory=dict)
    """Domain -> clips."""


class LayerTraining(Frozen):
    """The dictionaries of one layer, as they lie on disk."""

    layer: str
    stage: str
    dim: Int
    """Features of the layer itself."""
    width: Int
    """Features of the dictionary."""
    k: Int
    tokens: Int
    """Frames that each dictionary was trained on, repetitions counted."""
    unique_tokens: Int
    """Different frames among them."""
    files: dict[str, str]
    """File of each dictionary below the folder -> SHA-256 of its bytes."""
    held_out: str
    """File of the frames that no dictionary was trained on."""


class SaeTraining(Frozen):
    """``sae.json``: what a folder of dictionaries is, enough to train the same again."""

    schema_version: Int = 1
    encoder: str
    note: str = ""
    """What must stand beside every figure of the encoder."""
    source: SaeSource
    settings: SaeSettings
    seeds: tuple[Int, ...] = Field(min_length=1)
    layers: tuple[LayerTraining, ...] = Field(min_length=1)
    versions: dict[str, str]


class SaeQuality(Frozen):
    """One dictionary on frames that it was not trained on."""

    name: str
    """Its seed, or the file of a checkpoint."""
    fvu: Float
    """Share of the variance that it leaves unexplained: Σ‖x − x̂‖² / Σ‖x − x̄‖²."""
    fvu_ci: Interval
    """By bootstrap over clips."""
    l0: Float
    """Features that fire on a frame, on average."""
    dead: Float
    """Share of features that fire on no frame."""
    threshold: Float | None
    """Activation above which a feature fires; None, of a checkpoint without one: the k largest of each frame do."""


class Spread(Frozen):
    """A figure of every dictionary, or pair of them: few seeds give no interval, so the least and the greatest."""

    mean: Float
    least: Float
    greatest: Float


class SharedFeatures(Frozen):
    """Share of live features that another dictionary has, too, by a similarity; beside it the same by chance."""

    above: Float
    """The similarity that counts."""
    share: Spread
    null: Spread


class FeatureSimilarity(Frozen):
    """How alike the features of two dictionaries are by one measure, and how alike they would be by chance."""

    mean: Spread
    null: Spread
    shared: tuple[SharedFeatures, ...]


class SaeStability(Frozen):
    """What is the same in dictionaries that differ only in their seed; all of live features, on held-out frames."""

    n_pairs: Int
    """Ordered: the features of one dictionary are looked for in the other."""
    overlap: FeatureSimilarity
    """Best intersection over union of the frames on which features fire; null: the other's frames permuted."""
    overlap_by_firing: Spread
    """Mean best overlap, each feature weighted by how often it fires."""
    cosine: FeatureSimilarity
    """Best cosine of decoder directions; null: directions drawn with the covariance of the layer."""
    matched: FeatureSimilarity
    """Cosine where each feature has one partner (Hungarian method); null likewise."""


class DomainFeatures(Frozen):
    """Features that fire in one domain more than in any other; each domain counts alike, however long it is."""

    domain: str
    n_clips: Int
    share: Spread
    """Of live features, those that fire most in this domain; over dictionaries."""
    special: Spread
    """Of live features, those with more than ``SaeDomains.special_above`` of their firing in this domain."""
    special_null: Spread
    """The same where domains are permuted among clips."""


class SaeDomains(Frozen):
    """Which features belong to one kind of sound."""

    special_above: Float
    domains: tuple[DomainFeatures, ...]


class ErasurePoint(Frozen):
    """What a linear probe still reads once a share of the live features is removed."""

    removed: Float
    """Share of live features, those first that tell most of the concept."""
    frozen: Float
    """Accuracy of the probe that was trained before."""
    frozen_ci: Interval
    refit: Float
    """Accuracy of a probe that is trained again on what is left."""
    refit_ci: Interval
    random_frozen: Float
    """The same where as many features are removed at random: mean over draws."""
    random_refit: Float


class SaeErasure(Frozen):
    """One concept in one dictionary: how much must be removed until it cannot be read.

    Intervals are by bootstrap over clips.
    """

    concept: str
    dictionary: str
    classes: dict[str, Int]
    """Class -> clips."""
    clips: Int
    examples: Int
    """Means over a second or less."""
    folds: Int
    """Each clip is tested once, by probes and by LEACE that learnt from the clips of the other folds."""
    chance: Float
    """Share of the commonest class among the examples."""
    intact: Float
    intact_ci: Interval
    points: tuple[ErasurePoint, ...]
    auc: dict[str, Float]
    """``frozen``, ``refit``, ``random_frozen``, ``random_refit`` -> mean accuracy over the curve."""
    needed: dict[str, Float | None]
    """``frozen``, ``refit`` -> smallest share removed from which on no more is read than by always naming the
    commonest class: the interval of the gain, paired by clip, reaches 0; None: no share."""
    leace: Float
    """Accuracy of a refit probe after LEACE (Belrose et al. 2023, arXiv:2306.03819) on the intact features."""
    leace_ci: Interval
    leace_frozen: Float
    random_draws: Int


class LayerReport(Frozen):
    """The dictionaries of one layer, measured; no figure of it stands without the size, tokens and FVU beside it."""

    layer: str
    stage: str = "encoder"
    dim: Int
    width: Int
    k: Int
    tokens: Int | None
    """Frames that each dictionary was trained on; None: a checkpoint does not say."""
    frames: Int
    """Held-out frames that all figures are measured on."""
    clips: Int
    held_out: Bool
    """Whether the dictionaries never saw these frames; of a checkpoint nobody here knows."""
    quality: tuple[SaeQuality, ...]
    stability: SaeStability | None = None
    """None: there is one dictionary only."""
    domains: SaeDomains | None = None
    """None: there is one kind of sound only."""
    erasures: tuple[SaeErasure, ...] = ()


class SaeReport(Frozen):
    """What ``starbench sae report`` measures."""

    schema_version: Int = 1
    encoder: str
    note: str = ""
    source: SaeSource
    settings: SaeSettings | None = None
    """None: of a checkpoint."""
    layers: tuple[LayerReport, ...]
    seed: Int
    """Of permutations, bootstraps and random removals."""
    versions: dict[str, str]


class SteeredAnswers(Frozen):
    """The answers to a suite's items while a direction is added at a layer, against those without, paired by item."""

    direction: str
    """``feature 17``, or ``random 0``: a direction of the same length that means nothing."""
    aa: Float
    diff: Float
    """Accuracy minus that without steering."""
    diff_ci: Interval
    p: Float | None
    """By item, two-sided; None of too few items."""
    changed: Float
    """Share of trials whose answer is another."""
    changed_ci: Interval


class SaeSteering(Frozen):
    """What steering along a feature does to the answers of a model, beside what random directions do."""

    schema_version: Int = 1
    model: str
    layer: str
    suite: str
    suite_digest: str
    strength: Float
    """Length of what is added to every frame, in units of the layer's activations."""
    n_items: Int
    n_trials: Int
    base_aa: Float
    feature: SteeredAnswers
    controls: tuple[SteeredAnswers, ...]
    exceeds_controls: Bool
    """Whether the feature changes more answers than every random direction does."""
    seed: Int
