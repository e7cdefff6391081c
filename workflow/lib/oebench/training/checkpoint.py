"""The state of a training on the disk, so that it goes on where it was broken off.

It is written every few minutes, and when the process is asked to end: SIGTERM, which schedulers
send before they kill, or Ctrl-C. A training that goes on from it has the scores of one that was
never broken off, bit for bit on a CPU.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor

from oebench.artifacts.progress import Stopped
from oebench.files import BROKEN, atomic

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Place(NamedTuple):
    """Where a training is."""

    epoch: int = 0
    step: int = 0  # steps of the epoch that are done
    drawn: Sequence[Tensor] = ()  # states of the generators when the epoch began
    losses: Tensor = torch.empty(0)  # of these steps


class Keeper:
    """Keeps the state of a training in a file, whose name is that of the run in the store.

    path: None keeps nothing. seconds: between two states. told: is called with the number of
    finished epochs, before the first one and after each.
    """

    def __init__(
        self,
        path: Path | None = None,
        seconds: float = 300,
        told: Callable[[int], None] = lambda epoch: None,
    ) -> None:
        self.path, self.seconds, self.told = path, seconds, told
        self.began = self.saved = time.monotonic()
        self.before = 0.0  # seconds that the training took until it was broken off
        self.asked = ""  # the signal that asks for the end
        self.place: Place | None = None
        self.stateful: dict[str, Any] = {}
        self.generators: Sequence[Generator] = []
        self.random: list[Tensor] = []  # states of the generators in the middle of an epoch

    def beat(self, place: Place | None = None) -> None:
        """Between two steps: write the state where it is time. Raises Stopped where asked to.

        place: where the training is, if it has moved on.
        """
        self.place = place or self.place
        if time.monotonic() - self.saved > self.seconds:
            self.save()
        self.heed()

    def heed(self) -> None:
        """Write the state and raise Stopped where a signal has asked for the end."""
        if self.asked:
            asked, self.asked = self.asked, ""
            self.save()
            kept = self.path and self.path.exists()
            goes_on = f"; it goes on from {self.path}" if kept else ""
            raise Stopped(f"stopped by {asked}{goes_on}")

    def save(self) -> None:
        """Write the whole state of the training, if it has begun, atomically."""
        path, place = self.path, self.place
        if path is None or place is None:
            return
        state = {name: part.state_dict() for name, part in self.stateful.items()}
        state |= {**place._asdict(), "losses": place.losses.clone()}
        state |= {"name": path.stem, "random": [each.get_state() for each in self.generators]}
        state |= {"seconds": self.before + time.monotonic() - self.began}
        with atomic(path) as temporary:
            torch.save(state, temporary)
        self.saved = time.monotonic()

    @contextmanager
    def heeding(self) -> Iterator[None]:
        """Signals that ask for the end are heeded by the next beat; a second one ends at once.

        One that is ignored stays so: what a shell starts in the background ignores Ctrl-C.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        usual = {each: signal.getsignal(each) for each in SIGNALS}
        usual = {each: handler for each, handler in usual.items() if handler != signal.SIG_IGN}

        def ask(number: int, frame: FrameType | None) -> None:
            self.asked = signal.Signals(number).name
            for each, handler in usual.items():
                signal.signal(each, handler)

        for each in usual:
            signal.signal(each, ask)
        try:
            yield
            self.heed()  # after the last beat
        finally:
            for each, handler in usual.items():
                signal.signal(each, handler)

    def restore(self, stateful: dict[str, Any], generators: Sequence[Generator]) -> Place:
        """Load what was written of this run, if anything; returns where the training goes on.

        stateful: the parts of the training with a `state_dict`, by name. The generators get the
        states that they had when the epoch began. A file that is damaged, of another run or of
        another device is put aside and the training begins anew.
        """
        self.stateful, self.generators = stateful, generators
        if self.path is None or not self.path.exists():
            return Place()
        before = {name: deepcopy(part.state_dict()) for name, part in stateful.items()}
        fresh = [each.get_state() for each in generators]
        try:
            state = torch.load(self.path, map_location="cpu", weights_only=True)
            if state["name"] != self.path.stem:
                raise ValueError("it is of another run")
            for name, part in stateful.items():
                part.load_state_dict(state[name])
            for states in (state["random"], state["drawn"]):
                set_states(generators, states)
            place = Place(*(state[name] for name in Place._fields))
            self.random, self.before = state["random"], state["seconds"]
            print(f"goes on in epoch {place.epoch + 1} after step {place.step}, from {self.path}")
            return place
        except torch.OutOfMemoryError:  # of the device; the file is good
            raise
        except Exception as error:  # whatever PyTorch makes of a damaged file
            for name, part in stateful.items():
                part.load_state_dict(before[name])
            set_states(generators, fresh)
            aside = self.path.with_name(self.path.name + BROKEN)
            self.path.replace(aside)
            reason = (str(error) or repr(error)).splitlines()[0]
            print(f"{aside} was put aside, the run begins anew: it is no checkpoint here, {reason}")
            return Place()

    def go_on(self) -> None:
        """Let the generators go on from the middle of an epoch, whose beginning is drawn again."""
        set_states(self.generators, self.random)


def set_states(generators: Sequence[Generator], states: Sequence[Tensor]) -> None:
    for each, state in zip(generators, states, strict=True):
        each.set_state(state)
