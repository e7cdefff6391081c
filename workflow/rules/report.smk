# The plot of one run: the one that a study chooses, or any that is asked for by name.
rule look_at_study:
    input:
        **inputs_of_plot(run_chosen, "results/looks/{study}.png"),
    output:
        multiext("results/looks/{study}", ".csv", ".pdf", ".svg", RECORD),
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
        **params_of_plot(run_chosen),
        base=base,
    message:
        "plot one run of {wildcards.study}"
    shell:
        "python -m oebench look {input.scores:q} {params.group} --cache {input.cache:q}"
        " --base {params.base:q} --code {params.code} > {log:q} 2>&1"


# `snakemake results/looks/RUN.png`: RUN is the run's condition and group, dataset=.../seed=1.
use rule look_at_study as look_at_run with:
    input:
        **inputs_of_plot(run_named, f"{LOOK_AT_RUN}.png"),
    output:
        multiext(LOOK_AT_RUN, ".csv", ".pdf", ".svg", ".png", RECORD),
    log:
        "results/logs/look/dataset={dataset}/{rest}/{group}.log",
    benchmark:
        "results/benchmarks/look/dataset={dataset}/{rest}/{group}.tsv"
    wildcard_constraints:
        group="normal_class=[0-9]+/seed=[0-9]+",
    params:
        **params_of_plot(run_named),
        base=base,
    message:
        "plot the run dataset={wildcards.dataset}/{wildcards.rest}/{wildcards.group}"


# The first page of the report, also as a page of its own.
rule write_overview:
    input:
        runs="results/runs.csv",
        claims="results/claims.csv",
        plan=plan_files(),
        drawn=[drawn(study) for study in PLAN.studies],
    output:
        multiext("results/overview", ".html", ".rst", RECORD),
    log:
        "results/logs/overview.log",
    benchmark:
        "results/benchmarks/overview.tsv"
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        base=base,
        plan=lambda wildcards, input: os.path.dirname(input.plan[0]),
        results=lambda wildcards, input: os.path.dirname(input.runs),
        leftover=lambda wildcards: leftover(),  # the page names it, until it is removed
        code=plan_code("overview"),
    message:
        "write the overview"
    shell:
        "python -m oebench overview {input.runs:q} --plan {params.plan:q} --base {params.base:q}"
        " --results {params.results:q} --code {params.code} > {log:q} 2>&1"


# The report is Snakemake's own, made of the finished files by a second, reading Snakemake.
rule make_report:
    input:
        "results/overview.rst",
        "results/claims.html",
        [drawn(study) for study in PLAN.studies],
    output:
        report="results/report.html",
        record=f"results/report{RECORD}",
    log:
        "results/logs/report.log",
    benchmark:
        "results/benchmarks/report.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        texts=lambda wildcards: captions(),
        # Relative, so that a moved folder makes no other report.
        command=lambda wildcards, output: shlex.join(
            [
                *("snakemake", "--snakefile", os.path.relpath(workflow.main_snakefile)),
                *("--configfile", os.path.relpath(CONFIGFILE), "--workflow-profile", "none"),
                *("--nolock", "--cores", "1", "--report", output.report),
                *("--report-stylesheet", os.path.relpath(HERE / "report/report.css")),
            ]
        ),
    message:
        "make the report"
    shell:
        "python -m {params.command} {input:q} > {log:q} 2>&1\n"
        "python -m oebench record {output.report:q} {input:q} --command {params.command:q}"
        " >> {log:q} 2>&1"
