"""The user's own arrays: .npz archives, .npy files, folders of them and HDF5 files."""

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


@pytest.mark.parametrize("kind", ["text", "one array"])
def test_a_file_that_is_no_archive_is_refused_with_a_sentence(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "own.npz"
    if kind == "text":
        path.write_text("not an archive")
    else:
        with path.open("wb") as file:
            np.save(file, pixels(2, 4, 5))
    with pytest.raises(SourceError, match=r"own\.npz cannot be read as arrays: .* not a zip file"):
        Arrays(kind="arrays", path=path).load()


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
    assert "It must be an .npz, .npy or HDF5 file; if it is, it is cut" in str(error.value)


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
