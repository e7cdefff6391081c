"""A cluster's job is told its wildcards in one argument, and has to read them as they were."""

import re
from pathlib import Path

import pytest
from snakemake.target_jobs import parse_target_jobs_cli_args
from snakemake_interface_executor_plugins.utils import TargetSpec, encode_target_jobs_cli_args

from oebench.plan.caches import Caches
from oebench.plan.jobs import blocks
from oebench.plan.manifests import read_plan
from oebench.plan.plan import Plan
from oebench.run import VALUES
from oebench.validation import ConfigError

PRESETS = sorted((Path(__file__).parents[2] / "config").glob("*.yaml"))
SHARED = [folder for folder in VALUES if folder not in ("normal_class", "seed")]
STUDY = """
datasets:
  {dataset}:
    source: {{kind: letters}}
    image: [1, 16, 16]
    train: 2600
studies:
  {study}:
    title: A study
    dataset: digits
    oe: {oe}
    objectives: [hsc]
    recipe: {recipe}
    seeds: 1
recipes:
  {recipe}: {{network: digits_lenet, batch: 32}}
"""
NAMES = {"dataset": "mine", "study": "mine", "oe": "letters", "recipe": "mine"}


def after_submission(wildcards: dict[str, str]) -> dict[str, str]:
    """What a job on the other side gets, by Snakemake's own functions."""
    sent = encode_target_jobs_cli_args([TargetSpec("rule", wildcards)])
    return dict(parse_target_jobs_cli_args(sent)[0].wildcards_dict)


def wildcards(plan: Plan) -> list[dict[str, str]]:
    """Those of every training and every preparing job."""
    pattern = "/".join(f"{folder}=(?P<{folder}>[^/]+)" for folder in SHARED)
    pattern += r"/normal_class=(?P<classes>[0-9-]+)~seed=(?P<seeds>[0-9-]+)\.h5"
    found = [re.fullmatch(pattern, path) for path in blocks(plan)]
    return [match.groupdict() for match in found if match] + [
        {"name": name} for name in Caches(plan).names
    ]


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_the_wildcards_of_every_job_come_back_as_they_were(preset: Path) -> None:
    plan = read_plan(preset)
    every = wildcards(plan)
    assert len(every) > len(blocks(plan))
    for each in every:
        assert after_submission(each) == each


def test_snakemake_still_splits_at_a_comma() -> None:
    """If it no longer does, any separator will do."""
    held = {"oe": "letters,size=8", "recipe": "digits,augment=off"}
    assert after_submission(held) != held


@pytest.mark.parametrize("what", NAMES)
@pytest.mark.parametrize("sign", [",", "~"])
def test_a_name_with_a_separator_is_refused(what: str, sign: str, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(STUDY.format(**{**NAMES, what: f"a{sign}b"}))
    with pytest.raises(ConfigError, match=r"name has (lower-case )?letters.*, found 'a.b'"):
        read_plan(file)


def test_the_names_without_one_are_accepted(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(STUDY.format(**NAMES))
    assert read_plan(file).runs


@pytest.mark.parametrize("name", ["a,b.gz", "a~b.gz", "../a.gz", "{a}.gz"])
def test_a_download_is_a_file_name(name: str, tmp_path: Path) -> None:
    source = f"{{kind: idx, downloads: [{{file: '{name}', urls: [u], md5: {'a' * 32}}}]}}"
    file = tmp_path / "config.yaml"
    file.write_text(STUDY.format(**NAMES).replace("{kind: letters}", source))
    with pytest.raises(ConfigError, match="a name has letters, digits"):
        read_plan(file)
