"""What the registry names is there: its code can be loaded and takes what the records say."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from oebench.registry import (
    METHODS,
    METRICS,
    NETWORKS,
    NORMS,
    baseline_named,
    code,
    is_trained,
    objective_named,
    variants,
)
from oebench.run import PARAMETERS

OBJECTIVES = [name for name in METHODS if is_trained(name)]
BASELINES = [name for name in METHODS if not is_trained(name)]
NAMED = sorted(
    {
        *(name for each in map(objective_named, OBJECTIVES) for name in (each.loss, each.score)),
        *(baseline_named(each).fit for each in BASELINES),
        *NORMS.values(),
        *(each.code for name in NETWORKS for each in variants(name)),
        *(each.code for each in METRICS.values()),
    }
)


def keywords(function: Callable[..., Any]) -> set[str]:
    """The arguments that are given by name only."""
    given = inspect.signature(function).parameters.values()
    return {each.name for each in given if each.kind is each.KEYWORD_ONLY}


@pytest.mark.parametrize("name", NAMED)
def test_every_code_that_is_named_can_be_loaded(name: str) -> None:
    found = code(name)
    assert callable(found)
    assert f"{found.__module__}:{found.__name__}" == name  # where it stands, not an import of it


def test_every_method_is_an_objective_or_a_baseline() -> None:
    assert OBJECTIVES == ["hsc", "deepsad", "bce", "focal", "dsvdd"]
    assert BASELINES == ["isolation_forest", "one_class_svm", "kde", "knn", "mahalanobis"]
    assert [*METHODS] == [*OBJECTIVES, *BASELINES]


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_code_of_an_objective_takes_its_parameters(name: str) -> None:
    objective = objective_named(name)
    assert keywords(code(objective.loss)) == set(objective.parameters)
    assert keywords(code(objective.score)) == set(objective.scored_by)
    assert set(objective.scored_by) <= set(objective.parameters) <= set(PARAMETERS)


def test_an_objective_is_no_baseline_and_a_baseline_no_objective() -> None:
    with pytest.raises(ValueError, match="kde is a baseline; expected an objective"):
        objective_named("kde")
    with pytest.raises(ValueError, match="hsc is an objective; expected a baseline"):
        baseline_named("hsc")


@pytest.mark.parametrize("name", ["oebench.models.losses:focul", "oebench.models.lozzes:focal"])
def test_code_that_is_not_there_is_an_error_that_names_it(name: str) -> None:
    with pytest.raises((AttributeError, ImportError), match=r"focul|lozzes"):
        code(name)
