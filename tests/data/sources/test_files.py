"""idx files and CIFAR batches: read as their publishers write them, refused with a sentence."""

import gzip
import pickle
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from file_cases import CIFAR, COLOURS, IMAGES, LABELS, batches, cifar_archive, idx, mnist
from pydantic import ValidationError

from oebench.data.sources.base import SourceError
from oebench.data.sources.cifar import Cifar
from oebench.data.sources.idx import Idx
from oebench.files import digest


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


# Files that are not the publisher's


def offered(files: Path, **changes: Any) -> Idx:
    """A source of files that are downloaded, with the checksums of MNIST's in that folder."""
    downloads = [
        {"file": path.name, "urls": ["http://localhost"], "md5": digest(path, "md5")}
        for path in sorted(mnist(files).iterdir())
    ]
    return Idx(kind="idx", downloads=downloads, **changes)


@pytest.mark.parametrize(
    ("own", "again"), [(False, "Delete it, and it is"), (True, "Put the publisher's file in its")]
)
def test_a_file_that_was_put_in_place_by_hand_is_compared_with_its_checksum(
    own: bool, again: str, tmp_path: Path
) -> None:
    source = offered(tmp_path, folder=tmp_path if own else None)
    assert len(source.load(tmp_path)["train"].labels) == 6
    path = tmp_path / "train-labels-idx1-ubyte.gz"
    expected = digest(path, "md5")
    path.write_bytes(gzip.compress(idx(LABELS[::-1])))
    with pytest.raises(SourceError) as error:
        source.load(tmp_path)
    assert str(error.value).startswith(
        f"{path} has the MD5 {digest(path, 'md5')}, expected {expected}: it is cut or another "
        f"file than the publisher's. {again}"
    )
    alone = Idx(kind="idx", folder=tmp_path)  # as the sentence says
    assert alone.load()["train"].labels.tolist() == LABELS[::-1].tolist()


def test_no_unpacked_file_takes_the_place_of_a_downloaded_one(tmp_path: Path) -> None:
    source = offered(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(LABELS[::-1]))
    assert source.load(tmp_path)["train"].labels.tolist() == LABELS.tolist()


def test_an_idx_file_is_read_by_what_it_is_and_not_by_its_ending(tmp_path: Path) -> None:
    mnist(
        tmp_path,
        **{
            "train-images-idx3-ubyte.gz": idx(IMAGES),
            "t10k-labels-idx1-ubyte": gzip.compress(idx(LABELS[:2])),
        },
    )
    splits = Idx(kind="idx", folder=tmp_path).load()
    np.testing.assert_array_equal(splits["train"].images[:, 0], IMAGES)
    np.testing.assert_array_equal(splits["test"].labels, LABELS[:2])


# Files that promise more than they have


@pytest.mark.parametrize("name", ["../train", "/etc/passwd", "a/../../b", "..", "", "a\0b"])
def test_a_name_never_leads_out_of_the_folder(name: str) -> None:
    with pytest.raises(ValidationError, match="expected "):
        Idx(kind="idx", folder=Path("in"), train=(name, name), test=None)


HUGE = b"\0\0\x08\3" + b"\xff" * 12  # 2**96 pixels
BOMB = gzip.compress(idx(LABELS) + bytes(10**8))  # 100 MB behind the labels


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (HUGE, f"is cut or too long: 16 bytes, expected {16 + (2**32 - 1) ** 3}"),
        (gzip.compress(HUGE), "is cut or too long: 16 bytes, expected"),
        (BOMB, "is cut or too long: 15 bytes or more, expected 14"),
        (b"\0\0\x08\xff" + b"\1" * 4 * 255, "is cut or too long: 1024 bytes, expected"),
        (b"\0\0\x08\xff" + b"\0\0\0\1" * 255 + b"a", "is not a whole idx file: "),
        (b"\0\0\x08\0a", r"has the shape \(6, 5, 4\) and train-labels-idx1-ubyte \(\)"),
        (b"\0\0\x08", "is not an idx file of unsigned bytes"),
    ],
    ids=["huge", "huge gzip", "bomb", "many axes", "one each", "no axis", "head cut"],
)
def test_no_more_is_read_than_the_head_of_an_idx_file_says(
    content: bytes, said: str, tmp_path: Path
) -> None:
    source = Idx(kind="idx", folder=mnist(tmp_path, **{"train-labels-idx1-ubyte.gz": content}))
    tracemalloc.start()
    try:
        with pytest.raises(SourceError, match=said):
            source.load()
        assert tracemalloc.get_traced_memory()[1] < 10**8
    finally:
        tracemalloc.stop()


def doubled(depth: int) -> list[Any]:
    """Lists of twice the same list: a few bytes for very many values."""
    value: list[Any] = [0, 1]
    for _ in range(depth):
        value = [value, value]
    return value


def itself() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


ROWS = COLOURS[:2].reshape(2, -1)
SHAPED = pickle.dumps({"data": ROWS, "labels": [0, 1]}, 2).replace(
    b"K\x02M\x00\x0c\x86", b"\x8a\x06" + b"\xff" * 5 + b"\x00M\x00\x0c\x86"
)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (pickle.dumps({"data": ROWS, "labels": doubled(60)}), "list in the place of an array or a"),
        (pickle.dumps({"data": ROWS, "labels": itself()}), "list in the place of an array or a"),
        (pickle.dumps({"data": ROWS.tolist(), "labels": [0, 1]}), "list in the place of an array"),
        (pickle.dumps({"data": ROWS, "labels": ["a", 1]}), "list in the place of an array or a"),
        (pickle.dumps({"data": ROWS.astype(object), "labels": [0, 1]}), "data of .* is object"),
        (pickle.dumps({"data": ROWS, "labels": [-1, 2**70]}), "labels of .* is object"),
        (pickle.dumps({"data": ROWS, "labels": [0]}), "has 2 images and 1 labels"),
        (pickle.dumps({"labels": [0, 1]}), "has no data; it has labels; replace"),
        (pickle.dumps([1, 2]), "holds list, expected data and labels by name"),
        (pickle.dumps("data"), "holds str, expected data and labels by name"),
        (pickle.dumps({str(i): i for i in range(9999)} | {"data": 1}), " more"),
        (SHAPED, "is not a batch of CIFAR images: "),
        (b"\x80\x02]r\xff\xff\xff\x3f.", "holds list, expected data"),  # a place in memory
        (b"\x80\x04\x8e" + b"\xff" * 7 + b"\x7f", "is not a batch of CIFAR images: "),
        (b"(" * 10**5, "is not a batch of CIFAR images: "),
        (b"", "is not a batch of CIFAR images: "),
    ],
)
def test_a_batch_with_anything_in_it_is_a_sentence(
    content: bytes, said: str, tmp_path: Path
) -> None:
    for name, batch in batches().items():
        (tmp_path / name).write_bytes(batch)
    (tmp_path / "data_batch_2").write_bytes(content)
    with pytest.raises(SourceError, match=said) as error:
        Cifar(**CIFAR, folder=tmp_path).load()
    assert f"{tmp_path}/data_batch_2" in str(error.value)
    assert len(str(error.value)) < 1000
