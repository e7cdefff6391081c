# What is drawn of a study's runs. The drawing rules differ in what they are asked for only.
rule draw_table:
    input:
        runs="results/studies/{study}.csv",
        study=STUDY.format("{study}"),
    output:
        multiext("results/tables/{study}", ".csv", ".md", ".tex", RECORD),
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
        command="table",
        base=base,
        more="",
        code=study_code("table"),
    message:
        "draw the table of {wildcards.study}"
    shell:
        "python -m oebench {params.command} {input.runs:q} --study {input.study:q} {params.more}"
        " --base {params.base:q} --code {params.code} > {log:q} 2>&1"


use rule draw_table as draw_curve with:
    input:
        runs="results/studies/{study}.csv",
        study=STUDY.format("{study}"),
        beside=beside,
    output:
        multiext("results/figures/{study}", ".csv", ".pdf", ".png", RECORD),
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
        study=any_of(name for name, study in STUDIES.items() if study.curve),
    params:
        command="curve",
        base=base,
        more=lambda wildcards, input: shlex.join(f"--beside={file}" for file in input.beside),
        code=study_code("curve"),
    message:
        "draw the curve of {wildcards.study}"


# The toy figure takes the place of a curve; it reads the points and their scores too.
use rule draw_table as draw_toy_figure with:
    input:
        runs="results/studies/{study}.csv",
        study=STUDY.format("{study}"),
        scores=lambda wildcards: scores(wildcards.study),
        checksums=lambda wildcards: caches_of(CHECKSUM, wildcards.study),
        caches=lambda wildcards: ancient(caches_of(CACHE, wildcards.study)),
    output:
        multiext("results/figures/{study}", ".csv", ".pdf", ".png", RECORD),
        report(
            "results/figures/{study}.svg",
            caption="../report/toy_figure.rst",
            category="{study}",
            labels={"shows": "toy figure"},
        ),
    log:
        "results/logs/toy_figure/{study}.log",
    benchmark:
        "results/benchmarks/toy_figure/{study}.tsv"
    wildcard_constraints:
        study=any_of(name for name, study in STUDIES.items() if study.toy_figure),
    params:
        command="toy-figure",
        base=base,
        more=lambda wildcards, input: f"--caches {shlex.quote(os.path.dirname(input.caches[0]))}",
        code=study_code("toy-figure"),
    message:
        "draw the toy figure of {wildcards.study}"
