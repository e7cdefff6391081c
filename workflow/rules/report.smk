# The report is Snakemake's own, made of the finished files by a second, reading Snakemake.
rule make_report:
    input:
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
        snakefile=os.path.relpath(workflow.main_snakefile),
        configfile=os.path.relpath(CONFIGFILE),
    message:
        "make the report"
    shell:
        "snakemake --snakefile {params.snakefile:q} --configfile {params.configfile:q}"
        " --workflow-profile none --nolock --cores 1 --report {output:q} {input:q}"
        " > {log:q} 2>&1"
