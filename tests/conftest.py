"""Tests that train or start Snakemake are marked, and `make check` leaves them out.

A test that does so without its mark fails, so that the marks are complete.
"""

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from cli_cases import small as small

from oebench.training.adam import Adam

running: list[pytest.Item] = []


def require(mark: str) -> None:
    """Fail the running test if it has no such mark."""
    for item in running:
        if item.get_closest_marker(mark) is None:
            pytest.fail(f"this test needs the mark `{mark}`: see `markers` in pyproject.toml")


def on_event(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "subprocess.Popen" and "snakemake" in arguments[1]:
        require("snakemake")


def guarded(step: Callable[[Adam], None]) -> Callable[[Adam], None]:
    """A step of the optimiser that asks for the mark first."""

    def guarded_step(optimiser: Adam) -> None:
        require("trains")
        step(optimiser)

    return guarded_step


def pytest_configure() -> None:
    sys.addaudithook(on_event)
    Adam.step = guarded(Adam.step)
    torch.set_num_threads(1)  # several test processes share the cores


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    running.append(item)
    try:
        return (yield)
    finally:
        running.pop()
