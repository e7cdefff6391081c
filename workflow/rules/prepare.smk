rule prepare:
    output:
        cache=CACHE.format("{name}"),
        checksum=CHECKSUM.format("{name}"),
    log:
        "results/logs/prepare/{name}.log",
    benchmark:
        "results/benchmarks/prepare/{name}.tsv"
    conda:
        "../../envs/analysis.yaml"
    params:
        dataset=lambda wildcards: PLAN.config.datasets[wildcards.name].model_dump_json(),
        code=code_hash("oead.prepare"),
    resources:
        mem_mb=4000,
        runtime=60,
    message:
        "prepare {wildcards.name}"
    wildcard_constraints:
        name="|".join(map(re.escape, PLAN.datasets)),
    shell:
        "{OEAD} prepare {wildcards.name:q} --dataset {params.dataset:q} --code {params.code}"
        " --output {output.cache:q} > {log:q} 2>&1"
