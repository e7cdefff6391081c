"""A Snakemake logger that prints one line for each finished step, with the time spent and left.

A failed step shows what the executor says of it, the last lines of its log and the command that
runs it alone (`failure.py`); one that Ctrl-C ended has not failed. A lock is explained (`lock.py`).
A dry run counts the jobs of each rule and says why they run; with --verbose it lists them.
"""

import re
import shlex
import signal
import sys
import threading
import time
from collections.abc import Iterable
from logging import LogRecord
from typing import Any

from snakemake.settings.types import Quietness
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_oebench import failure, lock
from snakemake_logger_plugin_oebench.failure import Attempt
from snakemake_logger_plugin_oebench.forecast import Forecast, Work

DEFAULT_HANDLER = "DefaultStreamHandler"  # Snakemake's name of it
# Options that the command for a failed step repeats.
REPEATED = {
    *("--configfile", "--configfiles", "--config", "-C", "--snakefile", "-s", "--directory", "-d"),
    *(
        "--workflow-profile",
        "--profile",
        "--executor",
        "-e",
        "--software-deployment-method",
        "--sdm",
    ),
}
# What Snakemake says of itself on the way to the first job.
UNREMARKABLE = (
    "Assuming unrestricted shared filesystem",
    "host:",
    "Using shell:",
    "Provided cores:",
    "Rules claiming more threads",
    "Conda environments:",
    "Select jobs to execute",
    "Execute ",
    "Building DAG of jobs",
    "Complete log",
    "RuleException:\nCalledProcessError",  # said by the failed step's own lines
    # An executor's, of Slurm and of others.
    *("No SLURM account given", "No account was given", "Unable to guess SLURM account"),
    *("Array job submission does not allow", "Cleaning up SLURM log files"),
    "Elapsed time: ",
)
SUBMITTED = re.compile(r"Job \d+ has been submitted|Submitted (array |group )?job ")
SLURM_RUN = "SLURM run ID: "
RETRIED = re.compile(r"Trying to restart job (\d+)\.")
LOCKED = "Directory cannot be locked"
STOPPING = "Terminating processes on user request"
STOPPED = "Interrupted. The same command goes on from here: what was finished is kept."
# Ctrl-C may end a job before the main thread, which alone sees signals, has seen it; seconds.
NOTICED = 1.0
# What Snakemake says of jobs that were interrupted.
INTERRUPTED = (
    "RuleException",
    "Removing output files of failed job",
    "At least one job",
    "WorkflowError",
)
REFERENCE = "\n    (check individual jobs above for details)"  # where they are not listed
DRY = "This was a dry run (flag -n); --verbose lists each job with its reason."
SILENT = {
    LogEvent.WORKFLOW_STARTED,
    LogEvent.RESOURCES_INFO,
    LogEvent.JOB_STARTED,
    LogEvent.GROUP_INFO,
    LogEvent.RULEGRAPH,
}


class LogHandler(LogHandlerBase):
    """Writes to stderr. Snakemake calls it from one thread at a time."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = False
    has_formatter = False
    needs_rulegraph = False

    def __post_init__(self) -> None:
        self.jobs: dict[int, dict[str, Any]] = {}
        self.attempts: dict[int, Attempt] = {}
        self.finished: list[tuple[int, float]] = []
        self.forecast = Forecast()
        self.began = time.monotonic()
        self.interrupted = threading.Event()  # by Ctrl-C
        self.workflow: Any = None  # Snakemake's, in a dry run that lists no jobs

    def expect(self, jobs: Iterable[Any]) -> None:
        """Snakemake's jobs that there are to do; the Snakefile tells them before the first one."""
        self.forecast.expect(
            {
                job.jobid: Work.of(job.rule.name, job.wildcards_dict, job.params.get("runs", 0))
                for job in jobs
            }
        )

    def emit(self, record: LogRecord) -> None:
        try:
            dry = self.common_settings.dryrun
            self.say(self.details(record) if dry else self.line(record))
            if self.workflow and getattr(record, "event", None) == LogEvent.RUN_INFO:
                self.workflow.dag.print_reasons()
                self.say(DRY)
        except Exception:
            self.handleError(record)

    @staticmethod
    def say(text: str) -> None:
        if text:
            print(text, file=sys.stderr, flush=True)

    def details(self, record: LogRecord) -> str:
        """Snakemake's own text, with all that it knows of a job instead of the rule's message."""
        if getattr(record, "event", None) == LogEvent.JOB_INFO:
            record.__dict__["rule_msg"] = None
        text = self.format(record)
        return text.replace(REFERENCE, "") if self.workflow else text

    def line(self, record: LogRecord) -> str:
        """What to print for a record; "" for nothing."""
        event, facts = getattr(record, "event", None), record.__dict__
        message = record.getMessage()
        now = time.monotonic()
        if event == LogEvent.JOB_INFO:
            self.jobs[facts["jobid"]] = facts
            self.attempts[facts["jobid"]] = Attempt.begins(facts.get("log") or [])
            self.forecast.start(facts["jobid"], now)
        elif event == LogEvent.JOB_FINISHED:
            seconds = self.forecast.finish(facts["job_id"], now)
            self.finished.append((facts["job_id"], seconds))
        elif event == LogEvent.PROGRESS:
            return self.progress(facts["done"], facts["total"], now)
        elif event == LogEvent.JOB_ERROR:
            self.forecast.fail(facts["jobid"], now)
            return "" if self.interrupted.wait(NOTICED) else self.failure(facts)
        elif event == LogEvent.RUN_INFO:
            return self.plan(facts)
        elif event == LogEvent.SHELLCMD:  # Snakemake lets it through with -p
            return str(facts.get("shellcmd") or "")
        elif message.startswith(SLURM_RUN):
            lock.note(message.removeprefix(SLURM_RUN).strip())
            return message
        elif retried := RETRIED.match(message):
            return f"AGAIN   {self.title(int(retried[1]))}"
        elif LOCKED in message:
            return lock.explained(again("--unlock"))
        elif message.startswith(STOPPING):
            return STOPPED
        elif self.interrupted.is_set() and message.startswith(INTERRUPTED):
            return ""
        elif not (event in SILENT or message.startswith(UNREMARKABLE) or SUBMITTED.match(message)):
            return self.format(record)
        return ""

    def plan(self, facts: dict[str, Any]) -> str:
        """How many jobs of each rule there are to do."""
        jobs = {name: count for name, count in facts["stats"].items() if name != "total"}
        training = sum(count for name, count in jobs.items() if name == "train")
        return f"{sum(jobs.values())} steps to do, {training} of them training"

    def progress(self, done: int, total: int, now: float) -> str:
        """A line for each step that finished since the last one."""
        times = f"elapsed {clock(now - self.began)}{self.left(now)}"
        lines = [
            f"{number:>{len(str(total))}}/{total}  {self.title(jobid)}  ({seconds:.0f} s)  {times}"
            for number, (jobid, seconds) in enumerate(self.finished, done - len(self.finished) + 1)
        ]
        self.finished.clear()
        return "\n".join(lines)

    def left(self, now: float) -> str:
        """The time that is left, where finished jobs tell it: all of it, or that of most runs."""
        forecast = self.forecast.left(now)
        if forecast is None or round(forecast[0]) == 0:
            return ""
        seconds, complete = forecast
        return f", {'about' if complete else 'at least'} {clock(seconds)} left"

    def title(self, jobid: int) -> str:
        job = self.jobs.get(jobid, {})
        return str(job.get("rule_msg") or job.get("rule_name") or f"job {jobid}")

    def failure(self, facts: dict[str, Any]) -> str:
        """The failed step: why, the last lines of its log, the command that runs it alone."""
        lines = [f"FAILED  {self.title(facts['jobid'])}"]
        number = (facts.get("aux") or {}).get("external_jobid")
        logs = facts.get("log") or []
        lines += [f"  {line}" for line in failure.reason(facts.get("rule_msg"), number, logs)]
        attempt = self.attempts.get(facts["jobid"], Attempt({}))
        lines += failure.logs_of(attempt, logs)
        if facts.get("output"):
            # A scheduler's job is submitted again; nothing is trained on the machine that submits.
            options = () if failure.is_elsewhere(facts.get("rule_msg")) else ("--cores", "1")
            lines += [
                "  run it alone:",
                f"  {again(*options)} -- {shlex.quote(facts['output'][0])}",
            ]
        return "\n".join(lines)


def clock(seconds: float) -> str:
    """Minutes and seconds, with hours where there are any."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def attach(workflow: Any) -> None:
    """Put this logger in the place of Snakemake's own lines, unless a logger was asked for.

    workflow: a `snakemake.workflow.Workflow`.

    The Snakefile does it: `logger:` in a profile would stop Snakemake where this plugin is not
    installed.
    """
    manager = workflow.logger_manager
    if manager.plugin_handlers or manager.settings.skip_plugin_handlers:
        return
    for default in [each for each in manager.logger.handlers if each.name == DEFAULT_HANDLER]:
        handler = LogHandler(manager.settings, None)
        handler.setFormatter(default.formatter)
        for each in default.filters:
            handler.addFilter(each)
        manager.logger.removeHandler(default)
        manager.logger.addHandler(handler)
        manager.plugin_handlers.append(handler)
        if manager.settings.dryrun and not (manager.settings.verbose or manager.settings.quiet):
            # As with --quiet rules progress: Snakemake counts the jobs and goes through none of
            # them, which takes a third of the time.
            handler.workflow = workflow
            workflow.output_settings.quiet = {Quietness.RULES, Quietness.PROGRESS}
        follow_interrupts(handler)


def follow_interrupts(handler: LogHandler) -> None:
    """Tell the handler of Ctrl-C, which reaches the jobs at the same time as Snakemake."""
    usual = signal.getsignal(signal.SIGINT)
    if not callable(usual) or threading.current_thread() is not threading.main_thread():
        return

    def interrupt(number: int, frame: Any) -> Any:
        handler.interrupted.set()
        return usual(number, frame)

    signal.signal(signal.SIGINT, interrupt)


def again(*options: str) -> str:
    """The command of a call with these options that is about the same workflow as this one."""
    return shlex.join(["snakemake", *options, *repeated(sys.argv[1:])])


def repeated(arguments: list[str]) -> list[str]:
    """The options of this call that say what is run, with their values."""
    kept: list[str] = []
    keeping = False
    for argument in arguments:
        if argument.startswith("-"):
            keeping = argument.partition("=")[0] in REPEATED
        if keeping:
            kept.append(argument)
    return kept
