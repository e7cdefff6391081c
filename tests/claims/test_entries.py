"""A file of claims: what is read from it, and what is refused with a sentence."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from oebench.claims.entries import Asked, Claim, read_claims
from oebench.claims.judge import JUDGES
from oebench.claims.statements import MOST, STATEMENTS, kind_of
from oebench.strict_yaml import DEEPEST
from oebench.validation import ConfigError

CLAIM: dict[str, Any] = {
    "claim": "hsc is better than bce.",
    "status": "verified",
    "source": "page 3",
    "data": {"pets": "things"},
    "check": {"better": "hsc", "than": "bce"},
}
# One statement of each kind, with all that it may have.
KINDS: dict[str, dict[str, Any]] = {
    "better": {
        "better": {"objective": "hsc", "norm": "l1", "blur": 0},
        "than": ["bce", {"objective": "focal", "gamma": 0.5}],
        "by": -0.5,
        "where": {"oe_size": {"above": 1, "at_least": 2, "at_most": 64, "from_some": True}},
    },
    "equivalent": {"equivalent": "hsc", "to": "bce", "within": 1, "where": {"oe_classes": "all"}},
    "rises": {"rises": ["hsc", "bce"], "over": "oe_size", "where": {"oe_size": {"at_most": 64}}},
    "falls": {"falls": "hsc", "over": "blur", "where": {"augment": False, "recipe": "mnist"}},
    "insensitive": {"insensitive": "focal", "to": "gamma", "within": 1},
    "exceeds": {"exceeds": "bce", "published": "CSI", "by": 1, "where": {"oe_size": 64}},
    "compact": {"compact": "hsc", "than": "bce", "factor": 3, "where": {"oe": "noise"}},
    "all_of": {"all_of": [{"exceeds": "hsc", "value": 60}, {"exceeds": "bce", "baseline": "kde"}]},
    "any_of": {"any_of": [{"all_of": [{"better": "hsc", "than": "bce"}]}]},
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


def check(statement: Any) -> dict[str, Any]:
    return {"C1": CLAIM | {"check": statement}}


# Read


def test_there_is_a_case_a_judge_and_a_field_of_every_kind() -> None:
    assert {*JUDGES} == {*STATEMENTS.values()}
    assert [kind for kind, model in STATEMENTS.items() if kind not in model.model_fields] == []
    assert [*KINDS] == [*STATEMENTS]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_statement_is_read(tmp_path: Path, kind: str) -> None:
    statement = read_claims(written(tmp_path, check(KINDS[kind])))["C1"].check
    assert type(statement) is STATEMENTS[kind]
    assert kind_of(statement) == kind


@pytest.mark.parametrize("kind", KINDS)
def test_a_claim_is_the_same_behind_the_plan_s_json(kind: str) -> None:
    """As `Manifests.whole_plan` writes it and `verdicts.judge` reads it."""
    claim = Claim.model_validate(CLAIM | {"check": KINDS[kind], "stricter": KINDS["better"]})
    asked = Asked(
        name="C1", claim=claim, dataset="pets", oe="things", own=True, recipe={"epochs": 2}
    )
    again = Asked.model_validate(json.loads(json.dumps(asked.model_dump(mode="json"))))
    assert again == asked
    assert type(again.claim.check) is STATEMENTS[kind]


def test_one_method_is_a_list_of_one_and_a_name_a_method_as_it_is(tmp_path: Path) -> None:
    one, other = (
        read_claims(written(tmp_path, check({"better": better, "than": than})))["C1"].check
        for better, than in (("hsc", "bce"), ({"objective": "hsc"}, [{"objective": "bce"}]))
    )
    assert one == other


def test_a_claim_has_defaults_for_what_it_does_not_say(tmp_path: Path) -> None:
    claim = read_claims(written(tmp_path, {"C1": CLAIM}))["C1"]
    assert claim.asked_of == "images"
    assert (claim.stricter, claim.beyond, claim.tolerance, claim.note) == (None, "", "", "")
    assert claim.check is not None
    assert claim.check.model_dump()["by"] == 0


def test_claims_keep_their_order_and_a_number_may_be_a_name(tmp_path: Path) -> None:
    text = "".join(f"{name}: {CLAIM}\n" for name in ("C10", "C2", 3))
    assert [*read_claims(written(tmp_path, text))] == ["C10", "C2", "3"]


# Refused files


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


def test_a_claim_that_stands_twice_is_refused(tmp_path: Path) -> None:
    line = refusal(tmp_path, f"C1: {CLAIM}\nC1: {CLAIM}")
    assert "own.yaml, line 2: the key 'C1' stands twice" in line


@pytest.mark.parametrize("entry", [None, 3, "better", ["better"]])
def test_a_claim_that_is_no_mapping_is_refused(tmp_path: Path, entry: Any) -> None:
    line = refusal(tmp_path, {"C1": entry})
    assert line.startswith("own.yaml: C1: expected a mapping of keys, found ")


# Refused claims


@pytest.mark.parametrize("key", CLAIM)
def test_a_missing_key_is_named(tmp_path: Path, key: str) -> None:
    entry = {other: value for other, value in CLAIM.items() if other != key}
    assert refusal(tmp_path, {"C1": entry}) == f"own.yaml: C1.{key}: the key is missing"


def test_an_unknown_key_is_named_with_the_one_that_is_meant(tmp_path: Path) -> None:
    line = refusal(tmp_path, {"C1": CLAIM | {"tolerence": "1 point"}})
    assert line.startswith("own.yaml: C1: 'tolerence' is not a known key")
    assert "did you mean 'tolerance'? There are: claim, status, source, data" in line


@pytest.mark.parametrize(
    ("key", "value", "where", "what"),
    [
        ("status", "certain", "status", "'verified', 'secondary' or 'inferred'"),
        ("claim", "", "claim", "not empty"),
        ("source", "", "source", "not empty"),
        ("data", {}, "data", "at least 1 of them"),
        ("data", "pets", "data", "mapping"),
        ("data", {"pets": None}, "data.pets", "a text"),
        ("asked_of", "all", "asked_of", "'any', 'images' or 'pair'"),
        ("tolerance", 1, "tolerance", "a text"),
        ("check", "auroc(hsc) > 1", "check", "with one of the keys better, equivalent, rises, "),
        ("check", {"best": "hsc"}, "check", "any_of, found {'best': 'hsc'}"),
        ("check", [], "check", "any_of, found []"),
        ("stricter", {"better": "hsc"}, "stricter.than", "the key is missing"),
    ],
)
def test_a_wrong_value_is_refused_at_its_key(
    tmp_path: Path, key: str, value: Any, where: str, what: str
) -> None:
    line = refusal(tmp_path, {"C1": CLAIM | {key: value}})
    assert line.startswith(f"own.yaml: C1.{where}: ")
    assert what in line
    assert "Value error" not in line


@pytest.mark.parametrize("change", [{"check": None}, {"beyond": "Nobody knows."}])
def test_a_claim_has_a_check_or_says_why_it_has_none(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    line = refusal(tmp_path, {"C1": CLAIM | change})
    assert line == (
        "own.yaml: C1: expected either check or beyond, which says why no statement says it"
    )
    both = CLAIM | {"check": None, "beyond": "Nobody knows."}
    assert read_claims(written(tmp_path, {"C1": both}))["C1"].check is None


def test_every_error_of_a_file_has_a_line(tmp_path: Path) -> None:
    content = {
        "C1": CLAIM | {"status": "certain", "check": {"better": "hcs", "than": "bec"}},
        "C2": CLAIM,
        "C3": CLAIM | {"source": ""},
    }
    with pytest.raises(ConfigError) as error:
        read_claims(written(tmp_path, content))
    lines = [line.split(": ")[1] for line in str(error.value).splitlines()]
    assert lines == ["C1.status", "C1.check.better", "C1.check.than", "C3.source"]


# Refused statements


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        # Names and keys
        ("better", {"than": "bec"}, "'bec' is not a known objective; did you mean 'bce'"),
        ("better", {"better": {"objective": ["hsc"]}}, "\"['hsc']\" is not a known objective"),
        ("rises", {"over": ["oe_size"]}, "is not a known key of an axis"),
        ("better", {"better": 3}, "a method's name, or a mapping with the key objective, found 3"),
        ("better", {"better": {"norm": "l1"}}, "objective: the key is missing"),
        ("better", {"buy": 1}, "'buy' is not a known key; did you mean 'by'?"),
        ("better", {"rises": "hsc"}, "'rises' is not a known key"),
        ("better", {"better": {"objective": "hsc", "seed": 1}}, "'seed' is not a known key"),
        ("better", {"better": {"objective": "bce", "norm": "l1"}}, "bce has no norm; take it out"),
        ("better", {"better": {"objective": "kde", "blur": 1}}, "kde has no blur; take it out"),
        ("exceeds", {"where": {"gamma": 2}}, "where: bce has no gamma; take it out"),
        ("compact", {"where": {"gamma": 2}}, "where: hsc and bce has no gamma; take it out"),
        # Kinds
        ("better", {"by": "much"}, "expected a number, found 'much'"),
        ("better", {"by": True}, "expected a number, found True"),
        ("better", {"by": float("nan")}, "a number that is not infinite"),
        ("better", {"by": 101}, "expected at most 100"),
        ("better", {"where": {"oe_size": 0}}, "expected more than 0"),
        ("better", {"where": {"oe_size": "some"}}, "expected 'all'"),
        ("better", {"where": {"blur": -1}}, "expected at least 0"),
        ("better", {"where": {"blur": "all"}}, "expected a number"),
        ("better", {"where": {"augment": 1}}, "expected true or false"),
        ("better", {"where": []}, "expected a mapping of keys"),
        ("equivalent", {"within": 0}, "expected more than 0"),
        ("compact", {"factor": 0.5}, "expected at least 1"),
        # Lists
        ("better", {"than": []}, "expected at least 1 of them"),
        ("better", {"than": ["bce"] * (MOST + 1)}, f"expected at most {MOST} of them"),
        ("rises", {"rises": []}, "expected at least 1 of them"),
        ("all_of", {"all_of": []}, "expected at least 1 of them"),
        ("any_of", {"any_of": "hsc"}, "expected a list"),
        ("all_of", {"all_of": [{}]}, "expected a mapping with one of the keys better, "),
        # Amounts and ranges
        ("exceeds", {"where": {"oe_size": 1, "oe_classes": 1}}, "oe_size and oe_classes are both"),
        (
            "better",
            {"where": {"oe_size": {"above": 1}, "blur": {"above": 1}}},
            "where: oe_size and blur have a range; one key may have it",
        ),
        ("better", {"where": {"blur": {"over": 1}}}, "'over' is not a known key"),
        ("better", {"where": {"norm": {"above": 1}}}, "expected a text"),
        # Axes
        ("rises", {"over": "norm"}, "'norm' is not a known key of an axis; there are: gamma, "),
        ("insensitive", {"to": "seed"}, "'seed' is not a known key of an axis"),
        ("rises", {"over": "gamma", "where": {}}, "hsc has no gamma; name another key"),
        ("rises", {"rises": "dsvdd", "where": {}}, "dsvdd has no oe_size; name another key"),
        (
            "rises",
            {"rises": {"objective": "hsc", "oe_size": 8}},
            "hsc: all values of oe_size are meant; take it out",
        ),
        ("rises", {"where": {"oe_size": 64}}, "where: all values of oe_size are meant"),
        ("rises", {"where": {"oe_size": {"from_some": True}}}, "of a range without from_some"),
        ("rises", {"where": {"blur": {"above": 0}}}, "blur has a range; here only oe_size may"),
        # Measures
        ("exceeds", {"published": None}, "one of published, baseline, value, found none"),
        ("exceeds", {"value": 90}, "value, found published and value"),
        ("exceeds", {"baseline": "kde", "value": 90}, "found published and baseline and value"),
        ("exceeds", {"published": None, "value": 101}, "expected at most 100"),
        (
            "exceeds",
            {"published": None, "baseline": "hsc"},
            "exceeds: hsc sees OE images; use better",
        ),
    ],
)
def test_a_wrong_statement_is_refused_with_a_sentence(
    tmp_path: Path, kind: str, change: dict[str, Any], said: str
) -> None:
    line = refusal(tmp_path, check(KINDS[kind] | change))
    assert line.startswith("own.yaml: C1.check")
    assert said in line
    assert "Value error" not in line
    assert "Input" not in line


def nested(depth: int) -> dict[str, Any]:
    statement: dict[str, Any] = {"better": "hsc", "than": "bce"}
    for _ in range(depth):
        statement = {"all_of": [statement]}
    return statement


def test_statements_lie_in_one_another_as_deep_as_a_file_may_be(tmp_path: Path) -> None:
    # A file, a claim and the statement itself are three levels, each `all_of` two more.
    deepest = (DEEPEST - 3) // 2
    claim = read_claims(written(tmp_path, check(nested(deepest))))["C1"]
    asked = Asked(name="C1", claim=claim, dataset="pets", oe="things", own=True)
    assert Asked.model_validate_json(asked.model_dump_json()) == asked
    line = refusal(tmp_path, check(nested(deepest + 1)))
    assert f"more than {DEEPEST} lists and mappings lie in one another" in line


# The paper's own claims


def test_the_claims_of_the_paper_are_c1_to_c18_each_with_its_source() -> None:
    found = read_claims()
    assert [*found] == [f"C{number}" for number in range(1, 19)]
    assert all(claim.source for claim in found.values())


def test_two_claims_of_the_paper_say_why_no_statement_says_them() -> None:
    beyond = {name: claim.beyond for name, claim in read_claims().items() if claim.check is None}
    assert [*beyond] == ["C17", "C18"]
    assert "worst of many single OE images" in beyond["C17"]
    assert "without OE images is refused" in beyond["C18"]


def test_of_the_claims_of_the_paper_two_are_verified_and_one_is_inferred() -> None:
    status = {name: claim.status for name, claim in read_claims().items()}
    expected = dict.fromkeys(status, "secondary")
    assert status == expected | {"C1": "verified", "C15": "verified", "C9": "inferred"}


def chosen(statement: Any) -> dict[str, Any]:
    """Numbers that somebody chose: points of a margin, factors, levels."""
    found = {key: statement[key] for key in ("by", "within", "factor", "value") if key in statement}
    for part in (*statement.get("all_of", ()), *statement.get("any_of", ())):
        found |= chosen(part)
    return found


def test_whoever_chose_a_number_of_a_claim_is_named() -> None:
    for name, claim in read_claims().items():
        statements = [each.model_dump(exclude_unset=True)
                      for each in (claim.check, claim.stricter) if each]  # fmt: skip
        numbers = {key for each in statements for key in chosen(each)}
        assert bool(numbers) == bool(claim.tolerance), name
