"""What a job asks a scheduler for: memory and time, from its data sets and recipe.

Both are generous, because a job that is too small is killed, and each further attempt gets twice as
much, up to the configuration's `jobs.max_mem_mb` and `jobs.max_runtime`.
"""

from collections.abc import Sequence
from math import ceil, prod

from oebench.plan.jobs import blocks, work
from oebench.plan.plan import Plan
from oebench.registry import is_trained
from oebench.run import Run
from oebench.sampling import drawn_from_pool

PROCESS_MB = 3000  # Python, PyTorch and CUDA's part in main memory
COPIES = 3  # of the images: as read, as a run's own, as those of a class
VECTOR_COPIES = 16  # bytes of a number of a vector: the same in float16, those of a class in floats
FLOATS = 32  # bytes of a batch for each value of a pixel: some copies in float32
START_UP = 10  # minutes
# What a device trains, in pixels a second as `work` counts them: half of what a slow core of a CPU
# was measured to do, and on a GPU twenty times as much.
PIXELS_A_SECOND = {"cpu": 0.7e6, "cuda": 14e6}
# For an estimate, not a limit, of one core: what an EPYC with AVX-512 was measured to do (1.4e6 and
# 37e6; vectors meet no convolution), and half of the images a second that it embeds. A job takes
# some seconds to begin.
TYPICAL, TYPICAL_OF_VECTORS = 2 * PIXELS_A_SECOND["cpu"], 35e6
EMBEDDED_A_SECOND, BEGINNING = 85.0, 6.0
BASELINE = 60  # minutes: it works with some thousand images at most


def more(first: int, attempt: int, most: int) -> int:
    """What an attempt gets: twice as much as the one before, up to a limit.

    >>> [more(4000, attempt, 10_000) for attempt in (1, 2, 3)]
    [4000, 8000, 10000]
    """
    return min(most, first << attempt - 1)


def mem_mb(plan: Plan, runs: Sequence[Run], attempt: int = 1) -> int:
    """Main memory of a job, in MB."""
    jobs = plan.config.jobs
    return more(jobs.mem_mb or images_mb(plan, runs), attempt, jobs.max_mem_mb)


def images_mb(plan: Plan, runs: Sequence[Run]) -> int:
    """What a process and its images take, in MB."""
    run, data = runs[0], plan.config.datasets[runs[0].dataset]
    # Photos of different sizes stay in their file.
    count = 0 if data.ragged else data.pool + sum(data.counts("test"))
    if run.oe is not None and not (pool := plan.config.datasets[run.oe]).ragged:
        seen = pool.pool
        if pool.source.is_drawn and run.oe_size:
            recipe = plan.resolver.recipes[run.recipe]
            shown = recipe.images_shown(recipe.trained_of(max(data.counts("train"))))
            seen = drawn_from_pool(run.oe_size, pool.pool, shown)
        count += seen
    shown = 0  # images of a batch
    if is_trained(run.objective):
        shown = plan.resolver.recipes[run.recipe].batch * (1 if run.oe is None else 2)
    copies = COPIES if data.vector is None else VECTOR_COPIES
    return PROCESS_MB + ceil((copies * count + FLOATS * shown) * prod(data.shape) / 1e6)


def runtime(plan: Plan, runs: Sequence[Run], device: str, attempt: int = 1) -> int:
    """The time limit of a job on a `cpu` or on `cuda`, in minutes."""
    jobs = plan.config.jobs
    trained = is_trained(runs[0].objective)
    needed = START_UP + work(plan, runs) / PIXELS_A_SECOND[device] / 60 if trained else BASELINE
    return more(jobs.runtime or ceil(needed), attempt, jobs.max_runtime)


def seconds(plan: Plan, embedded: int) -> float:
    """Roughly what all jobs of a plan take on one core of a CPU. embedded: images, for vectors."""
    total = embedded / EMBEDDED_A_SECOND
    for runs in blocks(plan).values():
        speed = TYPICAL
        if plan.config.datasets[runs[0].dataset].vector is not None:
            speed = TYPICAL_OF_VECTORS
        total += BEGINNING + (work(plan, runs) / speed if is_trained(runs[0].objective) else 0)
    return total
