"""Every data set of the catalogue that is downloaded, in its publisher's own files, from a server.

Handwritten digits stand for MNIST and EMNIST, tiles of two photos for CIFAR: real images, few.
"""

import gzip
import hashlib
import io
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import yaml
from file_cases import cifar_batch, idx
from local_server import Site, serve
from project import REPOSITORY, Project
from sklearn.datasets import load_sample_images

from oebench.data.sources.embedded import Digits

CATALOG = REPOSITORY / "workflow/lib/oebench/config/catalog.yaml"
NAMES = ("mnist", "emnist-letters", "cifar10", "cifar100")


def tiles(count: int) -> np.ndarray:
    """Pieces of photos, uint8 (count, 3, 32, 32), no two alike."""
    photo = np.concatenate(load_sample_images().images, axis=1)[:416, :1280]
    pieces = photo.reshape(13, 32, 40, 32, 3).transpose(0, 2, 4, 1, 3).reshape(-1, 3, 32, 32)
    return np.unique(pieces, axis=0)[:count]


def tar(folder: str, files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def published() -> tuple[dict[str, dict[str, bytes]], dict[str, np.ndarray]]:
    """The files of each data set by name, and the training images that are in them."""
    digits = Digits(kind="digits").load()
    train, test = digits["train"], digits["test"]
    border = ((0, 0), (0, 0), (6, 6), (6, 6))  # 16x16 pixels become MNIST's 28x28
    train, test = (each._replace(images=np.pad(each.images, border)) for each in (train, test))
    letters = train.images[:26]
    ten, hundred = tiles(110), tiles(400)[110:310]
    labels, fine = np.arange(10), np.arange(200) % 100
    files = {f"data_batch_{i + 1}": ten[10 * i :][:10] for i in range(5)} | {
        "test_batch": ten[100:]
    }
    ten_files = {name: cifar_batch(images, labels) for name, images in files.items()}
    return {
        "mnist": {
            "train-images-idx3-ubyte.gz": gzip.compress(idx(train.images[:, 0])),
            "train-labels-idx1-ubyte.gz": gzip.compress(idx(train.labels.astype(np.uint8))),
            "t10k-images-idx3-ubyte.gz": gzip.compress(idx(test.images[:, 0])),
            "t10k-labels-idx1-ubyte.gz": gzip.compress(idx(test.labels.astype(np.uint8))),
        },
        "emnist-letters": {
            "gzip.zip": zipped(
                {
                    "gzip/emnist-letters-train-images-idx3-ubyte.gz": gzip.compress(
                        idx(letters[:, 0])
                    ),
                    "gzip/emnist-letters-train-labels-idx1-ubyte.gz": gzip.compress(
                        idx(np.arange(1, 27, dtype=np.uint8))
                    ),
                }
            )
        },
        "cifar10": {"cifar-10-python.tar.gz": tar("cifar-10-batches-py", ten_files)},
        "cifar100": {
            "cifar-100-python.tar.gz": tar(
                "cifar-100-python", {"train": cifar_batch(hundred, fine, "fine_labels")}
            )
        },
    }, {"mnist": train.images, "emnist-letters": letters, "cifar10": ten[:50], "cifar100": hundred}


COUNTS = {
    "mnist": {"train": [119, 121, 118, 122, 121, 121, 121, 119, 116, 120]}
    | {"test": [59, 61, 59, 61, 60, 61, 60, 60, 58, 60]},
    "emnist-letters": {"train": 1},
    "cifar10": {"train": 5, "test": 1},
    "cifar100": {"train": 2},
}


def entries(files: dict[str, dict[str, bytes]], address: str) -> dict[str, Any]:
    """The catalogue's own entries, with another address, checksum and number of images."""
    datasets = yaml.safe_load(CATALOG.read_text())["datasets"]
    found = {}
    for name in NAMES:
        downloads = [
            {
                "file": each["file"],
                "urls": [f"{address}/{name}/{each['file']}"],
                "md5": hashlib.md5(files[name][each["file"]]).hexdigest(),
            }
            for each in datasets[name]["source"]["downloads"]
        ]
        source = {**datasets[name]["source"], "downloads": downloads}
        found[name] = {**datasets[name], "source": source, **COUNTS[name]}
    return found


def test_each_is_downloaded_verified_and_cached_though_every_connection_is_cut_once(
    fresh: Project,
) -> None:
    files, images = published()
    contents = {
        f"/{name}/{file}": content for name in NAMES for file, content in files[name].items()
    }
    study = {"title": "t", "objectives": ["bce"], "seeds": 1, "oe_classes": "all"}
    with serve(Site(contents, cut=set(contents))) as site:
        tiny = {"epochs": 1, "milestones": [], "batch": 2}
        content = {
            "datasets": entries(files, site.address),
            "studies": {
                "grey": {**study, "dataset": "mnist", "oe": "emnist-letters"}
                | {"recipe": {"name": "mnist", **tiny}},
                "colour": {**study, "dataset": "cifar10", "oe": "cifar100"}
                | {"recipe": {"name": "cifar10", **tiny}},
            },
        }
        (fresh.folder / "config/config.yaml").write_text(yaml.safe_dump(content))
        fresh.run(*(f"resources/caches/{name}.h5" for name in NAMES))
    assert len(site.asked) == 2 * len(contents)  # each file in two pieces
    for name in NAMES:
        with h5py.File(fresh.folder / f"resources/caches/{name}.h5") as cache:
            assert np.array_equal(cache["train/images"], images[name])
            for file, content in files[name].items():
                assert hashlib.md5(content).hexdigest() in cache.attrs["checksums"]
                downloaded = Path(fresh.folder, "resources/downloads", name, file)
                assert downloaded.read_bytes() == content
