"""EfficientNet-Lite0 with the weights of a package, as that package's authors compute it."""

import pytest
import torch

from oebench.embedding import networks, weights
from oebench.embedding.folding import TOLERANCE, fold
from oebench.features import PACKAGED, Features

MODEL = "tf_efficientnet_lite0"
for package in ("timm", PACKAGED[MODEL].package):
    pytest.importorskip(package, reason=f"needs {package}, of the extra `features`")


@pytest.fixture(scope="module")
def network() -> networks.Network:
    found = networks.build(MODEL)
    weights.load(weights.find(Features(), found), found)
    return found


def test_its_tensors_have_the_order_and_shapes_of_timms_network(network: networks.Network) -> None:
    state = weights.read(weights.packaged(MODEL).path)
    own = network.module.state_dict()
    assert len(own) == len(state) - 2 == 294
    assert [each.shape for each in own.values()] == [each.shape for each in state.values()][:-2]


@pytest.mark.parametrize("size", [96, 128, 224])
def test_its_vectors_are_those_of_the_authors_network(network: networks.Network, size: int) -> None:
    authors = pytest.importorskip(
        "efficientnet_lite_pytorch", reason="needs efficientnet-lite-pytorch==0.1.0"
    )
    theirs = authors.EfficientNet.from_pretrained(
        "efficientnet-lite0", weights_path=str(weights.packaged(MODEL).path)
    ).eval()
    images = 2 * torch.rand(4, 3, size, size, generator=torch.Generator().manual_seed(0)) - 1
    with torch.inference_mode():
        expected = theirs.extract_features(images).mean((2, 3))
        found = network.module(images)
    assert found.shape == (4, 1280)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def test_its_batch_norms_are_all_folded(network: networks.Network) -> None:
    folded = networks.build(MODEL)
    weights.load(weights.find(Features(), folded), folded)
    assert fold(folded.module, 128) == 49
    images = 2 * torch.rand(4, 3, 128, 128, generator=torch.Generator().manual_seed(1)) - 1
    with torch.inference_mode():
        expected, found = network.module(images), folded.module(images)
    assert (found - expected).abs().max() < TOLERANCE * expected.abs().max()


def test_its_images_are_brought_to_minus_one_to_one(network: networks.Network) -> None:
    assert network.mean == network.std == (0.5, 0.5, 0.5)
