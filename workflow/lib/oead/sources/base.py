"""What every kind of source is: declared in YAML, loaded into labelled images."""

from typing import NamedTuple

import numpy as np

from oead.strict import Strict


class Labelled(NamedTuple):
    """Images uint8 (N, C, H, W) and their classes int64 (N,), counted from 0."""

    images: np.ndarray
    labels: np.ndarray


class SourceError(Exception):
    """The source's data is missing or not what it should be; the message says what to do."""


class Source(Strict):
    """The keys of one kind of source. A subclass has `kind`, its own keys and `load`."""

    def load(self) -> dict[str, Labelled]:
        """The splits "train" and, where the source has one, "test". Raises SourceError."""
        raise NotImplementedError

    def missing(self) -> str | None:
        """What a user has to provide before `load` can work, as a sentence; None if nothing."""
        return None
