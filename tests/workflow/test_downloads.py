"""The real download rule, from a server on this machine, in the publisher's format."""

import gzip
import hashlib
import struct

import numpy as np
import yaml
from local_server import Site, serve
from project import Project

from oebench.data.sources.embedded import Digits


def idx(array: np.ndarray) -> bytes:
    head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return gzip.compress(head + array.astype(np.uint8).tobytes())


def publish(project: Project, site: Site, address: str) -> None:
    """Offer the handwritten digits as MNIST is offered, and study them instead of the embedded."""
    splits = Digits(kind="digits").load()
    files = {
        "train-images-idx3-ubyte.gz": idx(splits["train"].images[:, 0]),
        "train-labels-idx1-ubyte.gz": idx(splits["train"].labels),
        "t10k-images-idx3-ubyte.gz": idx(splits["test"].images[:, 0]),
        "t10k-labels-idx1-ubyte.gz": idx(splits["test"].labels),
    }
    site.files = {f"/{name}": content for name, content in files.items()}
    downloads = [
        {
            "file": name,
            "urls": [f"{address}/gone/{name}", f"{address}/{name}"],
            "md5": hashlib.md5(content).hexdigest(),
        }
        for name, content in files.items()
    ]
    content = yaml.safe_load((project.folder / "config/config.yaml").read_text())
    content["datasets"] = {
        "published": {
            "source": {"kind": "idx", "downloads": downloads},
            "image": [1, 16, 16],
            "classes": list("0123456789"),
            "train": np.bincount(splits["train"].labels).tolist(),
            "test": np.bincount(splits["test"].labels).tolist(),
        }
    }
    content["studies"]["tiny"]["dataset"] = "published"
    (project.folder / "config/config.yaml").write_text(yaml.safe_dump(content))


def test_what_is_published_is_downloaded_once_and_prepared(fresh: Project) -> None:
    with serve(Site({})) as site:
        publish(fresh, site, site.address)
        site.cut.add("/train-images-idx3-ubyte.gz")
        jobs = fresh.run("resources/caches/published.h5")
    assert len([job for job in jobs if job.startswith("download ")]) == 4
    assert jobs[-1] == "prepare published"
    # Each from its mirror, after the first address failed; the cut one in two pieces.
    answered = [path for path, _ in site.asked if not path.startswith("/gone")]
    assert len(answered) == 5
    assert "Nothing to be done" in fresh.call("--cores", "1", "resources/caches/published.h5")


def test_another_address_for_the_same_file_downloads_nothing(fresh: Project) -> None:
    with serve(Site({})) as site:
        publish(fresh, site, site.address)
        fresh.run("resources/caches/published.h5")
    # The server is gone; only the addresses change, and the caches' record of them with it.
    fresh.edit_all("config/config.yaml", site.address, "http://127.0.0.1:9")
    jobs = fresh.run("resources/caches/published.h5")
    assert jobs == ["prepare published"]


def test_a_file_with_another_checksum_stops_the_workflow_with_a_sentence(fresh: Project) -> None:
    with serve(Site({})) as site:
        publish(fresh, site, site.address)
        site.files["/t10k-labels-idx1-ubyte.gz"] = b"another file"
        printed = fresh.call("--cores", "2", "resources/caches/published.h5", ok=False)
    assert "the file has the MD5" in printed
    assert "Download it yourself and put it at" in printed
