"""The LeNets against the original's description; the ResNet has tests of its own."""

import copy
import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from oebench.models.networks import build
from oebench.recipe import Recipe
from oebench.registry import NETWORKS, Architecture, variants
from oebench.validation import UserError

IMAGE = {"digits_lenet": (1, 16, 16), "mnist_lenet": (1, 28, 28), "cifar_lenet": (3, 32, 32)}
SHAPE: dict[str, tuple[int, ...]] = {
    **IMAGE,
    "lenet": (3, 64, 64),
    "resnet18_cbam": (3, 224, 224),
    **dict.fromkeys(("toy", "toy_sigmoid"), (2, 1, 1)),
    **dict.fromkeys(("mlp", "linear"), (20,)),
}


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def seeded(name: str, *shape: int, head: bool = False, biases: bool = True) -> Any:
    """The network of that name for input of this shape, else of `SHAPE`."""
    torch.manual_seed(0)
    return build(name, shape or SHAPE[name], head=head, biases=biases)


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


# Weights + biases; a BatchNorm has 2 for each channel.
#   MNIST: conv 1*16*25 + 16 = 416, BN 32; conv 16*32*25 + 32 = 12,832, BN 64; after two poolings
#   28 -> 7: fc 32*7*7*64 + 64 = 100,416, BN 128; fc 64*32 + 32 = 2,080.
#   Digits: conv 1*8*25 + 8 = 208, BN 16; conv 8*16*25 + 16 = 3,216, BN 32; 16 -> 4: fc 16*4*4*64
#   + 64 = 16,448, BN 128; fc 64*32 + 32 = 2,080.
#   CIFAR: conv 3*32*25 + 32 = 2,432, BN 64; conv 32*64*25 + 64 = 51,264, BN 128; conv 64*128*25
#   + 128 = 204,928, BN 256; 32 -> 4: fc 128*4*4*512 + 512 = 1,049,088, BN 1,024; fc 512*256 + 256
#   = 131,328. The head: Linear(32, 1) and Linear(256, 1), 33 and 257.
@pytest.mark.parametrize(
    ("name", "trunk", "head"),
    [
        ("digits_lenet", 22_128, 33),
        ("mnist_lenet", 115_968, 33),
        ("cifar_lenet", 1_440_512, 257),
    ],
)
def test_number_of_parameters(name: str, trunk: int, head: int) -> None:
    assert count(seeded(name)) == trunk
    assert count(seeded(name, head=True)) == trunk + head


# The same by size and colour. A colour image has two channels more going into the first layer:
#   2*8*25 = 400, 800 and 1,600. 64 pixels have one block more than 32, conv 128*256*25 + 256 =
#   819,456, BN 512, and as 64 -> 4, fc 256*4*4*512 + 512 = 2,097,664 in the place of 1,049,088.
LENET = {
    (1, 16, 16): 22_128,
    (3, 16, 16): 22_528,
    (1, 28, 28): 115_968,
    (3, 28, 28): 116_768,
    (1, 32, 32): 1_438_912,
    (3, 32, 32): 1_440_512,
    (1, 64, 64): 3_307_456,
    (3, 64, 64): 3_309_056,
}


@pytest.mark.parametrize(("shape", "parameters"), LENET.items())
def test_a_lenet_for_each_size_and_colour(shape: tuple[int, ...], parameters: int) -> None:
    network = seeded("lenet", *shape)
    assert count(network) == parameters
    size = 32 if shape[1] < 32 else 256
    assert network(torch.zeros(2, *shape)).shape == (2, size)
    assert seeded("lenet", *shape, head=True)(torch.zeros(2, *shape)).shape == (2, 1)


def test_these_are_all_that_lenet_stands_for() -> None:
    assert {each.image for each in variants("lenet")} == {*LENET}


@pytest.mark.parametrize("biases", [True, False], ids=["biases", "no-biases"])
@pytest.mark.parametrize("name", IMAGE)
def test_lenet_is_the_network_of_the_data_set_with_its_weights(name: str, biases: bool) -> None:
    named, found = (seeded(each, *IMAGE[name], biases=biases) for each in (name, "lenet"))
    weights = named.state_dict()
    assert found.state_dict().keys() == weights.keys()
    assert all(torch.equal(each, weights[key]) for key, each in found.state_dict().items())


# Written down when each network took one shape, with PyTorch 2.13: what the first weight of each
# matrix is, of the seed 0. Other processors may round its last digit otherwise.
WEIGHTS = {
    ("digits_lenet", True): [-0.215704, -0.108895, 0.266943, 0.043244, 0.001154],
    ("digits_lenet", False): [0.083888, -0.144731, -0.243502, -0.028981, 0.031219],
    ("mnist_lenet", True): [0.027696, 0.003362, -0.049402, -0.074914, 0.126138],
    ("mnist_lenet", False): [-0.063819, -0.051337, -0.044945, 0.087266, -0.066935],
    ("cifar_lenet", True): [0.028147, -0.073436, 0.050127, 0.021177, -0.072552, 0.01965],
    ("cifar_lenet", False): [0.057971, -0.036975, -0.009333, 0.007045, -0.036418, -0.061549],
    ("toy", True): [0.170676, -0.143106, -0.025459],
    ("mlp", True): [-0.001674, 0.05194, 0.049449],
    ("linear", True): [-0.001674, 0.05194],
}


@pytest.mark.parametrize(("name", "biases"), WEIGHTS)
def test_a_seed_gives_the_weights_that_it_always_gave(name: str, biases: bool) -> None:
    matrices = [
        each for each in seeded(name, head=True, biases=biases).parameters() if each.ndim > 1
    ]
    first = [each.flatten()[0].item() for each in matrices]
    assert first == pytest.approx(WEIGHTS[name, biases], abs=2e-6)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("lenet", (3, 48, 48)),
        ("lenet", (3, 64, 32)),
        ("lenet", (2, 64, 64)),
        ("lenet", (64,)),
        ("cifar_lenet", (1, 32, 32)),
        ("resnet18_cbam", (3, 31, 64)),
        ("resnet18_cbam", (2, 64, 64)),
        ("mlp", (3, 32, 32)),
    ],
)
def test_another_shape_is_refused(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(UserError, match=f"{name} takes no input of the shape"):
        build(name, shape, head=False, biases=True)


# The products alone: 200 + 3,200 + 16,384 + 2,048; 400 + 12,800 + 100,352 + 2,048; 2,400 + 51,200
# + 204,800 + 1,048,576 + 131,072.
@pytest.mark.parametrize(
    ("name", "weights"),
    [("digits_lenet", 21_832), ("mnist_lenet", 115_600), ("cifar_lenet", 1_438_048)],
)
def test_without_biases_only_products_are_left(name: str, weights: int) -> None:
    network = seeded(name, biases=False)
    assert count(network) == weights
    assert not [key for key, _ in network.named_parameters() if "bias" in key]
    norms = [
        each for each in network.modules() if isinstance(each, nn.BatchNorm1d | nn.BatchNorm2d)
    ]
    assert norms
    assert not any(norm.affine for norm in norms)


def test_without_biases_a_black_image_lies_at_the_centre() -> None:
    network = seeded("mnist_lenet", biases=False).eval()
    assert (network(torch.zeros(2, 1, 28, 28)) == 0).all()


@pytest.mark.parametrize(
    ("name", "size"), [("digits_lenet", 32), ("mnist_lenet", 32), ("cifar_lenet", 256)]
)
def test_shapes_of_representation_and_logit(name: str, size: int) -> None:
    images = torch.zeros(2, *IMAGE[name])
    assert seeded(name)(images).shape == (2, size)
    assert seeded(name, head=True)(images).shape == (2, 1)


def layers(network: nn.Module) -> list[nn.Conv2d | nn.Linear]:
    return [each for each in network.modules() if isinstance(each, nn.Conv2d | nn.Linear)]


@pytest.mark.parametrize("name", IMAGE)
def test_weights_are_xavier_normal_with_the_gain_of_the_leaky_relu(name: str) -> None:
    network = seeded(name)
    *inner, last = layers(network)
    assert last is network.representation
    for layer in (*inner, last):
        # gain * sqrt(2 / (fan_in + fan_out)), a fan is channels * 5 * 5 or features;
        # gain = sqrt(2 / (1 + 0.01^2)), in the last layer 1
        gain = 1.0 if layer is last else math.sqrt(2 / (1 + 0.01**2))
        outputs, inputs, *kernel = layer.weight.shape
        expected = gain * math.sqrt(2 / ((inputs + outputs) * math.prod(kernel)))
        weights = layer.weight.detach().flatten().double()
        of_std = 1 / math.sqrt(2 * len(weights))  # relative standard error of a standard deviation
        assert weights.std() / expected == pytest.approx(1, abs=4 * of_std)
        assert abs(weights.mean()) < 4 * expected / math.sqrt(len(weights))
        assert weights.abs().max() > 2 * expected  # a uniform distribution ends at 1.73


def test_the_head_keeps_the_default_initialisation() -> None:
    *_, head = layers(seeded("cifar_lenet", head=True))
    # PyTorch: uniform within 1 / sqrt(inputs) = 1/16; Xavier normal would reach beyond 0.2.
    assert 0.95 / 16 < head.weight.abs().max() <= 1 / 16
    assert head.bias is not None
    assert 0 < head.bias.abs() <= 1 / 16


@pytest.mark.parametrize("name", NETWORKS)
def test_trunk_weights_do_not_depend_on_the_head(name: str) -> None:
    alone, below = seeded(name).state_dict(), seeded(name, head=True)[0].state_dict()
    assert alone.keys() == below.keys()
    assert all(torch.equal(alone[key], below[key]) for key in alone)


def as_in_the_paper(network: Any, images: Tensor, train: bool) -> Any:
    """conv, BatchNorm (eps 1e-4), leaky ReLU (0.01), max-pool; with the weights of `network`."""

    def batch_norm(values: Tensor, norm: Any) -> Tensor:
        statistics = copy.deepcopy((norm.running_mean, norm.running_var))
        return functional.batch_norm(values, *statistics, norm.weight, norm.bias, train, eps=1e-4)

    values = images
    modules = list(network.features)
    for conv, norm in zip(modules[0::4], modules[1::4], strict=True):
        convolved = conv(values)
        values = functional.max_pool2d(
            functional.leaky_relu(batch_norm(convolved, norm), 0.01), kernel_size=2
        )
    hidden = network.hidden(values.flatten(1))
    return network.representation(
        functional.leaky_relu(batch_norm(hidden, network.hidden_norm), 0.01)
    )


@pytest.mark.parametrize("train", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("biases", [True, False], ids=["biases", "no-biases"])
@pytest.mark.parametrize("name", IMAGE)
def test_pooling_before_the_activation_equals_the_papers_order_bitwise(
    name: str, biases: bool, train: bool
) -> None:
    network = seeded(name, biases=biases).train(train)
    for parameter in network.parameters():  # no BatchNorm at the identity
        nn.init.normal_(parameter, std=0.1) if parameter.ndim == 1 else None
    images = torch.rand(6, *IMAGE[name], requires_grad=True)
    inputs = [images, *network.parameters()]
    paper = as_in_the_paper(network, images, train)
    target = torch.randn_like(paper)
    of_paper = torch.autograd.grad((paper * target).sum(), inputs)
    found = network(images)
    of_found = torch.autograd.grad((found * target).sum(), inputs)
    assert torch.equal(found, paper)
    assert all(torch.equal(*each) for each in zip(of_found, of_paper, strict=True))


# Heads for vectors


# mlp: D * 256 + 256 and 256 * 256 + 256, without biases the products; linear: D * 256 + 256.
@pytest.mark.parametrize(
    ("name", "length", "biases", "parameters"),
    [
        ("mlp", 1280, True, 327_936 + 65_792),
        ("mlp", 7, True, 2_048 + 65_792),
        ("mlp", 7, False, 1_792 + 65_536),
        ("linear", 1280, True, 327_936),
        ("linear", 7, False, 1_792),
    ],
)
def test_a_head_for_vectors_has_their_length(
    name: str, length: int, biases: bool, parameters: int
) -> None:
    network = seeded(name, length, biases=biases)
    assert count(network) == parameters
    assert network(torch.rand(2, length)).shape == (2, 256)
    headed = seeded(name, length, head=True, biases=biases)
    assert headed(torch.rand(2, length)).shape == (2, 1)


def test_mlp_is_linear_relu_linear_and_linear_is_linear() -> None:
    mlp, vectors = seeded("mlp", 5), torch.randn(3, 5)
    (first, one), (second, two) = ((each.weight, each.bias) for each in (mlp[0], mlp[2]))
    expected = (vectors @ first.T + one).clamp(min=0) @ second.T + two
    assert torch.allclose(mlp(vectors), expected, atol=1e-6)
    (only,) = layers(seeded("linear", 5))
    assert torch.equal(seeded("linear", 5)(vectors), only(vectors))


# A network of one's own


class OneLayer(nn.Module):
    """Pixels to a representation."""

    def __init__(self, architecture: Architecture, biases: bool) -> None:
        super().__init__()
        pixels = math.prod(architecture.image)
        self.representation = nn.Linear(pixels, architecture.representation, bias=biases)

    def forward(self, images: Tensor) -> Tensor:
        return self.representation(images.flatten(1))


def test_a_network_of_ones_own_is_a_record_and_a_class(monkeypatch: pytest.MonkeyPatch) -> None:
    record = Architecture(
        "one layer", code=f"{__name__}:OneLayer", image=(3, 4, 5), channels=(), representation=6
    )
    with pytest.raises(ValueError, match="'one_layer' is not a network"):
        Recipe(network="one_layer")
    monkeypatch.setitem(NETWORKS, "one_layer", record)
    assert Recipe(network="one_layer", mean=(0.1, 0.2, 0.3)).network == "one_layer"
    images = torch.rand(2, 3, 4, 5)
    for biases, parameters in ((True, 60 * 6 + 6), (False, 60 * 6)):
        network = seeded("one_layer", 3, 4, 5, biases=biases)
        assert isinstance(network, OneLayer)
        assert count(network) == parameters
        assert network(images).shape == (2, 6)
        headed = seeded("one_layer", 3, 4, 5, head=True, biases=biases)
        assert headed(images).shape == (2, 1)
        assert torch.equal(headed[0](images), network(images))
