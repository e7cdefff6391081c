"""Kept networks score image files as they scored the test images; and what a person is told."""

import csv
import io
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from cache_cases import write_cache
from cli_cases import oebench
from dataset_cases import stored
from embedding_cases import MODEL, weights_file
from PIL import Image
from scipy.stats import rankdata
from scoring_cases import COUNTS, HELD, HSC, Kept, seeds
from typer.testing import CliRunner

from oebench.artifacts.cache import Cache
from oebench.cli import app
from oebench.embedding.embed import embed
from oebench.features import Features
from oebench.files import sha256
from oebench.recipe import Recipe
from oebench.scoring import conformal

pytestmark = pytest.mark.trains
BCE = replace(HSC, objective="bce", norm=None)
VECTORS = Recipe(network="mlp", epochs=1, batch=8, milestones=(), l2=True, standardise=True)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Three seeds with held-out images, and a network without."""
    found = Kept(tmp_path_factory.mktemp("kept"))
    found.train(*seeds(3), recipe=HELD)
    found.train(BCE)
    return found


def scored(*arguments: str | Path) -> list[dict[str, str]]:
    """The rows that the command writes to standard output."""
    result = oebench("score", *arguments)
    assert result.exit_code == 0, result.output
    return [*csv.DictReader(io.StringIO(result.stdout))]


def by_name(rows: list[dict[str, str]], files: list[str], key: str = "score") -> np.ndarray:
    found = {row["file"]: float(row[key]) for row in rows}
    assert found.keys() == {*files}
    return np.array([found[file] for file in files])


def photo(path: Path, side: int = 30) -> Path:
    pixels = np.random.default_rng(9).integers(0, 256, (side, side, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


# Scores


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("fit", ["crop", "stretch", 20])
def test_test_images_have_the_scores_of_the_scores_file(
    fit: Any, plain: bool, tmp_path: Path
) -> None:
    """Photos of several sizes, in colour, on their side: read as for the cache."""
    made = Kept(tmp_path, fit, plain)
    made.train(HSC)
    found = by_name(scored(made.model(), tmp_path / "photos/test"), made.files)
    assert found == pytest.approx(made.scores(), rel=1e-5)
    assert len({*found}) == len(found)


def test_rows_come_with_the_most_anomalous_first(kept: Kept) -> None:
    rows = scored(kept.model(BCE), *kept.files)
    values = [float(row["score"]) for row in rows]
    assert values == sorted(values, reverse=True)
    assert [*rows[0]] == ["file", "score", "p_value", "verdict"]


def test_p_values_and_verdicts_are_by_the_held_out_images(kept: Kept) -> None:
    held_out = kept.scores(name="held_out_score")
    assert len(held_out) == 21
    rows = scored(kept.model(), *kept.files, "--false-alarms", "0.2")
    expected = [(1 + (held_out >= score).sum()) / 22 for score in kept.scores()]
    assert by_name(rows, kept.files, "p_value") == pytest.approx(expected, abs=1e-5)
    for row in rows:
        assert row["verdict"] == ("anomalous" if float(row["p_value"]) <= 0.2 else "normal")


def test_several_models_score_by_their_mean_rank(kept: Kept) -> None:
    models = [kept.model(run) for run in seeds(3)]
    rows = scored(*models, kept.folder / "photos/test", "--false-alarms", "0.2")
    each = np.stack([kept.scores(run) for run in seeds(3)])
    ranks = rankdata(each, axis=1).mean(axis=0) / each.shape[1]
    assert by_name(rows, kept.files) == pytest.approx(ranks)
    values = [
        conformal.p_values(kept.scores(run, "held_out_score"), kept.scores(run)) for run in seeds(3)
    ]
    twice = np.minimum(1, 2 * np.mean(values, axis=0))
    assert by_name(rows, kept.files, "p_value") == pytest.approx(twice, abs=1e-5)


def test_without_held_out_images_there_is_no_p_value_and_it_is_said_why(kept: Kept) -> None:
    result = oebench("score", kept.model(BCE), *kept.files)
    assert "no p values: no normal images were held out of the training" in result.stderr
    rows = csv.DictReader(io.StringIO(result.stdout))
    assert {row["verdict"] + row["p_value"] for row in rows} == {""}


def test_images_of_features_are_embedded_first(tmp_path: Path) -> None:
    made = Kept(tmp_path, 20)
    weights, moved = weights_file(tmp_path), tmp_path / "moved.pth"
    how = Features(model=MODEL, weights=str(weights), sha256=sha256(weights), size=32)
    caches = []
    for cache in (made.images, made.pool):
        path = cache.path.with_name(f"{cache.path.stem}-features.h5")
        embed(cache.path, path, how, "c0de", device="cpu", threads=1)
        caches.append(Cache(path))
    run = replace(HSC, dataset="own-features", oe="pool-features")
    made.train(run, recipe=VECTORS, caches=caches)
    found = by_name(scored(made.model(run), *made.files), made.files)
    assert found == pytest.approx(made.scores(run), rel=1e-3)
    weights.rename(moved)
    told = refused(made.model(run), *made.files)
    assert f"there is no file {weights} with the weights of {MODEL}" in told
    assert "say where it is by --weights" in told
    again = scored(made.model(run), *made.files, "--weights", moved)
    assert by_name(again, made.files).tolist() == found.tolist()
    moved.write_bytes(b"other")
    told = refused(made.model(run), *made.files, "--weights", moved)
    assert f"{moved} has the SHA-256" in told


# Files


def test_what_cannot_be_read_is_named_and_left_out(kept: Kept, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"nothing")
    good, none = photo(tmp_path / "good.png"), tmp_path / "none.png"
    result = oebench("score", kept.model(), tmp_path, none, "--false-alarms", "0.2")
    assert result.exit_code == 0
    assert [row["file"] for row in csv.DictReader(io.StringIO(result.stdout))] == [str(good)]
    assert f"left out, cannot be read: {tmp_path / 'bad.png'} (" in result.stderr
    assert f"left out, cannot be read: {none} (" in result.stderr
    last = result.stderr.splitlines()[-1]
    assert last.startswith("1 image, ")
    assert last.endswith("2 files left out")


def test_a_list_of_files_comes_from_standard_input(kept: Kept) -> None:
    listed = "\n".join([*kept.files[:3], "", kept.files[0]])
    how = ["score", str(kept.model(BCE)), "-"]
    result = CliRunner().invoke(app, how, input=listed)
    rows = [*csv.DictReader(io.StringIO(result.stdout))]
    assert sorted(row["file"] for row in rows) == kept.files[:3]
    nothing = CliRunner().invoke(app, how, input="\n")
    assert "the list of files on standard input is empty" in nothing.stderr


def test_a_table_and_a_sheet_are_written_whole(kept: Kept, tmp_path: Path) -> None:
    table, sheet = tmp_path / "a/scores.csv", tmp_path / "a/sheet.png"
    how = ("--false-alarms", "0.2", "--output", table, "--sheet", sheet)
    result = oebench("score", kept.model(), *kept.files, *how)
    assert (result.exit_code, result.stdout) == (0, "")
    assert len(table.read_text(encoding="utf-8").splitlines()) == 1 + len(kept.files)
    with Image.open(sheet) as image:
        assert image.format == "PNG"
        assert len(image.getcolors(1 << 24) or ()) > 100
    assert sorted(os.listdir(tmp_path / "a")) == ["scores.csv", "sheet.png"]


def test_a_network_of_images_as_they_are_takes_its_own_size_and_others_if_asked(
    tmp_path: Path,
) -> None:
    made = Kept(tmp_path)
    splits = {split: (stored(made.images, split), made.images.labels(split)) for split in COUNTS}
    exact = write_cache(tmp_path / "exact.h5", splits, ["a", "b"], fit="exact", source=[{}])
    made.train(HSC, caches=[exact, made.pool])
    small, large = photo(tmp_path / "small.png", 16), photo(tmp_path / "large.png", 40)
    result = oebench("score", made.model(), small, large)
    assert [row["file"] for row in csv.DictReader(io.StringIO(result.stdout))] == [str(small)]
    assert (
        "it has 40 x 40 pixels, and the network was trained on 16 x 16 as they are; --fit crop or "
        "--fit stretch resizes it"
    ) in result.stderr
    assert len(scored(made.model(), small, large, "--fit", "crop")) == 2


# Refusals


def refused(*arguments: str | Path) -> str:
    result = oebench("score", *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    return result.stderr.splitlines()[-1]


def test_a_person_is_told_what_to_mend(kept: Kept, tmp_path: Path) -> None:
    model, file = kept.model(), kept.files[0]
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.png").write_bytes(b"x")
    other = replace(BCE, normal_class=1)
    kept.train(other)
    expected = {
        (model,): "error: no image or folder is named; expected MODEL... IMAGES...",
        (file,): "error: no model, a file that ends in .safetensors, is named",
        (model, file): "error: a false-alarm rate of 0.01 needs 99 held-out images, and the model",
        (
            model,
            file,
            "--false-alarms",
            "0",
        ): "error: --false-alarms is 0; no image could",
        (kept.model(BCE), kept.model(other), file): "are of different normal classes; score by",
        (tmp_path / "no.safetensors", file): "there is no file",
        (kept.model(BCE), tmp_path / "empty"): f"error: there is no image in {tmp_path}/empty or",
        (kept.model(BCE), tmp_path / "bad.png"): "error: none of the files could be read as an im",
    }
    for arguments, sentence in expected.items():
        assert sentence in refused(*arguments)


def test_a_network_of_vectors_without_images_takes_no_files(kept: Kept, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    splits = {
        split: (random.normal(size=(20, 8)).astype(np.float16), np.arange(20) % 2)
        for split in ("train", "test")
    }
    made = Kept(tmp_path)
    caches = [write_cache(tmp_path / f"{n}.h5", splits, ["a", "b"]) for n in ("one", "two")]
    made.train(HSC, recipe=VECTORS, caches=caches)
    told = refused(made.model(), kept.files[0])
    assert "was trained on vectors of an array, not on images, and takes no image files" in told
