"""idx files and CIFAR batches: read as their publishers write them, refused with a sentence."""

import gzip
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from file_cases import CIFAR, COLOURS, IMAGES, LABELS, batches, cifar_archive, idx, mnist

from oebench.data.sources.base import SourceError
from oebench.data.sources.cifar import Cifar
from oebench.data.sources.idx import Idx


@pytest.mark.parametrize("inner", [".", "MNIST/raw"])
def test_plain_and_gzipped_files_are_found_in_torchvisions_layout_too(
    inner: str, tmp_path: Path
) -> None:
    mnist(tmp_path / inner)
    splits = Idx(kind="idx", folder=tmp_path).load()
    np.testing.assert_array_equal(splits["train"].images[:, 0], IMAGES)
    np.testing.assert_array_equal(splits["train"].labels, LABELS)
    np.testing.assert_array_equal(splits["test"].images[:, 0], IMAGES[:2])


def test_downloaded_files_are_read_where_they_were_put(tmp_path: Path) -> None:
    download = {"file": "a", "urls": ["http://localhost/a"], "md5": "0" * 32}
    source = Idx(kind="idx", downloads=[download])
    assert source.missing() is None
    assert [each.file for each in source.needed()] == ["a"]
    assert len(source.load(mnist(tmp_path))["train"].labels) == 6


def test_emnists_files_lie_in_a_zip_archive_and_count_labels_from_one(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "gzip.zip", "w") as archive:
        archive.writestr("gzip/images.gz", gzip.compress(idx(IMAGES)))
        archive.writestr("gzip/labels.gz", gzip.compress(idx(LABELS + 1)))
    pair = ("gzip/images.gz", "gzip/labels.gz")
    keys: dict[str, Any] = {"folder": tmp_path, "archive": "gzip.zip", "train": pair, "test": None}
    source = Idx(kind="idx", first_label=1, **keys)
    np.testing.assert_array_equal(source.load()["train"].labels, LABELS)
    turned = Idx(kind="idx", transpose=True, **keys).load()["train"].images
    np.testing.assert_array_equal(turned[:, 0], IMAGES.transpose(0, 2, 1))


def test_of_different_files_with_one_name_none_is_chosen(tmp_path: Path) -> None:
    mnist(tmp_path / "MNIST/raw")
    mnist(tmp_path / "copy")
    Idx(kind="idx", folder=tmp_path).load()  # the same twice is no question
    mnist(tmp_path / "FashionMNIST/raw", **{"t10k-labels-idx1-ubyte": idx(LABELS[1:3])})
    with pytest.raises(SourceError, match="there are different files t10k-labels-idx1-ubyte in"):
        Idx(kind="idx", folder=tmp_path).load()


def test_only_the_files_that_are_read_count_for_the_stamp(tmp_path: Path) -> None:
    source = Idx(kind="idx", folder=mnist(tmp_path))
    before = source.stamp()
    (tmp_path / "notes.txt").touch()
    assert source.stamp() == before
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(b"")
    assert source.stamp() != before


def test_emnists_files_are_found_unpacked_as_torchvision_leaves_them(tmp_path: Path) -> None:
    folder = tmp_path / "EMNIST/raw"
    folder.mkdir(parents=True)
    (folder / "images").write_bytes(idx(IMAGES))
    (folder / "labels.gz").write_bytes(gzip.compress(idx(LABELS + 1)))
    pair = ("gzip/images.gz", "gzip/labels.gz")
    keys: dict[str, Any] = {"folder": tmp_path, "archive": "gzip.zip", "train": pair, "test": None}
    found = Idx(kind="idx", first_label=1, **keys).load()["train"]
    np.testing.assert_array_equal(found.images[:, 0], IMAGES)
    np.testing.assert_array_equal(found.labels, LABELS)


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        (
            "t10k-labels-idx1-ubyte",
            idx(LABELS[:2])[:-1],
            "is cut or too long: 9 bytes,",
        ),
        ("t10k-labels-idx1-ubyte", b"<html>", "is not an idx file of unsigned bytes"),
        ("t10k-labels-idx1-ubyte", idx(LABELS), "has the shape"),
        ("train-labels-idx1-ubyte.gz", gzip.compress(idx(LABELS))[:-9], "is not a whole gzip file"),
    ],
    ids=["cut", "no idx", "other count", "cut gzip"],
)
def test_a_bad_idx_file_is_refused_by_name(
    file: str, content: bytes, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(SourceError, match=sentence) as error:
        Idx(kind="idx", folder=mnist(tmp_path, **{file: content})).load()
    assert "labels-idx1" in str(error.value)


def test_a_missing_or_misnamed_file_or_folder_is_a_sentence(tmp_path: Path) -> None:
    mnist(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").rename(tmp_path / "t10k-labels.idx1-ubyte")
    with pytest.raises(SourceError, match="there is neither t10k-labels-idx1-ubyte nor t10k-lab"):
        Idx(kind="idx", folder=tmp_path).load()
    absent = Idx(kind="idx", folder=tmp_path / "nowhere").missing()
    assert absent is not None
    assert absent.startswith(f"there is no folder {tmp_path / 'nowhere'}; correct `folder`")
    assert Idx(kind="idx").missing() is not None


@pytest.mark.parametrize("unpacked", [False, True])
def test_cifar_is_read_from_the_archive_and_from_its_folder(unpacked: bool, tmp_path: Path) -> None:
    if unpacked:
        (tmp_path / "cifar-10-batches-py").mkdir()
        for name, content in batches().items():
            (tmp_path / "cifar-10-batches-py" / name).write_bytes(content)
    else:
        cifar_archive(tmp_path, batches())
    splits = Cifar(**CIFAR, folder=tmp_path).load()
    np.testing.assert_array_equal(splits["train"].images, COLOURS[:4])
    np.testing.assert_array_equal(splits["train"].labels, LABELS[:4])
    np.testing.assert_array_equal(splits["test"].images, COLOURS[4:])


def test_a_batch_that_asks_to_run_code_is_refused(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "ran",))

    cifar_archive(tmp_path, batches() | {"test_batch": pickle.dumps(Evil())})
    with pytest.raises(SourceError, match=r"test_batch in .* is not a batch of CIFAR images"):
        Cifar(**CIFAR, folder=tmp_path).load()
    assert not (tmp_path / "ran").exists()


def test_a_cut_archive_or_a_missing_batch_is_a_sentence(tmp_path: Path) -> None:
    files = batches()
    del files["data_batch_2"]
    cifar_archive(tmp_path, files)
    with pytest.raises(
        SourceError,
        match=r"cifar\.tar\.gz has no file data_batch_2; it has data_batch_1, test_batch\.",
    ):
        Cifar(**CIFAR, folder=tmp_path).load()
    whole = (tmp_path / "cifar.tar.gz").read_bytes()
    (tmp_path / "cifar.tar.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceError, match=r"cifar\.tar\.gz is not a whole archive"):
        Cifar(**CIFAR, folder=tmp_path).load()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"data": COLOURS[:2].reshape(2, -1) / 255},
            "data of .* is float64; expected whole numbers",
        ),
        ({"data": COLOURS[:2].transpose(0, 2, 3, 1)}, r"has the shape \(2, 32, 32, 3\); expected"),
        (
            {"data": COLOURS[:2].reshape(2, -1).astype(int) + 1000},
            "goes from 10.. to 12..; expected pixels",
        ),
        ({"labels": [0.7, 1.0]}, "labels of .* is float64; expected whole numbers"),
    ],
    ids=["fractions", "another order of axes", "too bright", "fractions of labels"],
)
def test_a_cifar_batch_of_other_values_or_shape_is_refused(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    for name, content in batches().items():
        (tmp_path / name).write_bytes(content)
    content = {"data": COLOURS[:2].reshape(2, -1), "labels": [0, 1]}
    (tmp_path / "data_batch_1").write_bytes(pickle.dumps(content | changes, 2))
    with pytest.raises(SourceError, match=said):
        Cifar(**CIFAR, folder=tmp_path).load()
