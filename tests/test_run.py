"""A run's path says everything that identifies it, and can be read back."""

import random
import string
from dataclasses import fields, replace
from pathlib import Path, PurePosixPath
from typing import get_type_hints

import pytest

from oebench.artifacts import runs
from oebench.claims.statements import CHOSEN, Sided, Where
from oebench.config import study
from oebench.recipe import SCORED
from oebench.registry import LEAKS, METRICS
from oebench.run import AXES, KEYS, PARAMETERS, SETTINGS, Key, Run, parse

EXAMPLE = Run(
    dataset="digits",
    oe="letters",
    oe_size=16,
    oe_classes=None,
    blur=0.0,
    objective="hsc",
    norm="pseudo_huber",
    gamma=None,
    recipe="digits",
    augment=False,
    normal_class=3,
    seed=1,
)


def arbitrary_run(draw: random.Random) -> Run:
    """Any run that a configuration could ask for."""

    def name() -> str:
        rest = draw.choices(string.ascii_letters + string.digits + "_.-", k=draw.randrange(12))
        return draw.choice(string.ascii_letters + string.digits) + "".join(rest)

    oe = draw.random() < 0.8
    by_size = draw.random() < 0.5
    recipe = name()
    if draw.random() < 0.5:
        recipe += draw.choice(["~epochs=5", "~milestones=5+8~learning_rate=1e-05", "~mean=0.5"])
    return Run(
        dataset=name(),
        oe=f"oe_{name()}" if oe else None,
        oe_size=draw.randrange(1, 80_000_000) if oe and by_size else None,
        oe_classes=draw.randrange(1, 1000) if oe and not by_size else None,
        blur=draw.choice([0.0, 0.5, 1.0, 32.0, 1e-4]) if oe else 0.0,
        objective=name(),
        norm=draw.choice([None, "l1", "l2_squared"]),
        gamma=draw.choice([None, 0.0, 0.5, 2.0]),
        recipe=recipe,
        augment=draw.random() < 0.5,
        normal_class=draw.randrange(1000),
        seed=draw.randrange(1, 100),
    )


def test_the_path_spells_what_applies_and_nothing_else() -> None:
    assert EXAMPLE.path == (
        "dataset=digits/oe=letters~size=16/objective=hsc~norm=pseudo_huber"
        "/recipe=digits~augment=off/normal_class=3/seed=1"
    )
    other = Run(
        dataset="cifar10",
        oe="cifar100",
        oe_size=None,
        oe_classes=8,
        blur=0.5,
        objective="focal",
        norm=None,
        gamma=2.0,
        recipe="cifar10~epochs=5~milestones=2+3",
        augment=True,
        normal_class=0,
        seed=10,
    )
    assert other.path == (
        "dataset=cifar10/oe=cifar100~classes=8~blur=0.5/objective=focal~gamma=2"
        "/recipe=cifar10~epochs=5~milestones=2+3~augment=on/normal_class=0/seed=10"
    )


def test_a_run_without_outlier_exposure_says_so() -> None:
    baseline = replace(EXAMPLE, oe=None, oe_size=None, objective="dsvdd")
    assert baseline.path.startswith("dataset=digits/oe=none/objective=dsvdd~")


def test_the_condition_is_the_path_without_normal_class_and_seed() -> None:
    assert EXAMPLE.path == f"{EXAMPLE.condition}/normal_class=3/seed=1"
    assert replace(EXAMPLE, normal_class=7, seed=9).condition == EXAMPLE.condition


def test_every_run_is_read_back_from_its_path() -> None:
    draw = random.Random(0)
    for _ in range(2000):
        run = arbitrary_run(draw)
        assert parse(run.path) == run


def test_runs_that_differ_in_any_key_have_different_paths() -> None:
    others = {
        "dataset": "mnist",
        "oe": "emnist",
        "oe_size": 17,
        "oe_classes": 4,
        "blur": 0.25,
        "objective": "bce",
        "norm": "l1",
        "gamma": 0.0,
        "recipe": "digits~epochs=5",
        "augment": True,
        "normal_class": 4,
        "seed": 2,
    }
    assert set(others) == {field.name for field in fields(Run)}
    paths = [replace(EXAMPLE, **{key: value}).path for key, value in others.items()]
    assert len({EXAMPLE.path, *paths}) == 1 + len(others)


def test_every_part_of_a_path_is_one_folder_with_a_name_and_a_value() -> None:
    draw = random.Random(1)
    for _ in range(200):
        parts = arbitrary_run(draw).path.split("/")
        assert [part.partition("=")[0] for part in parts] == [
            *("dataset", "oe", "objective", "recipe", "normal_class", "seed")
        ]


def test_folders_before_a_run_do_not_matter() -> None:
    assert parse(f"/tmp/results/runs/{EXAMPLE.path}") == EXAMPLE
    assert parse(PurePosixPath("results/runs", EXAMPLE.path)) == EXAMPLE
    assert parse(Path(EXAMPLE.path).as_posix()) == EXAMPLE


def test_an_oe_data_set_called_none_is_not_taken_for_no_oe() -> None:
    named_none = replace(EXAMPLE, oe="none")
    assert parse(named_none.path) == named_none


@pytest.mark.parametrize(
    "path",
    [
        "",
        "results/runs.csv",
        EXAMPLE.condition,
        f"{EXAMPLE.condition}/seed=1/normal_class=3",
        f"my{EXAMPLE.path}",
        EXAMPLE.path.replace("normal_class=3", "normal_class=three"),
        EXAMPLE.path.replace("seed=1", "seed=1b"),
        EXAMPLE.path.replace("size=16", "size=many"),
        EXAMPLE.path.replace("size=16", "size"),
        EXAMPLE.path.replace("size=16", "sise=16"),
        EXAMPLE.path.replace("recipe=digits~augment=off", "recipe=digits"),
        EXAMPLE.path.replace("augment=off", "augment=maybe"),
    ],
)
def test_a_path_that_names_no_run_is_refused_with_what_a_run_s_path_is(path: str) -> None:
    with pytest.raises(ValueError, match="does not name a run; a run's path has the folders "):
        parse(path)


# The table of keys


def test_the_keys_are_the_fields_of_a_run_and_their_kinds_its_types() -> None:
    types = get_type_hints(Run)
    assert set(KEYS) == {field.name for field in fields(Run)}
    for name, key in KEYS.items():
        assert types[name] in (key.kind, key.kind | None)


def test_the_columns_of_the_table_of_runs_are_the_keys_and_what_becomes_of_a_run() -> None:
    columns = runs.columns()
    assert [name for name in columns if name in KEYS] == [*KEYS]
    assert [name for name in columns if name not in KEYS] == [
        *(
            "normal_name",
            "status",
            *METRICS,
            "anomaly_share",
            "n_test",
            *LEAKS,
            "train_seconds",
            "device",
            "arithmetic",
            "versions",
            "code",
            "path",
            "group",
        )
    ]
    kinds = {str: "object", int: "Int64", float: "float64", bool: "bool"}
    assert {name: columns[name] for name in KEYS} == {
        name: kinds[key.kind] for name, key in KEYS.items()
    }


def test_a_new_key_has_a_column_behind_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    before = [*runs.columns()]
    first = before.index("status")
    monkeypatch.setitem(KEYS, "tilt", Key(float, "oe", spelled="tilt"))
    after = runs.columns()
    assert [*after] == [*before[:first], "tilt", *before[first:]]
    assert after["tilt"] == "float64"


def test_a_study_sets_sweeps_and_draws_the_keys_of_a_run() -> None:
    # Normal classes, seeds and objectives are lists of a study; all else is set once or swept.
    lists = {"normal_class": "normal_classes", "seed": "seeds", "objective": "objectives"}
    assert [*SETTINGS] == [name for name in KEYS if name not in lists]
    assert {lists.get(name, name) for name in KEYS} <= set(study.Study.model_fields)
    assert [*study.SWEEPABLE] == [*SETTINGS, *SCORED]
    assert [*study.LOOKED_AT] == [*KEYS]
    assert set(study.TABLE_ROWS) == {"normal_class", *SETTINGS}


def test_claims_name_the_settings_and_have_ranges_of_the_axes() -> None:
    # A claim is judged on one data set at a time, so it names no other.
    assert [*CHOSEN] == [*Where.model_fields] == [name for name in SETTINGS if name != "dataset"]
    assert [*Sided.model_fields] == ["objective", *CHOSEN]
    for name in CHOSEN:
        value = {str: "a", bool: True}.get(KEYS[name].kind, 1)
        assert Where(**{name: value}).asked == {name: value}
        ranged = Where.model_json_schema()["properties"][name]
        assert ("Range" in str(ranged)) == (name in AXES)


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_of_an_objective_stands_behind_its_name(name: str) -> None:
    value = KEYS[name].kind(2)
    run = replace(EXAMPLE, **{**dict.fromkeys(PARAMETERS), name: value})
    assert run.parameters == {name: value}
    assert f"/objective=hsc~{KEYS[name].spelled}=2/" in run.path
    assert parse(run.path) == run
