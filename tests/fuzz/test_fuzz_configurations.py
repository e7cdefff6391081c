"""Configurations and claims from strangers: each is a whole plan, or a sentence."""

from pathlib import Path

import pytest
from config_inputs import configurations, contents, texts, written
from fuzz_cases import answers
from hypothesis import given

from oebench.claims.entries import CLAIMS, read_claims
from oebench.plan.caches import Caches
from oebench.plan.jobs import blocks, differences, work
from oebench.plan.listing import downloads, listed, missing
from oebench.plan.manifests import read_manifests
from oebench.registry import is_trained

MOST = 25_000  # runs; more are refused, for they take their time


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("strangers") / "own.yaml"


def written_to(file: Path, text: str) -> None:
    file.write_bytes(text.encode("utf-8", "surrogatepass"))


def plan(file: Path) -> None:
    """All that `oebench check`, `oebench runs` and the Snakefile make of a configuration."""
    manifests = read_manifests(file)
    plan = manifests.plan
    for name in plan.studies:
        manifests.study(name).model_dump_json()
    manifests.whole_plan().model_dump_json()
    for runs in blocks(plan).values():
        differences(plan, runs, {}, {})
        if is_trained(runs[0].objective):
            assert work(plan, runs) >= 0
        assert all(len(part.encode()) < 256 for part in runs[0].path.split("/"))
    caches = Caches(plan)
    for name in caches.names:
        caches.dataset(name).model_dump_json()
    missing(plan)
    downloads(plan, Path("nowhere"))
    for _ in listed(plan, studies=False):
        pass


@given(text=configurations)
def test_a_configuration_is_a_plan_or_a_sentence(file: Path, text: str) -> None:
    written_to(file, f"max_runs: {MOST}\n{text}")
    answers(lambda: plan(file), file)


CLAIM_ORIGINALS = [written(CLAIMS)]


@given(text=contents(CLAIM_ORIGINALS) | texts([CLAIMS.read_text(encoding="utf-8")]))
def test_claims_are_read_or_refused_with_a_sentence(file: Path, text: str) -> None:
    written_to(file, text)
    answers(lambda: read_claims(file), file.name)
