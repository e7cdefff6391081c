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

from oead.codehash import code_hash
from oead.config import ConfigError
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

# A job finds the library without an install: Snakemake drops PYTHONPATH in conda environments, so
# it is set inside the command.
OEAD = f"PYTHONPATH={shlex.quote(str(LIBRARY))} python -m oead"
CACHE = "resources/caches/{}.h5"
CHECKSUM = "resources/caches/{}.sha256"
CONDITION = "dataset={dataset}/oe={oe}/objective={objective}/recipe={recipe}"
RUN = f"{CONDITION}/normal_class={{normal_class}}/seed={{seed}}"


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
