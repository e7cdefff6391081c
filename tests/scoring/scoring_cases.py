"""Networks that were trained on image files of a folder, and kept."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from cache_cases import write_cache
from dataset_cases import made
from PIL import Image
from scores_cases import arrays_of, by_file, file_of

from oebench.artifacts import model
from oebench.artifacts.cache import Cache
from oebench.recipe import Recipe
from oebench.run import Run
from oebench.training.job import train_block

HSC = Run("own", "pool", 5, None, 0.0, "hsc", "pseudo_huber", None, "tiny", False, 0, 1)
SHAPE, COUNTS = (1, 16, 16), {"train": 30, "test": 6}
TINY = Recipe(network="digits_lenet", epochs=1, batch=8, milestones=(), mean=(0.2,), std=(0.5,))
HELD = TINY.model_copy(update={"held_out": 0.7})  # 21 of 30
TURNED = 6  # the EXIF tag of a camera that was held on its side


def write_photos(folder: Path, size: int | None = None) -> None:
    """Class folders a and b of colour photos, of several sizes or of one, some on their side."""
    random = np.random.default_rng(0)
    for split, count in COUNTS.items():
        for name in "ab":
            (folder / split / name).mkdir(parents=True)
            for number in range(count):
                shape = (size, size) if size else random.integers(20, 50, 2)
                pixels = random.integers(0, 256, (*shape, 3), dtype=np.uint8)
                exif = Image.Exif()
                if number % 2 and not size:
                    exif[0x0112] = TURNED
                file = folder / split / name / f"{number:02}.png"
                Image.fromarray(pixels).save(file, exif=exif)


class Kept:
    """A data set of photos with a network that was trained on it; `files` are its test images."""

    def __init__(self, folder: Path, fit: Any = "crop", plain: bool = False) -> None:
        self.folder = folder
        write_photos(folder / "photos")
        source = {"kind": "folder", "train": "photos/train", "test": "photos/test", "plain": plain}
        source |= {split: str(folder / source[split]) for split in COUNTS}
        entry = {"source": source, "image": SHAPE, "fit": fit, "classes": ["a", "b"], **COUNTS}
        self.images = made(entry, folder)
        noise = np.random.default_rng(1).integers(0, 256, (20, *SHAPE), dtype=np.uint8)
        pool = {"train": (noise, np.zeros(20, np.int64))}
        self.pool = write_cache(folder / "pool.h5", pool, ["all"])

    @property
    def files(self) -> list[str]:
        return sorted(str(file) for file in (self.folder / "photos/test").rglob("*.png"))

    def train(self, *runs: Run, recipe: Recipe = TINY, caches: list[Cache] | None = None) -> None:
        read = [cache.path for cache in caches or [self.images, self.pool]]
        for path, members in by_file(self.folder, runs).items():
            store = self.folder / "store"
            train_block(path, members, recipe, read, store, "c0de", "cpu", kept=members)

    def model(self, run: Run = HSC) -> Path:
        return model.of_run(file_of(self.folder, run), run.member)

    def scores(self, run: Run = HSC, name: str = "score") -> np.ndarray:
        return arrays_of(self.folder, run)[name]


def seeds(count: int, run: Run = HSC) -> list[Run]:
    return [replace(run, seed=seed) for seed in range(1, count + 1)]
