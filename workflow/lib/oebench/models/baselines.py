"""Baselines without deep learning, fitted to PCA features of the normal images.

They see no outlier exposure. Settings are scikit-learn's defaults or chosen by the normal training
images alone, never by the test AUROC; the differences from them have their reason beside them.
"""

from collections.abc import Callable

import numpy as np
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.neighbors import KernelDensity
from sklearn.svm import OneClassSVM

from oebench.registry import baseline_named, code

VARIANCE = 0.95  # share of the variance that the principal components keep
BANDWIDTHS = 2.0 ** np.arange(-5, 2)  # of the kernel density, times the features' mean deviation
FOLDS, SHUFFLE = 3, 1  # images may be sorted; the shuffle is the same for every seed

Scorer = Callable[[np.ndarray], np.ndarray]


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
    """Minus the logarithm of a Gaussian kernel density.

    Of the bandwidths, the one with the highest likelihood of left-out normal training images. All
    images lie in one leaf of the tree: with more leaves, sums and differences of bounds cancel in
    many dimensions, and log densities are wrong by thousands.
    """
    scale = float(features.std(axis=0).mean()) or 1.0
    folds = KFold(FOLDS, shuffle=True, random_state=SHUFFLE)
    density = KernelDensity(leaf_size=len(features))
    search = GridSearchCV(density, {"bandwidth": scale * BANDWIDTHS}, cv=folds)
    best = search.fit(features).best_estimator_
    return lambda x: -best.score_samples(x)


def fit(name: str, images: np.ndarray, seed: int) -> Scorer:
    """The baseline of that name, fitted; it scores images like those it was fitted to.

    images: float32 (N, pixels) in [0, 1], of the normal class.
    """
    components = PCA(VARIANCE, svd_solver="full").fit(images)
    score = code(baseline_named(name).fit)(components.transform(images), seed)
    return lambda x: score(components.transform(x)).astype(np.float32)
