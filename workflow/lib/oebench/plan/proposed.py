"""The configuration that the planner writes: a study, and others that run just what it lacks."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from oebench.files import atomic
from oebench.plan.manifests import Manifests, read_manifests
from oebench.strict_yaml import read_yaml
from oebench.validation import UserError

Proposal = tuple[str, tuple[int, ...], int, list[str]]  # key, amounts, seeds in all, methods
HEAD = """\
# {study} with what the planner would run next. What is finished is not trained again:
#   snakemake --cores all --configfile {file}
#   oebench plan {names} --configfile {file}
"""


def write_proposed(
    configfile: Path, name: str, proposals: Iterable[Proposal], file: Path
) -> Manifests:
    """Write a configuration with a study and what to run next; returns its plan.

    All else is as in `configfile`. Raises UserError where there is nothing to run or `file` exists.
    """
    if file.exists():
        raise UserError(f"{file} exists; name a file that does not")
    content = read_yaml(configfile)
    study = content["studies"][name]
    studies = {name: study}
    for number, proposal in enumerate(proposals, start=1):
        studies[f"{name}-next{number}"] = changed(study, *proposal)
    if len(studies) == 1:
        raise UserError(f"{name}: there is nothing to run next, so no file is written")
    text = yaml.safe_dump({**content, "studies": studies}, sort_keys=False, allow_unicode=True)
    head = HEAD.format(study=name, names=" ".join(studies), file=file)
    with atomic(file) as temporary:
        temporary.write_text(head + text, encoding="utf-8")
    return read_manifests(file)


def changed(
    study: dict[str, Any], key: str, amounts: tuple[int, ...], seeds: int, methods: list[str]
) -> dict[str, Any]:
    """A study with these amounts, seeds and methods in the place of its own."""
    given = study["seeds"]
    has = given if isinstance(given, int) else len(given)
    return {
        **study,
        "title": f"{study['title']}: next",
        "objectives": list(dict.fromkeys(name.partition(",")[0] for name in methods)),
        "sweep": {**study["sweep"], key: list(amounts)},
        "seeds": seeds if seeds > has else given,
        "draw": {**study.get("draw", {}), "look": None},
    }
