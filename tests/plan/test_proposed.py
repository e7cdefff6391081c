"""The configuration that the planner writes."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from grid_cases import SMALL

from oebench.plan.manifests import read_plan
from oebench.plan.proposed import Proposal, write_proposed
from oebench.validation import UserError

STUDY: dict[str, Any] = {
    **{"title": "Pets", "dataset": "pets", "oe": "things", "objectives": ["hsc"]},
    **{"sweep": {"oe_size": [1, 16], "norm": ["l1", "l2"]}, "recipe": "quick", "seeds": 2},
    "draw": {"curve": "oe_size", "look": {"oe_size": 16}},
}


@pytest.fixture
def configfile(tmp_path: Path) -> Path:
    file = tmp_path / "own.yaml"
    content = {"title": "Ours", **SMALL, "studies": {"sizes": STUDY, "more": STUDY}}
    file.write_text(yaml.safe_dump(content))
    return file


def written(configfile: Path, *proposals: Proposal) -> Any:
    file = configfile.with_name("next.yaml")
    write_proposed(configfile, "sizes", proposals, file)
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def test_the_study_stays_and_others_have_what_is_proposed(configfile: Path) -> None:
    content = written(
        configfile,
        ("oe_size", (2, 4), 5, ["hsc, norm l1", "hsc, norm l2"]),
        ("oe_size", (64,), 2, ["hsc, norm l2"]),
    )
    assert content["title"] == "Ours"
    assert content["datasets"] == SMALL["datasets"]
    assert [*content["studies"]] == ["sizes", "sizes-next1", "sizes-next2"]
    assert content["studies"]["sizes"] == STUDY
    assert content["studies"]["sizes-next1"] == {
        **STUDY,
        "title": "Pets: next",
        "objectives": ["hsc"],
        "sweep": {"oe_size": [2, 4], "norm": ["l1", "l2"]},
        "seeds": 5,
        "draw": {"curve": "oe_size", "look": None},
    }


def test_it_can_be_run_and_says_how(configfile: Path) -> None:
    written(configfile, ("oe_size", (2, 4), 5, ["hsc, norm l1"]))
    file = configfile.with_name("next.yaml")
    assert len(read_plan(file).studies["sizes-next1"].runs) == 2 * 2 * 5 * 2
    head = file.read_text(encoding="utf-8").splitlines()[:3]
    assert head[1] == f"#   snakemake --cores all --configfile {file}"
    assert head[2] == f"#   oebench plan sizes sizes-next1 --configfile {file}"


def test_seeds_of_ones_own_stay_where_no_more_are_asked_for(configfile: Path) -> None:
    own = yaml.safe_load(configfile.read_text(encoding="utf-8"))
    own["studies"]["sizes"]["seeds"] = [7, 9, 11]
    configfile.write_text(yaml.safe_dump(own), encoding="utf-8")
    content = written(configfile, ("oe_size", (2,), 3, ["hsc"]), ("oe_size", (4,), 5, ["hsc"]))
    assert content["studies"]["sizes-next1"]["seeds"] == [7, 9, 11]
    assert content["studies"]["sizes-next2"]["seeds"] == 5


def test_nothing_is_written_where_there_is_nothing_to_run(configfile: Path) -> None:
    with pytest.raises(UserError, match="sizes: there is nothing to run next"):
        written(configfile)
    assert not configfile.with_name("next.yaml").exists()


def test_a_file_that_exists_is_not_written_over(configfile: Path) -> None:
    file = configfile.with_name("next.yaml")
    file.write_text("mine")
    with pytest.raises(UserError, match=r"next\.yaml exists; name a file that does not"):
        written(configfile, ("oe_size", (2,), 2, ["hsc"]))
    assert file.read_text() == "mine"
