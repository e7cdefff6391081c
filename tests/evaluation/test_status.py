"""How far studies are, from first lines of scores files and what jobs say of themselves."""

import os
from pathlib import Path
from typing import Any

import h5py
import pytest

from oebench.artifacts import scores
from oebench.artifacts.manifest import Group, StudyManifest
from oebench.artifacts.progress import FAILED, KILLED, RUNNING, STOPPED, Progress
from oebench.evaluation.status import Status

RECIPE = {"epochs": 200}
CONDITIONS = {
    size: f"dataset=d/oe=o~size={size}/objective=hsc~norm=l1/recipe=r~augment=off"
    for size in (1, 2, 4, 8)
}
FILES = {size: f"{each}/normal_class=0-1~seed=1-2.h5" for size, each in CONDITIONS.items()}
MEMBERS = tuple(Group(file="", normal_classes=(0, 1), seeds=(1, 2)).members())
NOW = 1000.0


def study(*sizes: int, **changes: Any) -> StudyManifest:
    """Four runs of each of these OE sizes."""
    groups = tuple(
        Group(file=FILES[size], normal_classes=(0, 1), seeds=(1, 2), recipe="r", code="c0de")
        for size in sizes
    )
    facts = {"name": "s", "title": "S", "expected": 4 * len(sizes), "epochs": (200,)}
    return StudyManifest(**facts, groups=groups, recipes={"r": RECIPE}, **changes)


def finish(folder: Path, size: int, *members: str, **changes: Any) -> None:
    """Write a scores file with these runs, each of which took a minute."""
    made_of = {"recipe": RECIPE, "code": "c0de", "images": {"d": ["12"], "o": ["34"]}}
    told = {"seconds": [60.0] * len(members), "diverged": []}
    with scores.created(
        folder / "runs" / FILES[size], {"runs": members, **made_of, **told, **changes}
    ):
        pass


def job(**facts: Any) -> Progress:
    made_with = {"members": MEMBERS, "recipe": RECIPE, "code": "c0de", "host": "node7", "pid": 5}
    return Progress(**{**made_with, "scheduler": "", "began": NOW - 120, **facts})


def told(folder: Path, *studies: StudyManifest, **jobs: Progress) -> list[str]:
    """The lines of a status; jobs by OE size, as size1."""
    at = {FILES[int(size.removeprefix("size"))]: each for size, each in jobs.items()}
    return [*Status(studies, folder, folder / "caches", at, NOW).lines()]


def test_nothing_is_done_at_first(tmp_path: Path) -> None:
    lines = told(tmp_path, study(1, 2))
    assert lines == ["s: 0 of 8 runs done, 8 missing; the time left is not known yet"]


def test_what_is_done_has_nothing_left(tmp_path: Path) -> None:
    finish(tmp_path, 1, *MEMBERS)
    assert told(tmp_path, study(1)) == ["s: 4 of 4 runs done"]


def test_runs_that_another_study_asked_for_are_none_of_this_one(tmp_path: Path) -> None:
    finish(tmp_path, 1, *MEMBERS, "normal_class=0/seed=3")
    assert told(tmp_path, study(1)) == ["s: 4 of 4 runs done"]


def test_a_file_with_fewer_runs_than_are_asked_for_counts_with_those(tmp_path: Path) -> None:
    finish(tmp_path, 1, *MEMBERS[:3])
    lines = told(tmp_path, study(1))
    assert lines == ["s: 3 of 4 runs done, 1 missing; 60 s of work left, no job is at work"]


@pytest.mark.parametrize(
    "change", [{"recipe": {"epochs": 7}}, {"code": "01d"}, {"images": {"d": ["56"]}}]
)
def test_what_was_made_otherwise_is_missing(tmp_path: Path, change: dict[str, Any]) -> None:
    (tmp_path / "caches").mkdir()
    (tmp_path / "caches/d.sha256").write_text("12".rjust(64, "0"))
    finish(tmp_path, 1, *MEMBERS, **{"images": {"d": ["12".rjust(64, "0")]}, **change})
    assert told(tmp_path, study(1))[0].startswith("s: 0 of 4 runs done, 4 missing")


def test_no_scores_file_is_opened_as_hdf5(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of thousands, that would take minutes."""
    finish(tmp_path, 1, *MEMBERS)
    monkeypatch.setattr(h5py, "File", None)
    assert told(tmp_path, study(1)) == ["s: 4 of 4 runs done"]


def test_runs_that_diverged_or_collapsed_are_counted_among_those_that_are_done(
    tmp_path: Path,
) -> None:
    finish(tmp_path, 1, *MEMBERS, diverged=[MEMBERS[0]])
    table = tmp_path / "studies/s.csv"
    table.parent.mkdir()
    rows = [f"results/runs/{FILES[1]},{member},collapsed" for member in MEMBERS[1:3]]
    table.write_text("\n".join(["path,group,status", *rows]))
    assert told(tmp_path, study(1)) == ["s: 4 of 4 runs done (1 diverged, 2 collapsed)"]
    # A table that is older than the scores tells nothing of them.
    os.utime(table, (1, 1))
    assert told(tmp_path, study(1)) == ["s: 4 of 4 runs done (1 diverged)"]
    table.write_text("something else")
    assert told(tmp_path, study(1)) == ["s: 4 of 4 runs done (1 diverged)"]


# Jobs


def test_a_job_at_work_is_shown_with_its_run_and_epoch(tmp_path: Path) -> None:
    at = {"member": MEMBERS[1], "epoch": 50, "epochs": 200, "seconds": (60.0,)}
    first, line = told(tmp_path, study(1, 2), size1=job(**at))
    # Three of its runs, one of which has a quarter, and four more.
    left = f"{(2.75 + 4) * 60 / 60:.0f} min left with 1 job at work"
    assert first == f"s: 1 of 8 runs done, 3 at work, 4 missing; {left}"
    place = f"{CONDITIONS[1]}/{MEMBERS[1]} at epoch 50 of 200"
    assert line == f"  at work: {place}, process 5 on node7, for 2 min"


def test_a_job_that_reads_its_images_has_no_run_yet(tmp_path: Path) -> None:
    _, line = told(tmp_path, study(1), size1=job(scheduler="Slurm job 12"))
    assert line == f"  at work: {FILES[1]}, Slurm job 12, process 5 on node7, for 2 min"


def test_the_pace_of_a_job_tells_the_time_left_where_nothing_is_finished(tmp_path: Path) -> None:
    """90 epochs since it went on, in as many seconds, and 100 more of this run."""
    at = {"member": MEMBERS[0], "epoch": 100, "epochs": 200, "resumed": 10}
    first, _ = told(tmp_path, study(1), size1=job(**at, since=NOW - 90, updated=NOW))
    assert first.endswith(f"; {(100 + 3 * 200) / 60:.0f} min left with 1 job at work")


def test_jobs_share_what_is_left_but_the_longest_is_waited_for(tmp_path: Path) -> None:
    finish(tmp_path, 8, *MEMBERS)
    working = {"size1": job(), "size2": job()}
    first, *_ = told(tmp_path, study(1, 2, 4, 8), **working)
    assert first.endswith("; 6 min left with 2 jobs at work")  # 12 runs of a minute
    first, *_ = told(tmp_path, study(1, 8), **working)
    assert first.endswith("; 4 min left with 2 jobs at work")  # 4 runs, of one job


def test_the_time_left_is_not_guessed_from_runs_of_another_kind(tmp_path: Path) -> None:
    finish(tmp_path, 1, *MEMBERS)
    first, other = study(1, 2).groups
    without = other.model_copy(update={"file": FILES[2].replace("o~size=2", "none")})
    asked = study(1, 2).model_copy(update={"groups": (first, without)})
    assert told(tmp_path, asked)[0].endswith("; the time left is not known yet")


@pytest.mark.parametrize(
    ("facts", "count", "line"),
    [
        (
            {"state": FAILED, "reason": "device: there is no GPU"},
            "2 failed",
            "failed: device: there is no GPU",
        ),
        (
            {"state": STOPPED, "reason": "stopped by SIGTERM; it goes on from X"},
            "2 stopped",
            "stopped by SIGTERM; it goes on from X",
        ),
        (
            {"state": KILLED, "member": MEMBERS[2], "epoch": 12, "epochs": 200},
            "2 killed",
            f"killed: ended without a word, {CONDITIONS[1]}/{MEMBERS[2]} at epoch 12 of 200",
        ),
    ],
    ids=[FAILED, STOPPED, KILLED],
)
def test_a_job_that_was_broken_off_says_why_and_where_its_log_is(
    tmp_path: Path, facts: dict[str, Any], count: str, line: str
) -> None:
    first, second = told(tmp_path, study(1), size1=job(**facts, seconds=(60.0, 60.0)))
    assert first == f"s: 2 of 4 runs done, {count}; 2 min of work left, no job is at work"
    log = tmp_path / f"logs/train/{FILES[1]}".replace(".h5", ".log")
    assert second == f"  {line}; its log: {log}"


def test_jobs_that_failed_alike_are_told_once(tmp_path: Path) -> None:
    failed = job(state=FAILED, reason="there is no GPU")
    first, second = told(tmp_path, study(1, 2, 4), size1=failed, size2=failed, size4=failed)
    assert "12 failed" in first
    assert second.startswith("  failed: there is no GPU; its log: ")
    assert second.endswith(", and 2 more jobs")


def test_of_many_jobs_only_the_first_are_listed(tmp_path: Path) -> None:
    groups = [
        study(1).groups[0].model_copy(update={"file": FILES[1].replace("size=1", f"size={size}")})
        for size in range(1, 13)
    ]
    asked = study(1).model_copy(update={"groups": tuple(groups), "expected": 48})
    working = {group.file: job() for group in groups}
    _, *lines = Status([asked], tmp_path, tmp_path, working, NOW).lines()
    assert len(lines) == 11
    assert lines[-1] == "  and 2 more"


@pytest.mark.parametrize("change", [{"code": "01d"}, {"recipe": {"epochs": 7}}])
def test_what_a_job_of_older_code_or_another_recipe_says_is_of_no_interest(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    old = job(state=FAILED, reason="no", seconds=(60.0,), **change)
    (line,) = told(tmp_path, study(1), size1=old)
    assert line.startswith("s: 0 of 4 runs done, 4 missing")


def test_a_job_that_was_killed_after_its_last_run_is_done(tmp_path: Path) -> None:
    finish(tmp_path, 1, *MEMBERS)
    lines = told(tmp_path, study(1), size1=job(state=KILLED, seconds=(60.0,) * 3))
    assert lines == ["s: 4 of 4 runs done"]


def test_a_running_job_counts_as_one_only(tmp_path: Path) -> None:
    """Two groups of a study may share a scores file: classes with other seeds."""
    one, two = (
        study(1).groups[0].model_copy(update={"normal_classes": (number,)}) for number in (0, 1)
    )
    asked = study(1).model_copy(update={"groups": (one, two)})
    lines = told(tmp_path, asked, size1=job(state=RUNNING, member=MEMBERS[0]))
    assert lines[0].startswith("s: 0 of 4 runs done, 4 at work")
    assert len(lines) == 2
