"""The original's loop, against which speed is measured, trains what this project trains."""

import numpy as np
import original_loop
import pytest
import torch

from oebench.models import networks
from oebench.models.losses import loss_of
from oebench.registry import objective_named


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def noise(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3), np.uint8)


def test_its_network_is_the_projects() -> None:
    torch.manual_seed(0)
    ours = networks.build("cifar_lenet", (3, 32, 32), head=False, biases=True)
    theirs = original_loop.LeNet()
    weights = zip(theirs.state_dict(), ours.state_dict().values(), strict=True)
    theirs.load_state_dict(dict(weights))
    images = torch.rand(4, 3, 32, 32)
    for mode in (True, False):
        found, expected = theirs.train(mode)(images), ours.train(mode)(images)
        # float32 sums in another order, and three layers of Winograd's rounding, 5e-6 each
        assert (found - expected).abs().max() < 1e-4 * expected.abs().max()


def test_its_loss_is_the_projects() -> None:
    z, labels = torch.randn(6, 4), torch.tensor([0, 0, 0, 1, 1, 1])
    expected = loss_of(objective_named("hsc"), z, labels == 1, {"norm": "pseudo_huber"}).mean()
    assert original_loop.hypersphere_loss(z, labels) == pytest.approx(expected.item(), rel=1e-5)


def test_a_step_sees_normal_and_oe_images_in_one_batch_and_changes_the_weights() -> None:
    loop = original_loop.Loop(noise(128), noise(256))
    images, labels = next(loop.batches())
    assert images.shape == (256, 3, 32, 32)
    assert images.is_contiguous()
    assert labels.tolist() == [0] * 128 + [1] * 128
    before = [each.clone() for each in loop.network.parameters()]
    (loss,) = loop.train(1)
    assert np.isfinite(loss)
    after = loop.network.parameters()
    assert not any(torch.equal(*each) for each in zip(before, after, strict=True))
