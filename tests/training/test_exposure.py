"""Which OE images a run sees, and in what order."""

import random
from collections.abc import Callable

import numpy as np
import pytest
import torch

from oebench.training import exposure
from oebench.training.exposure import (
    balanced_walk,
    distinct,
    shuffle_or_draw,
    subset,
)

TINY_IMAGES = 79_302_016  # 80M Tiny Images less its last image, as the original counts them


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("seed", [1, 2, 10])
@pytest.mark.parametrize("size", [1, 2, 64, 1000, 4096])
def test_subset_of_tiny_images_is_the_papers(size: int, seed: int) -> None:
    random.seed(seed)
    papers = random.sample(range(TINY_IMAGES), size)
    assert subset(TINY_IMAGES, size, seed).tolist() == papers


@pytest.mark.parametrize(
    ("pool", "smaller", "larger"),
    [
        (2600, 341, 342),  # between these sizes random.sample changes its algorithm
        (50_000, 4096, 8192),  # and here
        (TINY_IMAGES, 128, 4096),
        *((7, size, size + 1) for size in range(1, 6)),
        (3, 1, 2),
    ],
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_smaller_subset_is_a_prefix_of_a_larger_one(
    pool: int, smaller: int, larger: int, seed: int
) -> None:
    large = subset(pool, larger, seed)
    assert subset(pool, smaller, seed).tolist() == large[:smaller].tolist()


@pytest.mark.parametrize("pool", [1, 2, 2600])
def test_the_whole_pool_comes_in_its_own_order(pool: int) -> None:
    assert subset(pool, pool, seed=1).tolist() == list(range(pool))


@pytest.mark.parametrize(("pool", "size"), [(2, 1), (7, 6), (2600, 2599), (50_000, 8192)])
def test_a_subset_has_distinct_images_of_the_pool(pool: int, size: int) -> None:
    chosen = subset(pool, size, seed=1)
    assert chosen.dtype == np.int64
    assert len(set(chosen.tolist())) == len(chosen) == size
    assert 0 <= chosen.min() <= chosen.max() < pool


def test_every_image_of_the_pool_is_drawn_as_often() -> None:
    first = [int(subset(3, 1, seed)[0]) for seed in range(600)]
    # 200 +- 11.5 each
    assert all(abs(first.count(image) - 200) < 5 * 11.5 for image in range(3))


def test_a_subset_depends_on_the_seed_and_on_nothing_else() -> None:
    random.seed(5)
    first = subset(2600, 100, seed=1)
    random.seed(6)
    assert subset(2600, 100, seed=1).tolist() == first.tolist()
    assert subset(2600, 100, seed=2).tolist() != first.tolist()


@pytest.mark.parametrize("size", [-1, 0, 2601])
def test_a_subset_that_the_pool_cannot_give_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"an OE size from 1 to 2600, .* found {size}$"):
        subset(2600, size, seed=1)


def test_64_images_fill_every_batch_of_128_exactly_twice() -> None:
    batches = balanced_walk(64, 5 * 128, seeded()).view(5, 128)
    for batch in batches:
        assert batch.bincount(minlength=64).tolist() == [2] * 64


def test_a_subset_of_one_fills_every_batch_with_it() -> None:
    assert balanced_walk(1, 256, seeded()).tolist() == [0] * 256


def test_the_walk_repeats_one_permutation_a_fresh_one_every_epoch() -> None:
    generator = seeded()
    first, second = (balanced_walk(20, 48, generator).tolist() for _ in range(2))
    for walk in (first, second):
        assert sorted(walk[:20]) == list(range(20))
        assert walk == walk[:20] + walk[:20] + walk[:8]
    assert first != second


@pytest.mark.parametrize(
    "draw",
    [
        lambda generator: balanced_walk(20, 48, generator),
        lambda generator: balanced_walk(20, 16, generator),
        lambda generator: balanced_walk(1 << 40, 16, generator),
        lambda generator: shuffle_or_draw(20, 16, 20, generator),
        lambda generator: shuffle_or_draw(20, 16, 21, generator),
    ],
    ids=["walk", "part of a walk", "few of many", "shuffle", "with replacement"],
)
def test_what_is_drawn_follows_from_the_generator_alone(
    draw: Callable[[torch.Generator], torch.Tensor],
) -> None:
    torch.manual_seed(1)
    first = draw(seeded(7))
    torch.manual_seed(2)
    assert torch.equal(draw(seeded(7)), first)
    assert not torch.equal(draw(seeded(8)), first)


def test_every_epoch_has_a_fresh_permutation() -> None:
    generator = seeded()
    epochs = [
        balanced_walk(64, 64, generator),
        balanced_walk(64, 64, generator),
        shuffle_or_draw(64, 64, 64, generator),
        shuffle_or_draw(64, 64, 64, generator),
    ]
    for epoch in epochs:
        assert epoch.sort().values.tolist() == list(range(64))
    assert len({tuple(epoch.tolist()) for epoch in epochs}) == 4


def test_a_subset_larger_than_an_epoch_shows_distinct_images_of_all_of_it() -> None:
    generator = seeded()
    epochs = [balanced_walk(100, 60, generator) for _ in range(20)]
    for epoch in epochs:
        assert len(epoch.unique()) == len(epoch) == 60
    # An image is left out of all 20 epochs with probability 0.4^20 = 1e-8.
    assert len(torch.cat(epochs).unique()) == 100


@pytest.mark.parametrize(("size", "repeats"), [(19, True), (20, False), (1000, False)])
def test_oe_classes_are_drawn_with_replacement_only_where_they_are_fewer_than_the_normals(
    size: int, repeats: bool
) -> None:
    # 16 draws of 19 are distinct with probability 7e-5.
    drawn = shuffle_or_draw(size, count=16, normals=20, generator=seeded())
    assert len(drawn) == 16
    assert drawn.max() < size
    assert (len(drawn.unique()) < 16) == repeats


def test_draws_with_replacement_are_independent_not_balanced() -> None:
    drawn = shuffle_or_draw(4, count=4000, normals=4000, generator=seeded())
    # Each image: 1000 +- 27 times, so exactly 1000 for all four is not what chance gives.
    counts = drawn.bincount(minlength=4)
    assert ((counts - 1000).abs() < 6 * 27).all()
    assert counts.tolist() != [1000] * 4
    # The next is the same as the last in a quarter of all cases, 1000 +- 27.
    assert abs((drawn[1:] == drawn[:-1]).sum() - 1000) < 6 * 27


def test_few_images_of_a_huge_set_are_drawn_without_permuting_it() -> None:
    # A permutation of 2^40 numbers would take 8 TiB.
    drawn = distinct(1 << 40, 1000, seeded())
    assert len(drawn.unique()) == 1000
    assert 0 <= drawn.min() <= drawn.max() < 1 << 40


@pytest.mark.parametrize("permute_up_to", [1, 1 << 22], ids=["rejection", "permutation"])
def test_distinct_is_uniform_in_every_position(
    permute_up_to: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exposure, "PERMUTE_UP_TO", permute_up_to)
    generator = seeded()
    draws = torch.stack([distinct(12, 6, generator) for _ in range(2000)])
    assert all(len(set(draw)) == 6 for draw in draws.tolist())
    for position in draws.T:
        # 2000 / 12 = 167 +- 12.4 for each number in each position
        assert ((position.bincount(minlength=12) - 2000 / 12).abs() < 5 * 12.4).all()
