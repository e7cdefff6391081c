"""Every preset trains: one batch of each kind of run in it, on noise of the right shape."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from oebench.models import baselines
from oebench.plan.manifests import read_plan
from oebench.plan.plan import Plan
from oebench.registry import is_trained
from oebench.run import Run
from oebench.training import loop
from oebench.training.loop import Images

CONFIG = Path(__file__).parents[2] / "config"
PRESETS = sorted(CONFIG.glob("*.yaml"))
CPU = torch.device("cpu")
# One step of each kind is the point, not its size: with their own batches they take minutes.
SMALL_BATCH = {"resnet18_cbam": 2}  # 8 of the others
COUNTS = {  # distinct runs, as config/README.md says
    "config": 446,
    "digits-blur-classes": 540,
    "digits-single-outlier": 780,
    "paper": 19_800,
    "mnist-emnist": 2_420,
    "mnist-emnist-smoke": 140,
    "cifar10-cifar100": 2_720,
    "cifar10-cifar100-smoke": 160,
    "cifar10-cifar100-features": 3_280,
    "cifar10-scratch-or-features": 890,
    "photos-features-smoke": 52,
    "cifar10-300k": 6_620,
    "cifar10-300k-smoke": 120,
}


def kinds(plan: Plan) -> list[Run]:
    """A run of every kind: they differ in more than numbers, and the first size is the smallest."""
    found: dict[tuple[object, ...], Run] = {}
    for run in plan.runs:
        law = run.oe_size is None
        key = run.dataset, run.objective, run.norm, run.recipe, run.augment, law, run.blur > 0
        found.setdefault(key, run)
    return list(found.values())


def noise(count: int, shape: tuple[int, ...]) -> torch.Tensor:
    """Images, or vectors where the shape is their length."""
    if len(shape) == 1:
        return torch.rand(count, *shape).half()
    return torch.randint(0, 256, (count, *shape), dtype=torch.uint8)


def last_matrix(network: torch.nn.Module) -> torch.Tensor:
    """The weights of the last layer."""
    return [each for each in network.state_dict().values() if each.ndim > 1][-1]


@pytest.mark.trains
@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_one_batch_of_every_kind_of_run(preset: Path) -> None:
    plan = read_plan(preset)
    assert len(plan.runs) == COUNTS[preset.stem]
    for run in kinds(plan):
        if not is_trained(run.objective):
            pixels = np.random.default_rng(0).random((24, 50), np.float32)
            assert np.isfinite(baselines.fit(run.objective, pixels, run.seed)(pixels)).all()
            continue
        recipe = plan.resolver.recipes[run.recipe]
        shape = plan.config.datasets[run.dataset].shape
        batch = SMALL_BATCH.get(recipe.network, 8)
        one = recipe.model_copy(update={"epochs": 1, "milestones": (), "batch": batch})
        pool = noise(min(run.oe_size or batch, batch), shape) if run.oe else None
        untrained = last_matrix(loop.initial_network(run, one, shape))
        network = loop.train(run, one, Images(noise(batch, shape), pool), CPU)
        assert not torch.equal(last_matrix(network), untrained)
        scores = loop.score(network, run, one, noise(3, shape))
        assert scores.shape == (3,)
        assert np.isfinite(scores).all()


def test_every_preset_is_in_the_readme_with_its_number_of_runs() -> None:
    assert set(COUNTS) == {preset.stem for preset in PRESETS}
    readme = (CONFIG / "README.md").read_text()
    for name, count in COUNTS.items():
        (row,) = [line for line in readme.splitlines() if line.startswith(f"| `{name}.yaml`")]
        assert row.endswith(f"| {count:,} |")


def test_the_examples_of_the_readmes_are_valid_configurations(tmp_path: Path) -> None:
    study = {"title": "t", "dataset": "digits", "oe": "letters", "objectives": ["hsc"]}
    base = {"studies": {"s": {**study, "recipe": "digits", "seeds": 1}}}
    found = 0
    for file in (CONFIG / "README.md", CONFIG.parent / "README.md"):
        for block in re.findall(r"```yaml\n(.*?)```", file.read_text(), re.DOTALL):
            own = tmp_path / "own.yaml"
            found += 1
            own.write_text(yaml.safe_dump(base | yaml.safe_load(block)))
            assert read_plan(own).runs
    assert found == 7
