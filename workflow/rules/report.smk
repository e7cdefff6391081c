rule judge_claims:
    input:
        "results/runs.csv",
    output:
        multiext("results/claims", ".csv", ".md"),
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
        plan=SHOWN.digest,
        code=command_hash("claims"),
        configfile=os.path.relpath(CONFIGFILE),
    message:
        "judge the claims"
    shell:
        "python -m oead claims {input:q} --configfile {params.configfile:q} --base results/claims"
        " > {log:q} 2>&1"


# The first page of the report, also as a page of its own.
rule write_overview:
    input:
        runs="results/runs.csv",
        claims="results/claims.csv",
        drawn=[drawn(study) for study in PLAN.studies],
    output:
        multiext("results/overview", ".html", ".rst"),
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
        plan=SHOWN.digest,
        code=command_hash("overview"),
        configfile=os.path.relpath(CONFIGFILE),
    message:
        "write the overview"
    shell:
        "python -m oead overview {input.runs:q} --configfile {params.configfile:q}"
        " --base results/overview > {log:q} 2>&1"


# The report is Snakemake's own, made of the finished files by a second, reading Snakemake.
rule make_report:
    input:
        "results/overview.rst",
        "results/claims.html",
        [drawn(study) for study in PLAN.studies],
    output:
        "results/report.html",
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
        style=os.path.relpath(Path(workflow.basedir) / "report/report.css"),
        snakefile=os.path.relpath(workflow.main_snakefile),
        configfile=os.path.relpath(CONFIGFILE),
    message:
        "make the report"
    shell:
        "snakemake --snakefile {params.snakefile:q} --configfile {params.configfile:q}"
        " --workflow-profile none --nolock --cores 1 --report-stylesheet {params.style:q}"
        " --report {output:q} {input:q}"
        " > {log:q} 2>&1"
