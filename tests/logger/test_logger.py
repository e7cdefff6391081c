"""The logger: a line for each finished step; of a failed one, why and how to run it alone."""

import logging
import signal
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from snakemake.exceptions import LockException
from snakemake.logging import DefaultFormatter
from snakemake.settings.types import OutputSettings, Quietness
from snakemake_interface_logger_plugins.common import LogEvent

import snakemake_logger_plugin_oebench as plugin
from snakemake_logger_plugin_oebench import LogHandler, attach
from snakemake_logger_plugin_oebench.failure import LOG_LINES


def record(event: LogEvent | None, message: str | None = "", **facts: Any) -> logging.LogRecord:
    """A record as Snakemake makes it: the event and its facts are attributes."""
    made = logging.LogRecord("snakemake", logging.INFO, "", 0, message, None, None)
    made.__dict__.update(facts)
    if event is not None:
        made.__dict__["event"] = event
    return made


def job_info(jobid: int, message: str | None = None, name: str = "train_x") -> logging.LogRecord:
    return record(
        LogEvent.JOB_INFO,
        f" Rule: {name}, Jobid: {jobid}",
        jobid=jobid,
        rule_msg=message,
        rule_name=name,
        local=False,
        is_checkpoint=False,
        input=["in.h5"],
        output=["out.h5"],
        log=[],
        benchmark=None,
        wildcards={},
        reason="Missing output files: out.h5",
        resources={},
        priority=0,
        threads=1,
        indent=False,
    )


def job_finished(jobid: int) -> logging.LogRecord:
    return record(LogEvent.JOB_FINISHED, f"Finished jobid: {jobid}", job_id=jobid)


def progress(done: int, total: int) -> logging.LogRecord:
    return record(LogEvent.PROGRESS, None, done=done, total=total)


def job_error(jobid: int, log: list[str], output: list[str]) -> logging.LogRecord:
    return record(
        LogEvent.JOB_ERROR,
        f"Error in rule train_x, jobid: {jobid}",
        jobid=jobid,
        rule_name="train_x",
        rule_msg=None,
        input=[],
        output=output,
        log=log,
        conda_env=None,
        container_img=None,
        aux={},
        indent=False,
        shellcmd="python -m oebench train",
    )


class Clock:
    """A clock that the test turns on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(plugin, "time", clock)
    return clock


@pytest.fixture
def handler(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> LogHandler:
    monkeypatch.setattr(plugin, "NOTICED", 0.0)
    handler = LogHandler(SimpleNamespace(dryrun=False), None)
    handler.setFormatter(DefaultFormatter())
    return handler


@pytest.fixture
def printed(
    handler: LogHandler, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Any:
    """What the handler prints to stderr for some records."""
    monkeypatch.setattr(sys, "argv", ["snakemake"])

    def feed(*records: logging.LogRecord, dryrun: bool = False) -> str:
        handler.common_settings = SimpleNamespace(dryrun=dryrun)
        for each in records:
            handler.emit(each)
        out, err = capsys.readouterr()
        assert out == ""
        assert "--- Logging error ---" not in err
        return err

    return feed


# Steps


def test_a_finished_step_is_a_line_with_count_message_and_seconds(
    printed: Any, clock: Clock
) -> None:
    assert printed(job_info(7, "train 15 runs: digits with letters")) == ""
    clock.now += 12.6
    assert printed(job_finished(7)) == ""  # the count comes with the progress that follows
    assert printed(progress(3, 120)) == (
        "  3/120  train 15 runs: digits with letters  (13 s)  elapsed 0:13\n"
    )


def test_steps_that_finish_between_two_counts_have_a_line_each(printed: Any, clock: Clock) -> None:
    printed(job_info(1, "first"), job_info(2, "second"))
    clock.now += 1
    text = printed(job_finished(1), job_finished(2), progress(9, 10))
    assert text == " 8/10  first  (1 s)  elapsed 0:01\n 9/10  second  (1 s)  elapsed 0:01\n"


def test_a_step_is_told_once(printed: Any) -> None:
    printed(job_info(1, "first"), job_finished(1), progress(1, 2))
    assert printed(progress(1, 2)) == ""


def test_a_step_without_a_message_goes_by_its_rule(printed: Any, clock: Clock) -> None:
    text = printed(job_info(1, None, name="all"), job_finished(1), progress(1, 1))
    assert text == "1/1  all  (0 s)  elapsed 0:00\n"


def test_a_step_that_was_never_announced_goes_by_its_number(printed: Any) -> None:
    assert printed(job_finished(5), progress(1, 1)) == "1/1  job 5  (0 s)  elapsed 0:00\n"


def test_a_retried_step_counts_from_its_last_start(printed: Any, clock: Clock) -> None:
    printed(job_info(1, "train"))
    clock.now += 100
    printed(job_info(1, "train"))
    clock.now += 2
    assert printed(job_finished(1), progress(1, 1)) == "1/1  train  (2 s)  elapsed 1:42\n"


def job(jobid: int, recipe: str, runs: int) -> Any:
    """A training job as it is in Snakemake's graph of jobs."""
    return SimpleNamespace(
        jobid=jobid,
        rule=SimpleNamespace(name="train"),
        wildcards_dict={"dataset": "digits", "oe": "letters~size=1", "recipe": recipe},
        params={"runs": runs},
    )


def test_the_time_left_follows_from_the_first_job_of_the_recipe(
    printed: Any, handler: LogHandler, clock: Clock
) -> None:
    handler.expect([job(1, "digits", 3), job(2, "digits", 30), job(3, "digits", 300)])
    printed(job_info(9, "prepare"))
    clock.now += 31
    text = printed(job_finished(9), progress(1, 4), job_info(1, "train"))
    assert text == "1/4  prepare  (31 s)  elapsed 0:31\n"
    clock.now += 36
    text = printed(job_finished(1), progress(2, 4), job_info(2, "train"))
    assert text == "2/4  train  (36 s)  elapsed 1:07, about 1:06:00 left\n"
    clock.now += 360
    text = printed(job_finished(2), progress(3, 4), job_info(3, "train"))
    assert text == "3/4  train  (360 s)  elapsed 7:07, about 1:00:00 left\n"
    clock.now += 3600
    text = printed(job_finished(3), progress(4, 4))
    assert text == "4/4  train  (3600 s)  elapsed 1:07:07\n"


def test_the_time_left_is_a_part_until_every_recipe_has_a_finished_job(
    printed: Any, handler: LogHandler, clock: Clock
) -> None:
    handler.expect([job(1, "digits", 3), job(2, "digits", 30), job(3, "longer", 3)])
    printed(job_info(1, "train"))
    clock.now += 36
    text = printed(job_finished(1), progress(1, 3))
    assert text == "1/3  train  (36 s)  elapsed 0:36, at least 6:00 left\n"


def test_a_failed_job_is_no_time_left(printed: Any, handler: LogHandler, clock: Clock) -> None:
    handler.expect([job(1, "digits", 1), job(2, "digits", 1), job(3, "digits", 1)])
    printed(job_info(1, "train"), job_info(2, "train"))
    clock.now += 10
    printed(job_error(2, [], []))
    text = printed(job_finished(1), progress(1, 3))
    assert text == "1/3  train  (10 s)  elapsed 0:10, about 0:10 left\n"


def test_the_plan_is_one_line_with_the_number_of_steps_and_of_trainings(printed: Any) -> None:
    stats = {"prepare": 2, "train": 4, "all": 1}
    text = printed(record(LogEvent.RUN_INFO, "Job stats:\n...", stats={**stats, "total": 7}))
    assert text == "7 steps to do, 4 of them training\n"


# Failures


def test_a_failure_shows_the_last_lines_of_the_log_and_the_command(
    printed: Any, tmp_path: Path
) -> None:
    log = tmp_path / "train.log"
    log.write_text("".join(f"line {number}\n" for number in range(1, 41)))
    printed(job_info(4, "train 15 runs"))
    text = printed(job_error(4, [str(log)], ["results/runs/a/scores.h5", "results/b"]))
    lines = text.splitlines()
    assert lines[:2] == ["FAILED  train 15 runs", f"  {log}:"]
    assert lines[2:-2] == [f"  | line {number}" for number in range(41 - LOG_LINES, 41)]
    assert lines[-2:] == [
        "  run it alone:",
        "  snakemake --cores 1 -- results/runs/a/scores.h5",
    ]


def test_a_short_log_is_shown_whole(printed: Any, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("error: no GPU\n")
    text = printed(job_info(4, "train"), job_error(4, [str(tmp_path / "a.log")], []))
    assert text == f"FAILED  train\n  {tmp_path}/a.log:\n  | error: no GPU\n"


def test_a_log_that_is_missing_empty_or_no_text_is_no_second_failure(
    printed: Any, tmp_path: Path
) -> None:
    (tmp_path / "empty.log").write_text("")
    (tmp_path / "binary.log").write_bytes(b"\xff broken\n")
    logs = [str(tmp_path / f"{name}.log") for name in ("missing", "empty", "binary")]
    text = printed(job_error(4, logs, []))
    assert "missing.log:\n  | (there is no log file)\n" in text
    assert "empty.log:\n  | (the log file is empty)\n" in text
    assert " broken" in text


@pytest.mark.parametrize(
    ("given", "repeated"),
    [
        (["--configfile", "config/own.yaml"], "--configfile config/own.yaml"),
        (["--configfile=config/own.yaml"], "--configfile=config/own.yaml"),
        (["--configfiles", "config/own.yaml"], "--configfiles config/own.yaml"),
        (["--snakefile", "workflow/Snakefile"], "--snakefile workflow/Snakefile"),
        (["-s", "workflow/Snakefile"], "-s workflow/Snakefile"),
        (["--config", "device=cpu"], "--config device=cpu"),
        (["--config", "device=cpu", "title=A B"], "--config device=cpu 'title=A B'"),
        (["-C", "device=cpu"], "-C device=cpu"),
        (["--directory", "elsewhere"], "--directory elsewhere"),
        (["-d", "elsewhere"], "-d elsewhere"),
    ],
)
def test_the_command_repeats_the_options_that_say_what_is_run(
    printed: Any, monkeypatch: pytest.MonkeyPatch, given: list[str], repeated: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["snakemake", *given, "--cores", "8", "-k"])
    command = printed(job_error(4, [], ["out.h5"])).splitlines()[-1]
    assert command == f"  snakemake --cores 1 {repeated} -- out.h5"


def test_the_command_can_be_pasted_whatever_is_in_a_name(
    printed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["snakemake", "--configfile", "my config.yaml"])
    command = printed(job_error(4, [], ["results/a b;c"])).splitlines()[-1]
    assert command == "  snakemake --cores 1 --configfile 'my config.yaml' -- 'results/a b;c'"


# Ctrl-C and locks


def test_what_was_interrupted_has_not_failed(printed: Any, handler: LogHandler) -> None:
    printed(job_info(4, "train 15 runs"))
    handler.interrupted.set()
    said = [
        job_error(4, [], ["out.h5"]),
        record(None, "RuleException:\nCalledProcessError in file a.smk"),
        record(None, "Terminating processes on user request, this might take some time."),
        record(None, "Removing output files of failed job train since they might be corrupted:\na"),
        record(LogEvent.ERROR, "WorkflowError:\nAt least one job did not complete successfully."),
    ]
    assert printed(*said) == (
        "Interrupted. The same command goes on from here: what was finished is kept.\n"
    )


def test_a_job_that_ctrl_c_ended_before_it_was_seen_has_not_failed(
    printed: Any, handler: LogHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugin, "NOTICED", 60.0)
    printed(job_info(4, "train 15 runs"))
    seen = threading.Timer(0.1, handler.interrupted.set)
    seen.start()
    assert printed(job_error(4, [], ["out.h5"])) == ""
    seen.join()


def test_ctrl_c_is_told_to_the_handler_and_goes_on_to_snakemake(handler: LogHandler) -> None:
    usual = signal.getsignal(signal.SIGINT)
    try:
        plugin.follow_interrupts(handler)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, usual)
    assert handler.interrupted.is_set()


def test_where_ctrl_c_is_ignored_it_stays_so(handler: LogHandler) -> None:
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        plugin.follow_interrupts(handler)
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, usual)


def test_a_lock_is_explained_with_the_command_that_removes_it(
    printed: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["snakemake", "--cores", "8", "--configfile", "a b.yaml"])
    text = printed(record(LogEvent.ERROR, f"LockException:\n{LockException()}"))
    assert text == (
        "This folder is locked, by whom is not known. If no other snakemake runs here, "
        "`snakemake --unlock --configfile 'a b.yaml'` removes the lock; then call again: what was "
        "finished is kept.\n"
    )


# Everything else


@pytest.mark.parametrize(
    "message",
    [
        "Building DAG of jobs...",
        "Using shell: /usr/bin/bash",
        "Provided cores: 2",
        "Select jobs to execute...",
        "Execute 3 jobs...",
        "RuleException:\nCalledProcessError in file workflow/rules/train.smk, line 50:",
    ],
)
def test_what_snakemake_says_of_itself_is_not_repeated(printed: Any, message: str) -> None:
    assert printed(record(None, message)) == ""


@pytest.mark.parametrize(
    "message",
    ["Nothing to be done (all requested files are present).", "WorkflowError: no such config"],
)
def test_what_a_person_must_know_is_printed_as_it_is(printed: Any, message: str) -> None:
    assert printed(record(None, message)) == f"{message}\n"
    assert printed(record(LogEvent.ERROR, message)) == f"{message}\n"


@pytest.mark.parametrize(
    "event",
    [
        *(LogEvent.RESOURCES_INFO, LogEvent.WORKFLOW_STARTED, LogEvent.JOB_STARTED),
        *(LogEvent.GROUP_INFO, LogEvent.RULEGRAPH),
    ],
)
def test_events_without_news_print_nothing(printed: Any, event: LogEvent) -> None:
    assert printed(record(event, "something")) == ""


def test_a_command_that_snakemake_lets_through_is_printed(printed: Any) -> None:
    command = "python -m oebench train"
    text = printed(record(LogEvent.SHELLCMD, f"Shell command: {command}", shellcmd=command))
    assert text == f"{command}\n"
    # A target such as `all` has none.
    assert printed(record(LogEvent.SHELLCMD, "Shell command: None", shellcmd=None)) == ""


def test_a_dry_run_looks_as_with_snakemake_s_own_logger(printed: Any) -> None:
    text = printed(job_info(1, "train 15 runs"), dryrun=True)
    assert "rule train_x:" in text
    assert "output: out.h5" in text
    assert "reason: Missing output files: out.h5" in text
    stats = record(LogEvent.RUN_INFO, "Job stats:\njob  count", stats={"all": 1, "total": 1})
    assert printed(stats, dryrun=True) == "Job stats:\njob  count\n"
    assert printed(progress(1, 4), dryrun=True) == "1 of 4 steps (25%) done\n"


REASONS = "Reasons:\n    (check individual jobs above for details)\n    missing:\n        train"


@pytest.mark.parametrize("changes", [{}, {"verbose": True}, {"quiet": {"all"}}])
def test_a_dry_run_counts_jobs_and_says_why_and_lists_them_when_asked(
    changes: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    settings = OutputSettings(dryrun=True, **changes)
    logger, default = logging.Logger("snakemake"), logging.StreamHandler()
    default.name = "DefaultStreamHandler"
    logger.addHandler(default)
    manager = SimpleNamespace(plugin_handlers=[], settings=settings, logger=logger)
    dag = SimpleNamespace(print_reasons=lambda: logger.info(REASONS))
    attach(SimpleNamespace(logger_manager=manager, output_settings=settings, dag=dag))
    stats = record(LogEvent.RUN_INFO, "Job stats:\njob  count", stats={"all": 1, "total": 1})
    logger.handle(stats)
    printed = capsys.readouterr().err
    assert printed.startswith("Job stats:\njob  count\n")
    if changes:
        assert settings.quiet == changes.get("quiet")
        assert "Reasons" not in printed  # Snakemake says them itself when it has listed the jobs
    else:
        assert settings.quiet == {Quietness.RULES, Quietness.PROGRESS}
        assert "Reasons:\n    missing:\n        train\n" in printed
        assert printed.endswith("--verbose lists each job with its reason.\n")


def test_an_unknown_event_is_printed_rather_than_lost(printed: Any) -> None:
    assert printed(record("news", "something new")) == "something new\n"
