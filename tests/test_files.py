"""Files appear whole, are on the disk, and what dead writers leave is removed."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from oebench import files
from oebench.files import HOST, atomic, left_behind

KILLED = """
import os, signal, sys
from pathlib import Path
from oebench.files import atomic
with atomic(Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(path: Path) -> None:
    """A writer of that file that is killed half way."""
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)


def test_what_a_killed_writer_left_is_removed_by_the_next_writer_of_the_file(
    tmp_path: Path,
) -> None:
    killed(tmp_path / "a.h5")
    killed(tmp_path / "a-b.h5")
    assert len([*tmp_path.iterdir()]) == 2
    with atomic(tmp_path / "a.h5") as temporary:
        temporary.write_text("whole")
    assert (tmp_path / "a.h5").read_text() == "whole"
    (other,) = [path for path in tmp_path.iterdir() if path.name != "a.h5"]
    assert other.name.startswith(".a-b~")
    assert [*left_behind(tmp_path)] == [other]


def test_a_killed_writer_is_dead_before_its_parent_has_noticed(tmp_path: Path) -> None:
    """The parent of an orphan may take seconds."""
    with subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path / "a.h5")]) as writer:
        os.waitid(os.P_PID, writer.pid, os.WEXITED | os.WNOWAIT)
        assert len([*tmp_path.iterdir()]) == 1
        with atomic(tmp_path / "a.h5") as temporary:
            temporary.write_text("whole")
        assert [path.name for path in tmp_path.iterdir()] == ["a.h5"]


def test_a_process_with_the_number_of_a_dead_writer_is_another(tmp_path: Path) -> None:
    path = tmp_path / f".a~{HOST}~{os.getpid()}~x.h5"
    path.write_text("half")
    assert [*left_behind(tmp_path)] == []
    before = psutil.Process().create_time() - files.CLOCK - 1
    os.utime(path, (before, before))
    assert [*left_behind(tmp_path)] == [path]


def test_what_a_living_writer_writes_stays(tmp_path: Path) -> None:
    with atomic(tmp_path / "a.csv") as mine:
        mine.write_text("mine")
        with atomic(tmp_path / "a.csv") as other:
            other.write_text("other")
        assert mine.exists()
    assert (tmp_path / "a.csv").read_text() == "mine"


@pytest.mark.parametrize(("age", "left"), [(0.9, False), (1.1, True)])
def test_of_another_host_it_counts_when_it_wrote_last(
    tmp_path: Path, age: float, left: bool
) -> None:
    path = tmp_path / ".a~far.away~1~x.h5"
    path.write_text("half")
    when = path.stat().st_mtime - age * files.ABANDONED
    os.utime(path, (when, when))
    assert [*left_behind(tmp_path, "a")] == ([path] if left else [])


def test_other_hidden_files_are_nobodys(tmp_path: Path) -> None:
    for name in (".a.verified", f".a~{HOST}~nobody~x.h5", "a~host~1~x.h5", ".snakemake"):
        (tmp_path / name).write_text("")
    assert [*left_behind(tmp_path)] == []


def test_a_file_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synchronised: list[tuple[str, bool]] = []

    def note(path: Path) -> None:
        synchronised.append((path.name, (tmp_path / "a.csv").exists()))

    monkeypatch.setattr(files, "synchronise", note)
    with atomic(tmp_path / "a.csv") as temporary:
        temporary.write_text("whole")
    assert synchronised == [(temporary.name, False), (tmp_path.name, True)]
