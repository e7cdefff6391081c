"""The catalogue's recipes for images of one's own: one batch of each size and colour."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from training_cases import CPU, FOCAL, HSC, noise

from oebench.config.catalog import of_catalog
from oebench.registry import variants
from oebench.run import Run
from oebench.training import loop
from oebench.training.loop import Images

pytestmark = pytest.mark.trains
SHAPES = {
    "own_images": [each.image for each in variants("lenet")],
    "own_photos": [(3, 64, 64), (1, 64, 64), (3, 32, 45), (1, 32, 45)],
}


@pytest.mark.parametrize("run", [HSC, FOCAL], ids=["hsc", "focal"])
@pytest.mark.parametrize(
    ("name", "shape"), [(name, shape) for name, shapes in SHAPES.items() for shape in shapes]
)
def test_one_batch_of_each_size_and_colour(name: str, shape: tuple[int, ...], run: Run) -> None:
    torch.set_num_threads(1)
    recipe = of_catalog()[name].model_copy(update={"batch": 4, "steps": 1})
    run, images = replace(run, augment=True), Images(noise(4, 0, shape), noise(4, 1, shape))
    before = loop.initial_network(run, recipe, shape).state_dict()
    network = loop.train(run, recipe, images, CPU)
    moved = [not torch.equal(each, before[key]) for key, each in network.state_dict().items()]
    assert all(moved)
    scores = loop.score(network, run, recipe, noise(3, 2, shape))
    assert scores.shape == (3,)
    assert np.isfinite(scores).all()


def test_an_image_with_more_values_than_a_batch_is_scored_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shape = (1, 16, 16)
    recipe = of_catalog()["own_images"]
    network, images = loop.initial_network(HSC, recipe, shape), noise(3, 0, shape)
    together = loop.score(network, HSC, recipe, images)
    monkeypatch.setattr(loop, "EVALUATION_VALUES", 255)
    assert loop.score(network, HSC, recipe, images) == pytest.approx(together, rel=1e-5)
