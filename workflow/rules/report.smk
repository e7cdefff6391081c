# The report is Snakemake's own, made of the finished files by a second, reading Snakemake.
SHOWN = [file for study in PLAN.studies for file in drawn(study)]


def captions():
    """The captions' templates: the report is remade when one changes."""
    folder = Path(workflow.basedir) / "report"
    return {file.name: file.read_text() for file in sorted(folder.iterdir())}


rule make_report:
    input:
        SHOWN,
    output:
        "results/report.html",
    log:
        "results/logs/report.log",
    benchmark:
        "results/benchmarks/report.tsv"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        texts=lambda wildcards: captions(),
    message:
        "make the report"
    shell:
        "snakemake --snakefile {workflow.main_snakefile:q} --configfile {CONFIGFILE:q}"
        " --workflow-profile none --nolock --cores 1 --report {output:q} {input:q}"
        " > {log:q} 2>&1"
