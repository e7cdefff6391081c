"""The conda environments have the versions of the pip lock."""

import json
import re
import sys
from pathlib import Path

import pytest
import yaml

from oebench.config.schema import Config
from oebench.provenance import COMMANDS, beginnings, modules, reached, source_of
from oebench.registry import METHODS, is_trained

REPOSITORY = Path(__file__).parents[1]
LOCK = dict(
    line.lower().split("==")
    for file in ("requirements.txt", "requirements-features.txt")
    for line in (REPOSITORY / "envs" / file).read_text().splitlines()
    if "==" in line
)
# Conda's names where they differ from PyPI's.
PYPI = {"pytorch": "torch", "matplotlib-base": "matplotlib"}
# Likewise what is imported.
PACKAGES = {
    "PIL": "pillow",
    "matplotlib": "matplotlib-base",
    "pydantic_core": "pydantic",  # comes with it
    "sklearn": "scikit-learn",
    "torch": "pytorch",
    "yaml": "pyyaml",
}


@pytest.mark.parametrize("file", sorted((REPOSITORY / "envs").glob("*.yaml")), ids=lambda f: f.stem)
def test_a_conda_file_has_the_locked_versions(file: Path) -> None:
    listed = yaml.safe_load(file.read_text(encoding="utf-8"))["dependencies"]
    packages = dict(each.split(" =") for each in listed if " =" in each)
    python = packages.pop("python")
    assert python == "3.11"
    assert packages == {name: LOCK[PYPI.get(name, name)] for name in packages}


@pytest.mark.parametrize(
    ("file", "commands"),
    {
        "training": ["train"],
        "features": ["embed"],
        "analysis": [*COMMANDS.keys() - {"train", "embed"}],
    }.items(),
)
def test_a_conda_file_has_what_its_commands_import(file: str, commands: list[str]) -> None:
    text = (REPOSITORY / f"envs/{file}.yaml").read_text(encoding="utf-8")
    listed = yaml.safe_load(text)["dependencies"]
    packages = {each.split(" =")[0] for each in listed if isinstance(each, str)}
    trained = {"training": True, "analysis": False}.get(file)
    methods = [METHODS[name] for name in METHODS if is_trained(name) == trained]
    found = {"typer"}  # the command line's
    for command in commands:
        records = methods if COMMANDS[command].long else []
        starts = beginnings(command, *records)
        for module in modules(reached(*starts, long=COMMANDS[command].long)):
            found |= {name.partition(".")[0] for name in source_of(module).imports.values()}
    conda = {PACKAGES.get(name, name) for name in found - sys.stdlib_module_names - {"oebench"}}
    assert "psutil" in conda
    assert conda <= packages


def test_the_lock_is_exact_and_holds_every_dependency() -> None:
    text = (REPOSITORY / "pyproject.toml").read_text()
    declared = re.findall(r'^    "([a-z0-9-]+)[>=<]', text, re.MULTILINE)
    assert len(declared) >= 14
    assert set(declared) <= set(LOCK)


def test_the_json_schema_is_that_of_the_model() -> None:
    schema = json.loads((REPOSITORY / "workflow/schemas/config.schema.json").read_text())
    assert schema == json.loads(json.dumps(Config.model_json_schema()))
