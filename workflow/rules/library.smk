# Where the library is, the plan that it makes of the configuration, the surroundings of every job.
import os
import shlex
import shutil
import sys
import tempfile
from pathlib import Path

from snakemake.common import SNAKEFILE_CHOICES


def checked_out(source):
    """The folder of this workflow of which `source` is the folder of a Snakefile.

    Of a workflow on a hosting site Snakemake has a bare clone and reads file by file; the library is
    a package, so the commit is put beside Snakemake's own records, once.
    """
    if not hasattr(source, "hosted_repo"):
        return Path(source).parent
    repository = source.hosted_repo.repo
    commit = repository.commit(source.ref).hexsha
    folder = Path(".snakemake/hosted", commit).absolute()
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            archive = Path(temporary, "commit.tar")
            repository.git.archive(commit, output=str(archive))
            shutil.unpack_archive(archive, Path(temporary, "commit"))
            Path(temporary, "commit").rename(folder)
    return Path(folder, source.path).parent


HERE = checked_out(workflow.current_basedir)
if {"{", "}"} & {*str(HERE.absolute())}:
    raise WorkflowError(
        f"The workflow lies in {HERE.absolute()}. Snakemake takes braces in the paths of environments"
        " for wildcards; move it to a folder without them."
    )
LIBRARY = HERE / "lib"
sys.path.insert(0, str(LIBRARY))

from oebench import origin
from oebench.plan.caches import Caches
from oebench.plan.jobs import blocks
from oebench.plan.manifests import read_manifests
from oebench.validation import ConfigError
from snakemake_logger_plugin_oebench import attach, lock

if workflow.is_main_process:
    attach(workflow)
    # A dry run changes nothing.
    for sentence in [] if workflow.logger_manager.settings.dryrun else lock.release():
        logger.info(sentence)

# A file given with --configfile replaces the default one. Snakemake's own `configfile:` would merge
# the two, and a study of the default would appear in every preset.
given = [Path(file) for file in workflow.overwrite_configfiles or []]
if len(given) > 1:
    raise WorkflowError(
        "Give one --configfile: a configuration is a whole, not a change of another."
    )
# The default one lies in the folder that Snakemake runs in, else beside the workflow.
DEFAULT = origin.CONFIGFILE
CONFIGFILE = given[0] if given else DEFAULT if DEFAULT.exists() else HERE.parent / DEFAULT
try:
    MANIFESTS = read_manifests(CONFIGFILE, dict(workflow.config_settings.config))
except ConfigError as error:
    raise WorkflowError(str(error)) from None

PLAN = MANIFESTS.plan
CACHES = Caches(PLAN)
STUDIES = {name: MANIFESTS.study(name) for name in PLAN.studies}
BLOCKS = blocks(PLAN)  # the runs of each scores file


def called():
    """How this workflow is called again, without what it shall make."""
    snakefile = Path(os.path.relpath(workflow.main_snakefile))
    found = snakefile in SNAKEFILE_CHOICES
    options = [] if found else ["--snakefile", str(snakefile)]
    return origin.workflow(Path(os.path.relpath(CONFIGFILE)), *options)


# The surroundings of every job. It finds the library without an install, also in a conda
# environment, where Snakemake drops PYTHONPATH; it reads and writes UTF-8 whatever the locale is; no
# file of the working directory is taken for a module. Without an environment of its own it runs with
# the Python that runs Snakemake, which need not be the first in PATH.
# How it was called is recorded with what it makes, and is no parameter: the same files called for
# otherwise are the same.
SURROUNDINGS = f"PYTHONPATH={shlex.quote(str(LIBRARY))} PYTHONSAFEPATH=1 PYTHONUTF8=1"
SURROUNDINGS += f" {origin.WORKFLOW}={shlex.quote(called())}".replace("{", "{{").replace("}", "}}")
if not workflow.deployment_settings.deployment_method:
    SURROUNDINGS += f' PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"'
shell.prefix(f"export {SURROUNDINGS}; ")
