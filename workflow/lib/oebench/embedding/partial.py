"""Vectors that are finished before the rest is, in a file beside the output.

Its first line says what they are made of; then come the batches one after another, each behind its
checksum. What a killed process has left of a batch does not have it and is written again.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from oebench.validation import UserError

SUFFIX = ".partial"


class Partial:
    """The vectors float16 (rows, D) of the first batches; batches: the rows of each of them all."""

    def __init__(self, file: BinaryIO, facts: Mapping[str, Any], batches: Sequence[int]) -> None:
        self.file, self.batches = file, batches
        self.dimensions = int(facts["dimensions"])
        self.line = json.dumps(facts, sort_keys=True).encode() + b"\n"
        self.done = self.whole()
        if not self.done:
            file.seek(0)
            file.write(self.line)
        file.truncate()

    def whole(self) -> int:
        """How many batches are there; the file stands behind them."""
        self.file.seek(0)
        if self.file.readline(len(self.line)) != self.line:
            return 0
        for number, rows in enumerate(self.batches):
            place = self.file.tell()
            if self.read(rows) is None:
                self.file.seek(place)
                return number
        return len(self.batches)

    def read(self, rows: int) -> np.ndarray | None:
        """The next batch; None where it is not whole."""
        digest, values = self.file.read(32), self.file.read(rows * self.dimensions * 2)
        if hashlib.sha256(values).digest() != digest:
            return None
        return np.frombuffer(values, np.float16).reshape(rows, self.dimensions)

    def append(self, vectors: np.ndarray) -> None:
        """Write the next batch."""
        values = vectors.astype(np.float16).tobytes()
        self.file.write(hashlib.sha256(values).digest() + values)
        self.file.flush()
        self.done += 1

    def all(self) -> Iterator[np.ndarray]:
        """All batches, once they are there."""
        self.file.seek(len(self.line))
        for rows in self.batches:
            vectors = self.read(rows)
            assert vectors is not None
            yield vectors


@contextmanager
def beside(output: Path, facts: Mapping[str, Any], batches: Sequence[int]) -> Iterator[Partial]:
    """The partial results of an output, removed if the block ends well.

    facts: what they are made of, with `dimensions`; those of others are thrown away. Raises
    UserError while another process makes the same file.
    """
    path = output.with_name(output.name + SUFFIX)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    with os.fdopen(handle, "r+b") as file:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"another process makes {output}: {path} is in use. Wait for it, or stop it"
            ) from None
        except OSError:  # a file system without locks
            pass
        yield Partial(file, facts, batches)
        with suppress(FileNotFoundError):
            path.unlink()
