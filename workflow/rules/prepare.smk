rule download:
    output:
        "resources/downloads/{name}/{file}",
    log:
        "results/logs/download/{name}/{file}.log",
    benchmark:
        "results/benchmarks/download/{name}/{file}.tsv"
    wildcard_constraints:
        name="|".join(map(re.escape, PLAN.datasets)),
    retries: 2
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=1000,
        runtime=600,
    params:
        entry=lambda wildcards: downloads(wildcards.name)[wildcards.file],
    message:
        "download {wildcards.file} of {wildcards.name}"
    shell:
        "python -m oead download --entry {params.entry:q} --output {output:q} > {log:q} 2>&1"


rule prepare:
    input:
        ancient(lambda wildcards: files_of(wildcards.name)),
    output:
        cache=CACHE.format("{name}"),
        checksum=CHECKSUM.format("{name}"),
    log:
        "results/logs/prepare/{name}.log",
    benchmark:
        "results/benchmarks/prepare/{name}.tsv"
    wildcard_constraints:
        name="|".join(map(re.escape, PLAN.datasets)),
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
        gpu=0,
        gpu_model="",  # with a model, the Slurm plugin would ask for a GPU all the same
    params:
        dataset=lambda wildcards: PLAN.config.datasets[wildcards.name].model_dump_json(),
        code=command_hash("prepare"),
    message:
        "prepare {wildcards.name}"
    shell:
        "python -m oead prepare {wildcards.name:q} --dataset {params.dataset:q} --downloads resources/downloads/{wildcards.name:q} --code {params.code}"
        " --output {output.cache:q} > {log:q} 2>&1"
