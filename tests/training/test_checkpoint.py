"""A training that is broken off goes on as if it had not been."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from training_cases import (
    CPU,
    HSC,
    Asked,
    batches_seen,
    every_stream,
    images,
    noise,
    recipe,
    same,
    trained,
)

from oebench.artifacts.progress import Stopped
from oebench.run import Run
from oebench.training import loop
from oebench.training.checkpoint import Keeper

HOW = {"epochs": 5, "milestones": (2, 4), "learning_rate": 1e-2}
STEPS = 10  # of these trainings: two an epoch


@pytest.fixture(autouse=True)
def step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    monkeypatch.setattr(loop, "TOGETHER", 1)  # so that it may be broken off after each step


@pytest.mark.trains
@every_stream
@pytest.mark.parametrize("step", [1, 2, 7, STEPS])
def test_a_training_that_was_asked_to_end_goes_on_from_that_step(
    run: Run, step: int, tmp_path: Path
) -> None:
    how, path = recipe(**HOW), tmp_path / "run.pt"
    keeper = Asked(path, step)
    sentence = f"^stopped by SIGTERM; it goes on from {path}$"
    with keeper.heeding(), pytest.raises(Stopped, match=sentence):
        trained(run, how, keeper=keeper)
    with batches_seen() as batches:
        resumed = trained(run, how, keeper=Keeper(path))
    assert len(batches) == STEPS - step
    assert same(resumed, trained(run, how))


@pytest.mark.trains
def test_a_training_that_is_broken_off_again_and_again_has_the_same_result(tmp_path: Path) -> None:
    how, path, stops = recipe(**HOW), tmp_path / "run.pt", 0
    while True:
        keeper = Asked(path, 3)
        try:
            with keeper.heeding():
                found = trained(HSC, how, keeper=keeper)
        except Stopped:
            stops += 1
        else:
            break
    assert stops == 3
    assert same(found, trained(HSC, how))


@pytest.mark.trains
def test_a_scoring_that_was_asked_to_end_is_done_again_without_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "EVALUATION_BATCH", 2)
    how, path, test = recipe(**HOW), tmp_path / "run.pt", noise(5)
    keeper = Asked(path, STEPS + 2)
    network = loop.train(HSC, how, images(HSC), CPU, keeper)
    with keeper.heeding(), pytest.raises(Stopped):
        loop.score(network, HSC, how, test, keeper)
    with batches_seen() as batches:
        again = loop.train(HSC, how, images(HSC), CPU, Keeper(path))
    assert batches == []
    assert (loop.score(again, HSC, how, test) == loop.score(network, HSC, how, test)).all()


@pytest.mark.trains
def test_a_signal_after_the_last_step_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "run.pt"
    keeper = Keeper(path)

    def train_to_the_end() -> None:
        with keeper.heeding():
            trained(HSC, recipe(), keeper=keeper)
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Stopped, match=f"^stopped by SIGTERM; it goes on from {path}$"):
        train_to_the_end()
    with batches_seen() as batches:
        trained(HSC, recipe(), keeper=Keeper(path))
    assert batches == []


@pytest.mark.trains
def test_the_state_is_written_when_it_is_time_and_not_before(tmp_path: Path) -> None:
    told: list[int] = []
    trained(HSC, recipe(), keeper=Keeper(tmp_path / "run.pt", 300, told.append))
    assert list(tmp_path.iterdir()) == []
    assert told == [0, 1, 2]
    trained(HSC, recipe(), keeper=Keeper(tmp_path / "run.pt", 0))
    assert [file.name for file in tmp_path.iterdir()] == ["run.pt"]


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def no_archive(path: Path) -> None:
    path.write_text("not a checkpoint", encoding="utf-8")


def of_another_network(path: Path) -> None:
    state = torch.load(path)
    state["network"].popitem()
    torch.save(state, path)


def of_another_run(path: Path) -> None:
    state = torch.load(path)
    torch.save({**state, "name": "another"}, path)


def of_another_generator(path: Path) -> None:
    """As a GPU's, whose noise has a state of another length."""
    state = torch.load(path)
    state["drawn"][-1] = torch.zeros(16, dtype=torch.uint8)
    torch.save(state, path)


@pytest.mark.trains
@pytest.mark.parametrize(
    "change",
    [cut_short, no_archive, of_another_network, of_another_run, of_another_generator],
    ids=lambda change: change.__name__,
)
def test_a_damaged_or_foreign_checkpoint_is_put_aside_and_training_begins_anew(
    change: Callable[[Path], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    how, path = recipe(epochs=3), tmp_path / "run.pt"
    uninterrupted = trained(HSC, how, keeper=Keeper(path, 0))
    change(path)
    with batches_seen() as batches:
        assert same(trained(HSC, how, keeper=Keeper(path)), uninterrupted)
    assert len(batches) == 6
    assert path.with_name("run.pt.broken").exists()
    assert "run.pt.broken was put aside, the run begins anew" in capsys.readouterr().out


@pytest.fixture
def usual() -> Iterator[list[Any]]:
    handlers = [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)]
    yield handlers
    for each, handler in zip((signal.SIGTERM, signal.SIGINT), handlers, strict=True):
        signal.signal(each, handler)


def test_a_second_signal_is_not_held_back(usual: list[Any]) -> None:
    keeper = Keeper()

    def interrupt_twice() -> None:
        with keeper.heeding():
            os.kill(os.getpid(), signal.SIGINT)
            assert keeper.asked == "SIGINT"
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        interrupt_twice()
    assert [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)] == usual
    with pytest.raises(Stopped, match=r"^stopped by SIGINT$"):
        keeper.beat()


def test_a_signal_that_is_ignored_stays_so(usual: list[Any]) -> None:
    """What a shell starts in the background ignores Ctrl-C, and so do its trainings."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keeper = Keeper()
    with keeper.heeding():
        os.kill(os.getpid(), signal.SIGINT)
    assert (keeper.asked, signal.getsignal(signal.SIGINT)) == ("", signal.SIG_IGN)


@pytest.mark.trains
def test_a_device_without_memory_is_no_fault_of_the_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "run.pt"
    trained(HSC, recipe(), keeper=Keeper(path, 0))

    class Full:
        def state_dict(self) -> dict[str, Any]:
            return {}

        def load_state_dict(self, state: object) -> None:
            raise torch.OutOfMemoryError

    with pytest.raises(torch.OutOfMemoryError):
        Keeper(path).restore({"network": Full()}, [])
    assert path.exists()


@pytest.mark.trains
def test_a_training_that_goes_on_counts_the_seconds_until_it_was_broken_off(tmp_path: Path) -> None:
    path = tmp_path / "run.pt"
    keeper = Keeper(path, 0)
    keeper.before = 1000
    trained(HSC, recipe(), keeper=keeper)
    again = Keeper(path)
    trained(HSC, recipe(), keeper=again)
    assert 1000 < again.before < 1100
