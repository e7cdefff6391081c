"""A small data set of every kind of source, and what may happen to its files."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from dataset_cases import BLUE, RED, cut, refusal, save
from file_cases import CIFAR, IMAGES, LABELS, batches, cifar_archive, idx, mnist
from tiny_cases import tiny_entry

Entry = dict[str, Any]
Trouble = Callable[[Path], None]

GREY = {"image": (1, 5, 4), "classes": ("a", "b", "c"), "train": 2, "test": (2, 1, 1)}
ARRAYS: dict[str, Any] = {
    "train_x": IMAGES,
    "train_y": LABELS,
    "test_x": IMAGES[:4],
    "test_y": LABELS[:4],
}
PETS = {"image": (3, 8, 8), "classes": ("cat", "dog"), "train": 1, "test": 1}


def of_idx(folder: Path) -> Entry:
    tests = {"t10k-images-idx3-ubyte": idx(IMAGES[:4]), "t10k-labels-idx1-ubyte": idx(LABELS[:4])}
    return {"source": {"kind": "idx", "folder": mnist(folder / "own", **tests)}} | GREY


def of_zip(folder: Path) -> Entry:
    (folder / "own").mkdir()
    with zipfile.ZipFile(folder / "own/gzip.zip", "w") as archive:
        archive.writestr("images", idx(IMAGES))
        archive.writestr("labels", idx(LABELS))
    source = {"kind": "idx", "folder": folder / "own", "archive": "gzip.zip", "test": None}
    return {"source": source | {"train": ("images", "labels")}} | GREY | {"test": None}


def of_cifar(folder: Path, packed: bool) -> Entry:
    (folder / "own").mkdir()
    if packed:
        cifar_archive(folder / "own", batches())
    else:
        for name, content in batches().items():
            (folder / "own" / name).write_bytes(content)
    shape = {"image": (3, 32, 32), "classes": ("a", "b", "c"), "train": (2, 1, 1), "test": None}
    return {"source": CIFAR | {"folder": folder / "own"}} | shape


def of_folder(folder: Path) -> Entry:
    for split in ("train", "test"):
        save(folder / f"own/{split}/cat/a.png", RED)
        save(folder / f"own/{split}/dog/a.png", BLUE)
    source = {"kind": "folder", "train": folder / "own/train", "test": folder / "own/test"}
    return {"source": source} | PETS


def of_pool(folder: Path) -> Entry:
    save(folder / "own/n1/a.png", RED)
    source = {"kind": "folder", "train": folder / "own", "pool": True}
    return {"source": source, "image": (3, 8, 8), "train": 1}


def of_npz(folder: Path) -> Entry:
    np.savez(folder / "own.npz", **ARRAYS)
    return {"source": {"kind": "arrays", "path": folder / "own.npz"}} | GREY


def of_npy(folder: Path) -> Entry:
    np.save(folder / "own.npy", IMAGES)
    source = {"kind": "arrays", "path": folder / "own.npy"}
    return {"source": source, "image": (1, 5, 4), "train": 6}


def of_npy_folder(folder: Path) -> Entry:
    (folder / "own").mkdir()
    for name, values in ARRAYS.items():
        np.save(folder / f"own/{name}.npy", values)
    return {"source": {"kind": "arrays", "path": folder / "own"}} | GREY


def of_h5(folder: Path) -> Entry:
    write_h5(folder, ARRAYS)
    return {"source": {"kind": "arrays", "path": folder / "images.h5"}} | GREY


def write_h5(folder: Path, arrays: dict[str, Any]) -> None:
    with h5py.File(folder / "images.h5", "w") as file:
        for name, values in arrays.items():
            file[name] = values


def of_vectors(folder: Path) -> Entry:
    np.savez(folder / "own.npz", train_x=IMAGES.reshape(6, 20) + 0.5, train_y=LABELS)
    shape = {"vector": 20, "classes": ("a", "b", "c"), "train": 2}
    return {"source": {"kind": "vectors", "path": folder / "own.npz"}} | shape


ENTRIES: dict[str, Callable[[Path], Entry]] = {
    "idx": of_idx,
    "idx in a zip": of_zip,
    "cifar": lambda folder: of_cifar(folder, packed=False),
    "cifar in an archive": lambda folder: of_cifar(folder, packed=True),
    "folder": of_folder,
    "pool": of_pool,
    "npz": of_npz,
    "npy": of_npy,
    "folder of npy": of_npy_folder,
    "h5": of_h5,
    "vectors": of_vectors,
    "tinyimages": lambda folder: tiny_entry(folder)(),
}
DRAWN = {"tinyimages": {"seed": 0, "count": 4}}


def gone(*names: str) -> Trouble:
    def trouble(folder: Path) -> None:
        for name in names:
            path = folder / name
            path.rename(folder / "elsewhere") if path.is_dir() else path.unlink()

    return trouble


def shortened(name: str, size: int) -> Trouble:
    return lambda folder: cut(folder / name, size)


def renamed(old: str, new: str) -> Trouble:
    def trouble(folder: Path) -> None:
        (folder / old).rename(folder / new)

    return trouble


def in_npz(old: str, new: str) -> Trouble:
    """An array has another name."""
    return lambda folder: np.savez(folder / "own.npz", **with_name(old, new))


def in_h5(old: str, new: str) -> Trouble:
    return lambda folder: write_h5(folder, with_name(old, new))


def with_name(old: str, new: str) -> dict[str, Any]:
    return {new if name == old else name: values for name, values in ARRAYS.items()}


def rezipped(**files: bytes) -> Trouble:
    def trouble(folder: Path) -> None:
        with zipfile.ZipFile(folder / "own/gzip.zip", "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)

    return trouble


def repacked(**files: bytes) -> Trouble:
    def trouble(folder: Path) -> None:
        cifar_archive(folder / "own", files)

    return trouble


def assert_says(message: str, sentence: str, folder: Path) -> None:
    """FOLDER in the sentence is the test's; "..." is what a library says."""
    parts = sentence.replace("FOLDER", str(folder)).split("...")
    assert message.startswith(parts[0])
    assert message.endswith(parts[-1])
    assert len(parts) > 1 or message == parts[0]


def assert_refused(kind: str, trouble: Trouble, sentence: str, folder: Path) -> None:
    """A data set of that kind is refused with the sentence after something has happened to it."""
    entry = ENTRIES[kind](folder)
    trouble(folder)
    assert_says(refusal(entry, folder, **DRAWN.get(kind, {})), sentence, folder)
