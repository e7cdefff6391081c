rule download:
    output:
        "resources/downloads/{name}/{file}",
    log:
        "results/logs/download/{name}/{file}.log",
    benchmark:
        "results/benchmarks/download/{name}/{file}.tsv"
    wildcard_constraints:
        name="|".join(map(re.escape, PLAN.read)),
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=1000,
        runtime=600,
        # Not a parameter: another address for the same file is no reason to fetch it again.
        urls=lambda wildcards: shlex.join(downloads(wildcards.name)[wildcards.file].urls),
    params:
        checksum=lambda wildcards: downloads(wildcards.name)[wildcards.file].options,
    message:
        "download {wildcards.file} of {wildcards.name}"
    shell:
        "python -m oebench download {params.checksum} --output {output:q}"
        " {resources.urls} > {log:q} 2>&1"


# Weights of pretrained networks, which several data sets may share.
use rule download as fetch_weights with:
    output:
        f"{DOWNLOADED}/{{digits}}/{{file}}",
    log:
        "results/logs/download/weights/{digits}/{file}.log",
    benchmark:
        "results/benchmarks/download/weights/{digits}/{file}.tsv"
    wildcard_constraints:
        digits="[0-9a-f]{8}",
        file="[^/]+",
    resources:
        mem_mb=1000,
        runtime=600,
        urls=lambda wildcards: shlex.join(weights_of(wildcards).urls),
    params:
        checksum=lambda wildcards: weights_of(wildcards).options,
    message:
        "download {wildcards.file}"


rule prepare:
    input:
        files_of,
    output:
        cache=CACHE.format("{name}"),
        checksum=CHECKSUM.format("{name}"),
    log:
        "results/logs/prepare/{name}.log",
    benchmark:
        "results/benchmarks/prepare/{name}.tsv"
    wildcard_constraints:
        name=any_of(name for name in CACHES.names if name not in CACHES.embedded),
    priority: 10**18  # before any training, which all wait for a cache
    conda:
        "../../envs/analysis.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: needs.more(4000, attempt, JOBS.max_mem_mb),
        runtime=lambda wildcards, attempt: needs.more(
            600 if "/" in wildcards.name else 60, attempt, JOBS.max_runtime
        ),
        advice=lambda wildcards: CACHES.dataset(wildcards.name).advice,  # changes no image
        gpu=0,
    params:
        dataset=lambda wildcards: CACHES.dataset(wildcards.name).model_dump_json(exclude={"advice"}),
        # A user's own files are no inputs (a missing one is explained by the job), but replacing
        # them makes the cache again.
        own_files=lambda wildcards: CACHES.stamp(wildcards.name),
        # Not by `output`: what follows from it is no reason to run again.
        pool=lambda wildcards: CACHES.options(wildcards.name, made(CHECKSUM.format(wildcards.name))),
        downloads=downloaded,
        code=lambda wildcards: command_hash("prepare"),
    message:
        "prepare {wildcards.name}"
    shell:
        "python -m oebench prepare {wildcards.name:q} --dataset {params.dataset:q}"
        " {params.downloads} --code {params.code} {params.pool}"
        " --advice={resources.advice:q}"
        " --output {output.cache:q} > {log:q} 2>&1"


# Vectors of a pretrained network in the place of images, once for all runs.
rule embed:
    input:
        unpack(images_of),
    output:
        cache=CACHE.format("{name}"),
        checksum=CHECKSUM.format("{name}"),
    log:
        "results/logs/embed/{name}.log",
    benchmark:
        "results/benchmarks/embed/{name}.tsv"
    wildcard_constraints:
        name=any_of(CACHES.embedded),
    priority: 10**17  # before any training, behind the images
    conda:
        "../../envs/features.yaml"
    threads: 64  # as many as there are: they change no vector
    resources:
        device=lambda wildcards: device(),
        per_gpu=JOBS.per_gpu,
        gpu=lambda wildcards: gpu(),
        mem_mb=lambda wildcards, attempt: needs.more(6000, attempt, JOBS.max_mem_mb),
        runtime=lambda wildcards, attempt: needs.more(240, attempt, JOBS.max_runtime),
        # Not a parameter: the same file from elsewhere makes the same vectors.
        weights=lambda wildcards, input: input.get("weights")
        or CACHES.source(wildcards.name).weights_path,
    params:
        options=told_to_embed,
        code=lambda wildcards: command_hash("embed"),
    message:
        "embed {wildcards.name}"
    shell:
        "python -m oebench embed {input.cache:q} --output {output.cache:q} {params.options}"
        " --weights {resources.weights:q}"
        " --device {resources.device} --per-gpu {resources.per_gpu} --threads {threads}"
        " --code {params.code} > {log:q} 2>&1"
