rule collect_study:
    input:
        lambda wildcards: scores(wildcards.study),
    output:
        "results/studies/{study}.csv",
    log:
        "results/logs/collect/{study}.log",
    benchmark:
        "results/benchmarks/collect/{study}.tsv"
    priority: 1  # claims and overview wait for it
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        runs=lambda wildcards: json.dumps(PLAN.groups(wildcards.study)),
        code=command_hash("collect"),
    message:
        "collect the runs of {wildcards.study}"
    shell:
        "python -m oead collect --runs {params.runs:q} --folder results/runs --output {output:q}"
        " > {log:q} 2>&1"


rule collect_runs:
    input:
        expand("results/studies/{study}.csv", study=PLAN.studies),
    output:
        "results/runs.csv",
    log:
        "results/logs/collect_runs.log",
    benchmark:
        "results/benchmarks/collect_runs.tsv"
    priority: 1  # claims and overview wait for it
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=command_hash("collect"),
    message:
        "collect all runs"
    shell:
        "python -m oead merge {input:q} --output {output:q} > {log:q} 2>&1"
