"""A cache of vectors: what is in it, what it is made of, and what a broken process leaves."""

import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from cache_cases import write_cache
from embedding_cases import (
    DIMENSIONS,
    MODEL,
    SIZE,
    built,
    features,
    image_cache,
    images_of,
    network,
    weights_file,
)

from oebench.artifacts import cache_writer, checksums, identity
from oebench.artifacts.cache import Cache
from oebench.artifacts.verification import verified
from oebench.cli import app
from oebench.embedding import embed as module
from oebench.embedding.embed import embed
from oebench.embedding.partial import SUFFIX, beside
from oebench.embedding.preprocess import Preprocessing
from oebench.files import sha256
from oebench.validation import UserError


@pytest.fixture(autouse=True)
def four_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(module.AT_ONCE, "cpu", 4 * SIZE**2)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return weights_file(tmp_path)


def embedded(images: Cache, weights: Path, name: str = "vectors.h5", **changes: Any) -> Cache:
    """The cache of vectors; changes: of the features, or of how they are made."""
    how = {key: changes.pop(key) for key in ("blur", "threads", "device") if key in changes}
    output = images.path.with_name(name)
    embed(images.path, output, features(weights, **changes), "code", **how)
    return verified(output)


def vectors_of(cache: Cache, split: str = "train") -> np.ndarray:
    return cache.array(split, "images")


def test_a_cache_of_vectors_has_the_rows_of_the_cache_of_images(
    tmp_path: Path, weights: Path
) -> None:
    images = image_cache(tmp_path)
    found = embedded(images, weights)
    assert found.classes == images.classes
    for split, count in (("train", 20), ("test", 5)):
        assert vectors_of(found, split).shape == (count, DIMENSIONS)
        assert vectors_of(found, split).dtype == np.float16
        np.testing.assert_array_equal(found.labels(split), images.labels(split))
        np.testing.assert_array_equal(found.hashes(split), images.hashes(split))
    assert found.attributes["dataset"] == '"ab"'
    assert found.attributes["source"] == '["here"]'
    assert not (tmp_path / f"vectors.h5{SUFFIX}").exists()


def test_vectors_are_those_of_the_network_before_its_classification_layer(
    tmp_path: Path, weights: Path
) -> None:
    """To the rounding of float16, of batches of their own and with batch norms."""
    images = image_cache(tmp_path)
    found = embedded(images, weights)
    shown = Preprocessing(SIZE, "bicubic", None, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    with torch.inference_mode():
        expected = built().module(shown(torch.from_numpy(images_of(20))))
    assert expected.std() > 0.01
    np.testing.assert_allclose(vectors_of(found), expected.numpy(), rtol=2e-3, atol=1e-3)


def test_vectors_are_the_same_on_any_number_of_threads(tmp_path: Path, weights: Path) -> None:
    images = image_cache(tmp_path)
    one, three = (embedded(images, weights, f"{threads}.h5", threads=threads) for threads in (1, 3))
    assert one.checksum == three.checksum


@pytest.mark.parametrize(
    "change",
    [
        {"blur": 2.0},
        {"size": 64},
        {"filter": "nearest"},
        {"crop": 0.5},
        {"precision": "bfloat16"},
        {"mean": (0.5, 0.5, 0.5)},
        {"std": (0.5, 0.5, 0.5)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_each_setting_changes_the_vectors_and_what_they_are_made_of(
    tmp_path: Path, weights: Path, change: dict[str, Any]
) -> None:
    images = image_cache(tmp_path)
    usual, other = embedded(images, weights), embedded(images, weights, "other.h5", **change)
    assert usual.checksum != other.checksum
    assert identity.read(usual.path) != identity.read(other.path)


def test_bfloat16_is_near_float32(tmp_path: Path, weights: Path) -> None:
    images = image_cache(tmp_path)
    exact, half = (
        vectors_of(embedded(images, weights, f"{each}.h5", precision=each)).astype(np.float32)
        for each in ("float32", "bfloat16")
    )
    cosine = (exact * half).sum(1) / np.linalg.norm(exact, axis=1) / np.linalg.norm(half, axis=1)
    assert cosine.min() > 0.99


def test_a_cache_says_what_its_vectors_are_made_of(tmp_path: Path, weights: Path) -> None:
    images = image_cache(tmp_path)
    found = embedded(images, weights, blur=1.0)
    asked = features(weights).model_dump(mode="json", exclude={"weights", "sha256"})
    made_of = {
        **asked,
        "images": images.checksum,
        "weights": sha256(weights),
        "blur": 1.0,
        "library": built().library,
    }
    assert identity.read(found.path) == {"features": made_of, "code": "code"}
    assert made_of["model"] == MODEL


def test_the_place_of_the_weights_is_not_what_vectors_are_made_of(
    tmp_path: Path, weights: Path
) -> None:
    images = image_cache(tmp_path)
    elsewhere = tmp_path / "elsewhere.pth"
    elsewhere.write_bytes(weights.read_bytes())
    one, other = embedded(images, weights), embedded(images, elsewhere, "other.h5")
    assert identity.read(one.path) == identity.read(other.path)
    assert one.checksum == other.checksum


def test_a_pool_that_is_drawn_from_has_the_checksum_of_each_beginning(
    tmp_path: Path, weights: Path
) -> None:
    pools = []
    for name, count in (("short", 5), ("long", 9)):
        (tmp_path / name).mkdir()
        pool = {"train": (images_of(9)[:count], np.zeros(count, np.int64))}
        about = {"dataset": "pool", "seed": 3, "pool": 100}
        images = write_cache(tmp_path / name / "pool.h5", pool, ["all"], **about)
        pools.append(embedded(images, weights))
    short, long = pools
    assert (long.seed, long.pool) == (3, 100)
    assert [*long.listed] == [1, 2, 4, 8, 9]
    assert [*short.listed] == [1, 2, 4, 5]
    assert {count: long.listed[count] for count in (1, 2, 4)} == {
        count: short.listed[count] for count in (1, 2, 4)
    }
    assert checksums.read(checksums.path_of(long.path)) == long.listed


def test_grey_images_have_vectors(tmp_path: Path, weights: Path) -> None:
    found = embedded(image_cache(tmp_path, channels=1), weights)
    assert vectors_of(found).std(axis=0).max() > 0


def test_photos_of_several_sizes_have_vectors(tmp_path: Path, weights: Path) -> None:
    photos = [images_of(1, size=size)[0] for size in (9, 40, 33, 12, 50, 20)]
    path = tmp_path / "photos.h5"
    with cache_writer.create(path, ["all"], {"dataset": "photos", "image": (3, 8, 8)}) as writer:
        writer.add_each("train", ((photo, 0) for photo in photos), ragged=True)
    found = vectors_of(embedded(Cache(path), weights))
    one = {"train": (photos[2][None], np.zeros(1, np.int64))}
    alone = embedded(write_cache(tmp_path / "one.h5", one, ["all"]), weights, "alone.h5")
    assert found.shape == (6, DIMENSIONS)
    np.testing.assert_allclose(found[2], vectors_of(alone)[0], rtol=2e-3, atol=1e-3)


# A process that is killed while it writes the fourth batch.
KILLED = """
import os, signal, sys
from oebench.cli import app
from oebench.embedding import embed, partial

embed.AT_ONCE["cpu"] = 4 * int(sys.argv[1]) ** 2
whole = partial.Partial.append

def append(self, vectors):
    if self.done < 3:
        return whole(self, vectors)
    self.file.write(bytes(100))
    self.file.flush()
    os.kill(os.getpid(), signal.SIGKILL)

partial.Partial.append = append
app(sys.argv[2:])
"""


def call(images: Cache, weights: Path, output: Path) -> list[str]:
    how = ["--model", MODEL, "--weights", str(weights), "--size", str(SIZE)]
    return ["embed", str(images.path), "--output", str(output), *how]


def test_a_killed_process_goes_on_bit_for_bit(
    tmp_path: Path, weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images, output = image_cache(tmp_path), tmp_path / "killed.h5"
    arguments = [sys.executable, "-c", KILLED, str(SIZE), *call(images, weights, output)]
    done = subprocess.run(arguments, check=False, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not output.exists()
    app(call(images, weights, output), standalone_mode=False)
    assert f"goes on with 12 of 25 vectors, from beside {output}" in capsys.readouterr().out
    assert verified(output).checksum == embedded(images, weights).checksum


@pytest.mark.parametrize("damage", ["another setting", "a changed bit"])
def test_what_is_not_whole_or_of_others_is_made_again(
    tmp_path: Path, weights: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    images, output = image_cache(tmp_path), tmp_path / "broken.h5"
    arguments = [sys.executable, "-c", KILLED, str(SIZE), *call(images, weights, output)]
    subprocess.run(arguments, check=False, capture_output=True)
    partial, usual = output.with_name(output.name + SUFFIX), embedded(images, weights)
    content = bytearray(partial.read_bytes())
    if damage == "a changed bit":
        content[len(content) // 2] ^= 1  # of the second batch
    else:
        content = bytearray(content.replace(b'"blur": 0.0', b'"blur": 1.0', 1))
    partial.write_bytes(content)
    capsys.readouterr()
    app(call(images, weights, output), standalone_mode=False)
    goes_on = "goes on with 4 of 25 vectors" in capsys.readouterr().out
    assert goes_on == (damage == "a changed bit")
    assert verified(output).checksum == usual.checksum


def test_a_second_process_does_not_make_the_same_file(tmp_path: Path, weights: Path) -> None:
    images, output = image_cache(tmp_path), tmp_path / "vectors.h5"
    sentence = f"another process makes {re.escape(str(output))}"
    with beside(output, {"dimensions": 1}, []), pytest.raises(UserError, match=sentence):
        embedded(images, weights)
    assert vectors_of(embedded(images, weights)).shape == (20, DIMENSIONS)


def test_vectors_that_float16_does_not_hold_are_refused(tmp_path: Path) -> None:
    state = network().state_dict()
    state["conv5.1.weight"] *= 1e6
    torch.save(state, tmp_path / "large.pth")
    images = image_cache(tmp_path)
    with pytest.raises(UserError, match=r"images 0 to 3 of .*images\.h5, train, are not finite"):
        embedded(images, tmp_path / "large.pth")
    assert not (tmp_path / "vectors.h5").exists()


def test_points_of_the_plane_are_refused(tmp_path: Path, weights: Path) -> None:
    points = {"train": (images_of(4, channels=2, size=1), np.zeros(4, np.int64))}
    with pytest.raises(UserError, match="holds vectors or points, and no images"):
        embedded(write_cache(tmp_path / "toy.h5", points, ["all"]), weights)


def test_a_damaged_cache_of_images_is_refused(tmp_path: Path, weights: Path) -> None:
    images = image_cache(tmp_path)
    content = bytearray(images.path.read_bytes())
    content[-10] ^= 1
    images.path.write_bytes(content)
    with pytest.raises(UserError, match="is damaged"):
        embedded(images, weights)


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        (("--size", "4"), "size: expected at least 8, found 4"),
        (("--filter", "cubic"), "filter: expected 'bicubic', 'bilinear' or 'nearest', found"),
        (("--crop", "1.5"), "crop: expected at most 1, found 1.5"),
        (("--precision", "half"), "precision: expected 'float32' or 'bfloat16', found 'half'"),
        (("--std", "0.5", "0.5", "0"), "std must be positive, found [0.5, 0.5, 0.0]"),
        (("--model", "shufflenet"), "'shufflenet' is not a known model; did you mean 'shuffle"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_the_command_says_what_is_wrong(
    tmp_path: Path, option: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    images = image_cache(tmp_path)
    arguments = [*call(images, tmp_path / "none.pth", tmp_path / "out.h5"), *option]
    assert app(arguments, standalone_mode=False) == 1
    assert sentence in capsys.readouterr().err


def test_a_line_says_how_far_it_is(
    tmp_path: Path, weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    embedded(image_cache(tmp_path), weights)
    found = capsys.readouterr().out
    assert re.search(r"^vectors\.h5: 25 of 25 images, \d+ images/s, 0 s left$", found, re.M)
    assert f"{MODEL}: {DIMENSIONS} dimensions, weights.pth, 56 batch norms folded, on cpu" in found


def test_a_cache_of_vectors_is_explained(
    tmp_path: Path, weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = embedded(image_cache(tmp_path), weights)
    app(["explain", str(found.path)], standalone_mode=False)
    told = capsys.readouterr().out
    assert f"{found.path}: the vectors of ab\n" in told
    assert "code: code, of `oebench embed`" in told
    assert '  vectors: {"blur": 0.0, "crop": null, "filter": "bicubic", "images": "' in told
    assert f"  MD5 {'0' * 32} of here" in told
    assert told.splitlines()[-1].endswith(identity.begins(found.path)["call"]["command"])
