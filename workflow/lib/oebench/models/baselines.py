"""Baselines without deep learning, fitted to PCA features of the normal images, or to vectors.

They see no outlier exposure. Settings are scikit-learn's defaults or chosen by the normal training
images alone, never by the test AUROC; the differences from them have their reason beside them.
"""

from collections.abc import Callable

import numpy as np
from scipy.special import logsumexp
from sklearn.covariance import LedoitWolf
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import pairwise_distances_chunked
from sklearn.model_selection import KFold
from sklearn.neighbors import NearestNeighbors
from sklearn.svm import OneClassSVM

from oebench.models.unit_vectors import moments, unit
from oebench.registry import baseline_named, code

VARIANCE = 0.95  # share of the variance that the principal components keep
BANDWIDTHS = 2.0 ** np.arange(-5, 2)  # of the kernel density, times the features' mean deviation
CHUNK_MB = 64  # of distances at a time
FOLDS, SHUFFLE = 3, 1  # images may be sorted; the shuffle is the same for every seed
NEIGHBOURS = 2  # as Reiss et al. 2021 (PANDA, arXiv 2010.05903) have it for pretrained features

Scorer = Callable[[np.ndarray], np.ndarray]
Step = Callable[[np.ndarray], np.ndarray]


def isolation_forest(features: np.ndarray, seed: int) -> Scorer:
    """Liu, Ting, Zhou 2008: 100 trees of 256 images each."""
    forest = IsolationForest(random_state=seed).fit(features)
    return lambda x: -forest.score_samples(x)


def one_class_svm(features: np.ndarray, seed: int) -> Scorer:
    """Schölkopf et al. 2001, with a Gaussian kernel.

    nu = 0.1, not the default of one half: the training images are all normal.
    """
    machine = OneClassSVM(nu=0.1).fit(features)
    return lambda x: -machine.score_samples(x)


def kernel_density(features: np.ndarray, seed: int) -> Scorer:
    """Minus the logarithm of a Gaussian kernel density (Rosenblatt 1956, Parzen 1962).

    Of the bandwidths, the one with the highest likelihood of left-out normal training images.
    scikit-learn's own trees prune nothing in many dimensions and compute each distance by itself;
    by matrix products, and once for all bandwidths, the same takes a fraction of the time.
    """
    scale = float(features.std(axis=0).mean()) or 1.0
    bandwidths = scale * BANDWIDTHS
    folds = KFold(FOLDS, shuffle=True, random_state=SHUFFLE).split(features)
    likelihoods = [
        log_densities(features[left_out], features[fitted], bandwidths).sum(axis=0)
        for fitted, left_out in folds
    ]
    best = bandwidths[[np.argmax(np.mean(likelihoods, axis=0))]]
    return lambda x: -log_densities(x, features, best)[:, 0]


def log_densities(x: np.ndarray, features: np.ndarray, bandwidths: np.ndarray) -> np.ndarray:
    """Logarithms of the Gaussian kernel densities of features (N, D) at x (M, D).

    One for each of B bandwidths, float64 (M, B).
    """
    count, dimensions = features.shape
    norms = np.log(count) + dimensions * np.log(np.sqrt(2 * np.pi) * bandwidths)

    def reduced(squares: np.ndarray, start: int) -> np.ndarray:
        return np.stack([logsumexp(-squares / (2 * each**2), axis=1) for each in bandwidths], 1)

    chunks = pairwise_distances_chunked(
        *(each.astype(np.float64, copy=False) for each in (x, features)),
        reduce_func=reduced,
        metric="euclidean",
        squared=True,
        working_memory=CHUNK_MB,
    )
    return np.concatenate([*chunks]) - norms


def nearest_neighbours(features: np.ndarray, seed: int) -> Scorer:
    """Half the mean squared distance to the nearest training images.

    Of vectors of length one that is the mean cosine distance. A training image is its own nearest
    one, so it has a lower score than a normal test image.
    """
    nearest = NearestNeighbors(
        n_neighbors=min(NEIGHBOURS, len(features)), algorithm="brute", metric="sqeuclidean"
    ).fit(features)
    return lambda x: nearest.kneighbors(x)[0].mean(axis=1) / 2


def mahalanobis(features: np.ndarray, seed: int) -> Scorer:
    """Mahalanobis distance to the mean, the covariance shrunk as Ledoit and Wolf 2004 do it.

    In float64: of float32 the inverse leaves out directions of little variance, in which anomalies
    are found best.
    """
    estimate = LedoitWolf().fit(features.astype(np.float64))
    mean, precision = estimate.location_, estimate.precision_

    def distance(x: np.ndarray) -> np.ndarray:
        # scikit-learn's own takes ten times as long: it makes no use of matrix products.
        squares = np.einsum("ij,ij->i", (x - mean) @ precision, x - mean)
        return np.sqrt(squares.clip(min=0))

    return distance


def at_length_one(vectors: np.ndarray) -> Step:
    """Divides each vector by its length, whatever the others are."""
    return unit


def standardised(vectors: np.ndarray) -> Step:
    """Standardises vectors as these (N, D) are distributed."""
    mean, std = moments(vectors)
    return lambda x: (x - mean) / std


def components(features: np.ndarray) -> Step:
    """Projects onto the principal components of these features (N, D)."""
    return PCA(VARIANCE, svd_solver="full").fit(features).transform


# What is made of images or vectors before a baseline is fitted, each by the normal training ones.
STEPS: dict[str, Callable[[np.ndarray], Step]] = {
    "unit": at_length_one,
    "standardised": standardised,
    "components": components,
}
OF_IMAGES = ("components",)


def fit(name: str, images: np.ndarray, seed: int, *, vectors: bool = False) -> Scorer:
    """The baseline of that name, fitted; it scores images like those it was fitted to.

    images: float32 (N, pixels) in [0, 1], of the normal class; or, with `vectors`, vectors (N, D).
    """
    record = baseline_named(name)
    steps: list[Step] = []
    for each in record.vectors if vectors else OF_IMAGES:
        steps.append(STEPS[each](images))
        images = steps[-1](images)
    score = code(record.fit)(images, seed)

    def scored(x: np.ndarray) -> np.ndarray:
        for step in steps:
            x = step(x)
        return score(x).astype(np.float32)

    return scored
