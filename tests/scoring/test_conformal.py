"""P values from held-out scores: the rate of false alarms is kept."""

import numpy as np
import pytest

from oebench.scoring.conformal import check_enough, is_anomalous, needed, p_values, together
from oebench.validation import UserError

TRIALS, IMAGES = 2000, 50


def test_the_p_value_counts_held_out_scores_that_are_as_large() -> None:
    held_out = np.array([3.0, 1.0, 2.0, 2.0], dtype=np.float32)
    scores = np.array([0.0, 1.0, 2.0, 2.5, 3.0, 9.0], dtype=np.float32)
    assert p_values(held_out, scores).tolist() == [1.0, 1.0, 0.8, 0.4, 0.4, 0.2]


@pytest.mark.parametrize(("count", "rate"), [(99, 0.01), (19, 0.05), (70, 0.1)])
def test_of_normal_images_as_many_are_called_anomalous_as_the_rate_says(
    count: int, rate: float
) -> None:
    """Held-out and new images are drawn alike: the mean rate over trials is rate or a little less.

    Exactly floor(rate (n + 1)) / (n + 1) is expected; its standard error over trials is below 5 %.
    """
    random = np.random.default_rng(0)
    found = [
        is_anomalous(p_values(random.lognormal(size=count), random.lognormal(size=IMAGES)), rate)
        for _ in range(TRIALS)
    ]
    expected = np.floor(rate * (count + 1) + 1e-9) / (count + 1)
    assert 0.9 * rate < expected <= rate + 1e-12
    assert np.mean(found) == pytest.approx(expected, rel=0.08)


def test_ties_make_fewer_false_alarms_and_never_more() -> None:
    random = np.random.default_rng(1)
    found = [
        is_anomalous(p_values(random.integers(0, 5, 99), random.integers(0, 5, IMAGES)), 0.25)
        for _ in range(TRIALS)
    ]
    assert 0.15 < np.mean(found) < 0.25


@pytest.mark.parametrize("shared", [0.0, 0.7, 1.0])
def test_the_p_value_of_several_models_keeps_the_rate_however_much_they_agree(
    shared: float,
) -> None:
    random = np.random.default_rng(2)
    rates = []
    for _ in range(TRIALS // 4):
        common = random.normal(size=200 + IMAGES)
        each = []
        for _ in range(3):
            scores = shared * common + (1 - shared) * random.normal(size=len(common))
            each.append(p_values(scores[:200], scores[200:]))
        rates.append(is_anomalous(together(each), 0.1).mean())
    assert 0 < np.mean(rates) <= 0.1


def test_the_p_value_of_one_model_is_its_own() -> None:
    alone = np.array([0.3, 0.9])
    assert together([alone]).tolist() == [0.3, 0.9]
    assert together([alone, alone]).tolist() == [0.6, 1.0]


def test_too_few_held_out_images_are_refused_with_how_many_are_needed() -> None:
    check_enough([99], 0.01)
    check_enough([199, 199, 199], 0.01)
    with pytest.raises(UserError) as error:
        check_enough([98], 0.01)
    assert str(error.value) == (
        "a false-alarm rate of 0.01 needs 99 held-out images, and the model has 98; train with a "
        "larger `held_out` in the recipe, or ask for --false-alarms 0.011 or more"
    )
    with pytest.raises(UserError, match="needs 199 held-out images, and the models have 150, 150;"):
        check_enough([150, 150], 0.01)


@pytest.mark.parametrize("rate", [0.001, 0.01, 0.03, 0.05, 1 / 7, 0.5])
@pytest.mark.parametrize("models", [1, 2, 5])
def test_as_many_as_are_needed_do_and_one_less_does_not(rate: float, models: int) -> None:
    check_enough([needed(rate, models)] * models, rate)
    with pytest.raises(UserError):
        check_enough([needed(rate, models) - 1] * models, rate)


@pytest.mark.parametrize("count", [3, 50, 98, 150])
def test_the_rate_that_a_refusal_names_is_possible(count: int) -> None:
    with pytest.raises(UserError) as error:
        check_enough([count], 0.001)
    check_enough([count], float(str(error.value).split("--false-alarms ")[1].split()[0]))
