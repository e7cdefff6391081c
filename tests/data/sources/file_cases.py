"""Files as the publishers of data sets write them."""

import gzip
import io
import pickle
import struct
import tarfile
from pathlib import Path
from typing import Any

import numpy as np

RANDOM = np.random.default_rng(0)

# MNIST

IMAGES = RANDOM.integers(0, 256, (6, 5, 4), np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2], np.uint8)


def idx(array: np.ndarray) -> bytes:
    """An array in the format of MNIST: type, dimensions, sizes, values; big-endian."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def mnist(folder: Path, **changes: bytes) -> Path:
    """The four files of MNIST, training files gzipped, test files plain."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        # No date in them: the same images make the same file, a second later too.
        "train-images-idx3-ubyte.gz": gzip.compress(idx(IMAGES), mtime=0),
        "train-labels-idx1-ubyte.gz": gzip.compress(idx(LABELS), mtime=0),
        "t10k-images-idx3-ubyte": idx(IMAGES[:2]),
        "t10k-labels-idx1-ubyte": idx(LABELS[:2]),
    } | changes
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


# CIFAR

COLOURS = RANDOM.integers(0, 256, (6, 3, 32, 32), np.uint8)
CIFAR: dict[str, Any] = {
    "kind": "cifar",
    "archive": "cifar.tar.gz",
    "train": ["data_batch_1", "data_batch_2"],
    "test": ["test_batch"],
    "labels": "labels",
}


def cifar_batch(images: np.ndarray, labels: np.ndarray, key: str = "labels") -> bytes:
    return pickle.dumps({"data": images.reshape(len(images), -1), key: labels.tolist()}, 2)


def batches() -> dict[str, bytes]:
    """Two images in each of two training batches and a test batch."""
    return {
        "data_batch_1": cifar_batch(COLOURS[:2], LABELS[:2]),
        "data_batch_2": cifar_batch(COLOURS[2:4], LABELS[2:4]),
        "test_batch": cifar_batch(COLOURS[4:], LABELS[4:]),
    }


def cifar_archive(folder: Path, files: dict[str, bytes]) -> Path:
    """The publishers' archive with these batches, in that folder; returns the folder."""
    with tarfile.open(folder / "cifar.tar.gz", "w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return folder
