"""What a person can type: lists for other programs, sentences for people."""

import csv
import errno
import io
import json
import os
import re
import signal
import subprocess
import sys
import types
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import jsonschema
import pytest
import yaml
from cli_cases import oebench
from pydantic import BaseModel

from oebench import __version__
from oebench.claims.statements import NamedSide, Sided, Where
from oebench.cli import app
from oebench.config.schema import Config
from oebench.config.study import RecipeKeys
from oebench.data.dataset import FeaturesOf
from oebench.data.sources.base import Source
from oebench.data.sources.kinds import SOURCES
from oebench.plan.jobs import scores_file
from oebench.plan.manifests import read_plan

ROOT = Path(__file__).parents[1]
DEFAULT = ROOT / "config/config.yaml"
PAPER = Path(__file__).parents[1] / "config/paper.yaml"
PRESETS = sorted((ROOT / "config").glob("*.yaml"))


def rows(text: str) -> list[list[str]]:
    return [*csv.reader(io.StringIO(text))]


# oebench runs


def test_runs_writes_a_row_for_each_distinct_run_and_nothing_else(small: Path) -> None:
    result = oebench("runs", "--configfile", small)
    assert (result.exit_code, result.stderr) == (0, "")
    head, *body = rows(result.stdout)
    assert head == [
        *("dataset", "oe", "oe_size", "oe_classes", "blur", "objective", "norm", "gamma"),
        *("recipe", "augment", "normal_class", "seed", "path", "group"),
    ]
    assert len(body) == 24  # 2 sources x 2 sizes x 2 classes x 3 seeds
    assert all(len(row) == len(head) for row in body)
    plan = read_plan(small)
    assert [row[-2:] for row in body] == [
        [f"results/runs/{scores_file(plan, run)}", run.member] for run in plan.runs
    ]


def test_runs_counts_a_run_that_two_studies_share_once() -> None:
    assert len(rows(oebench("runs", "--configfile", PAPER).stdout)) == 1 + 19_800


def test_studies_are_listed_with_cells_and_runs_and_without_a_total() -> None:
    result = oebench("runs", "--studies", "--configfile", PAPER)
    assert (result.exit_code, result.stderr) == (0, "")
    head, *body = rows(result.stdout)
    assert head == ["study", "cells", "runs"]
    assert len(body) == 12
    assert ["cifar10-oe-size", "440", "4400"] in body
    assert sum(int(row[2]) for row in body) == 20_100


def test_the_default_configuration_is_read_when_none_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    assert oebench("runs").stdout == oebench("runs", "--configfile", DEFAULT).stdout


@pytest.mark.parametrize("command", ["runs", "check", "preview"])
def test_an_impossible_configuration_ends_in_sentences_and_status_1(
    small: Path, command: str
) -> None:
    content = yaml.safe_load(small.read_text(encoding="utf-8"))
    content["studies"]["pets-size"]["objectives"] = ["hcs"]
    small.write_text(yaml.safe_dump({**content, "device": "gpu"}), encoding="utf-8")
    result = oebench(command, "--configfile", small)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith(f"error: {small}: ")
    assert "'hcs' is not a known objective" in result.stderr
    assert "device: " in result.stderr
    assert "Traceback" not in result.stderr


# oebench check


def test_check_names_all_missing_data_at_once(small: Path) -> None:
    result = oebench("check", "--configfile", small)
    assert result.exit_code == 1
    for name in ("pets", "things", "noise"):
        assert (
            f"data set {name}: there is no file data/{name}.npz; put a file with the"
            in result.output
        )
    assert "unused" not in result.output  # no run reads it
    assert len(result.output.splitlines()) == 3


def test_check_names_only_what_is_missing(small: Path) -> None:
    (small.parent / "data").mkdir()
    (small.parent / "data/pets.npz").touch()
    result = oebench("check", "--configfile", small)
    assert result.exit_code == 1
    assert [line.split(":")[0] for line in result.output.splitlines()] == [
        "data set things",
        "data set noise",
    ]


def test_check_is_content_when_nothing_is_missing(small: Path) -> None:
    (small.parent / "data").mkdir()
    for name in ("pets", "things", "noise"):
        (small.parent / f"data/{name}.npz").touch()
    result = oebench("check", "--configfile", small)
    assert result.exit_code == 0
    assert "24 runs, no data is missing" in result.output


def test_the_default_study_needs_no_data_of_the_user() -> None:
    assert oebench("check", "--configfile", DEFAULT).exit_code == 0


def test_prepare_refuses_missing_data_with_a_sentence_and_status_1(small: Path) -> None:
    dataset = json.dumps(yaml.safe_load(small.read_text(encoding="utf-8"))["datasets"]["pets"])
    result = oebench("prepare", "pets", "--dataset", dataset, "--output", "pets.h5")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: data set pets: there is no file data/pets.npz; put")


# oebench schema


def test_the_schema_in_the_repository_is_the_one_that_is_printed() -> None:
    file = ROOT / "workflow/schemas/config.schema.json"
    if not file.exists():
        pytest.skip(f"{file} is not there yet")
    assert json.loads(file.read_text()) == json.loads(oebench("schema").stdout)


@pytest.mark.parametrize("file", PRESETS, ids=lambda file: file.name)
def test_an_editor_that_follows_the_schema_finds_no_fault_in_a_configuration_that_works(
    file: Path,
) -> None:
    schema = json.loads(oebench("schema").stdout)
    content = json.loads(json.dumps(yaml.safe_load(file.read_text(encoding="utf-8"))))
    faults = jsonschema.Draft202012Validator(schema).iter_errors(content)
    assert [f"{'.'.join(map(str, fault.path))}: {fault.message}" for fault in faults] == []


def test_an_editor_that_follows_the_schema_finds_an_unknown_key() -> None:
    schema = json.loads(oebench("schema").stdout)
    content = yaml.safe_load(DEFAULT.read_text()) | {"devise": "cpu"}
    faults = jsonschema.Draft202012Validator(schema).iter_errors(content)
    assert any("devise" in fault.message for fault in faults)


# oebench keys


def models_of(model: type[BaseModel], seen: set[type]) -> Iterator[type[BaseModel]]:
    """A model of the configuration and all that its keys hold; of a source, all kinds.

    seen: those before it; statements hold statements.
    """
    if model in seen:
        return
    seen.add(model)
    if model is Source:
        for kind in SOURCES.values():
            yield from models_of(kind, seen)
        return
    yield model
    waiting = [field.annotation for field in model.model_fields.values()]
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from models_of(kind, seen)
        elif not isinstance(kind, type) or isinstance(kind, types.GenericAlias):
            waiting += get_args(kind)


def keys_of(text: str) -> list[tuple[str, str, str]]:
    """Key, default and meaning of each row of the printed tables."""
    cells = re.findall(r"^\| `(\w+)` \| (.*) \| (.*) \|$", text, flags=re.MULTILINE)
    return [(key, default, meaning.strip()) for key, default, meaning in cells]


def test_every_key_of_every_model_is_in_the_reference() -> None:
    # A recipe in a study is a name, or a name and keys of a recipe: it has no keys of its own.
    # So has `where`, and a method in a statement: they are those of a study.
    models = set(models_of(Config, set())) - {RecipeKeys, Sided, Where} | {NamedSide, FeaturesOf}
    assert models > set(SOURCES.values())
    assert len(models) >= 11
    expected = Counter(key for model in models for key in model.model_fields)
    assert Counter(key for key, _, _ in keys_of(oebench("keys").stdout)) == expected


def test_every_key_in_the_reference_has_a_meaning() -> None:
    listed = keys_of(oebench("keys").stdout)
    assert len(listed) > 30
    assert [key for key, _, meaning in listed if not meaning] == []


def test_a_meaning_or_a_default_never_breaks_its_table() -> None:
    lines = [line for line in oebench("keys").stdout.splitlines() if line.startswith("|")]
    assert [line for line in lines if line.count("|") != 4] == []


def test_the_reference_shows_defaults_as_yaml_spells_them() -> None:
    defaults = {key: default for key, default, _ in keys_of(oebench("keys").stdout)}
    assert defaults["train"] == "required"
    assert defaults["up_to_pool"] == "`false`"
    assert defaults["oe_size"] == "none"
    assert defaults["milestones"] == "`[50, 100]`"
    assert defaults["normal_classes"] == "`all`"


def test_the_readme_of_the_configuration_holds_the_reference() -> None:
    text = (ROOT / "config/README.md").read_text()
    between = text.partition("<!-- keys -->")[2].partition("<!-- /keys -->")[0]
    assert between.strip() == oebench("keys").stdout.strip()


# The commands


def test_every_command_explains_itself_and_its_options() -> None:
    for command in app.registered_commands:
        assert command.callback is not None
        name = command.name or command.callback.__name__.replace("_", "-")
        result = oebench(name, "--help")
        assert result.exit_code == 0
        assert (command.callback.__doc__ or "").split(":")[0][:30] in result.output


def test_an_unknown_command_is_refused() -> None:
    assert oebench("trian").exit_code == 2


WRITING = """
import time
from pathlib import Path
from oebench.cli import app
from oebench.files import atomic

@app.command()
def write():
    with atomic(Path("a.csv")):
        print("begun", flush=True)
        time.sleep(60)

app(["write"])
"""


def test_a_command_that_is_asked_to_end_removes_what_it_has_begun_to_write(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "workflow/lib")}
    call = [sys.executable, "-c", WRITING]
    with subprocess.Popen(call, cwd=tmp_path, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"begun\n"
        assert len([*tmp_path.iterdir()]) == 1
        process.terminate()
    assert process.returncode == 128 + signal.SIGTERM
    assert [*tmp_path.iterdir()] == []


def test_the_version_is_that_of_the_library() -> None:
    result = oebench("--version")
    assert (result.exit_code, result.stdout) == (0, f"oebench {__version__}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("collect", "--study", "plan/s.json", "--output", "runs.csv"),
        *((name, "runs.csv", "--study", "plan/s.json") for name in ("table", "curve")),
        *((name, "runs.csv", "--study", "plan/s.json") for name in ("comparison", "toy-figure")),
        *((name, "runs.csv", "--plan", "plan") for name in ("claims", "overview")),
    ],
    ids=lambda arguments: arguments[0],
)
@pytest.mark.parametrize(
    ("content", "told"), [(None, "there is no file plan/"), ("{}", "is not what a study asks for")]
)
def test_what_a_study_asks_for_is_needed_and_its_lack_is_a_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    content: str | None,
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan").mkdir()
    for name in ("s", "plan") if content else ():
        (tmp_path / f"plan/{name}.json").write_text(content or "")
    result = oebench(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: ")
    assert told in result.stderr
    assert re.search(r"`snakemake .*plan/(s|plan)\.json` writes it", result.stderr)
    assert len(result.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["plan"]


def test_an_error_of_the_library_itself_keeps_its_traceback(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr("oebench.reporting.preview.preview", broken)
    result = oebench("preview", "--configfile", small, "--results", "results")
    assert isinstance(result.exception, ValueError)
    assert str(result.exception) == "a bug"


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.ENOSPC, errno.ENOTDIR])
@pytest.mark.parametrize("file", ["results/preview/claims.csv", None])
def test_a_file_that_cannot_be_written_is_named(
    small: Path, monkeypatch: pytest.MonkeyPatch, code: int, file: str | None
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code), file)

    monkeypatch.setattr("oebench.reporting.preview.preview", refuse)
    result = oebench("preview", "--configfile", small, "--results", "results")
    assert result.exit_code == 1
    assert result.stderr == (
        f"error: {file or 'the output'} cannot be written ({os.strerror(code)}); "
        "name another place\n"
    )
