# One rule for each aligned block of normal classes and seeds, one job for each condition.
for block in blocks(PLAN, trained=True):

    rule:
        name:
            block.name
        input:
            # Training follows the content of a cache, not its date.
            checksums=caches(CHECKSUM, block),
            caches=ancient(caches(CACHE, block)),
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
        priority: longest_first(block)
        conda:
            "../../envs/training.yaml"
        threads: lambda wildcards: recipe(wildcards).threads
        resources:
            device=PLAN.config.device,  # no parameter: another device is no reason to train again
            gpu=GPU,
            mem_mb=PLAN.config.jobs.mem_mb,
            runtime=PLAN.config.jobs.runtime,
        params:
            recipe=lambda wildcards: recipe(wildcards).model_dump_json(),
            code=command_hash("train"),
        message:
            f"train {len(block.members)} runs: {{wildcards.dataset}} with {{wildcards.oe}},"
            f" {{wildcards.objective}}, {{wildcards.recipe}}"
        shell:
            "caches=({input.caches:q})\n"
            "python -m oebench train --recipe {params.recipe:q} --store results/store"
            ' "${{caches[@]/#/--cache=}}"'
            " --device {resources.device} --code {params.code} {output:q} > {log:q} 2>&1"


# Baselines without deep learning: the same blocks as in training, on a CPU.
for block in blocks(PLAN, trained=False):

    rule:
        name:
            block.name.replace("train", "fit", 1)
        input:
            checksums=caches(CHECKSUM, block),
            caches=ancient(caches(CACHE, block)),
        output:
            [
                f"results/runs/{CONDITION}/normal_class={normal_class}/seed={seed}/scores.h5"
                for normal_class, seed in block.members
            ],
        log:
            f"results/logs/fit/{CONDITION}/{block.name}.log",
        benchmark:
            f"results/benchmarks/fit/{CONDITION}/{block.name}.tsv"
        wildcard_constraints:
            dataset=one_of(block.conditions),
        priority: 2  # before anything is drawn
        conda:
            "../../envs/analysis.yaml"
        resources:
            gpu=0,
            gpu_model="",  # with a model, the Slurm plugin would ask for a GPU all the same
            mem_mb=PLAN.config.jobs.mem_mb,
            runtime=PLAN.config.jobs.runtime,
        params:
            code=command_hash("fit"),
        message:
            f"fit {len(block.members)} runs: {{wildcards.dataset}}, {{wildcards.objective}}"
        shell:
            "python -m oebench fit --store results/store --cache {input.caches:q}"
            " --code {params.code} {output:q} > {log:q} 2>&1"
