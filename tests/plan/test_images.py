"""Which network takes images of which size and colour, and what is said where one does not."""

from pathlib import Path
from typing import Any

import pytest
from grid_cases import SMALL, plans, refusal, values

from oebench.plan.sweep import taken
from oebench.registry import NETWORKS

README = Path(__file__).parents[2] / "config/README.md"
SIZES = "16 x 16, 28 x 28, 32 x 32 or 64 x 64 pixels, grey or colour"


@pytest.fixture
def plan_of(tmp_path: Path) -> Any:
    """The plan of a study of images (C, H, W) with a pool of the same."""

    def plan(study: dict[str, Any], image: tuple[int, ...] = (3, 48, 48)) -> Any:
        own = {name: {**SMALL["datasets"][name], "image": [*image]} for name in ("pets", "things")}
        return plans(tmp_path / "own.yaml")(study, datasets=own)

    return plan


def refused(plan_of: Any, recipe: Any, image: tuple[int, ...]) -> str:
    return refusal(lambda study: plan_of(study, image), recipe=recipe)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("side", [16, 28, 32, 64])
def test_own_images_are_trained_as_they_are_declared(
    plan_of: Any, side: int, channels: int
) -> None:
    plan = plan_of({"recipe": "own_images"}, (channels, side, side))
    assert values(plan, "recipe") == ["own_images"]
    assert plan.resolver.recipes["own_images"].network == "lenet"
    named = plan_of({"recipe": {"name": "quick", "network": "lenet"}}, (channels, side, side))
    assert values(named, "recipe") == ["quick~network=lenet"]


@pytest.mark.parametrize("image", [(3, 224, 224), (1, 32, 32), (3, 48, 640)])
def test_own_photos_are_trained_at_any_size(plan_of: Any, image: tuple[int, ...]) -> None:
    assert values(plan_of({"recipe": "own_photos"}, image), "recipe") == ["own_photos"]


def test_one_recipe_serves_data_sets_of_different_sizes(tmp_path: Path) -> None:
    own = {
        f"{name}{side}": {**SMALL["datasets"][name], "image": [1, side, side]}
        for name in ("pets", "things")
        for side in (16, 64)
    }
    studies = [{"dataset": f"pets{side}", "oe": f"things{side}"} for side in (16, 64)]
    plan = plans(tmp_path / "own.yaml")(
        *({**each, "recipe": "own_images"} for each in studies), datasets=own
    )
    assert values(plan, "dataset") == ["pets16", "pets64"]
    assert values(plan, "recipe") == ["own_images"]


@pytest.mark.parametrize(
    ("recipe", "image", "sentence"),
    [
        (
            "own_images",
            (3, 48, 48),
            f"lenet takes images of {SIZES}; pets has images of 3 x 48 x 48: set "
            "`image: [3, 64, 64]` and `fit: crop`, or take resnet18_cbam",
        ),
        (
            "own_images",
            (1, 20, 20),
            f"lenet takes images of {SIZES}; pets has images of 1 x 20 x 20: set "
            "`image: [1, 16, 16]` and `fit: crop`",
        ),
        (
            "own_photos",
            (3, 16, 16),
            "resnet18_cbam takes images of 32 x 32 pixels and larger ones, grey or colour; pets "
            "has images of 3 x 16 x 16: set `image: [3, 32, 32]` and `fit: crop`, or take lenet",
        ),
        (
            "digits",
            (3, 32, 32),
            "digits_lenet takes images of 16 x 16 pixels, grey; pets has images of 3 x 32 x 32: "
            "set `image: [1, 16, 16]` and `fit: crop`, or take lenet, cifar_lenet or resnet18_cbam",
        ),
        (
            "toy",
            (3, 20, 20),
            "toy takes images of 1 x 1 pixels, with 2 channels; pets has images of 3 x 20 x 20",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_what_would(
    plan_of: Any, recipe: str, image: tuple[int, ...], sentence: str
) -> None:
    assert refused(plan_of, recipe, image) == f"recipe: {sentence}"


def test_what_a_refusal_says_would_fit_fits(plan_of: Any) -> None:
    assert plan_of({"recipe": "own_images"}, (3, 64, 64)).runs
    assert plan_of({"recipe": {"name": "own_images", "network": "resnet18_cbam"}}).runs


def test_points_are_not_told_to_be_images(tmp_path: Path) -> None:
    study = {"dataset": "toy", "oe": "toy-blobs", "recipe": "own_images"}
    assert refusal(plans(tmp_path / "own.yaml"), **study) == (
        f"recipe: lenet takes images of {SIZES}; toy has images of 2 x 1 x 1: take toy or "
        "toy_sigmoid"
    )


@pytest.mark.parametrize("key", ["mean", "std"])
def test_a_number_for_each_channel_of_another_image_is_refused(plan_of: Any, key: str) -> None:
    recipe = {"name": "own_images", key: [0.4, 0.5, 0.6]}
    assert refused(plan_of, recipe, (1, 64, 64)) == (
        f"recipe: {key} has 3 numbers, and pets images of 1 x 64 x 64 (channels, height, width); "
        "give it one number for all channels, or one for each"
    )
    assert plan_of({"recipe": recipe}, (3, 64, 64)).runs


@pytest.mark.parametrize("network", NETWORKS)
def test_the_readme_says_what_each_network_takes(network: str) -> None:
    rows = [line for line in README.read_text().splitlines() if line.startswith(f"| `{network}` |")]
    assert [row.split(" | ")[1].strip("| ") for row in rows] == [taken(network)]
