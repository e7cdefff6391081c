"""Collapse: a one-class network whose scores are all the same is found out."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from cache_cases import write_cache

from oebench.artifacts.cache import Cache
from oebench.data.sources.embedded import Digits
from oebench.evaluation.collect import status_of
from oebench.evaluation.metrics import spread
from oebench.recipe import Recipe
from oebench.registry import METHODS, objective_named
from oebench.run import Run
from oebench.training import job
from oebench.training.checkpoint import Keeper

DSVDD = Run("digits", None, None, None, 0.0, "dsvdd", "pseudo_huber", None, "r", False, 3, 1)


@pytest.fixture(scope="module")
def threes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """48 handwritten threes to train on, 100 digits of all classes to test on."""
    digits = Digits(kind="digits").load()
    train, test = digits["train"], digits["test"]
    rows = np.flatnonzero(train.labels == 3)[:48]
    splits = {
        "train": (train.images[rows], train.labels[rows]),
        "test": (test.images[:100], test.labels[:100]),
    }
    path = tmp_path_factory.mktemp("threes") / "digits.h5"
    write_cache(path, splits, list("0123456789"))
    return path


@pytest.mark.trains
@pytest.mark.parametrize(("biases", "status"), [(True, "collapsed"), (False, "ok")])
def test_deep_svdd_collapses_with_biases_and_not_without(
    biases: bool, status: str, threes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With biases the network can map every image to the centre: all scores are the same.

    The recipe is made to show it: strong weight decay and a high learning rate push all weights to
    0 while biases stay free. With the plain recipe of the digits nothing collapses in 150 steps,
    biases or not. Spreads found: 0 (all 100 scores equal) with biases, above 0.6 without, for
    classes 3 and 8 and seeds 1 and 2; below 0.01 counts as collapsed.
    """
    dsvdd = replace(objective_named("dsvdd"), biases=biases)
    monkeypatch.setitem(METHODS, "dsvdd", dsvdd)
    shrinking = Recipe(
        network="digits_lenet",
        epochs=100,
        batch=16,
        learning_rate=2e-2,
        milestones=(50, 75),
        weight_decay=5e-2,
    )
    for seed in (1, 2):
        run = replace(DSVDD, seed=seed)
        cpu = torch.device("cpu")
        arrays, found, *_ = job.train_run(run, shrinking, [Cache(threes)], cpu, Keeper())
        assert status_of(found, arrays["score"]) == status
        if biases:
            assert spread(arrays["score"]) < dsvdd.collapsed_below / 1000
        else:
            assert spread(arrays["score"]) > 30 * dsvdd.collapsed_below
            assert len(np.unique(arrays["score"])) > 50
