"""A file of claims: what is read from it, and what is refused with a sentence."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from oebench.claims.entries import CLAIMS, Claim, read_claims
from oebench.claims.language import parse
from oebench.validation import ConfigError

CLAIM: dict[str, Any] = {
    "claim": "hsc is better than bce.",
    "status": "verified",
    "source": "page 3",
    "data": {"pets": "things"},
    "check": "auroc(hsc) > auroc(bce)",
}


def written(folder: Path, content: Any) -> Path:
    path = folder / "own.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return path


def refusal(folder: Path, content: Any) -> str:
    """The only line of the message with which a file is refused."""
    with pytest.raises(ConfigError) as error:
        read_claims(written(folder, content))
    (line,) = str(error.value).splitlines()
    return line


# Read


def test_a_claim_has_defaults_for_what_it_does_not_say(tmp_path: Path) -> None:
    found = read_claims(written(tmp_path, {"C1": CLAIM}))
    assert found == {"C1": Claim(**CLAIM)}
    claim = found["C1"]
    assert (claim.general, claim.stricter, claim.tolerance, claim.note) == (False, None, 0.0, "")


def test_claims_keep_their_order_and_a_number_may_be_a_name(tmp_path: Path) -> None:
    text = "".join(f"{name}: {CLAIM}\n" for name in ("C10", "C2", 3))
    assert [*read_claims(written(tmp_path, text))] == ["C10", "C2", "3"]


# Refused


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: there is no such file"):
        read_claims(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("content", "found"),
    [("", "NoneType"), ("# only a comment", "NoneType"), ("- C1\n- C2", "list"), ("C1", "str")],
)
def test_what_is_no_mapping_is_refused(tmp_path: Path, content: str, found: str) -> None:
    line = refusal(tmp_path, content)
    assert "own.yaml" in line
    assert f"holds {found}, expected a mapping of keys" in line


def test_a_file_without_claims_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, {}).startswith("own.yaml has no claims")


def test_a_claim_that_stands_twice_is_refused(tmp_path: Path) -> None:
    line = refusal(tmp_path, f"C1: {CLAIM}\nC1: {CLAIM}")
    assert "own.yaml, line 2: the key 'C1' stands twice" in line


def test_a_file_that_is_no_yaml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"own\.yaml cannot be read as YAML"):
        read_claims(written(tmp_path, "C1: {claim: ["))


@pytest.mark.parametrize("entry", [None, 3, "auroc(hsc) > 1", ["auroc(hsc) > 1"]])
def test_a_claim_that_is_no_mapping_is_refused(tmp_path: Path, entry: Any) -> None:
    line = refusal(tmp_path, {"C1": entry})
    assert line.startswith("own.yaml: C1: ")
    assert "expected a mapping of keys, found" in line


@pytest.mark.parametrize("key", CLAIM)
def test_a_missing_key_is_named(tmp_path: Path, key: str) -> None:
    entry = {other: value for other, value in CLAIM.items() if other != key}
    assert refusal(tmp_path, {"C1": entry}) == f"own.yaml: C1.{key}: the key is missing"


def test_an_unknown_key_is_named_with_the_one_that_is_meant(tmp_path: Path) -> None:
    line = refusal(tmp_path, {"C1": CLAIM | {"tolerence": 1}})
    assert line.startswith("own.yaml: C1: 'tolerence' is not a known key")
    assert "did you mean 'tolerance'? There are: claim, status, source, data" in line


@pytest.mark.parametrize(
    ("key", "value", "where", "what"),
    [
        ("status", "certain", "status", "'verified', 'secondary' or 'inferred'"),
        ("status", None, "status", "'verified', 'secondary' or 'inferred'"),
        ("claim", "", "claim", "not empty"),
        ("source", "", "source", "not empty"),
        ("data", {}, "data", "at least 1 of them"),
        ("data", "pets", "data", "mapping"),
        ("data", {"pets": None}, "data.pets", "a text"),
        ("general", "perhaps", "general", "true or false"),
        ("tolerance", "little", "tolerance", "number"),
        ("check", 5, "check", "a text"),
        ("check", None, "check", "a text"),
        ("check", "", "check", "'' is not an expression"),
        ("check", "auroc(hsc) >", "check", "'auroc(hsc) >' is not an expression"),
        ("check", "auroc(hcs) > 1", "check", "'auroc(hcs) > 1': 'hcs' is not a known method"),
        ("stricter", "auroc(hsc) == 1", "stricter", "'auroc(hsc) == 1' found, expected is a comp"),
    ],
)
def test_a_wrong_value_is_refused_at_its_key(
    tmp_path: Path, key: str, value: Any, where: str, what: str
) -> None:
    line = refusal(tmp_path, {"C1": CLAIM | {key: value}})
    assert line.startswith(f"own.yaml: C1.{where}: ")
    assert what in line
    assert "Value error" not in line


def test_every_error_of_a_file_has_a_line(tmp_path: Path) -> None:
    content = {
        "C1": CLAIM | {"status": "certain", "check": "1"},
        "C2": CLAIM,
        "C3": CLAIM | {"source": ""},
    }
    with pytest.raises(ConfigError) as error:
        read_claims(written(tmp_path, content))
    lines = str(error.value).splitlines()
    assert [line.split(": ")[1] for line in lines] == ["C1.status", "C1.check", "C3.source"]


# The paper's own claims


def test_the_claims_of_the_paper_are_c1_to_c15_each_with_its_source() -> None:
    found = read_claims()
    assert [*found] == [f"C{number}" for number in range(1, 16)]
    for claim in found.values():
        assert "arXiv 2006.00339" in claim.source or "arXiv 2205.11474" in claim.source


def test_of_the_claims_of_the_paper_two_are_verified_and_one_is_inferred() -> None:
    status = {name: claim.status for name, claim in read_claims().items()}
    expected = dict.fromkeys([f"C{number}" for number in range(1, 16)], "secondary")
    assert status == expected | {"C1": "verified", "C15": "verified", "C9": "inferred"}


@pytest.mark.parametrize("name", yaml.safe_load(CLAIMS.read_text()))
def test_the_expressions_of_the_paper_are_of_the_language(name: str) -> None:
    """They are read as they stand in the file, whatever `read_claims` makes of it."""
    entry = yaml.safe_load(CLAIMS.read_text())[name]
    for text in filter(None, (entry["check"], entry.get("stricter"))):
        parse(text)
        assert ("tolerance" in text) == ("tolerance" in entry), "a tolerance that nobody uses"
    assert ("tolerance" in entry) == ("tolerance_source" in entry)
