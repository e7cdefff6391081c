"""The user's own feature vectors in NumPy or HDF5 files: of a pretrained network, for example."""

from typing import Any, Literal

import numpy as np
from pydantic import Field

from oebench.data.sources.arrays import NamedArrays
from oebench.data.sources.base import SourceError
from oebench.wording import printed


class Vectors(NamedArrays):
    """Vectors of floating point numbers, (N, D)."""

    kind: Literal["vectors"] = Field(
        description="Feature vectors of your own in NumPy or HDF5 arrays, (N, D)."
    )

    @property
    def has_vectors(self) -> bool:
        return True

    def images(self, found: Any, name: str) -> np.ndarray:
        shape = found.shape
        if found.dtype.kind != "f" or len(shape) != 2:
            raise SourceError(
                f"{name} in {self.path} is {printed(str(found.dtype))} {shape}; expected vectors "
                "of floating point numbers, (N, D)"
            )
        if 0 in shape:
            raise SourceError(
                f"{name} in {self.path} has the shape {shape}, in which there is no number"
            )
        return found if isinstance(found, np.ndarray) else np.asarray(found)
