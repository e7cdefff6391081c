"""Why a step failed: the executor's reason first, then what this attempt wrote, of no older one."""

from pathlib import Path

import pytest

from snakemake_logger_plugin_oebench.failure import (
    FURTHER,
    REASONS,
    WRITTEN,
    Attempt,
    is_elsewhere,
    logs_of,
    reason,
)

# As the plugins for Slurm and for any scheduler say it.
FAILED = (
    "SLURM-job '17' failed, SLURM status is: '{}'. Detailed failure reason unavailable (status "
    f"command is not 'sacct').{FURTHER} rule(s)."
)
REFUSED = (
    "SLURM sbatch failed. The error message was 'sbatch: error: invalid account\nsbatch: error: "
    "Batch job submission failed'.\n    sbatch call:\n        sbatch --parsable --wrap='a'\n"
    f"{FURTHER} rule(s)."
)


@pytest.mark.parametrize("status", REASONS)
def test_a_state_of_slurm_is_told_in_words(status: str) -> None:
    assert reason(FAILED.format(status), "17") == [f"job 17: {REASONS[status]} ({status})"]


def test_a_state_that_nobody_knows_is_told_as_it_is() -> None:
    assert reason(FAILED.format("SPECIAL_EXIT"), "17") == ["job 17: it ended (SPECIAL_EXIT)"]


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("slurmstepd-a: error: StepId=3.0 exceeded memory limit (20 > 15)", "OUT_OF_MEMORY"),
        ("slurmstepd: error: Detected 1 oom-kill event(s) in StepId=3.batch", "OUT_OF_MEMORY"),
        ("slurmstepd: error: *** JOB 3 ON a CANCELLED AT 1 DUE TO TIME LIMIT ***", "TIMEOUT"),
        ("slurmstepd: error: *** JOB 3 ON a CANCELLED AT 1 DUE TO PREEMPTION ***", "PREEMPTED"),
        ("slurmstepd: error: *** STEP 3.0 ON a CANCELLED AT 1 DUE TO NODE FAILURE", "NODE_FAIL"),
        ("slurmstepd: error: *** JOB 3 ON a CANCELLED AT 2026-11-27T15:21:31 ***", "CANCELLED"),
    ],
)
def test_what_slurm_wrote_into_the_log_tells_more_than_a_failed_command(
    line: str, status: str, tmp_path: Path
) -> None:
    assert status in WRITTEN
    log = tmp_path / "3.log"
    log.write_text(f"Building DAG of jobs...\n{line}\n")
    (told,) = reason(FAILED.format("FAILED"), "3", [str(log)])
    assert told == f"job 3: {REASONS[status]} ({status})"
    # Of its log the scheduler's lines, each once, are shown.
    log.write_text(f"Building DAG of jobs...\n{line}\n{line}\n")
    assert logs_of(Attempt({}), [str(log)]) == [f"  {log}:", f"  | {line}"]


def test_a_training_that_says_it_lacks_memory_of_its_gpu_was_not_ended_by_the_scheduler(
    tmp_path: Path,
) -> None:
    log = tmp_path / "train.log"
    log.write_text("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB\n")
    assert reason(FAILED.format("FAILED"), "3", [str(log)]) == [
        f"job 3: {REASONS['FAILED']} (FAILED)"
    ]


def test_a_refused_job_is_told_with_the_schedulers_words() -> None:
    assert reason(REFUSED, None) == [
        "the scheduler refused it: sbatch: error: invalid account sbatch: error: Batch job "
        "submission failed. Partition, account and limits stand in the profile"
    ]


def test_what_another_executor_says_is_shown_and_no_words_are_none() -> None:
    assert reason(f"Error submitting jobscript (exit code 1):\n{FURTHER} rule(s).", None) == [
        "Error submitting jobscript (exit code 1):"
    ]
    assert reason(None, None) == reason("", None) == reason(f"{FURTHER} rule(s).", "1") == []
    assert is_elsewhere(f"{FURTHER} rule(s).")
    assert not is_elsewhere(None)


def test_the_log_of_an_older_attempt_is_not_shown_as_the_reason(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_text("error: of the first attempt\n")
    second = Attempt.begins([str(log)])
    assert logs_of(second, [str(log)]) == [f"  {log}:", "  | (it wrote nothing)"]
    log.write_text("error: of the second\n")
    assert logs_of(second, [str(log)]) == [f"  {log}:", "  | error: of the second"]


def test_the_log_of_an_array_lies_above_where_its_executor_says(tmp_path: Path) -> None:
    folder = tmp_path / ".snakemake/slurm_logs/rule_train"
    folder.mkdir(parents=True)
    (folder / "25_1.log").write_text("srun: error: no\n")
    told = folder / "digits_letters/25_1.log"
    assert logs_of(Attempt({}), [str(told)]) == [f"  {folder / '25_1.log'}:", "  | srun: error: no"]
    assert logs_of(Attempt({}), [str(told.with_name("9.log"))])[1] == "  | (there is no log file)"
