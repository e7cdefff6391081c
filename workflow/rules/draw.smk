rule draw_table:
    input:
        "results/studies/{study}.csv",
    output:
        multiext("results/tables/{study}", ".csv", ".md", ".tex"),
        report(
            "results/tables/{study}.html",
            caption="../report/table.rst",
            category="{study}",
            labels={"shows": "table"},
        ),
    log:
        "results/logs/table/{study}.log",
    benchmark:
        "results/benchmarks/table/{study}.tsv"
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        spec=lambda wildcards: json.dumps(SHOWN.spec(wildcards.study)),
        about=lambda wildcards: SHOWN.about(wildcards.study),
        code=command_hash("table"),
    message:
        "draw the table of {wildcards.study}"
    shell:
        "python -m oead table {input:q} --spec {params.spec:q} --base results/tables/{wildcards.study:q}"
        " > {log:q} 2>&1"


rule draw_curve:
    input:
        "results/studies/{study}.csv",
    output:
        multiext("results/figures/{study}", ".csv", ".pdf", ".png"),
        report(
            "results/figures/{study}.svg",
            caption="../report/curve.rst",
            category="{study}",
            labels={"shows": "curve"},
        ),
    log:
        "results/logs/curve/{study}.log",
    benchmark:
        "results/benchmarks/curve/{study}.tsv"
    wildcard_constraints:
        study=any_of(study for study in PLAN.studies if draw(study).curve),
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        spec=lambda wildcards: json.dumps(SHOWN.spec(wildcards.study)),
        about=lambda wildcards: SHOWN.about(wildcards.study),
        code=command_hash("curve"),
    message:
        "draw the curve of {wildcards.study}"
    shell:
        "python -m oead curve {input:q} --spec {params.spec:q} --base results/figures/{wildcards.study:q}"
        " > {log:q} 2>&1"


rule draw_comparison:
    input:
        "results/studies/{study}.csv",
    output:
        multiext("results/comparisons/{study}", ".csv", ".md"),
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
        spec=lambda wildcards: json.dumps(SHOWN.spec(wildcards.study)),
        about=lambda wildcards: SHOWN.about(wildcards.study),
        code=command_hash("comparison"),
    message:
        "compare the methods of {wildcards.study}"
    shell:
        "python -m oead comparison {input:q} --spec {params.spec:q}"
        " --base results/comparisons/{wildcards.study:q} > {log:q} 2>&1"


# The toy figure takes the place of a curve; it reads the points and their scores too.
rule draw_plane:
    input:
        runs="results/studies/{study}.csv",
        scores=lambda wildcards: scores(wildcards.study),
        checksums=lambda wildcards: caches_of(CHECKSUM, wildcards.study),
        caches=lambda wildcards: ancient(caches_of(CACHE, wildcards.study)),
    output:
        multiext("results/figures/{study}", ".csv", ".pdf", ".png"),
        report(
            "results/figures/{study}.svg",
            caption="../report/plane.rst",
            category="{study}",
            labels={"shows": "toy figure"},
        ),
    log:
        "results/logs/plane/{study}.log",
    benchmark:
        "results/benchmarks/plane/{study}.tsv"
    wildcard_constraints:
        study=any_of(study for study in PLAN.studies if draw(study).plane),
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        spec=lambda wildcards: json.dumps(SHOWN.spec(wildcards.study)),
        about=lambda wildcards: SHOWN.about(wildcards.study),
        code=command_hash("plane"),
    message:
        "draw the toy figure of {wildcards.study}"
    shell:
        "caches=({input.caches:q})\n"
        "python -m oead plane {input.runs:q} --spec {params.spec:q}"
        ' "${{caches[@]/#/--cache=}}"'
        " --base results/figures/{wildcards.study:q} > {log:q} 2>&1"
