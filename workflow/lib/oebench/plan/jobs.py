"""From runs to jobs: which runs share a job and its scores file, and how long it takes."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

from oebench.artifacts import identity, model
from oebench.plan.plan import Plan
from oebench.provenance import command_hash
from oebench.registry import is_trained, records
from oebench.run import Run

PIXELS_OF_A_STEP = 10_000  # what a training step takes beside its pixels, as pixels of a LeNet


def scores_file(plan: Plan, run: Run) -> str:
    """The scores file of a run, within the folder of all runs: a job makes one.

    It is named after an aligned range of normal classes and of seeds (1 to 5, 6 to 10, ...),
    whatever classes and seeds are asked for, so that one more seed adds to one file only.
    """
    jobs, classes = plan.config.jobs, plan.config.datasets[run.dataset].classes
    first_class = run.normal_class - run.normal_class % jobs.classes
    last_class = min(first_class + jobs.classes, len(classes)) - 1
    first_seed = run.seed - (run.seed - 1) % jobs.seeds
    seeds = span(first_seed, first_seed + jobs.seeds - 1)
    return f"{run.condition}/normal_class={span(first_class, last_class)}~seed={seeds}.h5"


def span(first: int, last: int) -> str:
    """A range as a name.

    >>> span(1, 5), span(7, 7)
    ('1-5', '7')
    """
    return str(first) if first == last else f"{first}-{last}"


def blocks(plan: Plan) -> dict[str, list[Run]]:
    """The runs of each scores file, which share all but normal class and seed."""
    found: dict[str, list[Run]] = defaultdict(list)
    for run in plan.runs:
        found[scores_file(plan, run)].append(run)
    for runs in found.values():
        runs.sort(key=lambda run: (run.normal_class, run.seed))
    return dict(found)


def code_of(plan: Plan, run: Run) -> str:
    """The hash of the code that makes a run: the job's, its method's and its network's."""
    trained = is_trained(run.objective)
    network = plan.resolver.recipes[run.recipe].network if trained else None
    return code_by("train" if trained else "fit", run.objective, run.norm, network)


@cache  # thousands of runs have a few methods
def code_by(command: str, objective: str, norm: str | None, network: str | None) -> str:
    return command_hash(command, *records(objective, norm, network))


def recipe_of(plan: Plan, run: Run) -> dict[str, Any]:
    """The recipe of a run by value; a baseline has none."""
    if not is_trained(run.objective):
        return {}
    return plan.resolver.recipes[run.recipe].model_dump(mode="json")


def differences(
    plan: Plan, runs: Sequence[Run], found: identity.Facts, images: dict[str, list[str]]
) -> list[str]:
    """In what the scores file of these runs is not what the plan asks for, in words.

    found: what it says that it was made of. images: the checksums of the caches that are there.
    """
    planned = as_planned(plan, runs[0], images)
    members = [run.member for run in runs]
    other = ["made with other classes or seeds"] if found.get("runs") != members else []
    return other + identity.differences(found, planned)


def as_planned(plan: Plan, run: Run, images: dict[str, list[str]]) -> identity.Facts:
    """What the scores of a run, and its model, have to be made of."""
    return {"recipe": recipe_of(plan, run), "code": code_of(plan, run), "images": images}


def lacks_models(
    plan: Plan,
    runs: Sequence[Run],
    file: Path,
    diverged: Collection[str],
    images: dict[str, list[str]],
) -> bool:
    """Whether a network of these runs is to be kept, and is not there as it is planned.

    file: their scores file. diverged: those of its runs that have none. images: as `differences`
    takes them.
    """
    for run in runs:
        if run not in plan.kept or run.member in diverged:
            continue
        found = model.facts(model.of_run(file, run.member))
        if found.get("seed") != run.seed or found.get("normal_class") != run.normal_class:
            return True
        made_of = {
            "recipe": found.get("recipe_resolved", {}),
            "code": found.get("code"),
            "images": {name: [each] for name, each in found.get("images", {}).items()},
        }
        if identity.differences(made_of, as_planned(plan, run, images)):
            return True
    return False


def work(plan: Plan, runs: Sequence[Run]) -> int:
    """How long it takes to train the runs of a job, in pixels: the longest should begin first."""
    run = runs[0]
    recipe, data = plan.resolver.recipes[run.recipe], plan.config.datasets[run.dataset]
    counts, pools = data.counts("train"), 1 if run.oe is None else 2
    steps = sum(recipe.steps_on(recipe.trained_of(counts[each.normal_class])) for each in runs)
    return steps * (PIXELS_OF_A_STEP + recipe.batch * pools * prod(data.shape))
