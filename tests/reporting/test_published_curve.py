"""Published curves behind ours: told apart in the data, in the figure and in its caption."""

from pathlib import Path
from typing import Any

import numpy as np
from curve_cases import (
    BASELINE,
    BETTER,
    NORMS,
    PETS,
    SPEC,
    SWEPT,
    lines,
    marker,
    runs_of,
    table,
    text_of,
)
from matplotlib.colors import to_rgb

from oebench.artifacts.manifest import Published
from oebench.reporting.curve import (
    write_curve,
)


def point(method: str, value: float, mean_auc: float, **changes: Any) -> Published:
    base = {"dataset": "pets", "oe": "things", "status": "secondary", "source": "a plot, digitised"}
    about = {"method": method, "objective": method.lower(), "key": "oe_size", "value": value}
    return Published(**base | about | {"mean_auc": mean_auc} | changes)


HSC = (point("HSC", 64, 92.5, spread=3.5), point("HSC", 16, 72.0))
BEHIND = SPEC.model_copy(update={"published_curve": HSC})
TWO_SIZES = (runs_of(PETS), runs_of(BETTER, oe_size=64))


def test_published_points_follow_ours_in_the_data_and_say_so(tmp_path: Path) -> None:
    write_curve(table(*TWO_SIZES, runs_of(BETTER, **BASELINE)), BEHIND, tmp_path / "s")
    assert (tmp_path / "s.csv").read_text() == (
        "line,objective,oe_size,auroc,standard_error,runs,"
        "published status,published source,published spread\n"
        "dsvdd,dsvdd,,93.0000,1.0000,4,,,\n"
        "hsc,hsc,16,73.5000,3.5000,4,,,\n"
        "hsc,hsc,64,93.0000,1.0000,4,,,\n"
        '"HSC, published",hsc,16,72.0000,,,secondary,"a plot, digitised",\n'
        '"HSC, published",hsc,64,92.5000,,,secondary,"a plot, digitised",3.5000\n'
    )


def test_a_published_curve_is_a_thin_dashed_line_with_hollow_markers_behind_ours(
    axes: Any,
) -> None:
    drawn = axes(table(*TWO_SIZES), BEHIND)
    ours, theirs = lines(drawn)["hsc"], lines(drawn)["HSC, published"]
    assert theirs.get_xdata().tolist() == [16, 64]
    assert theirs.get_ydata().tolist() == [72.0, 92.5]
    assert len(drawn.collections) == 1  # its spread is no standard error of ours
    assert theirs.get_zorder() < ours.get_zorder()
    assert theirs.get_linewidth() < ours.get_linewidth()
    assert (ours.get_linestyle(), theirs.get_linestyle()) == ("-", "--")
    assert marker(theirs) == marker(ours)
    assert theirs.get_markerfacecolor() == "white" != ours.get_markerfacecolor()
    assert brightness(theirs) > brightness(ours) + 0.15
    assert [text.get_text() for text in drawn.get_legend().get_texts()] == ["hsc", "HSC, published"]


def brightness(line: Any) -> float:
    """Of a line in a black-and-white print, 0 to 1."""
    return float(np.dot(to_rgb(line.get_color()), (0.299, 0.587, 0.114)))


def test_published_curves_differ_from_one_another_and_from_all_lines(axes: Any) -> None:
    """Also where a method of ours has several lines, and where theirs is not ours."""
    other = [point("CSI", x, 80.0, objective="") for x in (16, 64)]
    bce = [point("BCE", x, 85.0) for x in (16, 64)]
    spec = SWEPT.model_copy(update={"published_curve": (*HSC, *other, *bce)})
    drawn = axes(table(*(runs_of(PETS, norm=norm) for norm in NORMS)), spec).get_lines()
    assert len(drawn) == 7
    theirs = [line for line in drawn if "published" in line.get_label()]
    assert len({*map(marker, theirs)}) == len(theirs) == 3
    assert not {*map(marker, theirs)} & {marker(line) for line in drawn if line not in theirs}


def test_the_figure_says_whose_curve_it_is_and_how_well_it_is_known(tmp_path: Path) -> None:
    write_curve(table(*TWO_SIZES), BEHIND, tmp_path / "s")
    assert (
        "Dashed with hollow markers, published: HSC (OE things, secondary): a plot, digitised."
    ) in text_of(tmp_path / "s.svg")
    write_curve(table(*TWO_SIZES), SPEC, tmp_path / "alone")
    assert "ublished" not in text_of(tmp_path / "alone.svg")


def test_a_method_with_dollar_signs_is_no_formula(axes: Any) -> None:
    odd = tuple(point("A$_1$", x, 80.0, objective="") for x in (16, 64))
    drawn = axes(table(*TWO_SIZES), SPEC.model_copy(update={"published_curve": odd}))
    assert [text.get_text() for text in drawn.get_legend().get_texts()][1] == (
        r"A\$_1\$, published"
    )


def test_curves_of_one_source_name_it_once_and_those_of_others_each(tmp_path: Path) -> None:
    curves = (*HSC, point("BCE", 16, 80.0), point("Focal", 16, 70.0, source="a table"))
    spec = SPEC.model_copy(update={"published_curve": curves})
    write_curve(table(*TWO_SIZES), spec, tmp_path / "s")
    assert (
        "HSC (OE things, secondary), BCE (OE things, secondary): a plot, digitised; "
        "Focal (OE things, secondary): a table."
    ) in text_of(tmp_path / "s.svg")
