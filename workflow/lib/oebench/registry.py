"""Everything that is chosen by name: objectives, baselines, norms, networks, metrics, statuses.

A record says what the rest of the library must know of a name before anything is trained. The code
behind it is named as "module:attribute" and loaded by whoever runs it, so that these tables can be
read without PyTorch or scikit-learn. A new entry here, and its code, is all that an addition takes.
"""

from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any, ClassVar

OK, COLLAPSED, DIVERGED = "ok", "collapsed", "diverged"  # what becomes of a run


def code(name: str) -> Any:
    """What a record names as its code: "oebench.models.losses:focal"."""
    module, _, attribute = name.partition(":")
    return getattr(import_module(module), attribute)


@dataclass(frozen=True)
class Objective:
    """What an objective asks of the network and the batches, and the code of its loss and score.

    The loss is called as `loss(z, is_oe, **parameters)` and gives a loss per image, the score as
    `score(z, **parameters)` and gives a score per image, higher = more anomalous. `parameters`
    holds the defaults of the keys of a run that the objective takes.
    """

    description: str
    loss: str
    score: str
    parameters: dict[str, Any] = field(default_factory=dict)
    scored_by: tuple[str, ...] = ()  # the parameters that the score takes too
    head: bool = False  # one Linear(representation, 1) behind the representation
    uses_oe: bool = True
    biases: bool = True  # without OE, biases let a network map every image to the centre
    seeded: ClassVar[bool] = True  # the seed draws its first weights, its batches, its OE images
    # A standard deviation of the scores below this share of their mean magnitude: every image is
    # mapped to nearly the same place. The default study's runs lie above 0.18.
    collapsed_below: float = 1e-2


@dataclass(frozen=True)
class Baseline:
    """A method without deep learning: it is fitted to the normal images and sees no OE images.

    Its code is called as `fit(features, seed)`, features float32 (N, D), and gives a function from
    features (M, D) to scores (M,), higher = more anomalous. Features of images are their principal
    components; `vectors` says what is made of vectors, by `models.baselines.STEPS`.
    """

    description: str
    fit: str
    vectors: tuple[str, ...] = ("unit", "standardised", "components")
    parameters: dict[str, Any] = field(default_factory=dict)
    uses_oe: bool = False
    seeded: bool = True  # whether a seed changes anything; else one run stands for all seeds
    least: int = 1  # training images
    longest: int | None = None  # vectors: a matrix of more rows and columns exceeds most memories
    # A density's logarithm may lie far from zero, so only equal scores have collapsed.
    collapsed_below: float = 1e-6


Method = Objective | Baseline

METHODS: dict[str, Method] = {
    "hsc": Objective(
        "hypersphere classification",
        loss="oebench.models.losses:hypersphere_classification",
        score="oebench.models.losses:distance",
        parameters={"norm": "pseudo_huber"},
        scored_by=("norm",),
    ),
    "deepsad": Objective(
        "Deep SAD",
        loss="oebench.models.losses:deep_sad",
        score="oebench.models.losses:squared_distance",
    ),
    "bce": Objective(
        "binary cross entropy",
        loss="oebench.models.losses:binary_cross_entropy",
        score="oebench.models.losses:logit",
        head=True,
    ),
    "focal": Objective(
        "focal loss",
        loss="oebench.models.losses:focal",
        score="oebench.models.losses:logit",
        parameters={"gamma": 2.0},
        head=True,
    ),
    "dsvdd": Objective(
        "Deep SVDD, without outlier exposure",
        loss="oebench.models.losses:one_class",
        score="oebench.models.losses:distance",
        parameters={"norm": "pseudo_huber"},
        scored_by=("norm",),
        uses_oe=False,
        biases=False,
    ),
    "isolation_forest": Baseline(
        "isolation forest on PCA features", fit="oebench.models.baselines:isolation_forest"
    ),
    "one_class_svm": Baseline(
        "one-class SVM on PCA features",
        fit="oebench.models.baselines:one_class_svm",
        seeded=False,
    ),
    "kde": Baseline(
        "kernel density estimate on PCA features",
        fit="oebench.models.baselines:kernel_density",
        seeded=False,
        least=3,  # one for each fold
    ),
    "knn": Baseline(
        "distance to the two nearest normal training images, of vectors by cosine",
        fit="oebench.models.baselines:nearest_neighbours",
        vectors=("unit",),
        seeded=False,
    ),
    "mahalanobis": Baseline(
        "Mahalanobis distance to the mean of the normal training images",
        fit="oebench.models.baselines:mahalanobis",
        vectors=("unit", "standardised"),
        seeded=False,
        longest=10_000,
    ),
}


def is_trained(method: str) -> bool:
    """Whether a method trains a network, as an objective does and a baseline does not."""
    return isinstance(METHODS[method], Objective)


def objective_named(name: str) -> Objective:
    """The objective of that name. Raises ValueError for a baseline."""
    method = METHODS[name]
    if not isinstance(method, Objective):
        raise ValueError(f"{name} is a baseline; expected an objective, which trains a network")
    return method


def baseline_named(name: str) -> Baseline:
    """The baseline of that name. Raises ValueError for an objective."""
    method = METHODS[name]
    if not isinstance(method, Baseline):
        raise ValueError(f"{name} is an objective; expected a baseline without deep learning")
    return method


# Distances of a representation (N, D) to the centre 0, by the code that takes it to (N,).
NORMS: dict[str, str] = {
    "pseudo_huber": "oebench.models.losses:pseudo_huber",
    "l1": "oebench.models.losses:l1",
    "l2": "oebench.models.losses:l2",
    "l2_squared": "oebench.models.losses:l2_squared",
}


@dataclass(frozen=True)
class Architecture:
    """The shapes of a network, and the code that builds it: a class called with record and biases.

    `image` is (channels, height, width) of its input, empty for vectors of any length. The class
    finds in it what it is built for: the length of vectors as (D,), and larger images as they are
    where the network takes them.
    """

    description: str = field(repr=False)  # so that it is no part of what a family says by value
    code: str
    image: tuple[int, ...]
    channels: tuple[int, ...]
    representation: int
    hidden: int = 0  # width of the layer before the representation, not of the ResNet
    sigmoid: bool = False  # behind the representation, of a `Toy`
    larger: bool = False  # whether images of more pixels than `image` are taken as well

    @property
    def takes_vectors(self) -> bool:
        """Whether its input is vectors, of any length, and no images."""
        return not self.image

    def takes(self, shape: tuple[int, ...]) -> bool:
        """Whether its input may have this shape: (channels, height, width), or (D,) of vectors."""
        if self.takes_vectors:
            return len(shape) == 1
        if self.larger and shape[:1] == self.image[:1]:
            return all(has >= least for has, least in zip(shape, self.image, strict=True))
        return shape == self.image


@dataclass(frozen=True)
class Family:
    """Architectures with one name, of which the images of a data set take the one that fits."""

    description: str
    members: tuple[Architecture, ...]


GREY, COLOUR = 1, 3  # channels of images
COLOURS = {GREY: "grey", COLOUR: "colour"}

# The LeNets by the pixels of a side: channels behind each block of a convolution 5x5 and a pooling
# that halves the sides, width of the layer before the representation, and the representation.
# Those for 28 and 32 pixels are the paper's for MNIST and CIFAR-10. The one for 16 is that for 28
# with half the channels, the one for 64 that for 32 with a block more, so that both end at 4x4.
LENETS: dict[int, dict[str, Any]] = {
    16: {"channels": (8, 16), "hidden": 64, "representation": 32},
    28: {"channels": (16, 32), "hidden": 64, "representation": 32},
    32: {"channels": (32, 64, 128), "hidden": 512, "representation": 256},
    64: {"channels": (32, 64, 128, 256), "hidden": 512, "representation": 256},
}


def lenet(channels: int, side: int) -> Architecture:
    """The LeNet for square images of that many channels and pixels of a side."""
    return Architecture(
        f"LeNet for {side}x{side} {COLOURS[channels]} images",
        code="oebench.models.networks:LeNet",
        image=(channels, side, side),
        **LENETS[side],
    )


def resnet(channels: int) -> Architecture:
    """The ResNet for images of that many channels.

    Its steps of two make one place of 32x32 pixels; of fewer, the last blocks would see borders.
    """
    return Architecture(
        f"ResNet-18 with CBAM for {COLOURS[channels]} images",
        code="oebench.models.resnet:ResNetCbam",
        image=(channels, 32, 32),
        channels=(64, 128, 256, 512),
        representation=256,
        larger=True,
    )


NETWORKS: dict[str, Architecture | Family] = {
    "lenet": Family(
        "the LeNet for the size and colour of the images",
        tuple(lenet(channels, side) for side in LENETS for channels in COLOURS),
    ),
    "digits_lenet": lenet(GREY, 16),
    "mnist_lenet": lenet(GREY, 28),
    "cifar_lenet": lenet(COLOUR, 32),
    "resnet18_cbam": Family("ResNet-18 with CBAM", tuple(map(resnet, COLOURS))),
    "toy": Architecture(
        "two layers for points of the plane, whose coordinates are the channels",
        code="oebench.models.networks:Toy",
        image=(2, 1, 1),
        channels=(),
        representation=128,
        hidden=256,
    ),
    "toy_sigmoid": Architecture(
        "two layers for points of the plane and a sigmoid behind them, as in the authors' network",
        code="oebench.models.networks:Toy",
        image=(2, 1, 1),
        channels=(),
        representation=128,
        hidden=256,
        sigmoid=True,
    ),
    "mlp": Architecture(
        "two layers for vectors",
        code="oebench.models.networks:Perceptron",
        image=(),
        channels=(),
        representation=256,
        hidden=256,
    ),
    "linear": Architecture(
        "one layer for vectors",
        code="oebench.models.networks:Perceptron",
        image=(),
        channels=(),
        representation=256,
    ),
}


def variants(network: str) -> tuple[Architecture, ...]:
    """What a network's name stands for: an architecture, or a family of them."""
    named = NETWORKS[network]
    return named.members if isinstance(named, Family) else (named,)


def takes_vectors(network: str) -> bool:
    """Whether a network's input is vectors and no images."""
    return all(each.takes_vectors for each in variants(network))


def architecture(network: str, shape: tuple[int, ...]) -> Architecture | None:
    """That of the name which takes input of this shape, built for it; None if there is none.

    >>> architecture("lenet", (3, 64, 64)).channels
    (32, 64, 128, 256)
    >>> architecture("resnet18_cbam", (1, 100, 80)).image
    (1, 100, 80)
    """
    fitting = [each for each in variants(network) if each.takes(shape)]
    return replace(fitting[0], image=shape) if fitting else None


def records(objective: str, norm: str | None, network: str | None) -> list[Any]:
    """What these tables say of a run: its method, its norm and its network, where it has them."""
    found: list[Any] = [METHODS[objective]]
    found += [] if norm is None else [NORMS[norm]]
    return found + ([] if network is None else [NETWORKS[network]])


@dataclass(frozen=True)
class Metric:
    """A metric of a run, in [0, 1]: what it is called, and the code that takes a run to it.

    The code is called with an `evaluation.metrics.Ranking`.
    """

    title: str  # in a sentence, behind "mean"
    axis: str  # the same where there is little room
    code: str
    higher_is_better: bool = True


METRICS: dict[str, Metric] = {
    "auroc": Metric("AUROC", "AUROC", "oebench.evaluation.metrics:auroc"),
    "average_precision": Metric(
        "average precision", "average precision", "oebench.evaluation.metrics:average_precision"
    ),
    "fpr95": Metric(
        "share of normal images called anomalous (as 95 % of the anomalies are)",
        "share of normal images called anomalous",
        "oebench.evaluation.metrics:fpr95",
        higher_is_better=False,
    ),
    "miss95": Metric(
        "share of anomalies called normal (as 95 % of the normal images are)",
        "share of anomalies called normal",
        "oebench.evaluation.metrics:miss95",
        higher_is_better=False,
    ),
}

# What counts the images of a run's training that are test images, byte for byte, and which.
LEAKS: dict[str, str] = {
    "normal_in_test": "normal training image",
    "oe_in_test": "OE image",
}
