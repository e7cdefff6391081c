"""What a user reads when names are wrong, and when a download is not what it should be."""

import hashlib
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dataset_cases import refusal
from file_cases import CIFAR
from local_server import Site, serve
from message_cases import (
    ENTRIES,
    GREY,
    Entry,
    Trouble,
    assert_refused,
    assert_says,
    in_h5,
    in_npz,
    renamed,
)

from oebench.data.download import DownloadError, fetch
from oebench.files import Checksum

CORRECT_NAME = "put it there, or correct its name in the data set's source"
READ = "the source names train_x with the labels train_y and test_x with the labels test_y)"
NO_TEST = "Name them in the source or as `test_source`, or take `test` out of the data set"

# Kind, what happened, and the sentence: FOLDER is the test's, "..." what a library says.
MISNAMED: list[tuple[str, Trouble, str]] = [
    (
        "idx",
        renamed("own/t10k-labels-idx1-ubyte", "own/t10k-labels.idx1-ubyte"),
        "there is neither t10k-labels-idx1-ubyte nor t10k-labels-idx1-ubyte.gz in FOLDER/own or "
        f"the folders in it; {CORRECT_NAME}",
    ),
    (
        "idx in a zip",
        renamed("own/gzip.zip", "own/matlab.zip"),
        "there is neither gzip.zip nor gzip.zip.gz in FOLDER/own or the folders in it; "
        f"{CORRECT_NAME}",
    ),
    (
        "cifar",
        renamed("own/data_batch_1", "own/data-batch-1"),
        "there is neither cifar.tar.gz nor data_batch_1 in FOLDER/own or the folders in it; "
        f"{CORRECT_NAME}",
    ),
    (
        "cifar in an archive",
        renamed("own/cifar.tar.gz", "own/cifar-10.tar.gz"),
        "there is neither cifar.tar.gz nor data_batch_1 and data_batch_2 and test_batch in "
        f"FOLDER/own or the folders in it; {CORRECT_NAME}",
    ),
    (
        "folder",
        renamed("own/train/dog", "own/train/dgo"),
        "data set own: expected the classes cat, dog as declared, found cat, dgo, dog (read from "
        "FOLDER/own/train and FOLDER/own/test); not declared: dgo",
    ),
    (
        "folder",
        renamed("own/test/dog", "own/test/dgo"),
        "data set own: expected the classes cat, dog as declared, found cat, dgo, dog (read from "
        "FOLDER/own/train and FOLDER/own/test); not declared: dgo",
    ),
    (
        "pool",
        renamed("own/n1/a.png", "own/n1/a.pgn"),
        "there is no image in FOLDER/own or the folders in it; image files end in .bmp, ...",
    ),
    (
        "npz",
        in_npz("train_x", "images"),
        "data set own: its source has no training images (read from FOLDER/own.npz, which has "
        f"the arrays images, train_y, test_x, test_y; {READ}",
    ),
    (
        "npz",
        in_npz("train_y", "labels"),
        "data set own, train: a: found 6, declared 2; b: found 0, declared 2; c: found 0, "
        "declared 2 (read from "
        f"FOLDER/own.npz, which has the arrays train_x, labels, test_x, test_y; {READ}",
    ),
    (
        "npz",
        in_npz("test_x", "testx"),
        "data set own: test images are declared, its source has none (read from FOLDER/own.npz, "
        f"which has the arrays train_x, train_y, testx, test_y; {READ}. {NO_TEST}",
    ),
    (
        "npy",
        renamed("own.npy", "pool.npy"),
        "data set own: there is no file FOLDER/own.npy; put the file there, or change `path` of "
        "the data set's source",
    ),
    (
        "folder of npy",
        renamed("own/train_x.npy", "own/images.npy"),
        "data set own: its source has no training images (read from FOLDER/own, which has "
        f"the arrays images, test_x, test_y, train_y; {READ}",
    ),
    (
        "folder of npy",
        renamed("own/test_y.npy", "own/labels.npy"),
        "data set own, test: a: found 4, declared 2; b: found 0, declared 1; c: found 0, "
        "declared 1 (read from "
        f"FOLDER/own, which has the arrays labels, test_x, train_x, train_y; {READ}",
    ),
    (
        "h5",
        in_h5("train_x", "images/of/training"),
        "data set own: its source has no training images (read from FOLDER/images.h5, which has "
        f"the arrays images, test_x, test_y, train_y; {READ}",
    ),
    (
        "h5",
        in_h5("test_y", "labels"),
        "data set own, test: a: found 4, declared 2; b: found 0, declared 1; c: found 0, "
        "declared 1 (read from "
        f"FOLDER/images.h5, which has the arrays labels, test_x, train_x, train_y; {READ}",
    ),
    (
        "vectors",
        lambda folder: np.savez(folder / "own.npz", features=np.ones((6, 20))),
        "FOLDER/own.npz has no array train_x; it has the arrays features. Name its arrays as "
        "`train` and `test` of the data set's source",
    ),
    (
        "tinyimages",
        renamed("exclude.txt", "80mn_cifar_idxs.txt"),
        "data set own: there is no file FOLDER/exclude.txt; put it there, or correct `images` and "
        "`exclude` of the data set's source",
    ),
]


def test_every_kind_is_in_the_table() -> None:
    assert {kind for kind, _, _ in MISNAMED} == set(ENTRIES)


@pytest.mark.parametrize(
    ("kind", "trouble", "sentence"), MISNAMED, ids=[row[0] for row in MISNAMED]
)
def test_what_is_misnamed(kind: str, trouble: Trouble, sentence: str, tmp_path: Path) -> None:
    assert_refused(kind, trouble, sentence, tmp_path)


def test_a_wrong_key_of_labels_in_cifar_batches(tmp_path: Path) -> None:
    entry = ENTRIES["cifar"](tmp_path)
    source = entry["source"] | {"labels": "fine_labels"}
    assert refusal(entry | {"source": source}, tmp_path) == (
        f"{tmp_path}/own/data_batch_1 has no fine_labels; it has data, labels. Correct `labels` of "
        "the data set's source"
    )


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    for suffix in ("npz", "npy", "h5"):
        path = tmp_path / f"page.{suffix}"
        path.write_text("<!DOCTYPE html><title>404</title>")
        source = {"kind": "arrays", "path": path}
        message = refusal({"source": source} | GREY, tmp_path)
        assert_says(
            message,
            f"FOLDER/page.{suffix} cannot be read as arrays: .... It must be an "
            ".npz, .npy or HDF5 file of plain numbers; if it is, it is cut",
            tmp_path,
        )
        assert "pickle" not in message


# Downloads


NEEDED: dict[str, Any] = {
    "idx": {"kind": "idx", "test": None, "train": ("own.gz", "labels.gz")},
    "idx in a zip": {"kind": "idx", "test": None, "archive": "own.gz", "train": ("a", "b")},
    "cifar": CIFAR | {"archive": "own.gz"},
}


@pytest.mark.parametrize("kind", NEEDED)
def test_a_downloaded_file_that_is_gone_again(kind: str, tmp_path: Path) -> None:
    download = {"file": "own.gz", "urls": ["http://localhost/own.gz"], "md5": "0" * 32}
    entry: Entry = {"source": NEEDED[kind] | {"downloads": [download]}} | GREY
    (tmp_path / "downloads").mkdir()
    assert_says(
        refusal(entry, tmp_path, downloads=tmp_path / "downloads"),
        "there is neither own.gz nor own.gz.gz in FOLDER/downloads or the folders in it; "
        f"{CORRECT_NAME}",
        tmp_path,
    )


@pytest.mark.parametrize("trouble", ["another file", "cut for good", "not there", "no server"])
def test_a_download_that_is_not_what_it_should_be(
    trouble: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    whole = bytes(range(256)) * 100
    offered = {"another file": b"<html>", "cut for good": whole[:-1]}.get(trouble)
    wanted = hashlib.md5(whole).hexdigest()
    with serve(Site({} if offered is None else {"/own.gz": offered})) as site:
        url = "http://127.0.0.1:9" if trouble == "no server" else site.address
        with pytest.raises(DownloadError) as error:
            fetch([f"{url}/own.gz"], tmp_path / "own.gz", Checksum(wanted))
    found = f"the file has the MD5 {hashlib.md5(offered or b'').hexdigest()}, expected {wanted}"
    reason = {"not there": "404 Client Error", "no server": "HTTPConnectionPool"}.get(
        trouble, found
    )
    assert_says(
        str(error.value),
        f"own.gz could not be downloaded. Tried:\n  {url}/own.gz: {reason}...\n"
        "Download it yourself and put it at FOLDER/own.gz, or name a folder that has it as "
        "`folder` of the data set's source, or the file as `weights` of features.",
        tmp_path,
    )
    assert not (tmp_path / "own.gz").exists()
