"""Adam (Kingma & Ba 2015) with a coupled L2 penalty, by PyTorch's fused kernel.

The same numbers as `torch.optim.Adam(fused=True)`, to the last bit. That class imports what
torch.compile needs as soon as it is made, two seconds in every training job.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim.adam import adam

BETAS, EPSILON = (0.9, 0.999), 1e-8


class Adam:
    """`weight_decay` times the parameter joins its gradient. Every parameter needs a gradient."""

    def __init__(self, parameters: Iterable[Tensor], *, lr: float, weight_decay: float) -> None:
        self.lr, self.weight_decay = lr, weight_decay
        self.parameters = list(parameters)
        self.means = [torch.zeros_like(each) for each in self.parameters]
        self.squares = [torch.zeros_like(each) for each in self.parameters]
        self.steps = [torch.zeros((), device=each.device) for each in self.parameters]

    def zero_grad(self) -> None:
        for each in self.parameters:
            each.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Change the parameters in place."""
        gradients = [each.grad for each in self.parameters if each.grad is not None]
        adam(
            self.parameters,
            gradients,
            self.means,
            self.squares,
            [],
            self.steps,
            fused=True,
            amsgrad=False,
            beta1=BETAS[0],
            beta2=BETAS[1],
            lr=self.lr,
            weight_decay=self.weight_decay,
            eps=EPSILON,
            maximize=False,
        )

    def state_dict(self) -> dict[str, Any]:
        return {"lr": self.lr, "means": self.means, "squares": self.squares, "steps": self.steps}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.lr = state["lr"]
        for name in ("means", "squares", "steps"):
            for here, saved in zip(getattr(self, name), state[name], strict=True):
                here.copy_(saved)
