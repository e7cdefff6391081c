"""What all figures share: their look in print, the caption below, and how they are saved."""

import textwrap
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import matplotlib
import pandas as pd
from matplotlib.figure import Figure

matplotlib.use("agg")
import matplotlib.pyplot as plt

from oebench.artifacts.marks import Mark
from oebench.files import atomic

PRINT: dict[Any, Any] = {
    "font.family": "serif",
    "font.serif": ["STIXGeneral"],
    "mathtext.fontset": "stix",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "hatch.linewidth": 0.5,
    "legend.framealpha": 0.8,  # a line behind it stays behind it
    "legend.edgecolor": "none",
    "svg.fonttype": "none",
    "svg.hashsalt": "oebench",  # the same runs give the same bytes
    "pdf.fonttype": 42,
}
# Where a picture of each kind says what it is, and the date that it would say beside it.
METADATA: dict[str, tuple[str, dict[str, None]]] = {
    ".pdf": ("Subject", {"CreationDate": None}),
    ".svg": ("Description", {"Date": None}),
    ".png": ("Description", {}),
}
LONGEST = 32  # letters of a name


def in_print() -> AbstractContextManager[None]:
    """The look in print, whatever the settings of the user are."""
    return plt.style.context(["default", PRINT])


def plain(name: str) -> str:
    """A name on one line: two dollar signs would make a formula of what is between them.

    >>> plain("$5_$10")
    '\\\\$5_\\\\$10'
    """
    return " ".join(name.split()).replace("$", r"\$")


def shortened(name: str) -> str:
    """The same of a name that may be long, for which a figure has no room."""
    return plain(name if len(name) <= LONGEST else f"{name[: LONGEST - 2]} …")


def caption(figure: Figure, text: str, width: int) -> None:
    """Small text below a figure, wrapped after `width` letters."""
    small = {"fontsize": 6.5, "color": "#555555", "x": 0.01, "ha": "left"}
    lines = textwrap.wrap(plain(text), width, break_on_hyphens=False)  # names have hyphens
    figure.supxlabel("\n".join(lines), **small)


def save(figure: Figure, data: pd.DataFrame, base: Path, mark: Mark) -> list[Path]:
    """Write BASE.csv, the figure's numbers, and BASE.pdf, .svg and .png; returns their paths.

    mark: stands among what a picture says of itself, without a date.
    """
    paths = [base.parent / (base.name + suffix) for suffix in (".csv", *METADATA)]
    with atomic(paths[0]) as temporary:
        data.to_csv(temporary, index=False, float_format="%.4f", lineterminator="\n")
    for path in paths[1:]:
        place, undated = METADATA[path.suffix]
        with atomic(path) as temporary:
            figure.savefig(temporary, dpi=200, metadata={place: str(mark), **undated})
    plt.close(figure)
    return paths
