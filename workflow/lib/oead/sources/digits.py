"""scikit-learn's 1,797 handwritten digits (8x8, shipped in its wheel), as 16x16 images."""

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from oead.sources.base import Labelled, Source


class Digits(Source):
    """Handwritten digits 0 to 9; two thirds of each class train, in the order of the file."""

    kind: Literal["digits"] = Field(description="Scikit-learn's handwritten digits.")

    def load(self, downloads: Path | None = None) -> dict[str, Labelled]:
        from sklearn.datasets import load_digits

        from oead.sources.grey import framed

        digits = load_digits()
        images = framed(digits.images)
        labels = digits.target.astype(np.int64)
        train = np.zeros(len(labels), dtype=bool)
        for digit in range(10):
            rows = np.flatnonzero(labels == digit)
            train[np.random.default_rng(digit).permutation(rows)[: round(len(rows) * 2 / 3)]] = True
        return {
            "train": Labelled(images[train], labels[train]),
            "test": Labelled(images[~train], labels[~train]),
        }
