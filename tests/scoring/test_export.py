"""Kept networks as ONNX: the same scores without PyTorch."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from cli_cases import oebench
from dataset_cases import stored
from scoring_cases import HSC, Kept

from oebench.scoring import export

NEEDED = "needs the extra `export` and onnxruntime"
RUNS = [
    HSC,
    replace(HSC, norm="l1"),
    replace(HSC, objective="bce", norm=None),
    replace(HSC, objective="deepsad", norm=None),
    replace(HSC, objective="focal", norm=None, gamma=2.0),
]


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.trains
@pytest.mark.parametrize("numbers", ["uint8", "float"])
def test_onnxruntime_gives_the_scores_of_the_scores_file(numbers: str, tmp_path: Path) -> None:
    for package in export.NEEDED:
        pytest.importorskip(package, reason=NEEDED)
    onnxruntime: Any = pytest.importorskip("onnxruntime", reason=NEEDED)
    made = Kept(tmp_path)
    made.train(*RUNS)
    images: np.ndarray = stored(made.images, "test")
    given = images if numbers == "uint8" else images.astype(np.float32) / 255
    for run in RUNS:
        result = oebench(
            "export", made.model(run), "--onnx", tmp_path / "a.onnx", "--input", numbers
        )
        assert result.exit_code == 0, result.output
        kind = "uint8" if numbers == "uint8" else "float32"
        assert f"a.onnx: {kind} (N, 1, 16, 16) in, float32 (N) out" in result.stdout
        session = onnxruntime.InferenceSession(tmp_path / "a.onnx")
        for count in (1, len(images)):
            (found,) = session.run(["score"], {"images": given[:count]})
            assert found == pytest.approx(made.scores(run)[:count], rel=1e-4, abs=1e-5)


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "NEEDED", ("onnx_that_is_missing",))
    result = oebench("export", tmp_path / "m.safetensors", "--onnx", tmp_path / "a.onnx")
    assert result.exit_code == 1
    assert "error: the extra `export` is needed, onnx_that_is_missing is not installed" in (
        result.stderr
    )
    assert not (tmp_path / "a.onnx").exists()
