# One rule for each aligned block of normal classes and seeds, one job for each condition.
DEVICE = PLAN.config.device
# With `auto`, a GPU that is here is used and asked for; a cluster's profile sets `device: cuda`,
# because the machine that submits has none.
GPU = int(DEVICE == "cuda" or (DEVICE == "auto" and shutil.which("nvidia-smi") is not None))


def condition(wildcards):
    """A run of the condition that the wildcards name."""
    return PLAN.conditions[CONDITION.format(**wildcards)]


def data_sets(wildcards):
    """The data sets that a condition reads, normal images first."""
    run = condition(wildcards)
    return [name for name in (run.dataset, run.oe) if name is not None]


def recipe(wildcards):
    """The resolved recipe of a condition."""
    return PLAN.resolver.recipes[condition(wildcards).recipe]


def one_of(conditions):
    """A constraint on the first wildcard that looks ahead over the whole condition.

    Blocks of different length hold the same run; only the one that a condition asks for may match.
    """
    spelled = "|".join(re.escape(each.removeprefix("dataset=")) for each in conditions)
    return f"(?=(?:{spelled})/normal_class=)[^/]+"


for block in PLAN.blocks():

    rule:
        name:
            block.name
        input:
            # Training follows the content of a cache, not its date.
            checksums=lambda wildcards: [CHECKSUM.format(name) for name in data_sets(wildcards)],
            caches=ancient(lambda wildcards: [CACHE.format(name) for name in data_sets(wildcards)]),
        output:
            [
                f"results/runs/{CONDITION}/normal_class={normal_class}/seed={seed}/scores.h5"
                for normal_class, seed in block.members
            ],
        log:
            f"results/logs/train/{CONDITION}/{block.name}.log",
        benchmark:
            f"results/benchmarks/train/{CONDITION}/{block.name}.tsv"
        wildcard_constraints:
            dataset=one_of(block.conditions),
        conda:
            "../../envs/training.yaml"
        threads: lambda wildcards: recipe(wildcards).threads
        resources:
            gpu=GPU,
            mem_mb=PLAN.config.jobs.mem_mb,
            runtime=PLAN.config.jobs.runtime,
        params:
            recipe=lambda wildcards: recipe(wildcards).model_dump_json(),
            code=code_hash("oead.block"),
        message:
            f"train {len(block.members)} runs: {{wildcards.dataset}} with {{wildcards.oe}},"
            f" {{wildcards.objective}}, {{wildcards.recipe}}"
        shell:
            "images=({input.caches:q})\n"
            '{OEAD} train --recipe {params.recipe:q} --images "${{images[0]}}"'
            ' ${{images[1]:+--outliers "${{images[1]}}"}} --store results/store'
            " --device {DEVICE} --code {params.code} {output:q} > {log:q} 2>&1"
