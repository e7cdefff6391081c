"""Photos of different sizes, and pools too large to be copied: from files to scores."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from scores_cases import attributes_of, file_of
from training_cases import CPU, batches_seen

from oebench.artifacts.cache import Cache
from oebench.artifacts.ragged import Ragged
from oebench.artifacts.scores import images_of
from oebench.blur import gaussian_blur
from oebench.data.dataset import Dataset
from oebench.data.prepare import prepare
from oebench.recipe import Recipe
from oebench.run import Run
from oebench.sampling import draws
from oebench.training import augment, loop
from oebench.training.batches import InFile, OnDevice, reader
from oebench.training.job import gather, train_block

SHORT, CROP = 230, 224
RUN = Run("photos", "pool", 6, None, 0.0, "hsc", "pseudo_huber", None, "r", False, 1, 3)
PHOTOS = Recipe(network="resnet18_cbam", epochs=2, batch=2, milestones=(), mean=(0.5,), std=(0.25,))
ONE_EPOCH = PHOTOS.model_copy(update={"epochs": 1})
AUGMENTED = PHOTOS.model_copy(update={"augmentation": "jitter_flip_crop", "padding": 0})


def save(path: Path, size: tuple[int, int], seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    Image.fromarray(pixels).resize(size).save(path)


@pytest.fixture(scope="module")
def caches(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two classes with 5 + 2 photos each, and what seeds 3 and 4 draw of a pool of 12."""
    folder = tmp_path_factory.mktemp("photos")
    for split, count in (("train", 5), ("test", 2)):
        for label, name in enumerate(("cat", "dog")):
            for i in range(count):
                size = (300 + 40 * i, 260) if i % 2 else (240, 320 + 20 * i)
                save(folder / split / name / f"{i}.png", size, 100 * label + i)
    for i in range(12):
        save(folder / f"pool/n{i % 3}/{i:02}.png", (250 + 10 * i, 240), 1000 + i)
    shape = {"image": (3, CROP, CROP), "fit": SHORT}
    photos = Dataset(
        source={"kind": "folder", "train": folder / "train", "test": folder / "test"},
        classes=("cat", "dog"),
        train=5,
        test=2,
        **shape,
    )
    drawn = {"kind": "folder", "train": folder / "pool", "pool": True, "drawn": True}
    pool = Dataset(source=drawn, train=12, **shape)
    prepare("photos", photos, folder / "photos.h5", "")
    for seed in (3, 4):
        prepare("pool", pool, folder / f"pool/seed={seed}.h5", "", seed=seed, count=8)
    paths = {f"seed {seed}": folder / f"pool/seed={seed}.h5" for seed in (3, 4)}
    return {"photos": folder / "photos.h5", "folder": folder, **paths}


def opened(caches: dict[str, Path], seed: int = 3) -> list[Cache]:
    return [Cache(caches["photos"]), Cache(caches[f"seed {seed}"])]


def resized(path: Path) -> np.ndarray:
    """A photo as torchvision's Resize makes it: short side SHORT, (3, height, width)."""
    with Image.open(path) as image:
        width, height = image.size
        scale = SHORT / min(image.size)
        size = (
            SHORT if width < height else int(SHORT * width / height),
            SHORT if height <= width else int(SHORT * height / width),
        )
        assert abs(width * scale - size[0]) < 1
        return np.asarray(image.resize(size, Image.Resampling.BILINEAR)).transpose(2, 0, 1)


def pool_file(folder: Path, index: int) -> Path:
    """The pool's files in the order of their paths."""
    return sorted((folder / "pool").glob("n*/*.png"))[index]


def test_the_normal_class_is_kept_whole_and_in_order(caches: dict[str, Path]) -> None:
    images = gather(RUN, PHOTOS, opened(caches)).normal
    assert isinstance(images, Ragged)
    assert len(images) == 5
    for i in range(5):
        expected = resized(caches["folder"] / f"train/dog/{i}.png")
        assert np.array_equal(images.image(i), expected)


def test_a_run_sees_the_first_images_that_its_seed_draws(caches: dict[str, Path]) -> None:
    for seed in (3, 4):
        images = gather(replace(RUN, seed=seed), PHOTOS, opened(caches, seed)).outliers
        assert isinstance(images, Ragged)
        order = list(draws(12, seed))[:6]
        for i, index in enumerate(order):
            expected = resized(pool_file(caches["folder"], index))
            assert np.array_equal(images.image(i), expected)


def test_of_the_whole_pool_a_run_needs_what_its_epochs_show_and_sees_each_once(
    caches: dict[str, Path],
) -> None:
    # 2 epochs of 2 steps of 2 images: the first 8 images that the seed draws
    run = replace(RUN, oe_size=12)
    images = gather(run, PHOTOS, opened(caches))
    assert images.outliers is not None
    assert len(images.outliers) == 8
    generators = loop.streams(3, CPU)
    epochs = [loop.epoch_batches(run, images, PHOTOS, generators, n)[1] for n in range(2)]
    assert [epoch.tolist() for epoch in epochs if epoch is not None] == [
        [[0, 1], [2, 3]],
        [[4, 5], [6, 7]],
    ]


def test_a_cache_with_too_few_images_is_refused_with_both_numbers(caches: dict[str, Path]) -> None:
    with pytest.raises(ValueError, match=r"seed=3\.h5 holds 8 images of pool, .* needs 9"):
        gather(replace(RUN, oe_size=9), PHOTOS, opened(caches))


@pytest.mark.trains
def test_without_augmentation_the_network_sees_the_middle_of_every_photo(
    caches: dict[str, Path],
) -> None:
    images = gather(RUN, PHOTOS, opened(caches))
    with batches_seen() as batches:
        loop.train(RUN, ONE_EPOCH, images, CPU)
    seen = (batches[0] * 0.25 + 0.5) * 255
    middles = []
    for file in sorted((caches["folder"] / "train/dog").glob("*.png")):
        photo = resized(file)
        top, left = ((side - CROP) / 2 for side in photo.shape[1:])
        middles.append(photo[:, round(top) : round(top) + CROP, round(left) : round(left) + CROP])
    for image in seen[:2].numpy():
        assert min(np.abs(image - middle).max() for middle in middles) < 0.01


def test_crops_begin_where_the_augmentation_draws_them(caches: dict[str, Path]) -> None:
    images = gather(RUN, AUGMENTED, opened(caches)).normal
    drawn = augment.draw(3, 2, torch.Generator().manual_seed(0))
    rows, places = torch.tensor([[0, 1], [2, 3], [4, 0]]), augment.places(drawn)
    take = reader(images, CPU).epoch(rows, places)
    batches = torch.cat([take(slice(0, 2)), take(slice(2, 3))])
    for step in range(3):
        for i, image in enumerate(batches[step].numpy()):
            photo = resized(caches["folder"] / f"train/dog/{rows[step, i]}.png")
            free = np.array(photo.shape[1:]) - CROP + 1
            top, left = (places[step, i].numpy() * free).astype(int)
            assert np.array_equal(image, photo[:, top : top + CROP, left : left + CROP])


def test_images_of_one_size_lie_on_the_device_and_others_in_their_file(
    caches: dict[str, Path],
) -> None:
    flat = torch.zeros((2, 3, CROP, CROP), dtype=torch.uint8)
    assert isinstance(reader(flat, CPU), OnDevice)
    photos = gather(RUN, PHOTOS, opened(caches)).normal
    assert isinstance(reader(photos, CPU), InFile)


@pytest.mark.trains
@pytest.mark.parametrize(
    ("how", "changes"),
    [
        (AUGMENTED, {"augment": True}),
        (AUGMENTED, {"augment": True, "blur": 2.0, "objective": "bce", "norm": None}),
        (PHOTOS, {"blur": 2.0, "seed": 4}),
        (PHOTOS, {"oe": None, "oe_size": None, "objective": "dsvdd"}),
    ],
    ids=["augmented", "augmented and blurred", "blurred", "without OE"],
)
def test_photos_are_trained_on_and_scored(
    caches: dict[str, Path], tmp_path: Path, how: Recipe, changes: dict[str, Any]
) -> None:
    run = replace(RUN, **changes)
    path = file_of(tmp_path, run)
    files = [caches["photos"], caches["seed 3"], caches["seed 4"]]
    used = files if run.oe else files[:1]
    train_block(path, [run.member], how, used, tmp_path / "store", "c0de", "cpu")
    attributes = attributes_of(tmp_path, run)
    assert attributes["status"] in ("ok", "collapsed")
    assert attributes["n_test"] == 4
    expected = {run.dataset: [Cache(caches["photos"]).checksum]}
    if run.oe:
        drawn = Cache(caches[f"seed {run.seed}"]).checksum_of(run.oe_size)
        expected[f"{run.oe}/seed={run.seed}"] = [drawn]
    assert images_of(attributes) == expected


@pytest.mark.trains
def test_a_blur_without_augmentation_reaches_the_oe_photos_alone(caches: dict[str, Path]) -> None:
    blurred = replace(RUN, blur=4.0)
    images = gather(RUN, PHOTOS, opened(caches))
    with batches_seen() as sharp:
        loop.train(RUN, ONE_EPOCH, images, CPU)
    with batches_seen() as soft:
        loop.train(blurred, ONE_EPOCH, images, CPU)
    assert torch.equal(sharp[0][:2], soft[0][:2])
    back = ((sharp[0][2:] * 0.25 + 0.5) * 255).round().to(torch.uint8)
    again = (gaussian_blur(back, 4.0) / 255 - 0.5) / 0.25
    assert torch.allclose(soft[0][2:], again, atol=1e-5)
