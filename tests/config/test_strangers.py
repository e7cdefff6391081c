"""A configuration from a stranger: every number, name and size is bounded, with a sentence."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from config_cases import DATASET, SMALLEST, accepted, changed, refusal

from oebench.strict_yaml import DEEPEST, LARGEST, read_yaml
from oebench.validation import ConfigError, told, unknown
from oebench.wording import listed


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "own.yaml"


def dataset(**changes: Any) -> dict[str, Any]:
    return changed("datasets.mine", {**DATASET, **changes})


def source(**keys: Any) -> dict[str, Any]:
    return dataset(source=keys)


def study(**changes: Any) -> dict[str, Any]:
    return {"studies": {"s": {**SMALLEST["studies"]["s"], **changes}}}


def swept(**values: list[Any]) -> dict[str, Any]:
    """The smallest study with these keys swept instead of set."""
    base = {k: v for k, v in SMALLEST["studies"]["s"].items() if k not in values}
    return {"studies": {"s": {**base, "sweep": values}}}


# Numbers


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        ("recipes.mine.learning_rate", float("inf"), "a number that is not infinite"),
        ("recipes.mine.learning_rate", float("nan"), "a number that is not infinite"),
        ("recipes.mine.weight_decay", float("inf"), "a number that is not infinite"),
        ("recipes.mine.mean", [float("nan")], "a number that is not infinite"),
        ("recipes.mine.std", [float("inf")], "a number that is not infinite"),
        ("recipes.mine.std", [1e-300], "std must be positive"),
        ("recipes.mine.learning_rate", True, "a number, found True"),
        ("recipes.mine.padding", 10**9, "at most 256"),
        ("recipes.mine.threads", 10**9, "at most 1,024"),
        ("recipes.mine.epochs", 10**30, "at most 1,000,000,000"),
        ("studies.s.blur", 1e9, "at most 1,000"),
        ("studies.s.gamma", 1e300, "at most 100"),
        ("studies.s.seeds", [2**32], "at most 4,294,967,295"),
        ("studies.s.seeds", [2**63], "at most 4,294,967,295"),
        ("studies.s.normal_classes", [True, False], "a whole number"),
        ("jobs.mem_mb", 10**30, "at most 1,000,000,000"),
        ("jobs.seeds", 10**6, "at most 500 runs fit"),
        ("jobs.per_gpu", 33, "at most 32"),
    ],
)
def test_a_number_that_no_run_can_have_is_refused(
    file: Path, place: str, value: Any, expected: str
) -> None:
    assert expected in refusal(file, changed(place, value))


@pytest.mark.parametrize(
    ("key", "value"),
    [("blur", 1e9), ("gamma", 1e300), ("learning_rate", float("inf")), ("threads", 10**9)],
)
def test_a_swept_number_has_the_bounds_of_a_set_one(file: Path, key: str, value: Any) -> None:
    message = refusal(file, study(objectives=["focal"], sweep={key: [1, value]}))
    assert message.startswith(f"{file}: studies.s.sweep: {key}: expected ")


@pytest.mark.parametrize(
    ("sweep", "expected"),
    [
        ({"norm": [["l1"]]}, "norm: expected a text; put it in quotes, found ['l1']"),
        ({"norm": [{"l1": 1}]}, "norm: expected a text; put it in quotes, found {'l1': 1}"),
        ({"epochs": ["ten"]}, "epochs: expected a whole number, found 'ten'"),
        ({"blur": [[1]]}, "blur: expected a number, found [1]"),
    ],
)
def test_a_swept_value_of_another_kind_is_refused(
    file: Path, sweep: dict[str, Any], expected: str
) -> None:
    assert refusal(file, study(sweep=sweep)) == f"{file}: studies.s.sweep: {expected}"


def test_an_image_of_absurd_size_is_refused(file: Path) -> None:
    assert "expected at most 4,096" in refusal(file, dataset(image=[1, 10**6, 10**6]))


def test_more_steps_than_anybody_trains_are_refused(file: Path) -> None:
    message = refusal(file, study(recipe={"name": "digits", "epochs": 10**9}))
    assert message == (
        f"{file}: studies.s.recipe: 1,000,000,000 epochs of digits are 7,000,000,000 steps; "
        "100,000,000 are the most"
    )


# Names


@pytest.mark.parametrize(
    "address",
    [
        *("file:///etc/passwd", "ftp://example.org/a", "javascript:alert(1)", "-o"),
        *("http://a b", "http://a\nb", "http://a\x1b", "https://"),
    ],
)
def test_an_address_is_one_that_can_be_fetched(file: Path, address: str) -> None:
    download = {"file": "a.gz", "urls": [address], "md5": "0" * 32}
    message = refusal(file, source(kind="idx", downloads=[download]))
    assert "an address begins with http:// or https:// and has no spaces" in message


NOT_INSIDE = ["../a", "a/../../b", "/etc/passwd", "..", "", "a\\..\\b", "a\0b", "a\nb", "x" * 300]


@pytest.mark.parametrize("name", NOT_INSIDE)
@pytest.mark.parametrize(
    "keys",
    [
        {"kind": "idx", "train": ["NAME", "y"]},
        {"kind": "idx", "test": ["x", "NAME"]},
        {"kind": "idx", "archive": "NAME"},
        {"kind": "cifar", "archive": "NAME", "train": ["a"], "labels": "labels"},
        {"kind": "cifar", "archive": "a", "train": ["NAME"], "labels": "labels"},
        {"kind": "cifar", "archive": "a", "train": ["a"], "test": ["NAME"], "labels": "labels"},
        {"kind": "arrays", "path": "own.npz", "train": ["NAME", "y"]},
        {"kind": "folder", "train": "photos", "leave_out": ["NAME"]},
    ],
    ids=lambda keys: f"{keys['kind']}-{next(key for key in keys if 'NAME' in str(keys[key]))}",
)
def test_the_name_of_a_file_does_not_lead_out_of_its_folder(
    file: Path, keys: dict[str, Any], name: str
) -> None:
    named = json.loads(json.dumps(keys).replace('"NAME"', json.dumps(name)))
    message = refusal(file, source(**named))
    assert message.startswith(f"{file}: datasets.mine.source.")
    assert "expected " in message


@pytest.mark.parametrize("path", ["~nobody-at-all/a", "a\0b", "a\x1b", "x" * 300, "x/" * 2000])
def test_a_path_is_one_that_a_file_can_have(file: Path, path: str) -> None:
    for content in (
        source(kind="arrays", path=path),
        changed("folders.mnist", path),
    ):
        assert refusal(file, content).startswith(f"{file}: ")


@pytest.mark.parametrize("title", ["\x1b[31mred", "a\0b", "\u202egnp", "x" * 300])
def test_a_title_is_a_line_that_can_be_printed(file: Path, title: str) -> None:
    for content in (changed("title", title), changed("studies.s.title", title)):
        message = refusal(file, content)
        assert "title: expected a text of " in message
        assert message.isprintable()


@pytest.mark.parametrize("name", ["", "\x1b", "a\nb", "x" * 300])
def test_a_class_has_a_name_that_can_be_printed(file: Path, name: str) -> None:
    message = refusal(file, dataset(classes=["cat", name]))
    assert message.startswith(f"{file}: datasets.mine.classes.1: expected a text ")


def test_a_name_too_long_for_a_file_is_refused(file: Path) -> None:
    expected = "expected a text of at most 60 letters"
    for content in (
        {"studies": {"s" * 61: SMALLEST["studies"]["s"]}},
        changed(f"datasets.{'d' * 61}", DATASET),
        changed(f"recipes.{'r' * 61}", {}),
        changed("studies.s.dataset", "d" * 61),
    ):
        assert expected in refusal(file, content)


def test_a_folder_of_a_run_is_no_longer_than_a_file_system_takes(file: Path) -> None:
    recipe = {"name": "digits", "epochs": 10**5, "milestones": [*range(10_000, 10_060)]}
    recipe["batch"] = 16
    message = refusal(file, study(recipe=recipe))
    assert "studies.s.recipe: its changes make the name of a folder too long" in message
    assert "Declare a recipe with these values under `recipes`" in message
    assert len(message) < 500
    del recipe["name"]
    content = study(recipe="mine") | {"recipes": {"mine": {"network": "digits_lenet", **recipe}}}
    assert accepted(file, content).runs


def test_an_entry_too_long_for_a_command_is_refused(file: Path) -> None:
    content = dataset(classes=[f"class number {n:06}" for n in range(6000)])
    assert "the entry is too long for a command" in refusal(file, content)


# Sizes


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (study(seeds=10**6), "10,000,000"),
        (
            swept(
                oe_size=[*range(1, 21)],
                blur=[*range(10)],
                batch=[*range(2, 12)],
                epochs=[*range(20, 1020)],
            ),
            "20,000,000",
        ),
    ],
    ids=["seeds", "grid"],
)
def test_too_many_runs_are_counted_and_refused_at_once(
    file: Path, content: dict[str, Any], count: str
) -> None:
    began = time.process_time()
    message = refusal(file, content)
    assert time.process_time() - began < 1
    assert message.startswith(f"{file}: studies: {count} runs are asked for, {count} of them by s")
    assert "max_runs is 1,000,000; take out values or seeds, or raise max_runs" in message


def test_max_runs_is_for_all_studies_together(file: Path) -> None:
    both = {"a": SMALLEST["studies"]["s"], "b": {**SMALLEST["studies"]["s"], "blur": 1}}
    assert len(accepted(file, {"studies": both, "max_runs": 20}).runs) == 20
    message = refusal(file, {"studies": both, "max_runs": 19})
    assert "20 runs are asked for, 10 of them by a, and max_runs is 19" in message


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: " + "[" * 600, f"line 1: more than {DEEPEST} lists and mappings lie in one another"),
        ("{a: " * 600, f"line 1: more than {DEEPEST} lists and mappings lie in one another"),
        ("a: " + "x" * LARGEST, "the file is too large; it may have 1,000,000 characters"),
        ("a: [" + "x," * 90_000 + "]", "line 1: the file is too large; with its aliases"),
        (
            "a0: &a0 [x]\n"
            + "".join(f"a{n + 1}: &a{n + 1} [{f'*a{n}, ' * 9}]\n" for n in range(10)),
            "line 6: the file is too large; with its aliases",
        ),
        (
            "a0: &a0 {x: y}\n"
            + "".join(
                f"a{n + 1}: &a{n + 1} {{{', '.join(f'k{m}: *a{n}' for m in range(9))}}}\n"
                for n in range(10)
            ),
            "the file is too large; with its aliases",
        ),
        ("a: &a [*a]", "line 1: *a stands for nothing that is whole before it"),
    ],
    ids=["lists", "mappings", "text", "values", "aliases", "aliases of mappings", "itself"],
)
def test_what_would_grow_beyond_all_bounds_is_refused_before_it_is_built(
    file: Path, text: str, sentence: str
) -> None:
    began = time.process_time()
    message = refusal(file, text)
    assert time.process_time() - began < 1
    assert message.startswith(f"{file}, ")
    assert sentence in message
    assert len(message) < 300


def test_an_alias_is_what_it_stands_for(file: Path) -> None:
    file.write_text("{a: &a [1, 2], b: *a}", encoding="utf-8")
    assert read_yaml(file) == {"a": [1, 2], "b": [1, 2]}


# YAML's own readings


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: 1\nb: !!timestamp x", "line 2: the tag !!timestamp is not supported"),
        ("a: !!bool maybe", "line 1: the tag !!bool is not supported"),
        ("a: !!int a", "line 1: the tag !!int is not supported; write the value alone"),
        ("a: !!python/name:os.system x", "the tag !!python/name:os.system is not supported"),
        ("a: 1:30.5", "line 1: YAML reads 1:30.5 as 90.5; write the number that is meant"),
        ("a: 0x10", "line 1: YAML reads 0x10 as 16; write the number that is meant"),
        ("a: 0b1", "line 1: YAML reads 0b1 as 1; write the number that is meant"),
        ("a: 0b_", "line 1: 0b_ is not a number"),
        ("a: " + "9" * 5000, f"line 1: {'9' * 160} ... is not a number"),
        ("a:\n- [no, yes]", "line 2: YAML reads no as False; put it in quotes, or write false"),
        ("dataset: On", "line 1: YAML reads On as True; put it in quotes, or write true"),
        ("a: [", "cannot be read as YAML: line 2, column 1: "),
    ],
)
def test_what_yaml_reads_otherwise_is_refused_with_its_line(
    file: Path, text: str, sentence: str
) -> None:
    assert sentence in refusal(file, text)


def test_what_is_no_number_and_no_truth_is_a_text(file: Path) -> None:
    file.write_text(
        "[2024-01-01, 2024-13-45, 0o17, '010', =, 1e3, TRUE, 'no']".join(["a: ", ""]),
        encoding="utf-8",
    )
    assert read_yaml(file)["a"] == [
        *("2024-01-01", "2024-13-45", "0o17", "010", "=", "1e3", True, "no"),
    ]


CLAIM = {
    **{"claim": "Ours.", "status": "verified", "source": "us", "data": {"digits": "letters"}},
    "check": {"better": "hsc", "than": "bce"},
}


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        ("claim", "\x1b[31mred", "a text of signs that can be printed"),
        ("source", "a\0b", "a text of signs that can be printed"),
        ("data", {"x" * 300: "letters"}, "a text of at most 200 letters"),
        ("check", {"better": "hsc", "than": ["bce"] * 10**4}, "at most 20 of them"),
        ("check", {"better": "hsc", "than": "bce", "by": 1e300}, "at most 100"),
        ("check", {"better": "hsc", "than": "x" * 10**4}, "is not a known objective"),
        ("check", {"better": "hsc", "than": "bce", "where": {"oe_size": 10**30}}, "at most 1,000"),
        ("check", {"exceeds": "hsc", "published": "x" * 300}, "a text of at most 200 letters"),
        ("check", {"compact": "hsc", "than": "bce", "factor": float("inf")}, "not infinite"),
    ],
)
def test_a_claim_of_ones_own_is_held_to_the_same(
    file: Path, place: str, value: Any, expected: str
) -> None:
    message = refusal(file, changed("claims.own", {"D1": CLAIM | {place: value}}))
    assert message.startswith(f"{file}: claims.own.D1.{place}")
    assert expected in message
    assert len(message) < 500
    assert message.isprintable()


def test_the_number_and_the_names_of_claims_are_bounded(file: Path) -> None:
    many = {f"D{number}": CLAIM for number in range(201)}
    assert "expected at most 200 of them" in refusal(file, changed("claims.own", many))
    assert "at most 60 letters" in refusal(file, changed("claims.own", {"D" * 61: CLAIM}))
    assert "a name has letters, digits" in refusal(file, changed("claims.own", {"../D": CLAIM}))
    deep: Any = CLAIM["check"]
    for _ in range(20):
        deep = {"all_of": [deep]}
    message = refusal(file, changed("claims.own", {"D1": CLAIM | {"check": deep}}))
    assert f"more than {DEEPEST} lists and mappings lie in one another" in message


# Messages


def test_of_many_names_the_first_are_listed() -> None:
    text = listed(f"name-{n}" for n in range(1000))
    assert text.startswith("name-0, name-1, ")
    assert re.search(r", name-\d+ and 9\d\d more$", text)
    assert len(text) < 650
    assert len(unknown("data set", "x" * 10_000, ["y" * 10_000] * 1000)) < 1000


def test_of_many_sentences_the_first_are_told() -> None:
    assert told(["one", "two"]) == "one\ntwo"
    lines = told("x" * 99 for _ in range(1000)).splitlines()
    assert lines[-1] == "and 970 more"
    assert len(lines) == 31
    assert told(["x" * 9999]) == "x" * 3000
    assert told(["x" * 9999, "y"]) == "x" * 3000 + "\nand 1 more"


@pytest.mark.parametrize(
    "content",
    [
        {f"key{n}": n for n in range(10_000)},
        study(normal_classes=["nine"] * 1000) | {"jobs": {"x" * 9999: 1}},
        study(normal_classes=[{}] * 10_000),
        study(objectives=["x" * 9999] * 100),
        dataset(classes=[f"c{n}" for n in range(5000)], train=["x" * 999] * 5000),
        dataset(classes=[f"c{n}" for n in range(3000)], train=100, test=5)
        | study(dataset="mine", normal_classes=["z"]),
        swept(recipe=["x" * 50] * 50),
        study(draw={"look": {"recipe": "x" * 9999}}),
        study(draw={"table": "x" * 9999, "curve": "y" * 9999}),
    ],
)
def test_a_message_is_short_whatever_is_wrong(file: Path, content: dict[str, Any]) -> None:
    message = refusal(file, content)
    assert len(message) < 4000
    assert "x" * 200 not in message


def test_there_is_a_bound_on_studies_and_objectives_stand_once(file: Path) -> None:
    many = {f"s{n}": SMALLEST["studies"]["s"] for n in range(81)}
    assert "studies: expected at most 80 of them" in refusal(file, {"studies": many})
    assert "the objective 'hsc' stands twice" in refusal(file, study(objectives=["hsc", "hsc"]))


def test_a_configuration_within_all_bounds_is_as_before(file: Path) -> None:
    with pytest.raises(ConfigError):
        accepted(file, study(seeds=[0]))
    assert len(accepted(file, study(seeds=[4294967295])).runs) == 10
