# A look at one run: the one that a study chooses, or any that is asked for by name.
rule look_at_study:
    input:
        scores=lambda wildcards: f"results/runs/{SHOWN.looked_at(wildcards.study).path}/scores.h5",
        checksum=lambda wildcards: CHECKSUM.format(SHOWN.looked_at(wildcards.study).dataset),
        cache=lambda wildcards: ancient(CACHE.format(SHOWN.looked_at(wildcards.study).dataset)),
    output:
        multiext("results/looks/{study}", ".csv", ".pdf", ".svg"),
        report(
            "results/looks/{study}.png",
            caption="../report/look.rst",
            category="{study}",
            labels={"shows": "one run"},
        ),
    log:
        "results/logs/look/{study}.log",
    benchmark:
        "results/benchmarks/look/{study}.tsv"
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=4000,
        runtime=10,
    params:
        code=command_hash("look"),
    message:
        "look at a run of {wildcards.study}"
    shell:
        "python -m oead look {input.scores:q} --cache {input.cache:q}"
        " --base results/looks/{wildcards.study:q} > {log:q} 2>&1"


# `snakemake results/looks/RUN.png`: RUN is the run's folder in results/runs.
rule look_at_run:
    input:
        scores=lambda wildcards: known_run(f"dataset={wildcards.dataset}/{wildcards.rest}"),
        checksum=CHECKSUM.format("{dataset}"),
        cache=ancient(CACHE.format("{dataset}")),
    output:
        multiext("results/looks/dataset={dataset}/{rest}", ".csv", ".pdf", ".svg", ".png"),
    log:
        "results/logs/look/dataset={dataset}/{rest}.log",
    benchmark:
        "results/benchmarks/look/dataset={dataset}/{rest}.tsv"
    wildcard_constraints:
        rest=".+/seed=[0-9]+",
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=4000,
        runtime=10,
    params:
        code=command_hash("look"),
    message:
        "look at dataset={wildcards.dataset}/{wildcards.rest}"
    shell:
        "python -m oead look {input.scores:q} --cache {input.cache:q}"
        " --base results/looks/dataset={wildcards.dataset:q}/{wildcards.rest:q} > {log:q} 2>&1"
