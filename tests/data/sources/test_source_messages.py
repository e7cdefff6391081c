"""What a user reads when data is missing or cut: what was found, where, what to do."""

from pathlib import Path

import pytest
from dataset_cases import made
from file_cases import IMAGES, LABELS, batches, idx
from message_cases import (
    DRAWN,
    ENTRIES,
    Trouble,
    assert_refused,
    gone,
    repacked,
    rezipped,
    shortened,
)
from tiny_cases import TINY_BYTES

# What to do, as the sentences end.
CORRECT_FOLDER = "correct `folder` of the data set's source"
CORRECT_NAME = "put it there, or correct its name in the data set's source"
AGAIN = "replace it by the publisher's file"
ITS_ARRAYS = "Name its arrays as `train` and `test` of the data set's source"
ITS_FILES = "Name its files as `train` and `test` of the data set's source"
CUT_ARRAYS = "It must be an .npz, .npy or HDF5 file of plain numbers; if it is, it is cut"
FOUR = "train_x, train_y, test_x, test_y"
REPAIR = "Repair them or take them away"

# Kind, what happened, and the sentence: FOLDER is the test's, "..." what a library says.
MISSING: list[tuple[str, Trouble, str]] = [
    ("idx", gone("own"), f"data set own: there is no folder FOLDER/own; {CORRECT_FOLDER}"),
    (
        "idx",
        gone("own/train-labels-idx1-ubyte.gz"),
        "there is neither train-labels-idx1-ubyte nor train-labels-idx1-ubyte.gz in FOLDER/own or "
        f"the folders in it; {CORRECT_NAME}",
    ),
    (
        "idx in a zip",
        gone("own/gzip.zip"),
        f"there is neither gzip.zip nor gzip.zip.gz in FOLDER/own or the folders in it; "
        f"{CORRECT_NAME}",
    ),
    (
        "idx in a zip",
        rezipped(images=idx(IMAGES)),
        f"FOLDER/own/gzip.zip has no file labels; it has images. {ITS_FILES}",
    ),
    ("cifar", gone("own"), f"data set own: there is no folder FOLDER/own; {CORRECT_FOLDER}"),
    (
        "cifar",
        gone("own/data_batch_2"),
        "there is neither cifar.tar.gz nor data_batch_2 in FOLDER/own or the folders in it; "
        f"{CORRECT_NAME}",
    ),
    (
        "cifar in an archive",
        gone("own/cifar.tar.gz"),
        "there is neither cifar.tar.gz nor data_batch_1 and data_batch_2 and test_batch in "
        f"FOLDER/own or the folders in it; {CORRECT_NAME}",
    ),
    (
        "cifar in an archive",
        repacked(data_batch_1=batches()["data_batch_1"]),
        "FOLDER/own/cifar.tar.gz has no file data_batch_2 and no file test_batch; it has "
        "data_batch_1. Name the batches as `train` and `test` of the data set's source",
    ),
    (
        "folder",
        gone("own/test"),
        "data set own: there is no folder FOLDER/own/test; put a folder of images for each class "
        "there, or correct `train` and `test` of the data set's source",
    ),
    (
        "folder",
        gone("own/test/dog"),
        "data set own, test: dog: found 0, declared 1 (read from FOLDER/own/train and "
        "FOLDER/own/test)",
    ),
    (
        "folder",
        gone("own/test/dog/a.png"),
        "data set own, test: dog: found 0, declared 1 (read from FOLDER/own/train and "
        "FOLDER/own/test)",
    ),
    (
        "pool",
        gone("own"),
        "data set own: there is no folder FOLDER/own; put a folder of images there, or correct "
        "`train` of the data set's source",
    ),
    (
        "pool",
        gone("own/n1/a.png"),
        "there is no image in FOLDER/own or the folders in it; image files end in .bmp, ...",
    ),
    (
        "npz",
        gone("own.npz"),
        f"data set own: there is no file FOLDER/own.npz; put a file with the arrays {FOUR} "
        "there, or change `path` of the data set's source",
    ),
    (
        "npy",
        gone("own.npy"),
        "data set own: there is no file FOLDER/own.npy; put the file there, or change `path` of "
        "the data set's source",
    ),
    (
        "folder of npy",
        gone(*(f"own/{name}.npy" for name in FOUR.split(", "))),
        f"FOLDER/own has no array train_x; it has no arrays. {ITS_ARRAYS}",
    ),
    (
        "h5",
        gone("images.h5"),
        f"data set own: there is no file FOLDER/images.h5; put a file with the arrays {FOUR} "
        "there, or change `path` of the data set's source",
    ),
    (
        "vectors",
        gone("own.npz"),
        f"data set own: there is no file FOLDER/own.npz; put a file with the arrays {FOUR} "
        "there, or change `path` of the data set's source",
    ),
    (
        "tinyimages",
        gone("tiny_images.bin", "exclude.txt"),
        "data set own: there is no file FOLDER/tiny_images.bin and no file FOLDER/exclude.txt; "
        "put it there, or correct `images` and `exclude` of the data set's source",
    ),
]
CUT: list[tuple[str, Trouble, str]] = [
    (
        "idx",
        shortened("own/t10k-labels-idx1-ubyte", 9),
        f"FOLDER/own/t10k-labels-idx1-ubyte is cut or too long: 9 bytes, expected 12; {AGAIN}",
    ),
    (
        "idx",
        shortened("own/train-images-idx3-ubyte.gz", 60),
        f"FOLDER/own/train-images-idx3-ubyte.gz is not a whole gzip file: ...; {AGAIN}",
    ),
    (
        "idx in a zip",
        shortened("own/gzip.zip", 100),
        f"FOLDER/own/gzip.zip is not a whole zip archive: File is not a zip file; {AGAIN}",
    ),
    (
        "idx in a zip",
        rezipped(images=idx(IMAGES)[:-1], labels=idx(LABELS)),
        f"FOLDER/own/gzip.zip/images is cut or too long: 135 bytes, expected 136; {AGAIN}",
    ),
    (
        "cifar",
        shortened("own/test_batch", 5000),
        f"FOLDER/own/test_batch is not a batch of CIFAR images: ...; {AGAIN}",
    ),
    (
        "cifar in an archive",
        shortened("own/cifar.tar.gz", 5000),
        f"FOLDER/own/cifar.tar.gz is not a whole archive: ...; {AGAIN}",
    ),
    (
        "folder",
        shortened("own/train/dog/a.png", 40),
        "data set own, train: dog: found 0, declared 1 (read from FOLDER/own/train and "
        f"FOLDER/own/test); 1 could not be read: FOLDER/own/train/dog/a.png. {REPAIR}",
    ),
    (
        "pool",
        shortened("own/n1/a.png", 40),
        "data set own, train: found 0, declared 1 (read from FOLDER/own); 1 could not be read: "
        f"FOLDER/own/n1/a.png. {REPAIR}",
    ),
    (
        "npz",
        shortened("own.npz", 500),
        f"FOLDER/own.npz cannot be read as arrays: File is not a zip file. {CUT_ARRAYS}",
    ),
    (
        "npy",
        shortened("own.npy", 200),
        f"FOLDER/own.npy cannot be read as arrays: .... {CUT_ARRAYS}",
    ),
    (
        "folder of npy",
        shortened("own/test_x.npy", 150),
        f"FOLDER/own/test_x.npy cannot be read as arrays: .... {CUT_ARRAYS}",
    ),
    (
        "h5",
        shortened("images.h5", 900),
        f"FOLDER/images.h5 cannot be read as arrays: .... {CUT_ARRAYS}",
    ),
    (
        "vectors",
        shortened("own.npz", 500),
        f"FOLDER/own.npz cannot be read as arrays: File is not a zip file. {CUT_ARRAYS}",
    ),
    (
        "tinyimages",
        shortened("tiny_images.bin", 5000),
        f"FOLDER/tiny_images.bin is cut or another file: it has 5000 bytes, expected "
        f"{400 * TINY_BYTES} (400 images of 3072 bytes)",
    ),
    (
        "tinyimages",
        shortened("exclude.txt", 4),
        "FOLDER/exclude.txt names 2 images, expected 3; it is cut or another file",
    ),
]


@pytest.mark.parametrize("kind", ENTRIES)
def test_a_cache_is_made_where_nothing_has_happened(kind: str, tmp_path: Path) -> None:
    made(ENTRIES[kind](tmp_path), tmp_path, **DRAWN.get(kind, {}))


def test_every_kind_is_in_both_tables() -> None:
    for table in (MISSING, CUT):
        assert {kind for kind, _, _ in table} == set(ENTRIES)


@pytest.mark.parametrize(("kind", "trouble", "sentence"), MISSING, ids=[row[0] for row in MISSING])
def test_what_is_missing(kind: str, trouble: Trouble, sentence: str, tmp_path: Path) -> None:
    assert_refused(kind, trouble, sentence, tmp_path)


@pytest.mark.parametrize(("kind", "trouble", "sentence"), CUT, ids=[row[0] for row in CUT])
def test_what_is_cut(kind: str, trouble: Trouble, sentence: str, tmp_path: Path) -> None:
    assert_refused(kind, trouble, sentence, tmp_path)
