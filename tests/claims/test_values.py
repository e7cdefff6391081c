"""How the numbers of a verdict are put into words."""

import ast

import pytest
from claim_cases import judge, published, runs

from oebench.claims.values import label

HSC = runs("hsc", (80, 90), (60, 64))  # 73.5 +- 3.5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("auroc(hsc)", "hsc "),
        ("auroc(hsc, oe_size=64)", "hsc[oe_size=64] "),
        ("miss95(hsc)", "miss95(hsc) "),
        ("tolerance * miss95(hsc)", "3 * miss95(hsc) = "),
        ("abs(auroc(hsc) - auroc(bce, blur=s))", "abs(hsc - bce[blur=s]) = "),
        (
            "spread(auroc(focal, gamma=g) for g in gamma)",
            "spread(focal[gamma=g] for g in gamma) = ",
        ),
        ("50 + tolerance", ""),
        ("s", ""),
    ],
)
def test_a_number_has_its_origin_before_it(text: str, words: str) -> None:
    assert label(ast.parse(text, mode="eval").body, tolerance=3.0) == words


@pytest.mark.parametrize(
    ("status", "words"),
    [("verified", "CSI (no OE) 70"), ("unverified", "CSI (no OE, unverified) 70")],
)
def test_a_published_value_says_its_oe_images_and_whether_it_is_verified(
    status: str, words: str
) -> None:
    found = judge(HSC, published=[published("CSI", 70, status=status)])
    found.verdict('auroc(hsc) > published("CSI")')
    assert found.numbers == [f"hsc 73.5 ± 3.5 > {words}"]


def test_a_comparison_that_does_not_hold_says_so() -> None:
    found = judge(HSC)
    found.verdict("auroc(hsc) > 75")
    assert found.numbers == ["hsc 73.5 ± 3.5 > 75 is false"]


def test_an_interval_stands_beside_its_mean() -> None:
    found = judge(HSC, runs("bce", (79, 87), (59, 61)))  # by class: 2 and 2
    found.verdict("lower(auroc(hsc) - auroc(bce)) > 0")
    assert found.numbers == ["hsc - bce = 2.0 ± 1.0, at least 2 > 0"]
