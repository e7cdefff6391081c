"""Whatever a source reads, another date of it is another stamp: its cache is made again."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from message_cases import ENTRIES

from oebench.data.dataset import Dataset
from oebench.data.sources.base import Photos
from oebench.data.sources.kinds import SOURCES

opened: list[list[str]] = []  # while somebody wants to know


def on_event(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and opened and isinstance(arguments[0], str | os.PathLike):
        opened[-1].append(os.fspath(arguments[0]))


sys.addaudithook(on_event)


@contextmanager
def files_opened() -> Iterator[list[str]]:
    opened.append([])
    try:
        yield opened[-1]
    finally:
        opened.pop()


def read_all(dataset: Dataset) -> None:
    """Load a data set, and each of its photos."""
    for source in dataset.sources:
        for split in source.load().values():
            if isinstance(split, Photos):
                for index in range(split.size):
                    split.read(index)


def test_every_kind_with_files_is_tried(tmp_path: Path) -> None:
    without = {"digits", "letters", "photo_patches", "toy"} | {"frozen"}  # by checksums
    kinds = set()
    for number, made in enumerate(ENTRIES.values()):
        folder = tmp_path / str(number)
        folder.mkdir()
        kinds.add(made(folder)["source"]["kind"])
    assert kinds == set(SOURCES) - without


@pytest.mark.parametrize("kind", ENTRIES)
def test_every_file_that_is_opened_is_in_the_stamp(kind: str, tmp_path: Path) -> None:
    dataset = Dataset.model_validate(ENTRIES[kind](tmp_path))
    with files_opened() as found:
        read_all(dataset)
    own = {path for path in found if path.startswith(str(tmp_path))}
    assert own
    before = dataset.stamp()
    assert dataset.stamp() == before
    for path in own:
        os.utime(path, ns=(0, 1))
        after = dataset.stamp()
        assert after != before, path
        before = after
