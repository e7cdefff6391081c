# The configuration and its plan: which runs there are, which jobs train them.
import os
import re
import shlex
import shutil
import sys
from pathlib import Path

HERE = Path(workflow.current_basedir).parent  # also where this workflow is a module of another
LIBRARY = HERE / "lib"
sys.path.insert(0, str(LIBRARY))

from oebench.plan.caches import Caches
from oebench.plan.jobs import blocks, work
from oebench.plan.manifests import read_manifests
from oebench.provenance import command_hash
from oebench.run import parse as run_at
from oebench.validation import ConfigError
from snakemake_logger_plugin_oebench import attach

if workflow.is_main_process:
    attach(workflow.logger_manager)

# A file given with --configfile replaces the default one. Snakemake's own `configfile:` would merge
# the two, and a study of the default would appear in every preset.
given = [Path(file) for file in workflow.overwrite_configfiles or []]
if len(given) > 1:
    raise WorkflowError(
        "Give one --configfile: a configuration is a whole, not a change of another."
    )
# The default one lies in the folder that Snakemake runs in, else beside the workflow.
DEFAULT = Path("config/config.yaml")
CONFIGFILE = given[0] if given else DEFAULT if DEFAULT.exists() else HERE.parent / DEFAULT
try:
    MANIFESTS = read_manifests(CONFIGFILE, dict(workflow.config_settings.config))
except ConfigError as error:
    raise WorkflowError(str(error)) from None

PLAN = MANIFESTS.plan
CACHES = Caches(PLAN)
STUDIES = {name: MANIFESTS.study(name) for name in PLAN.studies}

# The surroundings of every job. It finds the library without an install, also in a conda
# environment, where Snakemake drops PYTHONPATH; it reads and writes UTF-8 whatever the locale is; no
# file of the working directory is taken for a module. Without an environment of its own it runs with
# the Python that runs Snakemake, which need not be the first in PATH.
SURROUNDINGS = f"PYTHONPATH={shlex.quote(str(LIBRARY))} PYTHONSAFEPATH=1 PYTHONUTF8=1"
if not workflow.deployment_settings.deployment_method:
    SURROUNDINGS += f' PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"'
shell.prefix(f"export {SURROUNDINGS}; ")

STUDY = "results/plan/{}.json"
CACHE = "resources/caches/{}.h5"
CHECKSUM = "resources/caches/{}.sha256"
CONDITION = "dataset={dataset}/oe={oe}/objective={objective}/recipe={recipe}"
# With `auto`, a GPU that is here is used and asked for; a cluster's profile sets `device: cuda`,
# because the machine that submits has none.
GPU = int(
    PLAN.config.device == "cuda"
    or (PLAN.config.device == "auto" and shutil.which("nvidia-smi") is not None)
)


wildcard_constraints:
    study="|".join(map(re.escape, PLAN.studies)),
    dataset="[^/]+",
    oe="[^/]+",
    objective="[^/]+",
    recipe="[^/]+",


def any_of(studies):
    """A constraint on a wildcard: one of these studies, or none at all."""
    return "|".join(map(re.escape, studies)) or "(?!)"


def drawn(study):
    """The files that a study ends in."""
    files = [f"results/studies/{study}.csv"]
    if STUDIES[study].rows:
        files += multiext(f"results/tables/{study}", ".csv", ".md", ".tex", ".html")
    if STUDIES[study].curve or STUDIES[study].toy_figure:
        files += multiext(f"results/figures/{study}", ".csv", ".pdf", ".svg", ".png")
    if STUDIES[study].compare:
        files += multiext(f"results/comparisons/{study}", ".csv", ".md", ".html")
    if STUDIES[study].look:
        files += multiext(f"results/looks/{study}", ".csv", ".pdf", ".svg", ".png")
    return files


def downloads(cache):
    """What has to be downloaded for a cache, by file name."""
    return {each.file: each for each in CACHES.dataset(cache).needed()}


def files_of(name):
    """The files that are downloaded for a data set."""
    return [f"resources/downloads/{name}/{file}" for file in downloads(name)]


def condition(wildcards):
    """A run of the condition that the wildcards name."""
    return PLAN.conditions[CONDITION.format(**wildcards)]


def caches(pattern, block):
    """The caches of the data sets that a block reads, normal images first."""
    seeds = [seed for _, seed in block.members]
    return lambda wildcards: [
        pattern.format(name) for name in CACHES.of_job(condition(wildcards), seeds)
    ]


def longest_first(block):
    """The priority of a block's jobs, so that no core is idle at the end."""
    return lambda wildcards: work(PLAN, CONDITION.format(**wildcards), block.members)


def caches_of(pattern, study):
    """The caches of the data sets of a study, normal images first."""
    runs = PLAN.studies[study].runs
    names = [name for run in runs for name in CACHES.of_job(run, [run.seed])]
    return [pattern.format(name) for name in dict.fromkeys(names)]


def known_run(path):
    """The scores file of a run that the configuration has."""
    if path not in {run.path for run in PLAN.runs}:
        raise WorkflowError(
            f"{path} is no run of {CONFIGFILE}; `oebench runs` lists those there are."
        )
    return f"results/runs/{path}/scores.h5"


def looked_at(study):
    """The path and the data set of the run that the report plots alone."""
    path = STUDIES[study].look
    return path, run_at(path).dataset


def recipe(wildcards):
    """The resolved recipe of a condition."""
    return PLAN.resolver.recipes[condition(wildcards).recipe]


def one_of(conditions):
    """A constraint on the first wildcard that looks ahead over the whole condition.

    Blocks of different length hold the same run; only the one that a condition asks for may match.
    """
    spelled = "|".join(re.escape(each.removeprefix("dataset=")) for each in conditions)
    return f"(?=(?:{spelled})/normal_class=)[^/]+"


def scores(study):
    """The scores files of a study."""
    return [f"results/runs/{run.path}/scores.h5" for run in PLAN.studies[study].shown]


def plan_files():
    """What the configuration and all its studies ask for."""
    return [STUDY.format(part) for part in ("plan", *PLAN.studies)]


def manifest(part):
    """What a study asks for, or the whole plan, as JSON."""
    asked = MANIFESTS.whole_plan() if part == "plan" else STUDIES[part]
    return asked.model_dump_json(indent=1)


def captions():
    """All texts of the report, which is remade when one changes."""
    folder = HERE / "report"
    return {file.name: file.read_text(encoding="utf-8") for file in sorted(folder.iterdir())}
