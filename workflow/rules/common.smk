# Which files there are, and what the rules ask of the plan.
import inspect
import os
import re
from functools import cache

from snakemake.io import IOFile

from oebench import gpus
from oebench.artifacts import checksums, identity
from oebench.artifacts.record import SUFFIX as RECORD
from oebench.data.sources.frozen import DOWNLOADED, options
from oebench.plan import needs, site
from oebench.plan.jobs import code_of, differences, lacks_models, scores_file, work
from oebench.provenance import command_hash
from oebench.registry import METHODS, is_trained
from oebench.reporting.leftover import told
from oebench.upkeep import tidy
from oebench.validation import UserError

MODIFIER = workflow.modifier  # of this workflow, also when another has begun to use it
LISTED = "`oebench runs` lists those there are"
STUDY = "results/plan/{}.json"
CACHES_FOLDER = "resources/caches"
CACHE = f"{CACHES_FOLDER}/{{}}.h5"
CHECKSUM = f"{CACHES_FOLDER}/{{}}.sha256"
JOBS = PLAN.config.jobs
CONDITION = "dataset={dataset}/oe={oe}/objective={objective}/recipe={recipe}"
BLOCK = f"{CONDITION}/normal_class={{classes}}~seed={{seeds}}"
SCORES = f"results/runs/{BLOCK}.h5"
LOOK_AT_RUN = "results/looks/dataset={dataset}/{rest}/{group}"

if workflow.is_main_process:
    for sentence in CACHES.changed(Path(MODIFIER.modify_path(CACHES_FOLDER))):
        logger.info(sentence)


@cache
def gpus_here():
    """The GPUs of this machine that may be used."""
    try:
        return gpus.visible()
    except UserError as error:
        raise WorkflowError(str(error)) from None


# Of the GPUs of this machine all are used and no more, unless --resources says how many. Where jobs
# run elsewhere, Snakemake is told how many at most.
if workflow.nodes is None and not workflow.remote_exec and PLAN.config.device != "cpu":
    if gpus_here() and "gpu" not in workflow.global_resources:
        workflow.register_resource("gpu", len(gpus_here()) * JOBS.per_gpu)


def elsewhere():
    """Whether jobs run on other machines, or this process is such a job.

    Asked when jobs are put together: until then it is not known what executes them. A dry run goes
    by how many jobs at most there may be.
    """
    plugin = workflow.executor_plugin
    if plugin is None or plugin.common_settings.dryrun_exec:
        return workflow.remote_exec or workflow.nodes is not None
    return workflow.remote_exec or plugin.common_settings.non_local_exec


def device():
    """Where a job trains. With `auto` on a GPU where there is one, here or on a cluster."""
    return "cuda" if PLAN.config.device == "auto" and elsewhere() else PLAN.config.device


def gpu():
    """How many GPUs a job asks for."""
    return int(device() == "cuda" or (device() == "auto" and bool(gpus_here())))


wildcard_constraints:
    study="|".join(map(re.escape, PLAN.studies)),
    dataset="[^/]+",
    oe="[^/]+",
    objective="[^/]+",
    recipe="[^/]+",
    classes="[0-9-]+",
    seeds="[0-9-]+",


def refuse_what_cannot_be_submitted():
    """Stop before the first job is submitted to a scheduler that cannot take them all."""
    if elsewhere():
        arrays = {
            *re.split(r"[,;\s]+", getattr(workflow.executor_settings, "array_jobs", None) or "")
        }
        trainings = sum(job.rule.name == "train" for job in workflow.dag.needrun_jobs())
        paths = {
            "The folder of the workflow": Path.cwd(),
            "The folder of its rules": HERE,
            "The Python that runs it": Path(sys.executable),
        }
        told = site.refused(paths, workflow.nodes, bool(arrays & {"train", "all"}), trainings)
        if told:
            raise WorkflowError(told)


def mem_mb(wildcards, attempt):
    return needs.mem_mb(PLAN, runs_of(wildcards), attempt)


def runtime(wildcards, attempt):
    """The time limit of a job that trains or fits, in minutes."""
    return needs.runtime(PLAN, runs_of(wildcards), "cuda" if gpu() else "cpu", attempt)


def base(wildcards, output):
    """The files of a rule without their suffixes, as the drawing commands are told them."""
    return output[0].rpartition(".")[0]


def of_runs(function):
    """A function of the wildcards whose signature is told.

    Snakemake asks each of them for it several times a job, which took a tenth of a dry run.
    """

    def of_wildcards(wildcards):
        return function(wildcards)

    of_wildcards.__signature__ = inspect.signature(lambda wildcards: None)
    return of_wildcards


def downloaded(wildcards, input):
    """What `oebench prepare` is told of the folder with the downloads of a data set."""
    if not input:
        return ""
    first, *_ = downloads(wildcards.name)
    return f"--downloads {shlex.quote(input[0].removesuffix(first))}"


def any_of(studies):
    """A constraint on a wildcard: one of these studies, or none at all."""
    return "|".join(map(re.escape, studies)) or "(?!)"


def drawn(study):
    """The files that a study ends in."""
    files = multiext(f"results/studies/{study}", ".csv", RECORD)
    if STUDIES[study].rows:
        files += multiext(f"results/tables/{study}", ".csv", ".md", ".tex", ".html", RECORD)
    if STUDIES[study].curve or STUDIES[study].toy_figure:
        files += multiext(f"results/figures/{study}", ".csv", ".pdf", ".svg", ".png", RECORD)
    if STUDIES[study].compare:
        files += multiext(f"results/comparisons/{study}", ".csv", ".md", ".html", RECORD)
    if STUDIES[study].look:
        files += multiext(f"results/looks/{study}", ".csv", ".pdf", ".svg", ".png", RECORD)
    return files


def beside(wildcards):
    """The numbers of the curves that stand in the figure of a study, of other studies."""
    return [f"results/figures/{name}.csv" for name in STUDIES[wildcards.study].beside]


def downloads(cache):
    """What has to be downloaded for a cache, by file name."""
    return {each.file: each for each in CACHES.dataset(cache).needed()}


def files_of(wildcards):
    """What is downloaded for a cache; one that is not made as the plan says is made again."""
    name = wildcards.name
    cache, checksum = made(CACHE.format(name)), made(CHECKSUM.format(name))
    whole = checksum and checksums.current(checksum)
    if cache and not (whole and identity.read(cache) == CACHES.planned(name)):
        remake(cache)
    return [f"resources/downloads/{name}/{file}" for file in downloads(name)]


def images_of(wildcards):
    """The images that vectors are made of; vectors that are made otherwise are made again."""
    name, images = wildcards.name, CACHES.source(wildcards.name).of
    cache, checksum = made(CACHE.format(name)), made(CHECKSUM.format(name))
    listed = made(CHECKSUM.format(images))
    now = [*checksums.current(listed).values()] if listed else []
    whole = checksum and checksums.current(checksum)
    if cache and not (whole and now and CACHES.is_planned(name, identity.read(cache), now[0])):
        remake(cache)
    source = CACHES.source(name)
    files = {"weights": ancient(source.weights_path)} if source.download else {}
    return {"checksum": CHECKSUM.format(images), "cache": ancient(CACHE.format(images)), **files}


def weights_of(wildcards):
    """The download of the weights that the wildcards name."""
    place = f"{DOWNLOADED}/{wildcards.digits}/{wildcards.file}"
    sources = (CACHES.source(name) for name in CACHES.embedded)
    return next(source.download for source in sources if source.weights_path == place)


def told_to_embed(wildcards):
    """How images become vectors, as options of `oebench embed`."""
    return shlex.join(options(CACHES.source(wildcards.name)))


def runs_of(wildcards):
    """The runs of the scores file that the wildcards name."""
    file = f"{BLOCK}.h5".format(**wildcards)
    if file not in BLOCKS:
        raise WorkflowError(f"results/runs/{file} holds no run of {CONFIGFILE}; {LISTED}.")
    return BLOCKS[file]


@of_runs
def members(wildcards):
    """Which runs of their condition they are."""
    return [run.member for run in runs_of(wildcards)]


@of_runs
def kept(wildcards):
    """Those whose trained networks are kept, as options of `oebench train`."""
    return " ".join(f"--keep={run.member}" for run in runs_of(wildcards) if run in PLAN.kept)


def caches(pattern):
    """The caches of the data sets that these runs read, normal images first."""

    def names(wildcards):
        runs = runs_of(wildcards)
        return CACHES.of_job(runs[0], [run.seed for run in runs])

    return of_runs(lambda wildcards: [pattern.format(name) for name in names(wildcards)])


@of_runs
def run_code(wildcards):
    """The hash of the code that makes these runs."""
    return code_of(PLAN, runs_of(wildcards)[0])


def study_code(command):
    """The hash of the code that shows a study, with what is said of its methods."""
    return lambda wildcards: command_hash(
        command, *(METHODS[name] for name in sorted({*STUDIES[wildcards.study].objectives}))
    )


def plan_code(command):
    """The hash of the code that shows all studies, with what is said of their methods."""
    names = sorted({name for study in STUDIES.values() for name in study.objectives})
    return lambda wildcards: command_hash(command, *(METHODS[name] for name in names))


def made(path):
    """A file of the workflow that is there already; as a module its files may have a prefix."""
    file = Path(MODIFIER.modify_path(path))
    return file if file.exists() else None


def remake(file):
    """Have Snakemake make a file again that is not what the plan asks for.

    Called while the jobs are put together, by the file's own. It does not rest on what Snakemake
    has recorded, which a copied folder lacks.
    """
    workflow.dag.forcefiles.add(str(file))


def recorded(file):
    """Whether Snakemake knows how a file was made; in a copied folder it may not."""
    return workflow.persistence.metadata(IOFile(str(file))) is not None


@of_runs
def checksums_of(wildcards):
    """The checksums of the caches that these runs read; scores made otherwise are made again."""
    file = made(SCORES.format(**wildcards))
    if file:
        runs = runs_of(wildcards)
        names = CACHES.of_job(runs[0], [run.seed for run in runs])
        images = identity.current_images(Path(MODIFIER.modify_path(CACHES_FOLDER)), names)
        found = identity.read(file)
        if differences(PLAN, runs, found, images) or lacks_models(
            PLAN, runs, file, found.get("diverged", []), images
        ):
            remake(file)
    return caches(CHECKSUM)(wildcards)


@of_runs
def template(wildcards):
    """The template of a manifest; one that does not say what the plan asks for is written again.

    So is one of which Snakemake has no record, as in a copied folder: all that follows from it is
    made again, which is cheap, because nobody knows by what code it was made.
    """
    file = made(STUDY.format(wildcards.part))
    if file:
        if not recorded(file) or file.read_text(encoding="utf-8").strip() != manifest(
            wildcards.part
        ):
            remake(file)
    return os.path.relpath(HERE / "templates/plan.json")


def caches_of(pattern, study):
    """The caches of the data sets of a study."""
    return [pattern.format(name) for name in CACHES.of_runs(PLAN.studies[study].shown)]


def methods(trained):
    """A constraint on the wildcard `objective`: those that train a network, or the baselines."""
    names = [name for name in METHODS if is_trained(name) == trained]
    return f"(?:{'|'.join(names)})(?:~[^/]*)?"


def run_named(wildcards):
    """The run that a plot is asked for by its path."""
    path = f"dataset={wildcards.dataset}/{wildcards.rest}/{wildcards.group}"
    run = next((run for run in PLAN.runs if run.path == path), None)
    if run is None:
        raise WorkflowError(f"{path} is no run of {CONFIGFILE}; {LISTED}.")
    return run


def run_chosen(wildcards):
    """The run of a study that the report plots alone."""
    file, member = STUDIES[wildcards.study].look
    return next(run for run in BLOCKS[file] if run.member == member)


def inputs_of_plot(run_of, pattern):
    """The files that the plot of a run is made of; run_of: finds it by the wildcards.

    pattern: of the plot itself, which is made again where nobody knows how it was made.
    """

    def scores_of(wildcards):
        plot = made(pattern.format(**wildcards))
        if plot and not recorded(plot):
            remake(plot)
        return f"results/runs/{scores_file(PLAN, run_of(wildcards))}"

    return {
        "scores": scores_of,
        "checksum": lambda wildcards: CHECKSUM.format(run_of(wildcards).dataset),
        "cache": lambda wildcards: ancient(CACHE.format(run_of(wildcards).dataset)),
    }


def params_of_plot(run_of):
    """Which run of its scores file is plotted, and by what code."""
    return {
        "group": lambda wildcards: run_of(wildcards).member,
        "code": lambda wildcards: command_hash("look", METHODS[run_of(wildcards).objective]),
    }


def recipe(wildcards):
    """The resolved recipe of the runs."""
    return PLAN.resolver.recipes[runs_of(wildcards)[0].recipe]


def scores(study):
    """The scores files of a study."""
    files = dict.fromkeys(group.file for group in STUDIES[study].groups)
    return [f"results/runs/{file}" for file in files]


def plan_files():
    """What the configuration and all its studies ask for."""
    return [STUDY.format(part) for part in ("plan", *PLAN.studies)]


def manifest(part):
    """What a study asks for, or the whole plan, as JSON.

    In ASCII: Snakemake writes it, in the encoding of the locale.
    """
    asked = MANIFESTS.whole_plan() if part == "plan" else STUDIES[part]
    return asked.model_dump_json(indent=1, ensure_ascii=True)


def leftover():
    """What is said of files of studies that this configuration does not have."""
    return told(list(STUDIES.values()), Path(MODIFIER.modify_path("results")))


def captions():
    """All texts of the report, which is remade when one changes."""
    folder = HERE / "report"
    return {file.name: file.read_text(encoding="utf-8") for file in sorted(folder.iterdir())}
