"""Points of the plane for the toy figure, kept as images of one pixel with two channels.

The paper gives neither sample sizes nor variances. As its successor's picture has them (arXiv
2205.11474), in a frame of about three to two: a normal blob in the middle and three outlier blobs,
a small one to its left, the largest at its lower left, a small one at its lower right. All numbers
below are ours. A level of a coordinate is at most a tenth of the normal blob's width.
"""

from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from pydantic import Field

from oebench.artifacts.points import FRAME, levels
from oebench.data.sources.base import Labelled, Source


class Blob(NamedTuple):
    """Normally distributed points around a centre; `width` is their standard deviation."""

    centre: tuple[float, float]
    width: float
    points: int

    def draw(self, random: np.random.Generator) -> np.ndarray:
        """Coordinates (points, 2)."""
        return random.normal(self.centre, self.width, (self.points, 2))


TRAIN, TEST = 1024, 512  # normal points; as many outliers to train on
NORMAL = Blob((0.0, 0.0), 0.3, TRAIN + TEST)
BLOBS = (  # of outliers
    Blob((-1.9, 0.1), 0.2, 192),
    Blob((-1.4, -1.3), 0.35, 640),
    Blob((1.5, -1.2), 0.25, 192),
)
COLUMNS, ROWS = 65, 41  # of the lattice of test outliers: as far apart in x as in y
FAR = 4.0  # they are at least that many widths away from the middle of the normal blob
SEED = 0


class Toy(Source):
    """Normal points and, as anomalies, a lattice over the frame; or a pool of outliers."""

    kind: Literal["toy"] = Field(description="Points of the plane, for the toy figure.")
    points: Literal["normal", "uniform", "blobs"] = Field(
        description="`normal` points and their test set, or the OE pools `uniform` (over the frame)"
        " and `blobs` (three of them, on one side)."
    )

    @property
    def has_points(self) -> bool:
        return True

    def load(self, downloads: Path | None = None) -> dict[str, Labelled]:
        random = np.random.default_rng([SEED, len(self.points)])
        if self.points != "normal":
            return {"train": Labelled(levels(outliers(self.points, random)), np.zeros(TRAIN, int))}
        normal = NORMAL.draw(random)
        train = np.concatenate([normal[:TRAIN], outliers("uniform", random)])
        lattice = far_lattice()
        test = np.concatenate([normal[TRAIN:], lattice])
        return {
            "train": Labelled(levels(train), np.repeat([0, 1], TRAIN)),
            "test": Labelled(levels(test), np.repeat([0, 1], [TEST, len(lattice)])),
        }


def outliers(points: str, random: np.random.Generator) -> np.ndarray:
    """Coordinates (TRAIN, 2) of outliers to train on."""
    if points == "uniform":
        return random.uniform(-FRAME / 2, FRAME / 2, (TRAIN, 2))
    return np.concatenate([blob.draw(random) for blob in BLOBS])


def far_lattice() -> np.ndarray:
    """Test outliers (N, 2), uniform over the frame but for the normal blob.

    A lattice, not random points: its share that is called normal is that of the area, without the
    chance of a draw, and the contours of the figure reach the frame's corners and are smooth.
    """
    x, y = (
        np.linspace(-side / 2, side / 2, count)
        for side, count in zip(FRAME, (COLUMNS, ROWS), strict=True)
    )
    lattice = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    return lattice[np.hypot(*(lattice - NORMAL.centre).T) >= FAR * NORMAL.width]
