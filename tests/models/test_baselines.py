"""The baselines: the same as scikit-learn by itself, and blind to all but training images."""

import numpy as np
import pytest
from scipy.special import logsumexp
from sklearn.covariance import ledoit_wolf
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import KernelDensity
from sklearn.svm import OneClassSVM

from oebench.models.baselines import fit, kernel_density, mahalanobis
from oebench.registry import METHODS, Baseline, is_trained

BASELINES = {name: each for name, each in METHODS.items() if not is_trained(name)}
every_baseline = pytest.mark.parametrize("name", BASELINES)
PIXELS = 12


def gaussian(count: int, seed: int, deviation: float = 0.1) -> np.ndarray:
    """Images (count, 12) around grey; a few of their directions carry most of the variance."""
    random = np.random.default_rng(seed)
    widths = deviation * 0.5 ** np.arange(PIXELS)
    return (0.5 + random.normal(0, widths, (count, PIXELS))).astype(np.float32)


TRAIN, TEST = gaussian(200, 1), gaussian(50, 2)
FAR = gaussian(50, 3, deviation=1.0)  # ten times as wide


def test_there_are_five_and_none_sees_oe_images() -> None:
    named = ["isolation_forest", "one_class_svm", "kde", "knn", "mahalanobis"]
    assert list(BASELINES) == named
    assert not any(each.uses_oe for each in BASELINES.values())
    assert not any(each.parameters for each in BASELINES.values())


@every_baseline
def test_far_away_images_score_higher_than_normal_ones(name: str) -> None:
    score = fit(name, TRAIN, 1)
    normal, far = score(TEST), score(FAR)
    assert np.median(far) > np.quantile(normal, 0.95)
    # A point a hundred deviations away is more anomalous than every normal image.
    assert score(np.full((1, PIXELS), 10, dtype=np.float32))[0] > normal.max()


@every_baseline
def test_scores_are_finite_float32_one_for_each_image(name: str) -> None:
    score = fit(name, TRAIN, 1)
    for images in (TEST, FAR[:1], TRAIN):
        found = score(images)
        assert (found.shape, found.dtype) == ((len(images),), np.float32)
        assert np.isfinite(found).all()


@every_baseline
def test_the_score_of_an_image_does_not_depend_on_those_scored_with_it(name: str) -> None:
    score = fit(name, TRAIN, 1)
    alone = np.concatenate([score(TEST[row : row + 1]) for row in range(5)])
    assert alone == pytest.approx(score(TEST)[:5], rel=1e-5)


# The same as scikit-learn by itself


def directly(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Training and test images in the first principal components, by hand."""
    mean = TRAIN.mean(axis=0)
    _, _, directions = np.linalg.svd(TRAIN - mean, full_matrices=False)
    return (TRAIN - mean) @ directions[:count].T, (TEST - mean) @ directions[:count].T


def test_the_features_keep_95_percent_of_the_variance() -> None:
    # The widths halve: the variances are 1, 1/4, 1/16, ... of the first, 3/4 of all in one, 15/16
    # = 93.75 % in two, 63/64 in three.
    components = PCA(0.95).fit(TRAIN)
    assert components.n_components_ == 3
    assert components.explained_variance_ratio_.sum() >= 0.95
    train, _ = directly(3)
    assert np.abs(train) == pytest.approx(np.abs(components.transform(TRAIN)), abs=1e-5)


def test_the_isolation_forest_is_scikit_learns() -> None:
    components = PCA(0.95).fit(TRAIN)
    forest = IsolationForest(n_estimators=100, max_samples=200, random_state=7)
    forest.fit(components.transform(TRAIN))
    expected = -forest.score_samples(components.transform(TEST))
    # The signs of the components are free, and a tree draws its cuts from left to right.
    assert fit("isolation_forest", TRAIN, 7)(TEST) == pytest.approx(expected, abs=1e-6)


def test_the_one_class_svm_is_scikit_learns_with_nu_of_a_tenth() -> None:
    train, test = directly(3)
    machine = OneClassSVM(kernel="rbf", nu=0.1, gamma=1 / (3 * train.var())).fit(train)
    expected = -(machine.decision_function(test) + machine.offset_[0])
    assert fit("one_class_svm", TRAIN, 1)(TEST) == pytest.approx(expected, rel=1e-3)
    # Of nu = 0.1: at most a tenth of the training images lie outside, up to the solver's tolerance.
    assert np.mean(machine.decision_function(train) < -1e-3) <= 0.1
    other = OneClassSVM(nu=0.5, gamma=1 / (3 * train.var())).fit(train)
    assert fit("one_class_svm", TRAIN, 1)(TEST) != pytest.approx(-other.score_samples(test), 1e-3)


def density(points: np.ndarray, at: np.ndarray, bandwidth: float) -> np.ndarray:
    """The logarithm of a Gaussian kernel density, as the formula says."""
    squares = ((at[:, None] - points[None]) ** 2).sum(axis=2)
    norm = np.log(len(points)) + points.shape[1] / 2 * np.log(2 * np.pi * bandwidth**2)
    return logsumexp(-squares / (2 * bandwidth**2), axis=1) - norm


def test_kde_is_minus_the_log_density_at_one_of_its_bandwidths() -> None:
    train, test = (each.astype(np.float64) for each in directly(3))
    scale = train.std(axis=0).mean()
    found = fit("kde", TRAIN, 1)(TEST)
    near = [
        power
        for power in range(-5, 2)
        if np.allclose(found, -density(train, test, scale * 2.0**power), rtol=1e-4, atol=1e-4)
    ]
    assert len(near) == 1


def test_kdes_bandwidth_is_the_one_with_the_highest_likelihood_of_left_out_images() -> None:
    train, test = (each.astype(np.float64) for each in directly(3))
    scale = train.std(axis=0).mean()
    # Each image left out once; the likelihoods of the bandwidths lie far apart.
    likelihood = {}
    for bandwidth in scale * 2.0 ** np.arange(-5, 2):
        left_out = [
            KernelDensity(bandwidth=bandwidth)
            .fit(np.delete(train, row, axis=0))
            .score(train[row : row + 1])
            for row in range(0, 200, 4)
        ]
        likelihood[bandwidth] = sum(left_out)
    best = max(likelihood, key=lambda each: likelihood[each])
    assert scale / 32 < best < 2 * scale  # not at an end of the range
    assert fit("kde", TRAIN, 1)(TEST) == pytest.approx(-density(train, test, best), rel=1e-3)


def test_a_density_of_many_dimensions_is_exact() -> None:
    """scikit-learn's own trees are wrong by tens here: sums of their bounds cancel."""
    features = np.random.default_rng(0).normal(size=(300, 100)) * np.linspace(1, 0.1, 100)
    score = kernel_density(features, seed=1)
    bandwidths = features.std(axis=0).mean() * 2.0 ** np.arange(-5, 2)
    found = score(features[:50] + 0.5)
    expected = [-density(features, features[:50] + 0.5, each) for each in bandwidths]
    assert min(np.abs(found - each).max() for each in expected) < 1e-8


@every_baseline
def test_what_is_scored_does_not_change_how_later_images_are_scored(name: str) -> None:
    score = fit(name, TRAIN, 1)
    before = score(TEST)
    score(FAR)
    assert np.array_equal(score(TEST), before)


@pytest.mark.parametrize("factor", [0.01, 1.0, 100.0])
def test_kdes_bandwidth_follows_the_scale_of_the_images(factor: float) -> None:
    # A density in three dimensions is 1 / factor**3 of the one at scale 1, at every point.
    found, plain = fit("kde", factor * TRAIN, 1)(factor * TEST), fit("kde", TRAIN, 1)(TEST)
    assert found == pytest.approx(plain + 3 * np.log(factor), abs=1e-3)


# Neighbours, and the distance to the mean


def test_knn_is_half_the_mean_squared_distance_to_the_two_nearest() -> None:
    train, test = (each.astype(np.float64) for each in directly(3))
    squares = ((test[:, None] - train[None]) ** 2).sum(axis=2)
    expected = np.sort(squares, axis=1)[:, :2].mean(axis=1) / 2
    assert fit("knn", TRAIN, 1)(TEST) == pytest.approx(expected, rel=1e-3)


def test_of_vectors_knn_is_the_mean_cosine_distance_to_the_two_nearest() -> None:
    normal = np.array([[2, 0, 0], [0, 3, 0], [0, 0, 4], [1, 1, 0]], np.float32)
    test = np.array([[5, 0, 0], [0, 1, 1], [-1, 0, 0]], np.float32)
    # Cosines: (1, 0, 0, 0.7071); (0, 0.7071, 0.7071, 0.5); (-1, 0, 0, -0.7071).
    half = np.sqrt(0.5)
    expected = [(0 + 1 - half) / 2, 1 - half, 1]
    assert fit("knn", normal, 1, vectors=True)(test) == pytest.approx(expected, abs=1e-6)


def test_knn_of_a_single_vector_is_the_distance_to_it() -> None:
    score = fit("knn", np.array([[3.0, 4.0]], np.float32), 1, vectors=True)
    assert score(np.array([[4.0, 3.0]], np.float32))[0] == pytest.approx(1 - 24 / 25, abs=1e-6)


def test_the_mahalanobis_distance_is_that_under_the_covariance_of_ledoit_and_wolf() -> None:
    train, test = (each.astype(np.float64) for each in directly(3))
    covariance, _ = ledoit_wolf(train)
    apart = test - train.mean(axis=0)
    squares = (apart * np.linalg.solve(covariance, apart.T).T).sum(axis=1)
    assert fit("mahalanobis", TRAIN, 1)(TEST) == pytest.approx(np.sqrt(squares), rel=1e-3)


def test_directions_of_little_variance_count_where_one_has_very_much() -> None:
    """In float32 they would be taken for none, and left out of the inverse of the covariance."""
    features = np.random.default_rng(0).normal(size=(2000, 400)).astype(np.float32)
    features[:, 0] *= 1000
    test = features[:20] + np.eye(20, 400, k=1, dtype=np.float32)
    covariance, _ = ledoit_wolf(features.astype(np.float64))
    apart = test - features.astype(np.float64).mean(axis=0)
    squares = (apart * np.linalg.solve(covariance, apart.T).T).sum(axis=1)
    assert mahalanobis(features, 1)(test) == pytest.approx(np.sqrt(squares), rel=1e-3)


# Vectors


def prepared(vectors: np.ndarray) -> np.ndarray:
    """At length one, then standardised as the training vectors are, by hand."""
    normal = TRAIN / np.sqrt((TRAIN.astype(np.float64) ** 2).sum(axis=1, keepdims=True))
    ours = vectors / np.sqrt((vectors.astype(np.float64) ** 2).sum(axis=1, keepdims=True))
    return (ours - normal.mean(axis=0)) / normal.std(axis=0)


def test_of_vectors_mahalanobis_sees_all_dimensions_at_length_one_and_standardised() -> None:
    train, test = prepared(TRAIN), prepared(TEST)
    covariance, _ = ledoit_wolf(train)
    squares = (test * np.linalg.solve(covariance, test.T).T).sum(axis=1)
    found = fit("mahalanobis", TRAIN, 1, vectors=True)(TEST)
    assert found == pytest.approx(np.sqrt(squares), rel=1e-3)


@pytest.mark.parametrize("name", ["isolation_forest", "one_class_svm", "kde"])
def test_of_vectors_the_others_see_the_principal_components_of_these(name: str) -> None:
    # PCA acts on images alone: of what is prepared by hand it makes the same features.
    train, test = (prepared(each).astype(np.float32) for each in (TRAIN, TEST))
    expected = fit(name, train, 1)(test)
    assert fit(name, TRAIN, 1, vectors=True)(TEST) == pytest.approx(expected, rel=1e-3)


@every_baseline
def test_the_length_of_a_vector_does_not_matter(name: str) -> None:
    score = fit(name, TRAIN, 1, vectors=True)
    assert score(7 * TEST) == pytest.approx(score(TEST), rel=1e-3, abs=1e-6)


@every_baseline
def test_vectors_of_other_directions_score_higher(name: str) -> None:
    score = fit(name, TRAIN, 1, vectors=True)
    assert np.median(score(FAR)) > np.quantile(score(TEST), 0.95)


# Seeds


def test_the_isolation_forest_depends_on_the_seed_and_is_the_same_for_the_same() -> None:
    one, again, other = (fit("isolation_forest", TRAIN, seed)(TEST) for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert np.corrcoef(one, other)[0, 1] > 0.9


def test_the_one_class_svm_does_not_depend_on_the_seed() -> None:
    one, other = (fit("one_class_svm", TRAIN, seed)(TEST) for seed in (1, 2))
    assert np.array_equal(one, other)


def test_the_methods_that_no_seed_changes_are_those_of_which_the_registry_says_so() -> None:
    for name, method in METHODS.items():
        if isinstance(method, Baseline):
            one, other = (fit(name, TRAIN, seed)(TEST) for seed in (1, 2))
            assert np.array_equal(one, other) == (not method.seeded), name
        else:
            assert method.seeded


def test_kde_shuffles_its_folds_so_that_sorted_images_are_no_trap() -> None:
    # Three clusters, one after the other: without shuffling, each of three folds would leave out
    # one of them, and only kernels as wide as their distance would reach it.
    apart = np.concatenate([gaussian(40, seed) + shift for seed, shift in enumerate((0, 1, 3))])
    shuffled = np.random.default_rng(0).permutation(apart)
    assert fit("kde", apart, 1)(TEST) == pytest.approx(fit("kde", shuffled, 1)(TEST), rel=1e-3)


# Images without variance


@every_baseline
@pytest.mark.parametrize("grey", [0.0, 0.3])
@pytest.mark.filterwarnings("ignore:invalid value encountered in divide:RuntimeWarning")
def test_images_that_are_all_the_same_have_one_finite_score(name: str, grey: float) -> None:
    same = np.full((12, PIXELS), grey, dtype=np.float32)
    found = fit(name, same, 1)(same)
    assert np.isfinite(found).all()
    assert len(np.unique(found)) == 1
