"""What README says of the default study is what the study's outputs in docs/default-study say.

`.ci/check_demo.py` compares these with what the default study gives now.
"""

import re
from pathlib import Path

import pandas as pd
import pytest

from oebench.evaluation.needed import Needed
from oebench.plan.manifests import read_plan
from oebench.reporting.comparison import read_comparison, told
from oebench.reporting.planner import of_setting

REPOSITORY = Path(__file__).parents[1]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
TEXT = " ".join(README.split())
SUMMARY = REPOSITORY / "docs/default-study"
CURVE = pd.read_csv(SUMMARY / "curve.csv").set_index(["line", "oe_size"])["auroc"]


@pytest.fixture(scope="module")
def needs() -> dict[str, Needed]:
    return {each.method: each for each in read_comparison(SUMMARY / "comparison.csv")[1]}


def test_the_means_with_one_letter_are_those_of_the_curve() -> None:
    hsc, bce = CURVE["hsc", 1], CURVE["bce", 1]
    said = "With a single letter image, hypersphere classification (`hsc`) reaches a mean AUROC of "
    assert said + f"{hsc:.0f} %, an ordinary classifier (`bce`) {bce:.0f} %" in TEXT


def test_the_two_are_within_a_point_from_just_that_number_on() -> None:
    sizes = CURVE["hsc"].index
    near = [size for size in sizes if abs(CURVE["hsc", size] - CURVE["bce", size]) < 1]
    assert near == [size for size in sizes if size >= near[0]]
    assert f"from {near[0]} letters on they are within a point" in TEXT


def test_what_is_needed_is_the_planner_s_answer(needs: dict[str, Needed]) -> None:
    hsc, bce = needs["hsc"], needs["bce"]
    assert (told(hsc), hsc.target) == ("1 (1 to 1)", 95.0)
    found = re.fullmatch(r"(\d+) \((\d+) to (\d+)\)", told(bce))
    assert found
    amount, low, high = found.groups()
    said = f"`hsc` needs 1 image, `bce` {amount} (95 % interval {low} to {high})"
    assert f"For a mean AUROC of {bce.target:g} % {said}" in TEXT


def test_the_planner_s_answer_is_shown_as_it_is_printed(needs: dict[str, Needed]) -> None:
    for line in of_setting("digits-oe-size", [*needs.values()]):
        assert f"\n{line}\n" in README
    amounts, seeds = needs["bce"].next_amounts.replace(" ", ", "), needs["bce"].next_seeds
    assert f"\nRun next: bce, oe size {amounts}, {seeds} seeds\n" in README


def test_the_best_without_outliers_is_as_good_as_is_said() -> None:
    means = {
        name: pd.read_csv(SUMMARY / f"{name}.csv", index_col=0).loc["mean"]
        for name in ("objectives", "baselines")
    }
    assert "a kernel density estimate on PCA features, without any OE image, beats all net" in TEXT
    assert means["baselines"]["kde"] > max(means["objectives"][["hsc", "deepsad", "bce", "focal"]])
    assert means["baselines"]["kde"] > max(CURVE)


def test_the_number_of_runs_is_that_of_the_default_studies() -> None:
    runs = read_plan(REPOSITORY / "config/config.yaml").runs
    assert f"the default studies: {len(runs)} runs and a report" in README
