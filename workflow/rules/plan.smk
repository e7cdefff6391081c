# The configuration and its plan: which runs there are, which jobs train them.
import json
import os
import re
import shlex
import shutil
import sys
from pathlib import Path

LIBRARY = Path(workflow.basedir) / "lib"
sys.path.insert(0, str(LIBRARY))

from oead.caches import Caches
from oead.codehash import command_hash
from oead.configfile import ConfigError
from oead.grid import read_plan

# A file given with --configfile replaces the default one. Snakemake's own `configfile:` would merge
# the two, and a study of the default would appear in every preset.
given = [Path(file) for file in workflow.overwrite_configfiles or []]
if len(given) > 1:
    raise WorkflowError(
        "Give one --configfile: a configuration is a whole, not a change of another."
    )
CONFIGFILE = given[0] if given else Path(workflow.basedir).parent / "config/config.yaml"
try:
    PLAN = read_plan(CONFIGFILE, dict(workflow.config_settings.config))
except ConfigError as error:
    raise WorkflowError(str(error)) from None

CACHES = Caches(PLAN)

# What the first page of the report says of this configuration.
config["title"] = PLAN.config.title
config["about"] = {study: PLAN.about(study) for study in PLAN.studies}

# A job finds the library without an install: Snakemake drops PYTHONPATH in conda environments, so
# it is exported inside the command.
shell.prefix(f"export PYTHONPATH={shlex.quote(str(LIBRARY))}; ")

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


def drawn(study):
    """The files that a study ends in."""
    draw = PLAN.config.studies[study].draw
    files = [f"results/studies/{study}.csv"]
    if draw.table:
        files += multiext(f"results/tables/{study}", ".csv", ".md", ".tex", ".html")
    if draw.curve:
        files += multiext(f"results/figures/{study}", ".csv", ".pdf", ".svg", ".png")
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
    return [f"results/runs/{run.path}/scores.h5" for run in PLAN.studies[study].runs]


def captions():
    """All texts of the report, which is remade when one changes."""
    folder = Path(workflow.basedir) / "report"
    templates = {file.name: file.read_text() for file in sorted(folder.iterdir())}
    return {**templates, "title": config["title"], **config["about"]}
