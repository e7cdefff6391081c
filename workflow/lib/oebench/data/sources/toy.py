"""Points of the plane for the toy figure, kept as images of one pixel with two channels.

The paper gives neither sample sizes nor variances: a normal blob in the middle, three outlier blobs
to its left, lower left and lower right, all of the same width, in a frame of eleven widths to
each side. A coordinate is one of 256 levels, a tenth of a blob's width apart.
"""

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from oebench.artifacts.points import FRAME, levels
from oebench.data.sources.base import Labelled, Source

WIDTH = 0.35  # standard deviation of every blob
BLOBS = ((-2.0, 0.0), (-1.4, -1.6), (1.6, -1.4))
TRAIN, TEST = 1024, 512  # points that are drawn
SIDE = 41  # of the lattice of test outliers
FAR = 4.0  # they are at least that many standard deviations away from the middle of the normal blob
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
        normal = random.normal(0, WIDTH, (2 * TRAIN, 2))
        train = np.concatenate([normal[:TRAIN], outliers("uniform", random)])
        lattice = far_lattice()
        test = np.concatenate([normal[TRAIN : TRAIN + TEST], lattice])
        return {
            "train": Labelled(levels(train), np.repeat([0, 1], TRAIN)),
            "test": Labelled(levels(test), np.repeat([0, 1], [TEST, len(lattice)])),
        }


def outliers(points: str, random: np.random.Generator) -> np.ndarray:
    """Coordinates (TRAIN, 2) of outliers to train on."""
    if points == "uniform":
        return random.uniform(-FRAME, FRAME, (TRAIN, 2))
    centres = np.array(BLOBS)[random.integers(len(BLOBS), size=TRAIN)]
    return centres + random.normal(0, WIDTH, (TRAIN, 2))


def far_lattice() -> np.ndarray:
    """Test outliers (N, 2), uniform over the frame but for the normal blob."""
    line = np.linspace(-FRAME, FRAME, SIDE)
    lattice = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    return lattice[np.hypot(*lattice.T) >= FAR * WIDTH]
