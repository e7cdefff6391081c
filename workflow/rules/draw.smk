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
        spec=lambda wildcards: json.dumps(PLAN.spec(wildcards.study)),
        about=lambda wildcards: PLAN.about(wildcards.study),
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
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        spec=lambda wildcards: json.dumps(PLAN.spec(wildcards.study)),
        about=lambda wildcards: PLAN.about(wildcards.study),
        code=command_hash("curve"),
    message:
        "draw the curve of {wildcards.study}"
    shell:
        "python -m oead curve {input:q} --spec {params.spec:q} --base results/figures/{wildcards.study:q}"
        " > {log:q} 2>&1"
