def scores(wildcards):
    """The scores files of a study."""
    return [f"results/runs/{run.path}/scores.h5" for run in PLAN.studies[wildcards.study].runs]


rule collect_study:
    input:
        scores,
    output:
        "results/studies/{study}.csv",
    log:
        "results/logs/collect/{study}.log",
    benchmark:
        "results/benchmarks/collect/{study}.tsv"
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        runs=lambda wildcards: json.dumps(PLAN.groups(wildcards.study)),
        code=code_hash("oead.collect"),
    message:
        "collect the runs of {wildcards.study}"
    shell:
        "{OEAD} collect --runs {params.runs:q} --folder results/runs --output {output:q}"
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
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code_hash("oead.collect"),
    message:
        "collect all runs"
    shell:
        "{OEAD} merge {input:q} --output {output:q} > {log:q} 2>&1"
