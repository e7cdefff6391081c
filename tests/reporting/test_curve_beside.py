"""Lines of other studies in the figure of one."""

from pathlib import Path

import matplotlib.colors as mcolors
import pandas as pd
import pytest
from curve_cases import BASELINE, BETTER, PETS, SPEC, lines, runs_of, table, text_of
from matplotlib.figure import Figure

from oebench.artifacts.manifest import Beside
from oebench.reporting.curve import (
    curve_data,
    draw_curve,
    read_data,
    style_of,
    write_curve,
)
from oebench.validation import UserError

SCRATCH = SPEC.model_copy(update={"name": "scratch"})
ABOUT = "AUROC of pets. 2 normal classes, 2 seeds, 50 epochs; 4 runs."
BOTH = SPEC.model_copy(
    update={"beside": {"scratch": Beside(label="trained from scratch", about=ABOUT)}}
)
OWN = table(runs_of(BETTER), runs_of(BETTER, oe_size=64), runs_of(BETTER, **BASELINE))
OTHER = table(runs_of(PETS), runs_of(BETTER, oe_size=64))


@pytest.fixture
def other(tmp_path: Path) -> pd.DataFrame:
    """The numbers of the other study's figure, as they are read again."""
    written = write_curve(OTHER, SCRATCH, tmp_path / "scratch")
    return read_data(next(path for path in written if path.suffix == ".csv"))


def test_lines_of_the_other_follow_with_what_is_said_of_them(other: pd.DataFrame) -> None:
    data = curve_data(OWN, BOTH, {"scratch": other})
    assert [*dict.fromkeys(data["line"])] == ["dsvdd", "hsc", "hsc, trained from scratch"]
    beside = data[data["beside"] == "scratch"]
    assert sorted(beside["auroc"]) == pytest.approx([73.5, 93])
    assert sorted(beside["standard_error"]) == pytest.approx([1, 3.5])
    assert data.loc[data["beside"].isna(), "auroc"].tolist() == pytest.approx([93, 93, 93])


def test_a_method_has_its_colour_and_marker_in_both(other: pd.DataFrame) -> None:
    data = curve_data(OWN, BOTH, {"scratch": other})
    figure = draw_curve(data, BOTH, "runs")
    assert isinstance(figure, Figure)
    figure.canvas.draw()
    drawn = lines(figure.axes[0])
    own, beside = drawn["hsc"], drawn["hsc, trained from scratch"]
    for each in (own, beside):
        assert mcolors.to_hex(each.get_color()) == style_of("hsc")["color"].lower()
        assert each.get_marker() == style_of("hsc")["marker"]
    assert beside.get_markerfacecolor() == "white"
    assert own.get_linestyle() != beside.get_linestyle()


def test_the_caption_says_what_the_others_are(other: pd.DataFrame, tmp_path: Path) -> None:
    said = "Hollow markers, trained from scratch: scratch, AUROC of pets. 2 normal classes"
    write_curve(OWN, BOTH, tmp_path / "both", others={"scratch": other})
    assert said in text_of(tmp_path / "both.svg")
    write_curve(OWN, BOTH, tmp_path / "alone")
    assert "Hollow" not in text_of(tmp_path / "alone.svg")


def test_what_is_no_study_beside_it_or_no_curve_is_refused(
    other: pd.DataFrame, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="'scrap' is not a known study beside it"):
        write_curve(OWN, BOTH, tmp_path / "s", others={"scrap": other})
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    for name in ("a.csv", "missing.csv"):
        with pytest.raises(UserError, match="holds no numbers of a curve"):
            read_data(tmp_path / name)
