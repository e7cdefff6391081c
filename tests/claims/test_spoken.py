"""What statements say, in words."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from claim_cases import statement

from oebench.claims.entries import read_claims
from oebench.claims.spoken import SPOKEN, spoken
from oebench.claims.statements import STATEMENTS

HSC_L1 = {"objective": "hsc", "norm": "l1", "blur": 0}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"better": "hsc", "than": "bce"}, "hsc is better than bce"),
        (
            {"better": "hsc", "than": ["bce", "focal", "deepsad"], "by": 1},
            "hsc is better than bce, focal and deepsad by at least 1 point",
        ),
        (
            {"better": "hsc", "than": "bce", "by": -0.5},
            "hsc is at most 0.5 points worse than bce",
        ),
        ({"equivalent": "bce", "to": ["hsc"], "within": 2}, "bce is within 2 points of hsc"),
        (
            {"rises": ["hsc", "bce"], "over": "oe_size"},
            "the mean AUROC of hsc and bce rises with oe size",
        ),
        ({"falls": "hsc", "over": "blur"}, "the mean AUROC of hsc falls with blur"),
        (
            {"insensitive": "focal", "to": "gamma", "within": 1},
            "the mean AUROC of focal differs by at most 1 point over gamma",
        ),
        ({"exceeds": "bce", "published": "CSI"}, "bce exceeds the published CSI"),
        (
            {"exceeds": "bce", "baseline": "dsvdd", "by": 2},
            "bce exceeds the baseline dsvdd by at least 2 points",
        ),
        (
            {"exceeds": "bce", "value": 90.5, "by": -1},
            "bce exceeds 90.5 %, or is at most 1 point below,",
        ),
        (
            {"compact": "hsc", "than": "bce", "factor": 3},
            "bce calls more than 3 times as many far points normal as hsc",
        ),
        (
            {"compact": "hsc", "than": "bce", "where": {"recipe": "toy"}},
            "bce calls more far points normal than hsc at recipe toy",
        ),
        (
            {"all_of": [{"exceeds": "bce", "value": 60}, {"better": "hsc", "than": "bce"}]},
            "bce exceeds 60 %; and hsc is better than bce",
        ),
        (
            {"any_of": [{"exceeds": "bce", "value": 60}, {"better": "hsc", "than": "bce"}]},
            "bce exceeds 60 %; or hsc is better than bce",
        ),
        (
            {"better": HSC_L1, "than": "hsc"},
            "hsc (norm l1, blur 0) is better than hsc",
        ),
    ],
)
def test_a_statement_is_a_sentence_without_its_end(given: dict[str, Any], words: str) -> None:
    assert spoken(statement(**given)) == words


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({}, ""),
        ({"oe_size": 1}, " with 1 OE image"),
        ({"oe_size": 64}, " with 64 OE images"),
        ({"oe_size": "all"}, " with all OE images"),
        ({"oe_classes": 2}, " with 2 OE classes"),
        ({"oe_classes": "all"}, " with all OE classes"),
        ({"blur": 0.5}, " at blur 0.5"),
        ({"norm": "l1", "blur": 2, "augment": False}, " at norm l1 at blur 2 at augment off"),
        ({"oe_size": {}}, " at every number of OE images"),
        ({"oe_size": {"at_most": 8}}, " at every number of OE images up to 8"),
        ({"oe_size": {"at_least": 79302017}}, " at every number of OE images from 79302017"),
        ({"blur": {"above": 0, "at_most": 2.5}}, " at every blur above 0 up to 2.5"),
        ({"blur": {"above": 0, "from_some": True}}, " from some blur above 0 on"),
        ({"oe_classes": {"from_some": True}}, " from some number of OE classes on"),
    ],
)
def test_a_place_is_told_behind_it(where: dict[str, Any], words: str) -> None:
    told = spoken(statement(better="hsc", than="bce", where=where))
    assert told == f"hsc is better than bce{words}"


README = Path(__file__).parents[2] / "config/README.md"


def test_the_readme_has_an_example_of_each_kind_and_reads_it_aloud() -> None:
    rows = re.findall(r"^\| `(\{.+\})` \| (.+) \|$", README.read_text(), flags=re.MULTILINE)
    said = {text: spoken(statement(**yaml.safe_load(text))) for text, _ in rows}
    assert said == dict(rows)
    assert {next(iter(yaml.safe_load(text))) for text in said} == {*STATEMENTS}


def test_every_kind_of_statement_has_words() -> None:
    assert {*SPOKEN} == {*STATEMENTS.values()}


def test_the_claims_of_the_paper_are_put_into_words() -> None:
    told = {name: spoken(claim.check) for name, claim in read_claims().items() if claim.check}
    assert told["C1"] == "bce exceeds the published GT+ with 64 OE images"
    assert told["C6"] == "bce is better than hsc, deepsad and focal with all OE images"
    assert told["C12"] == "hsc is better than bce from some blur above 0 on"
    assert told["C16"] == (
        "bce is better than hsc at every number of OE classes up to 16; and hsc is better than bce "
        "at every number of OE classes from 32"
    )
