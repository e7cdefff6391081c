"""A network that was trained before, out of its model file, as it scored the test images."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from oebench.accelerator import move
from oebench.artifacts.model import Model
from oebench.artifacts.scores import Diverged, described
from oebench.models.losses import score_of
from oebench.recipe import Recipe
from oebench.registry import objective_named
from oebench.run import Run
from oebench.training import loop
from oebench.training.job import set_up
from oebench.validation import UserError


@dataclass(frozen=True)
class Trained:
    """A network, with the run that it is of."""

    run: Run
    recipe: Recipe
    network: nn.Module
    shape: tuple[int, ...]  # of an image as it takes it, or (D,) of a vector

    def score(self, images: np.ndarray) -> np.ndarray:
        """Scores float32 (N,) of images uint8 (N, C, H, W) or vectors float16 (N, D).

        Raises UserError where one is not finite.
        """
        try:
            return loop.score(self.network, self.run, self.recipe, torch.from_numpy(images))
        except Diverged:
            raise UserError(
                f"the network of {self.run.path} gives scores that are not finite"
            ) from None


class Scorer(nn.Module):
    """From images uint8, or floats in [0, 1], or from vectors, to scores (N,), in one module."""

    def __init__(self, trained: Trained) -> None:
        super().__init__()
        self.network = trained.network.eval()
        self.objective = objective_named(trained.run.objective)
        self.taken: dict[str, Any] = trained.run.parameters
        self.normalise = loop.Normalisation(trained.recipe, torch.device("cpu"))

    def forward(self, images: Tensor) -> Tensor:
        return score_of(self.objective, self.network(self.normalise(images)), self.taken)


def restored(model: Model, device: torch.device) -> Trained:
    """The network of a model file. Raises UserError where today's code builds another one."""
    run, shape = described(model.facts), tuple(model.facts["seen"]["shape"])
    recipe = Recipe.model_validate(model.facts["recipe_resolved"])
    set_up(recipe)
    # Any vector will do: what a scaling takes of it is replaced by the state.
    network = loop.untrained(run, recipe, torch.ones(1, *shape))
    state = {name: torch.from_numpy(values) for name, values in model.state.items()}
    try:
        network.load_state_dict(state)
    except RuntimeError:
        raise UserError(
            f"the network {recipe.network} of {run.path} is built otherwise by today's code than "
            "when its model was made; make the run again"
        ) from None
    move(network, device)
    return Trained(run, recipe, network, shape)
