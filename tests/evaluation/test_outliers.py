"""Which OE images and classes go with a higher AUROC."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from table_cases import SPEC, run, table

from oebench.artifacts.manifest import StudyManifest
from oebench.evaluation.outliers import Effect, Pool, candidates, effects, seen_by
from oebench.sampling import choose_classes, choose_images

LETTERS = Pool([*"ABCDEFGHIJKLMNOPQRSTUVWXYZ"], np.arange(26))  # an image of each
FOUR = Pool([*"AB"], np.array([0, 0, 1, 1]))
CLASSES, SEEDS = (0, 1, 2), range(1, 81)
Auroc = Callable[[int, int], float]  # of a normal class and a seed


def runs(auroc: Auroc, seeds: range = SEEDS, **changes: Any) -> list[dict[str, Any]]:
    amount = {"oe_size": 1, **changes}
    return [run(c, seed, auroc(c, seed), **amount) for c in CLASSES for seed in seeds]


def found(
    *rows: list[dict[str, Any]], pool: Pool = LETTERS, spec: StudyManifest = SPEC
) -> list[Effect]:
    every = effects(table(*(row for each in rows for row in each)), spec, {"things": pool})
    return [each for effects_there in every.values() for each in effects_there]


def saw(image: int, seed: int, size: int = 1, pool: int = 26) -> bool:
    return image in choose_images(pool, size, seed)


# What a seed saw


def test_what_a_seed_saw_is_what_its_runs_trained_on() -> None:
    seen = seen_by([1, 2], {"oe_size": 2}, LETTERS)
    assert [sorted(rows.tolist()) for rows in seen["image"]] == [
        sorted(choose_images(26, 2, seed)) for seed in (1, 2)
    ]
    assert [*seen] == ["image"]  # a class is an image
    classes = seen_by([3], {"oe_classes": 5}, LETTERS)
    assert {what: rows[0].tolist() for what, rows in classes.items()} == {
        "class": choose_classes(range(26), 5, 3)
    }


def test_a_class_is_seen_with_any_of_its_images() -> None:
    seen = seen_by([*SEEDS], {"oe_size": 2}, FOUR)
    for rows, classes in zip(seen["image"], seen["class"], strict=True):
        assert set(classes.tolist()) == {int(row) // 2 for row in rows}


def test_only_what_two_seeds_saw_and_two_did_not_is_compared() -> None:
    """Of 0 to 3: 0 is seen by all of four seeds, 1 by two, 2 by one, 3 by three."""
    seen = [np.array(each) for each in ([0, 1, 3], [0, 1, 3], [0, 2, 3], [0])]
    numbers, by = candidates(seen)
    assert numbers.tolist() == [1]
    assert by.tolist() == [[True, True, False, False]]


# The difference


def test_the_difference_is_that_of_seeds_within_their_normal_classes() -> None:
    """Classes lie 10 points apart, and seeds that saw image 4 are 5 points better in each."""
    rows = runs(lambda c, seed: 0.6 + c / 10 + 0.05 * saw(4, seed) + 0.001 * (seed % 5))
    each = {one.number: one for one in found(rows)}[4]
    seen = sum(saw(4, seed) for seed in SEEDS)
    assert (each.name, each.seen, each.unseen) == ("E", seen, 80 - seen)
    there = [0.1 * (seed % 5) for seed in SEEDS if saw(4, seed)]
    elsewhere = [0.1 * (seed % 5) for seed in SEEDS if not saw(4, seed)]
    difference = 5 + np.mean(there) - np.mean(elsewhere)
    assert each.mean == pytest.approx(difference)
    squares = np.var(there) * len(there) + np.var(elsewhere) * len(elsewhere)
    error = np.sqrt(squares / 78 * (1 / len(there) + 1 / len(elsewhere)))
    assert each.high - each.mean == pytest.approx(1.990847 * error)  # t of 78 at 97.5 %
    assert each.mean - each.low == pytest.approx(1.990847 * error)


def test_a_seed_that_lacks_a_hard_class_is_no_better_for_it() -> None:
    rows = runs(lambda c, seed: (0.9, 0.9, 0.5)[c])
    rows = [row for row in rows if not (row["normal_class"] == 2 and saw(4, row["seed"]))]
    assert max(abs(each.mean) for each in found(rows)) == pytest.approx(0, abs=1e-9)


def test_runs_that_ended_otherwise_or_saw_no_outliers_are_left_out() -> None:
    good = runs(lambda c, seed: 0.8 + 0.01 * (seed % 7))
    bad = runs(lambda c, seed: 0.1 * saw(4, seed), range(81, 99), status="collapsed")
    without = [run(0, 1, 0.2, objective="dsvdd", oe=None, oe_size=None)]
    assert found(good, bad, without) == found(good)


def test_effects_are_sorted_and_each_condition_has_its_own() -> None:
    helps = runs(lambda c, seed: 0.8 + 0.05 * saw(4, seed) + 1e-4 * seed)
    harms = runs(lambda c, seed: 0.8 - 0.05 * saw(4, seed) + 1e-4 * seed, objective="bce")
    every = effects(table(*helps, *harms), SPEC, {"things": LETTERS})
    assert [*every] == ["hsc", "bce"]
    assert (every["hsc"][0].number, every["bce"][-1].number) == (4, 4)
    for each in every.values():
        means = [one.mean for one in each]
        assert means == sorted(means, reverse=True)


def test_p_values_are_corrected_for_all_conditions() -> None:
    rows = runs(lambda c, seed: 0.8 + 0.05 * saw(4, seed) + 1e-4 * seed)
    spec = SPEC.model_copy(update={"swept": ("blur",)})
    two = found(rows, [{**row, "blur": 8.0} for row in rows], spec=spec)
    one = {each.number: each for each in found(rows)}
    assert one[4].found
    assert one[4].p_corrected == pytest.approx(one[4].p * len(one))
    assert {each.setting for each in two} == {"hsc, blur 0", "hsc, blur 8"}
    assert max(each.p_corrected for each in two if each.number == 4) > one[4].p_corrected


def test_classes_are_compared_where_they_are_what_is_drawn() -> None:
    def auroc(c: int, seed: int) -> float:
        return 0.8 - 0.04 * (2 in choose_classes(range(26), 3, seed)) + 1e-4 * (seed % 9)

    every = found(runs(auroc, oe_size=None, oe_classes=3))
    assert {each.what for each in every} == {"class"}
    assert (every[-1].number, every[-1].name, every[-1].found) == (2, "C", True)
    assert not any(each.found for each in every[:-1])


def test_nothing_is_compared_where_all_seeds_saw_the_same() -> None:
    assert found(runs(lambda c, seed: 0.8, oe_size=26)) == []


# Simulated studies


def simulated(random: np.random.Generator, effect: float) -> list[Effect]:
    """80 seeds and 3 normal classes, two objectives; seeds that saw image 7 are off by points.

    AUROCs are skewed as near 100 %, and both objectives share what a seed is off.
    """
    shared = dict(zip(SEEDS, random.exponential(1.0, len(SEEDS)), strict=True))

    def auroc(c: int, seed: int) -> float:
        own = random.exponential(0.5)
        return 0.98 - 0.05 * c - (shared[seed] + own + effect * saw(7, seed)) / 100

    return found(runs(auroc), runs(auroc, objective="bce"))


def test_without_an_effect_at_most_one_study_in_twenty_finds_one() -> None:
    random = np.random.default_rng(0)
    false = [any(each.found for each in simulated(random, 0)) for _ in range(200)]
    assert np.mean(false) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)


def test_the_planted_image_is_found_to_be_the_worst_and_no_other_is() -> None:
    random = np.random.default_rng(1)
    for _ in range(20):
        every = simulated(random, 10)
        bad = {(each.setting, each.number) for each in every if each.found and each.mean < 0}
        assert {("hsc", 7), ("bce", 7)} <= bad
        planted = [each for each in every if each.number == 7]
        assert all(each.low < -8 and each.high > -12 for each in planted)
