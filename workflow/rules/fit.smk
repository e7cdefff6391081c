# Baselines without deep learning: the same blocks as in training, on a CPU.
for block in PLAN.blocks(BASELINES):

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
            "python -m oead fit --store results/store --cache {input.caches:q}"
            " --code {params.code} {output:q} > {log:q} 2>&1"
