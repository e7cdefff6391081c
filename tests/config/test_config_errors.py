"""A configuration that cannot work is refused with sentences for the person who wrote it."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from config_cases import DATASET, SMALLEST, accepted, changed, refusal

from oebench.config.load import load
from oebench.config.schema import Jobs
from oebench.config.study import Draw, Study
from oebench.data.dataset import Dataset
from oebench.data.sources.arrays import Arrays
from oebench.data.sources.embedded import Letters
from oebench.recipe import Recipe
from oebench.strict_yaml import read_yaml
from oebench.validation import ConfigError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "own.yaml"


# Unknown keys


@pytest.mark.parametrize(
    ("place", "wrong", "meant", "allowed"),
    [
        (
            "top level",
            "devise",
            "device",
            ["title", "device", "jobs", "folders", "replace", "published", "claims", "datasets"],
        ),
        ("jobs", "seedz", "seeds", [*Jobs.model_fields]),
        ("studies.s", "objectivs", "objectives", [*Study.model_fields]),
        ("studies.s.draw", "tabel", "table", [*Draw.model_fields]),
        ("recipes.mine", "epoch", "epochs", [*Recipe.model_fields]),
        ("datasets.mine", "imag", "image", [*Dataset.model_fields]),
    ],
)
def test_an_unknown_key_is_refused_with_its_place_and_the_allowed_ones(
    file: Path, place: str, wrong: str, meant: str, allowed: list[str]
) -> None:
    key = wrong if place == "top level" else f"{place}.{wrong}"
    message = refusal(file, changed(key, 1))
    assert message.startswith(f"{file}: {place}: '{wrong}' is not a known key; ")
    assert f"did you mean '{meant}'?" in message
    assert ", ".join(allowed) in message


def test_an_unknown_key_of_a_source_is_refused_with_the_allowed_ones(file: Path) -> None:
    source = {"kind": "letters", "perclass": 5}
    message = refusal(file, changed("datasets.mine", {**DATASET, "source": source}))
    assert message.startswith(f"{file}: datasets.mine.source")
    assert "'perclass' is not a known key; did you mean 'per_class'?" in message
    assert ", ".join(Letters.model_fields) in message
    source = {"kind": "arrays", "pth": "own.npz"}
    message = refusal(file, changed("datasets.mine", {**DATASET, "source": source}))
    assert "'pth' is not a known key; did you mean 'path'?" in message
    assert ", ".join(Arrays.model_fields) in message


def test_an_unknown_key_of_a_recipe_in_a_study_is_refused_with_the_allowed_ones(file: Path) -> None:
    message = refusal(file, changed("studies.s.recipe", {"name": "digits", "epoch": 5}))
    assert message.startswith(f"{file}: studies.s.recipe")
    assert "'epoch' is not a known key; did you mean 'epochs'?" in message
    assert ", ".join(Recipe.model_fields) in message


def test_an_unknown_key_to_sweep_is_refused_with_the_allowed_ones(file: Path) -> None:
    message = refusal(file, changed("studies.s.sweep", {"oe_sise": [1, 2]}))
    assert message.startswith(f"{file}: studies.s: 'oe_sise' is not a known key to sweep")
    assert "did you mean 'oe_size'?" in message
    # A study's own keys and those of its recipe can be swept, its seeds and title cannot.
    for key in ("oe_size", "oe_classes", "blur", "norm", "gamma", "augment", "epochs", "batch"):
        assert key in message.split("There are: ")[1].split(", ")
    assert "seeds" not in message


def test_a_key_without_a_near_name_is_refused_without_a_guess(file: Path) -> None:
    message = refusal(file, changed("jobs.qqq", 1))
    assert (
        "'qqq' is not a known key; there are: classes, seeds, per_gpu, mem_mb, runtime" in message
    )


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (
            changed("datasets.mine", {**DATASET, "source": {"kind": "arrays", "pth": "x"}}),
            "datasets.mine.source",
        ),
        (
            changed("studies.s.recipe", {"name": "digits", "epoch": 5}),
            "studies.s.recipe",
        ),
        (changed("studies.s.seeds", "three"), "studies.s.seeds"),
        (changed("studies.s.oe_size", "many"), "studies.s.oe_size"),
    ],
    ids=["source", "recipe", "seeds", "oe_size"],
)
def test_the_place_in_an_error_names_keys_of_the_file_and_nothing_else(
    file: Path, content: dict[str, Any], place: str
) -> None:
    lines = refusal(file, content).splitlines()
    assert [line.split(": ")[1] for line in lines] == [place]


# Names


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        (
            "studies.s.objectives",
            ["hcs"],
            "studies.s.objectives: 'hcs' is not a known objective; did you mean 'hsc'? "
            "There are: hsc, deepsad, bce, focal, dsvdd",
        ),
        (
            "studies.s.norm",
            "l3",
            "studies.s.norm: 'l3' is not a known norm; there are: pseudo_huber, l1, l2, l2_squared",
        ),
        (
            "studies.s.recipe",
            "digts",
            "studies.s.recipe: 'digts' is not a known recipe; did you mean 'digits'? There are: ",
        ),
        (
            "studies.s.dataset",
            "digts",
            "studies.s.dataset: 'digts' is not a known data set; did you mean 'digits'? There are",
        ),
        (
            "studies.s.oe",
            "leters",
            "studies.s.oe: 'leters' is not a known data set; did you mean 'letters'? There are: ",
        ),
        (
            "recipes.mine.network",
            "vgg",
            "recipes.mine.network: 'vgg' is not a network; there are lenet, digits_lenet, "
            "mnist_lenet, cifar_lenet",
        ),
        (
            "studies.s.draw",
            {"table": "oe_sise"},
            "studies.s: 'oe_sise' is not a known key for the rows of a table; "
            "did you mean 'oe_size'? There are: normal_class, ",
        ),
        (
            "studies.s.normal_classes",
            ["ten"],
            "studies.s.normal_classes: 'ten' is neither a class name of 0, 1, 2, 3, 4, 5, 6, 7, 8, "
            "9 nor a number from 0 to 9",
        ),
    ],
)
def test_an_unknown_name_is_refused_with_those_there_are(
    file: Path, place: str, value: Any, sentence: str
) -> None:
    assert refusal(file, changed(place, value)).startswith(f"{file}: {sentence}")


def test_an_unknown_kind_of_source_is_refused_with_the_kinds_there_are(file: Path) -> None:
    content = changed("datasets.mine", {**DATASET, "source": {"kind": "arays", "path": "own.npz"}})
    message = refusal(file, content)
    assert message.startswith(f"{file}: datasets.mine.source: ")
    for kind in ("arays", "digits", "letters", "arrays"):
        assert f"'{kind}'" in message


@pytest.mark.parametrize("name", ["a b", "a/b", "../a", "a,b", "a=b", ".hidden", "-a", ""])
def test_a_name_that_would_not_be_one_folder_of_a_path_is_refused(file: Path, name: str) -> None:
    study = SMALLEST["studies"]["s"]
    assert refusal(file, {"studies": {name: study}}).startswith(f"{file}: studies.{name}: ")
    assert "recipes." in refusal(file, {**SMALLEST, "recipes": {name: {}}})
    assert "datasets." in refusal(file, {**SMALLEST, "datasets": {name: DATASET}})


# The file


def test_a_key_that_stands_twice_is_refused_with_its_line(file: Path) -> None:
    assert refusal(file, "title: a\njobs: {}\ntitle: b\n") == (
        f"{file}, line 3: the key 'title' stands twice in one mapping"
    )
    text = "studies:\n  one:\n    title: a\n  one:\n    title: b\n"
    assert refusal(file, text) == f"{file}, line 4: the key 'one' stands twice in one mapping"


def test_the_same_key_in_two_mappings_is_no_duplicate(file: Path) -> None:
    study = SMALLEST["studies"]["s"]
    assert len(accepted(file, {"studies": {"s": study, "t": {**study, "seeds": 2}}}).runs) == 20


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: there is no such file"):
        load(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("studies: [", "cannot be read as YAML"),
        ("", "holds NoneType, expected a mapping of keys"),
        ("- studies", "holds list, expected a mapping of keys"),
        ("studies", "holds str, expected a mapping of keys"),
    ],
)
def test_a_file_that_is_not_a_mapping_of_keys_is_refused(
    file: Path, text: str, sentence: str
) -> None:
    assert refusal(file, text).startswith(f"{file} {sentence}")


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00", b"? [a, b]\n: 1\n"],
    ids=["not text", "a list as a key"],
)
def test_a_file_that_no_configuration_can_be_is_refused_with_a_sentence(
    file: Path, content: bytes
) -> None:
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"own\.yaml"):
        load(file)


# All at once


def test_all_errors_in_the_values_of_a_file_are_reported_at_once(file: Path) -> None:
    content = changed("studies.s.objectives", ["hcs"])
    content |= {"device": "gpu", "jobs": {"seedz": 1}, "recipes": {"mine": {"epochs": 10}}}
    content["studies"]["t"] = {**SMALLEST["studies"]["s"], "sweep": {"oe_sise": [1]}}
    lines = refusal(file, content).splitlines()
    assert all(line.startswith(f"{file}: ") for line in lines)
    places = [line.removeprefix(f"{file}: ").split(": ")[0] for line in lines]
    assert sorted(places) == ["device", "jobs", "recipes.mine", "studies.s.objectives", "studies.t"]


def test_impossible_combinations_of_all_studies_are_reported_at_once(file: Path) -> None:
    study = SMALLEST["studies"]["s"]
    studies = {"a": {**study, "oe_size": 9999}, "b": {**study, "oe": "digits"}, "c": study}
    lines = refusal(file, {"studies": studies}).splitlines()
    assert [line.split(": ")[1] for line in lines] == ["studies.a.oe_size", "studies.b.oe"]


def test_all_errors_in_one_mapping_are_reported_at_once(file: Path) -> None:
    content = changed("jobs", {"seedz": 1, "clases": 2, "mem_mb": -1})
    message = refusal(file, content)
    assert "'seedz'" in message
    assert "'clases'" in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seeds: 010", "line 1: YAML reads 010 as 8; write the number that is meant"),
        ("seeds: 1:30", "line 1: YAML reads 1:30 as 90; write the number that is meant"),
        ("studies:\n  no: {title: t}", "line 2: YAML reads the key no as False; put it in quotes"),
    ],
)
def test_what_yaml_reads_as_something_else_is_refused(tmp_path: Path, text: str, said: str) -> None:
    assert said in refusal(tmp_path / "own.yaml", text)


def test_numbers_as_they_are_written_are_read(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("{a: 0, b: -3, c: 1_000, d: 0.5, e: '010', f: +7}")
    found = read_yaml(tmp_path / "own.yaml")
    assert found == {"a": 0, "b": -3, "c": 1000, "d": 0.5, "e": "010", "f": 7}


def test_a_title_is_one_line(tmp_path: Path) -> None:
    content = changed("studies.s.title", "Digits\nagainst  letters\n") | {"title": "a\nb"}
    plan = accepted(tmp_path / "own.yaml", content)
    assert plan.config.studies["s"].title == "Digits against letters"
    assert plan.config.title == "a b"


# Of every key, every kind of wrong value


FULL: dict[str, Any] = {
    "title": "t",
    "device": "cpu",
    "jobs": {"classes": 1, "seeds": 5, "mem_mb": 4000, "runtime": 60},
    "folders": {},
    "replace": {},
    "published": "all",
    "claims": {
        "paper": False,
        "data": {"digits": "letters"},
        "own": {
            "D1": {
                **{"claim": "c", "status": "verified", "source": "s", "tolerance": "t"},
                **{"data": {"digits": "letters"}, "asked_of": "any", "note": "n"},
                "check": {
                    "better": {"objective": "hsc", "norm": "l1"},
                    "than": ["bce"],
                    "by": 1,
                    "where": {"oe_size": {"above": 1, "from_some": True}, "blur": 1},
                },
                "stricter": {"rises": "hsc", "over": "oe_size"},
            }
        },
    },
    "datasets": {"mine": DATASET},
    "recipes": {"mine": {"epochs": 2, "milestones": [1], "mean": [0.5], "learning_rate": 0.1}},
    "studies": SMALLEST["studies"],
}
WRONG: list[Any] = [
    *(None, "", "word", -1, 0, 1.5, 10**30, float("inf"), float("nan"), True),
    *([], [1, "a"], [[]], {}, {"a": {}}, "x" * 500),
]
NOT_OURS = ("Input should", "Field required", "Value error", "valid ", "characters", "items after")


def places(content: Any, inside: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every key of a configuration, with those that it lies in."""
    if not isinstance(content, dict):
        return []
    return [
        place
        for key, value in content.items()
        for place in [(*inside, key), *places(value, (*inside, key))]
    ]


def said_of(file: Path) -> str:
    """Why a configuration is refused; "" if it is not."""
    try:
        load(file)
    except ConfigError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("place", places(FULL), ids=".".join)
def test_no_sentence_has_another_library_s_words_or_the_whole_of_a_long_value(
    file: Path, place: tuple[str, ...]
) -> None:
    for value in WRONG:
        content = copy.deepcopy(FULL)
        inner = content
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = value
        file.write_text(yaml.safe_dump(content), encoding="utf-8")
        told = said_of(file)
        assert not told or told.startswith(f"{file}: ")
        assert not [words for words in NOT_OURS if words in told], told
        assert len(told) < 3000
