# One job for each scores file: aligned classes and seeds of a condition.
rule train:
    input:
        # Training follows the content of a cache, not its date.
        checksums=checksums_of,
        caches=ancient(caches(CACHE)),
    output:
        SCORES,
    log:
        f"results/logs/train/{BLOCK}.log",
    benchmark:
        f"results/benchmarks/train/{BLOCK}.tsv"
    wildcard_constraints:
        objective=methods(trained=True),
    # The longest first, so that no core is idle at the end.
    priority: of_runs(lambda wildcards: work(PLAN, runs_of(wildcards)))
    conda:
        "../../envs/training.yaml"
    threads: of_runs(lambda wildcards: recipe(wildcards).threads)
    resources:
        # No parameters: another device is no reason to train again.
        device=lambda wildcards: device(),
        per_gpu=JOBS.per_gpu,
        checkpoint_seconds=of_runs(lambda wildcards: recipe(wildcards).checkpoint_seconds),
        # What is kept beside the scores changes none; a model that lacks has them made again.
        kept=kept,
        gpu=lambda wildcards: gpu(),
        mem_mb=mem_mb,
        runtime=runtime,
    params:
        runs=of_runs(lambda wildcards: len(runs_of(wildcards))),
        members=members,
        recipe=of_runs(lambda wildcards: recipe(wildcards).model_dump_json()),
        code=run_code,
    message:
        "train {params.runs} runs: {wildcards.dataset} with {wildcards.oe},"
        " {wildcards.objective}, {wildcards.recipe}"
    shell:
        "caches=({input.caches:q})\n"
        "python -m oebench train {output:q} {params.members} --recipe {params.recipe:q}"
        ' "${{caches[@]/#/--cache=}}"'
        " --device {resources.device} --per-gpu {resources.per_gpu}"
        " --checkpoint-seconds {resources.checkpoint_seconds} {resources.kept}"
        " --code {params.code} > {log:q} 2>&1"


# Baselines without deep learning, on a CPU.
rule fit:
    input:
        checksums=checksums_of,
        caches=ancient(caches(CACHE)),
    output:
        SCORES,
    log:
        f"results/logs/fit/{BLOCK}.log",
    benchmark:
        f"results/benchmarks/fit/{BLOCK}.tsv"
    wildcard_constraints:
        objective=methods(trained=False),
    priority: 2  # before anything is drawn
    conda:
        "../../envs/analysis.yaml"
    resources:
        gpu=0,
        mem_mb=mem_mb,
        runtime=runtime,
    params:
        runs=of_runs(lambda wildcards: len(runs_of(wildcards))),
        members=members,
        code=run_code,
    message:
        "fit {params.runs} runs: {wildcards.dataset}, {wildcards.objective}"
    shell:
        "python -m oebench fit {output:q} {params.members} --cache {input.caches:q}"
        " --code {params.code} > {log:q} 2>&1"
