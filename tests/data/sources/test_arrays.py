"""The user's own arrays: .npz archives, .npy files, folders of them and HDF5 files."""

import errno
import os
import pickle
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from dataset_cases import cut, label_list, made, stored

from oebench.data.sources.arrays import Arrays
from oebench.data.sources.base import Labelled, SourceError


def pixels(*shape: int) -> np.ndarray:
    return np.arange(np.prod(shape)).reshape(shape).astype(np.uint8)


def archive(folder: Path, **arrays: Any) -> Arrays:
    path = folder / "own.npz"
    np.savez(path, **arrays)
    return Arrays(kind="arrays", path=path)


def train(source: Arrays) -> Labelled:
    loaded = source.load()["train"]
    assert isinstance(loaded, Labelled)
    return loaded


def test_grey_images_get_their_one_channel(tmp_path: Path) -> None:
    images = pixels(3, 4, 5)
    source = archive(tmp_path, train_x=images, train_y=[2, 0, 1])
    assert [*source.load()] == ["train"]
    loaded = train(source)
    assert loaded.images.shape == (3, 1, 4, 5)
    assert (loaded.images[:, 0] == images).all()
    assert loaded.labels.tolist() == [2, 0, 1]
    assert loaded.labels.dtype == np.int64


def test_channels_of_colour_images_come_first(tmp_path: Path) -> None:
    images = pixels(2, 4, 5, 3)
    loaded = train(archive(tmp_path, train_x=images, train_y=[0, 1])).images
    assert loaded.shape == (2, 3, 4, 5)
    assert loaded[1, 2, 3, 4] == images[1, 3, 4, 2]


def test_test_images_are_loaded_beside_the_training_images(tmp_path: Path) -> None:
    train, test = pixels(2, 4, 5), pixels(1, 4, 5)
    loaded = archive(tmp_path, train_x=train, train_y=[0, 1], test_x=test, test_y=[1]).load()
    assert {name: label_list(split) for name, split in loaded.items()} == {
        "train": [0, 1],
        "test": [1],
    }


def test_a_pool_needs_no_labels(tmp_path: Path) -> None:
    assert train(archive(tmp_path, train_x=pixels(3, 4, 5))).labels.tolist() == [0, 0, 0]


def test_a_missing_file_is_named_with_what_to_put_there(tmp_path: Path) -> None:
    source = Arrays(kind="arrays", path=tmp_path / "own.npz")
    sentence = source.missing()
    assert sentence is not None
    assert sentence.startswith(f"there is no file {tmp_path}/own.npz; put a file with the arrays")
    assert "train_x, train_y, test_x, test_y there, or change `path`" in sentence
    archive(tmp_path, train_x=pixels(1, 4, 5))
    assert source.missing() is None


@pytest.mark.parametrize(
    ("images", "found"),
    [
        (pixels(2, 4, 5).astype(np.float32), r"float32 \(2, 4, 5\)"),
        (pixels(2, 4, 5).astype(np.int64), r"int64 \(2, 4, 5\)"),
        (pixels(2, 20), r"uint8 \(2, 20\)"),
    ],
)
def test_images_of_another_type_or_shape_are_refused(
    tmp_path: Path, images: np.ndarray, found: str
) -> None:
    sentence = rf"train_x in .*own.npz is {found}; expected uint8 \(N, H, W\) or \(N, H, W, C\)"
    with pytest.raises(SourceError, match=sentence):
        archive(tmp_path, train_x=images, train_y=[0, 1]).load()


@pytest.mark.parametrize(("labels", "shape"), [([0, 1, 0], r"\(3,\)"), ([[0], [1]], r"\(2, 1\)")])
def test_labels_that_are_not_one_for_each_image_are_refused(
    tmp_path: Path, labels: list[object], shape: str
) -> None:
    sentence = rf"train_y in .*own.npz has the shape {shape}, expected \(2,\): a label for each"
    with pytest.raises(SourceError, match=sentence):
        archive(tmp_path, train_x=pixels(2, 4, 5), train_y=labels).load()


@pytest.mark.parametrize("labels", [[0.5, 1.0], ["cat", "dog"]])
def test_labels_that_are_no_whole_numbers_are_refused(tmp_path: Path, labels: list[object]) -> None:
    with pytest.raises(SourceError, match="train_y"):
        archive(tmp_path, train_x=pixels(2, 4, 5), train_y=labels).load()


def test_an_archive_without_training_images_is_refused_with_what_it_has(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"has no array train_x; it has the arrays images\."):
        archive(tmp_path, images=pixels(2, 4, 5)).load()


def test_a_file_that_is_no_archive_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "own.npz"
    path.write_text("not an archive")
    with pytest.raises(
        SourceError, match=r"own\.npz cannot be read as arrays: it begins with b'not"
    ):
        Arrays(kind="arrays", path=path).load()


@pytest.mark.parametrize("suffix", [".npz", ".npy", ".h5", ".mat", ""])
@pytest.mark.parametrize("kind", ["npz", "npy", "h5"])
def test_a_file_is_read_by_what_it_is_and_not_by_its_ending(
    kind: str, suffix: str, tmp_path: Path
) -> None:
    images, path = pixels(3, 4, 5), tmp_path / f"own{suffix}"
    with path.open("wb") as file:
        if kind == "npz":
            np.savez(file, train_x=images)
        elif kind == "npy":
            np.save(file, images)
    if kind == "h5":
        hdf5(path, train_x=images)
    assert (train(Arrays(kind="arrays", path=path)).images[:, 0] == images).all()


def test_an_archive_stays_one_wherever_its_arrays_begin(tmp_path: Path) -> None:
    packed, before = BytesIO(), 512 - len("a.txt" + "train_x.npy") - 2 * 30  # of heads in a zip
    np.save(packed, pixels(3, 4, 5))
    with zipfile.ZipFile(tmp_path / "own", "w") as zipped:
        zipped.writestr("a.txt", " " * before)
        zipped.writestr("train_x.npy", packed.getvalue())
    assert (tmp_path / "own").read_bytes()[512:].startswith(b"\x93NUMPY")
    assert len(train(Arrays(kind="arrays", path=tmp_path / "own")).images) == 3


def test_an_hdf5_file_may_begin_with_something_else(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "own.mat", "w", userblock_size=512) as file:
        file["train_x"] = pixels(3, 4, 5)
    source = Arrays(kind="arrays", path=tmp_path / "own.mat")
    assert (train(source).images[:, 0] == pixels(3, 4, 5)).all()


# Other files than an archive


def hdf5(path: Path, **arrays: object) -> Path:
    with h5py.File(path, "w") as file:
        for name, values in arrays.items():
            file[name] = values
    return path


def test_an_npy_file_is_a_pool(tmp_path: Path) -> None:
    np.save(tmp_path / "pool.npy", pixels(3, 4, 5, 3))
    loaded = Arrays(kind="arrays", path=tmp_path / "pool.npy").load()
    assert [*loaded] == ["train"]
    pool = train(Arrays(kind="arrays", path=tmp_path / "pool.npy"))
    assert (pool.images == pixels(3, 4, 5, 3).transpose(0, 3, 1, 2)).all()
    assert pool.labels.tolist() == [0, 0, 0]


def test_a_cache_is_made_of_an_npy_file(tmp_path: Path) -> None:
    np.save(tmp_path / "pool.npy", pixels(3, 4, 5, 3))
    source = {"kind": "arrays", "path": tmp_path / "pool.npy"}
    cache = made({"source": source, "image": (3, 4, 5), "train": 3}, tmp_path)
    assert (stored(cache) == pixels(3, 4, 5, 3).transpose(0, 3, 1, 2)).all()


def test_a_folder_of_npy_files_is_read_by_their_names(tmp_path: Path) -> None:
    for name, values in {
        "train_x": pixels(3, 4, 5),
        "train_y": np.array([2, 0, 1]),
        "test_x": pixels(2, 4, 5) + 100,
        "test_y": np.array([1, 0]),
    }.items():
        np.save(tmp_path / f"{name}.npy", values)
    (tmp_path / "notes.txt").write_text("no array")
    source = Arrays(kind="arrays", path=tmp_path)
    loaded = source.load()
    assert {name: label_list(split) for name, split in loaded.items()} == {
        "train": [2, 0, 1],
        "test": [1, 0],
    }
    assert (train(source).images[:, 0] == pixels(3, 4, 5)).all()
    assert [path.stem for path in source.own_files()] == ["test_x", "test_y", "train_x", "train_y"]


@pytest.mark.parametrize("suffix", [".h5", ".hdf5", ".hdf"])
def test_hdf5_files_are_read_with_names_of_their_own(suffix: str, tmp_path: Path) -> None:
    path = hdf5(
        tmp_path / f"own{suffix}",
        **{"a/images": pixels(3, 4, 5, 3), "a/classes": [1, 0, 1]},
        **{"b/images": pixels(2, 4, 5, 3) + 100, "b/classes": [0, 1]},
    )
    names: dict[str, Any] = {"train": ("a/images", "a/classes"), "test": ("b/images", "b/classes")}
    loaded = Arrays(kind="arrays", path=path, **names).load()
    assert {name: label_list(split) for name, split in loaded.items()} == {
        "train": [1, 0, 1],
        "test": [0, 1],
    }
    test = loaded["test"]
    assert isinstance(test, Labelled)
    assert (test.images == pixels(2, 4, 5, 3).transpose(0, 3, 1, 2) + 100).all()


@pytest.mark.parametrize("channels", [2, 4, 5])
def test_images_with_another_number_of_channels_are_refused(channels: int, tmp_path: Path) -> None:
    sentence = rf"train_x in .*own\.npz has {channels} channels, expected 1 or 3"
    with pytest.raises(SourceError, match=sentence):
        archive(tmp_path, train_x=pixels(2, 3, 4, channels)).load()


def test_a_group_in_the_place_of_an_array_is_refused(tmp_path: Path) -> None:
    path = hdf5(tmp_path / "own.h5", **{"train_x/inner": pixels(2, 4, 5)})
    with pytest.raises(SourceError, match=r"own\.h5"):
        Arrays(kind="arrays", path=path).load()


@pytest.mark.parametrize("size", [0, 4, 60, 140, 200])
@pytest.mark.parametrize("kind", ["npz", "compressed npz", "npy", "h5", "folder"])
def test_a_cut_file_of_any_kind_is_refused_by_name(kind: str, size: int, tmp_path: Path) -> None:
    arrays: dict[str, Any] = {"train_x": pixels(30, 4, 5), "train_y": np.zeros(30, np.int64)}
    file = path = tmp_path / f"own.{kind.split()[-1]}"
    if kind == "npz":
        np.savez(path, **arrays)
    elif kind == "compressed npz":
        np.savez_compressed(path, **arrays)
    elif kind == "npy":
        np.save(path, arrays["train_x"])
    elif kind == "h5":
        hdf5(path, **arrays)
    else:
        path.mkdir()
        file = path / "train_y.npy"
        for name, values in arrays.items():
            np.save(path / f"{name}.npy", values)
    cut(file, size)
    with pytest.raises(SourceError) as error:
        Arrays(kind="arrays", path=path).load()
    assert str(error.value).startswith(f"{file} cannot be read as arrays: ")
    assert "It must be an .npz, .npy or HDF5 file of plain numbers; if it is, it is cut" in str(
        error.value
    )


@pytest.mark.parametrize("compressed", [False, True])
def test_an_archive_with_damaged_bytes_is_refused_by_name(compressed: bool, tmp_path: Path) -> None:
    path = tmp_path / "own.npz"
    noise = np.random.default_rng(0).integers(0, 256, (30, 4, 5), np.uint8)
    (np.savez_compressed if compressed else np.savez)(path, train_x=noise)
    content = bytearray(path.read_bytes())
    content[300:340] = bytes(40)
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"own\.npz cannot be read as arrays: "):
        Arrays(kind="arrays", path=path).load()


# Arrays that are not what they look like


def linked(file: h5py.File, folder: Path) -> None:
    file["train_x"] = h5py.ExternalLink("other.h5", "train_x")


def linked_on_the_way(file: h5py.File, folder: Path) -> None:
    file["away"] = h5py.ExternalLink("other.h5", "/")
    file["train_x"] = h5py.SoftLink("/away/train_x")


def in_another_file(file: h5py.File, folder: Path) -> None:
    (folder / "secret").write_bytes(bytes(range(60)))
    file.create_dataset("train_x", (3, 4, 5), "u1", external=[(folder / "secret", 0, 60)])


def virtual(file: h5py.File, folder: Path) -> None:
    layout = h5py.VirtualLayout((3, 4, 5), "u1")
    layout[:] = h5py.VirtualSource("gone.h5", "train_x", (3, 4, 5))
    file.create_virtual_dataset("train_x", layout)


def never_written(file: h5py.File, folder: Path) -> None:
    file.create_dataset("train_x", (3, 4, 5), "u1")


def half_written(file: h5py.File, folder: Path) -> None:
    file.create_dataset("train_x", (3, 4, 5), "u1", chunks=(1, 4, 5), compression="gzip")
    file["train_x"][:2] = 7


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (linked, "has the external link train_x, which leads to another file. Write all arrays"),
        (linked_on_the_way, "has the external link away, which leads to another file"),
        (in_another_file, "is stored in other files. Write all its values into one file"),
        (virtual, "is a virtual data set, of values in other files. Write all its values"),
        (never_written, "is not written, or only in part. Write all its values"),
        (half_written, "is not written, or only in part. Write all its values"),
    ],
)
def test_values_that_are_not_in_the_file_are_no_images(
    write: Callable[[h5py.File, Path], None], said: str, tmp_path: Path
) -> None:
    hdf5(tmp_path / "other.h5", train_x=pixels(3, 4, 5))
    with h5py.File(tmp_path / "own.h5", "w") as file:
        write(file, tmp_path)
    with pytest.raises(SourceError, match=rf"own\.h5.* {said}"):
        Arrays(kind="arrays", path=tmp_path / "own.h5").load()


def test_links_within_the_file_and_compressed_arrays_are_read(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "own.h5", "w") as file:
        file.create_dataset("a/images", data=pixels(3, 4, 5), chunks=(2, 3, 5), compression="gzip")
        file["train_x"] = h5py.SoftLink("/a/images")
        file["train_y"] = [0, 1, 2]
        file["test_x"] = file["a/images"]
    loaded = Arrays(kind="arrays", path=tmp_path / "own.h5").load()
    assert label_list(loaded["train"]) == [0, 1, 2]
    assert (
        train(Arrays(kind="arrays", path=tmp_path / "own.h5")).images[:, 0] == pixels(3, 4, 5)
    ).all()


def npy(header: str) -> bytes:
    """An .npy file of which there is only the head."""
    padded = header.ljust(117) + "\n"
    return b"\x93NUMPY\1\0" + len(padded).to_bytes(2, "little") + padded.encode()


HEADS = [
    "{'descr': '|u1', 'fortran_order': False, 'shape': (23000000, 1000, 1000), }",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (-3, 4, 5), }",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (-3, -4, 5), }",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (4294967296, 4294967296, 1), }",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (%s, 4, 5), }" % (10**60),
    "{'descr': '|O', 'fortran_order': False, 'shape': (3, 4, 5), }",
    "{'descr': [('a', 'u1')], 'fortran_order': False, 'shape': (0, 4, 5), }",
    "(" * 100,
    "",
]


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("packed", [False, True])
def test_a_head_that_promises_anything_is_a_sentence(
    head: str, packed: bool, tmp_path: Path
) -> None:
    path = tmp_path / "own"
    if packed:
        with zipfile.ZipFile(path, "w") as zipped:
            zipped.writestr("train_x.npy", npy(head))
    else:
        path.write_bytes(npy(head))
    with pytest.raises(SourceError, match=str(path)) as error:
        Arrays(kind="arrays", path=path).load()
    assert len(str(error.value)) < 500


@pytest.mark.parametrize("shape", [(0, 4, 5), (3, 0, 5), (3, 0, 0, 3), (3, 4, 5, 0)])
@pytest.mark.parametrize("kind", ["npz", "npy", "h5"])
def test_images_without_a_pixel_are_refused(
    kind: str, shape: tuple[int, ...], tmp_path: Path
) -> None:
    path, images = tmp_path / f"own.{kind}", np.zeros(shape, np.uint8)
    if kind == "h5":
        hdf5(path, train_x=images)
    elif kind == "npy":
        np.save(path, images)
    else:
        np.savez(path, train_x=images)
    with pytest.raises(SourceError, match=rf"own\.{kind} has the shape .*, in which there is no"):
        Arrays(kind="arrays", path=path).load()


def test_objects_are_not_unpickled(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "ran",))

    np.save(tmp_path / "own.npy", np.array([Evil()], object), allow_pickle=True)
    np.savez(tmp_path / "own.npz", train_x=np.array([Evil()], object))
    (tmp_path / "own.pkl").write_bytes(pickle.dumps(Evil()))
    for name in ("own.npy", "own.npz", "own.pkl"):
        with pytest.raises(
            SourceError, match=rf"{name} cannot be read as arrays: .* plain numbers"
        ):
            Arrays(kind="arrays", path=tmp_path / name).load()
    assert not (tmp_path / "ran").exists()


def test_texts_of_any_length_in_an_hdf5_file_are_no_images(tmp_path: Path) -> None:
    path = hdf5(tmp_path / "own.h5", train_x=["cat", "dog"])
    with pytest.raises(SourceError, match=r"train_x in .*own\.h5 is object \(2,\); expected uint8"):
        Arrays(kind="arrays", path=path).load()


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "own.npy")  # whoever reads it waits for ever
    missing = Arrays(kind="arrays", path=tmp_path / "own.npy").missing()
    assert missing is not None
    assert missing.startswith(f"there is no file {tmp_path}/own.npy")
    assert Arrays(kind="arrays", path=tmp_path).own_files() == []


def test_of_a_folder_only_what_is_asked_for_is_read(tmp_path: Path) -> None:
    np.save(tmp_path / "train_x.npy", pixels(3, 4, 5))
    (tmp_path / "._train_y.npy").write_bytes(b"of another system")
    (tmp_path / "notes.npy").write_bytes(b"no array")
    assert (train(Arrays(kind="arrays", path=tmp_path)).images[:, 0] == pixels(3, 4, 5)).all()


@pytest.mark.parametrize("number", [errno.EACCES, errno.EAGAIN, errno.ENOLCK])
def test_a_file_that_may_not_be_read_is_not_called_damaged(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = archive(tmp_path, train_x=pixels(3, 4, 5))

    def refuse(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SourceError) as error:
        source.load()
    assert str(error.value) == (
        f"{tmp_path}/own.npz cannot be read: {os.strerror(number)}. That says nothing of its "
        "content, so leave it as it is: see that you may read it, that no other program has locked "
        "it and that its disk can be reached"
    )
