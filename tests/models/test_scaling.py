"""What is made of feature vectors before a network sees them, by hand."""

import numpy as np
import pytest
import torch

from oebench.models import unit_vectors
from oebench.models.scaling import Scaling

NORMAL = np.array([[3, 4], [-6, 8], [0, 5]], np.float16)  # lengths 5, 10, 5
UNIT = np.array([[0.6, 0.8], [-0.6, 0.8], [0, 1]])
TEST = torch.tensor([[30.0, 40.0], [0.0, -2.0]], dtype=torch.float16)


def test_unit_vectors_have_length_one_in_float32() -> None:
    found = unit_vectors.unit(NORMAL)
    assert found.dtype == np.float32
    assert found == pytest.approx(UNIT, abs=1e-7)


def test_moments_are_those_of_each_dimension_and_a_constant_has_the_least_deviation() -> None:
    vectors = np.array([[1, 5, 0.1], [3, 5, 0.1]], np.float32)
    mean, std = unit_vectors.moments(vectors)
    assert (mean.dtype, std.dtype) == (np.float32, np.float32)
    assert mean == pytest.approx([2, 5, 0.1])
    assert std == pytest.approx([1, 1e-6, 1e-6])


def test_moments_of_many_vectors_are_exact() -> None:
    # In float32 a sum of 10^6 numbers near 1,000 loses its last digits.
    vectors = np.tile(np.array([[999.0], [1001.0]], np.float32), (500_000, 1))
    mean, std = unit_vectors.moments(vectors)
    assert (mean.tolist(), std.tolist()) == ([1000.0], [1.0])


def test_vectors_are_divided_by_their_length_then_standardised_by_the_normal_ones() -> None:
    # Dimensions 0.6, -0.6, 0: mean 0, variance 0.24; 0.8, 0.8, 1: mean 2.6 / 3, variance 0.08 / 9.
    mean, std = np.array([0, 2.6 / 3]), np.sqrt([0.24, 0.08 / 9])
    found = Scaling(NORMAL, l2=True, standardise=True)(TEST)
    assert found.dtype == torch.float32
    assert found.numpy() == pytest.approx((np.array([[0.6, 0.8], [0, -1]]) - mean) / std, abs=1e-4)


@pytest.mark.parametrize(
    ("l2", "standardise", "expected"),
    [
        (False, False, [[30, 40], [0, -2]]),
        (True, False, [[0.6, 0.8], [0, -1]]),
        # 3, -6, 0: mean -1, variance 14; 4, 8, 5: mean 17 / 3, variance 26 / 9.
        (
            False,
            True,
            [[31 / np.sqrt(14), 103 / np.sqrt(26)], [1 / np.sqrt(14), -23 / np.sqrt(26)]],
        ),
    ],
)
def test_each_of_the_two_can_be_switched_off(
    l2: bool, standardise: bool, expected: list[list[float]]
) -> None:
    found = Scaling(NORMAL, l2=l2, standardise=standardise)(TEST)
    assert found.numpy() == pytest.approx(np.array(expected), rel=1e-4)


def test_nothing_of_it_is_trained_and_all_of_it_is_kept() -> None:
    scaling = Scaling(NORMAL, l2=True, standardise=True)
    assert [*scaling.parameters()] == []
    assert [*scaling.state_dict()] == ["mean", "std"]
