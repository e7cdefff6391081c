rule collect_study:
    input:
        study=STUDY.format("{study}"),
        scores=lambda wildcards: scores(wildcards.study),
        checksums=lambda wildcards: caches_of(CHECKSUM, wildcards.study),
    output:
        table="results/studies/{study}.csv",
        record=f"results/studies/{{study}}{RECORD}",
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
        folder=lambda wildcards, input: input.scores[0].partition("dataset=")[0],
        caches=lambda wildcards, input: os.path.dirname(input.checksums[0]),
        code=study_code("collect"),
    message:
        "collect the runs of {wildcards.study}"
    shell:
        "python -m oebench collect --study {input.study:q} --folder {params.folder:q}"
        " --caches {params.caches:q} --output {output.table:q} --code {params.code} > {log:q} 2>&1"


rule collect_runs:
    input:
        expand("results/studies/{study}.csv", study=PLAN.studies),
    output:
        table="results/runs.csv",
        record=f"results/runs{RECORD}",
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
        code=lambda wildcards: command_hash("merge"),
    message:
        "collect all runs"
    shell:
        "python -m oebench merge {input:q} --output {output.table:q} --code {params.code}"
        " > {log:q} 2>&1"


rule compare:
    input:
        runs="results/studies/{study}.csv",
        study=STUDY.format("{study}"),
    output:
        multiext("results/comparisons/{study}", ".csv", ".md", RECORD),
        report(
            "results/comparisons/{study}.html",
            caption="../report/comparison.rst",
            category="{study}",
            labels={"shows": "comparison"},
        ),
    log:
        "results/logs/comparison/{study}.log",
    benchmark:
        "results/benchmarks/comparison/{study}.tsv"
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        base=base,
        code=study_code("comparison"),
    message:
        "compare the methods of {wildcards.study}"
    shell:
        "python -m oebench comparison {input.runs:q} --study {input.study:q}"
        " --base {params.base:q} --code {params.code} > {log:q} 2>&1"


rule judge_claims:
    input:
        runs="results/runs.csv",
        plan=plan_files(),
    output:
        multiext("results/claims", ".csv", ".md", RECORD),
        report(
            "results/claims.html",
            caption="../report/claims.rst",
            category="claims",
            labels={"shows": "claims"},
        ),
    log:
        "results/logs/claims.log",
    benchmark:
        "results/benchmarks/claims.tsv"
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        base=base,
        plan=lambda wildcards, input: os.path.dirname(input.plan[0]),
        code=plan_code("claims"),
    message:
        "judge the claims"
    shell:
        "python -m oebench claims {input.runs:q} --plan {params.plan:q} --base {params.base:q}"
        " --code {params.code} > {log:q} 2>&1"
