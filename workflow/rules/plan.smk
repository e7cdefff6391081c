# What a study, or the whole configuration, asks for: an input of all that comes after training. It
# is written by this process, so a job never reads the configuration again.
rule write_plan:
    input:
        template=ancient(template),
    output:
        STUDY.format("{part}"),
    log:
        "results/logs/plan/{part}.log",
    wildcard_constraints:
        part="|".join(map(re.escape, [*PLAN.studies, "plan"])),
    localrule: True
    params:
        manifest=lambda wildcards: manifest(wildcards.part),
    message:
        "write results/plan/{wildcards.part}.json"
    template_engine:
        "jinja2"
