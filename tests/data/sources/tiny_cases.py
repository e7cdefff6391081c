"""A small file in the layout of 80 Million Tiny Images."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

COUNT = 400  # images in the small file; the last one is never used
POOL = COUNT - 1
EXCLUDED = (4, 1, 350)  # counted from 1
IMAGES = np.random.default_rng(0).integers(0, 256, (COUNT, 3, 32, 32), np.uint8)
SIZE = 20

Entry = Callable[..., dict[str, Any]]
TINY_BYTES = 3 * 32 * 32


def tiny_bytes(image: np.ndarray) -> bytes:
    """An image (3, 32, 32) as its publisher stores it, to be read in MATLAB.

    The bytes with `reshape(32, 32, 3, order="F")` are (row, column, channel).
    """
    return image.transpose(1, 2, 0).tobytes(order="F")


def write_tiny(path: Path, images: dict[int, np.ndarray], count: int) -> None:
    """A file of `count` images, black but for those given by their place; its holes need no room.

    An existing file is kept and changed.
    """
    path.touch()
    with path.open("r+b") as file:
        file.truncate(count * TINY_BYTES)
        for place, image in images.items():
            file.seek(place * TINY_BYTES)
            file.write(tiny_bytes(image))


def write_list(folder: Path, numbers: tuple[int, ...]) -> None:
    (folder / "exclude.txt").write_text("".join(f"{number}\n" for number in numbers))


def tiny_entry(folder: Path) -> Entry:
    """Writes the small file; gives its data set, keys of whose source may be changed."""
    write_tiny(folder / "tiny_images.bin", dict(enumerate(IMAGES)), COUNT)
    write_list(folder, EXCLUDED)

    def changed(**keys: Any) -> dict[str, Any]:
        source = {
            "kind": "tinyimages",
            "images": folder / "tiny_images.bin",
            "count": COUNT,
            "exclude": folder / "exclude.txt",
            "exclude_count": len(EXCLUDED),
        }
        return {"source": source | keys, "image": (3, 32, 32), "train": POOL}

    return changed
