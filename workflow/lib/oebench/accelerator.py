"""What PyTorch computes on, once a job has its part of a GPU (`devices.py`)."""

import torch
from torch import nn

from oebench.validation import UserError


def choose_device(wanted: str) -> torch.device:
    """`auto` is the GPU if there is one. Raises UserError for `cuda` where there is none."""
    available = torch.cuda.is_available()
    if wanted == "cuda" and not available:
        raise UserError("device: cuda is configured, but PyTorch sees no GPU on this machine")
    return torch.device("cuda" if available and wanted != "cpu" else "cpu")


def move(network: nn.Module, device: torch.device) -> None:
    """Move a network to a device, channels last in memory, by which convolutions are fastest."""
    network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in its stubs
