"""Where a curve crosses a target: by hand, by scikit-learn, and by simulation."""

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from oebench.evaluation.amount import Curve, alike, answers, crossings, resampled, rising
from oebench.evaluation.intervals import Estimate

TRIALS = 400


def curve(amounts: list[int], values: np.ndarray) -> Curve:
    """A curve of values (amounts, seeds, classes)."""
    seeds = np.arange(values.shape[1])
    return Curve(np.array(amounts), tuple(map(Estimate, values)), (seeds,) * len(amounts))


def level(amounts: list[int], means: list[float], spread: float = 0.0) -> Curve:
    """Two seeds and two classes around each mean."""
    off = spread * np.array([[1.0, -1.0], [-1.0, 1.0]])
    return curve(amounts, np.array(means)[:, None, None] + off)


# Curves that rise


def test_a_curve_is_made_to_rise_as_by_scikit_learn() -> None:
    curves = np.random.default_rng(3).normal(size=(50, 9)).cumsum(axis=1)
    x = np.arange(9)
    expected = [IsotonicRegression().fit_transform(x, each) for each in curves]
    assert rising(curves) == pytest.approx(np.array(expected))


# Where they cross


def cross(amounts: list[int], means: list[float], target: float) -> float:
    return float(crossings(np.array(amounts), np.array([means]), np.array([target]))[0])


def test_between_two_amounts_the_curve_is_a_line_over_the_logarithm() -> None:
    # From 80 at 1 to 90 at 16: half way, at 4, it has 85.
    assert cross([1, 16], [80.0, 90.0], 85.0) == pytest.approx(4.0)
    assert cross([2, 8, 32], [70.0, 80.0, 90.0], 82.5) == pytest.approx(8 * 2**0.5)


def test_a_target_that_is_met_at_once_needs_the_smallest_amount() -> None:
    assert cross([4, 16], [80.0, 90.0], 75.0) == 4.0


def test_a_target_at_an_amount_needs_just_that() -> None:
    assert cross([1, 8, 64], [80.0, 90.0, 95.0], 90.0) == pytest.approx(8.0)
    assert cross([1, 8, 64], [80.0, 90.0, 90.0], 90.0) == pytest.approx(8.0)


def test_beyond_the_last_amount_the_error_falls_by_its_power_law() -> None:
    # Errors 16, 8, 4 at 1, 4, 16: half at four times as many. 1 is reached at 16 * 4 * 4.
    assert cross([1, 4, 16], [84.0, 92.0, 96.0], 99.0) == pytest.approx(256.0)


@pytest.mark.parametrize("means", [[90.0, 90.0, 90.0], [90.0]])
def test_a_level_curve_never_comes_to_a_higher_target(means: list[float]) -> None:
    assert cross([1, 4, 16][: len(means)], means, 95.0) == np.inf


def test_no_amount_makes_a_mean_of_100() -> None:
    assert cross([1, 4], [80.0, 90.0], 100.0) == np.inf


# Resampling


def test_the_samples_have_the_variance_of_the_interval_of_each_mean() -> None:
    random = np.random.default_rng(0)
    values = random.normal(90, 2, (1, 1, 10)) + random.normal(0, 1, (3, 4, 10))
    made = curve([1, 2, 4], values)
    (samples,) = resampled([made])
    for each, drawn in zip(made.estimates, samples.T, strict=True):
        low, high = each.interval()
        assert np.percentile(drawn, [2.5, 97.5]) == pytest.approx([low, high], abs=0.15)
        assert drawn.mean() == pytest.approx(each.mean, abs=0.05)


def test_paired_curves_move_together() -> None:
    values = np.random.default_rng(1).normal(90, 2, (2, 3, 10))
    first, second = resampled([curve([1, 2], values), curve([1, 2], values + 1)])
    assert second - first == pytest.approx(np.ones_like(first))


def test_curves_without_spread_have_intervals_of_a_point() -> None:
    found, _, _ = answers({"hsc": level([1, 16], [80.0, 90.0])}, target=85.0)
    answer = found["hsc"]
    assert (answer.amount, answer.low, answer.high) == pytest.approx((4.0, 4.0, 4.0))


def test_a_single_run_of_each_amount_has_no_interval() -> None:
    found, _, _ = answers({"hsc": curve([1, 16], np.array([[[80.0]], [[90.0]]]))}, target=85.0)
    assert found["hsc"].amount == pytest.approx(4.0)
    assert np.isnan([found["hsc"].low, found["hsc"].high]).all()


def test_within_points_of_the_best_names_it() -> None:
    curves = {"hsc": level([1, 16], [80.0, 90.0]), "bce": level([1, 16], [60.0, 94.0])}
    found, target, best = answers(curves, within=4.0)
    assert (target, best) == (90.0, "bce")
    assert found["hsc"].amount == pytest.approx(16.0)
    assert found["bce"].amount == pytest.approx(2 ** (4 * 30 / 34))


def noise(gap: float) -> dict[str, Curve]:
    """Two methods with their own errors, one better by `gap` points."""
    random = np.random.default_rng(0)
    means = np.array([80, 90])[:, None, None]
    return {
        name: curve([1, 16], means + off + random.normal(0, 2, (2, 3, 5)))
        for name, off in (("a", 0.0), ("b", gap))
    }


@pytest.mark.parametrize(("gap", "same"), [(0.0, True), (8.0, False)])
def test_methods_whose_ratio_may_be_one_cannot_be_told_apart(gap: float, same: bool) -> None:
    found, _, _ = answers(noise(gap), target=88.0)
    assert alike(found["a"], found["b"]) is same
    assert alike(found["b"], found["a"]) is same


def test_methods_that_are_paired_are_told_apart_by_a_small_difference() -> None:
    """Their intervals overlap widely, but class by class and seed by seed one is better."""
    values = np.array([80, 90])[:, None, None] + np.random.default_rng(0).normal(0, 3, (1, 3, 5))
    found, _, _ = answers({"a": curve([1, 16], values), "b": curve([1, 16], values + 0.5)}, 88.0)
    assert found["a"].low < found["b"].high
    assert not alike(found["a"], found["b"])


# Simulation


def saturating(x: np.ndarray) -> np.ndarray:
    return 97 - 15 * 2 ** (-x / 2)


def straight(x: np.ndarray) -> np.ndarray:
    return 80 + 2 * x


@pytest.mark.parametrize(
    ("shape", "target", "truth", "sizes"),
    [
        (straight, 90.0, 2**5, (10, 5, 2.0, 1.0, 1.0)),
        (straight, 93.0, 2**6.5, (1, 10, 0.0, 1.0, 1.0)),  # one class: over seeds alone
        (saturating, 93.0, (15 / 4) ** 2, (10, 10, 3.0, 0.2, 0.5)),
    ],
)
def test_the_interval_holds_the_true_amount_in_95_of_100_studies(
    shape: Callable[[np.ndarray], np.ndarray],
    target: float,
    truth: float,
    sizes: tuple[int, int, float, float, float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Curves of known crossing, with classes, seeds and runs that differ: 400 studies of each."""
    monkeypatch.setattr("oebench.evaluation.amount.SAMPLES", 1000)
    classes, seeds, of_class, of_seed, of_run = sizes
    random, x = np.random.default_rng(1), np.arange(9.0)
    covered = 0
    for _ in range(TRIALS):
        values = (
            shape(x)[:, None, None]
            + random.normal(0, of_class, (1, 1, classes))
            + random.normal(0, of_seed, (1, seeds, 1)) * np.linspace(1, 0.3, len(x))[:, None, None]
            + random.normal(0, of_run, (len(x), seeds, classes))
        )
        found, _, _ = answers({"m": curve([2**k for k in range(9)], values)}, target=target)
        covered += found["m"].low <= truth <= found["m"].high
    assert 0.93 <= covered / TRIALS <= 0.97
