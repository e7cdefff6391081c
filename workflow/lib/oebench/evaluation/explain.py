"""What a person asks of runs: are they there, are they what is asked for, and if not, why."""

import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from oebench.artifacts.manifest import StudyManifest
from oebench.artifacts.scores import read
from oebench.evaluation.collect import Collected, differences
from oebench.provenance import command_hash
from oebench.registry import is_trained, records
from oebench.validation import UserError
from oebench.wording import amount


def explained(study: StudyManifest, found: Collected) -> list[str]:
    """What there is of a study, in lines: reasons with the number of runs and the first of them."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for name in found.missing:
        reasons["not there"].append(name)
    for name, wrong in found.outdated.items():
        reasons[f"not current: {wrong}"].append(name)
    for name, wrong in found.damaged.items():
        reasons[f"not usable: {wrong}"].append(name)
    lines = [f"{study.name}: {len(found.runs)} of {study.expected} runs are as they are asked for"]
    for reason, names in reasons.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        lines.append(f"  {amount(len(names), 'run')} {reason}: {names[0]}{more}")
    return lines


def check_current(path: Path, member: str, studies: Iterable[StudyManifest], caches: Path) -> str:
    """What is to be said where a run is shown alone: nothing, or that no study asks for it.

    Raises UserError where it was made otherwise than it would be today, or than a study asks for.
    """
    run, _ = read(path, member)
    asked, wrong = compared(run, path, member, studies, caches)
    if wrong:
        raise UserError(
            f"{member} of {path} is not current: it was {'; '.join(wrong)}. `snakemake` makes it "
            "again"
        )
    return "" if asked else "No study of the last configuration asks for this run."


def compared(
    run: dict[str, Any], path: Path, member: str, studies: Iterable[StudyManifest], caches: Path
) -> tuple[bool, list[str]]:
    """Whether a study asks for a run, by its attributes and place; what is not as asked, in words.

    Where none asks for it, it is compared with what it would be today by its own recipe.
    """
    recipe = json.loads(run["recipe_resolved"])
    made_by = records(run["objective"], run["norm"] or None, recipe.get("network"))
    code = command_hash("train" if is_trained(run["objective"]) else "fit", *made_by)
    asked = [
        study.recipes.get(group.recipe, {})
        for study in studies
        for group in study.groups
        if path.absolute().as_posix().endswith(f"/{group.file}") and member in group.members()
    ]
    planned = {"recipe": asked[0] if asked else recipe, "code": code}
    return bool(asked), differences(run, planned, caches)
