"""Projects in which the real Snakefile runs, for the tests of this folder."""

from pathlib import Path

import pytest
from project import OUTPUTS, TINY, Project, finished, new_project


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever has a project starts Snakemake in it."""
    for item in items:
        if {"first_run", "fresh", "base", "truth", "made"} & {*getattr(item, "fixturenames", ())}:
            item.add_marker("snakemake")


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, list[str]]:
    """A finished project and the jobs it took; tests work on copies."""
    return finished(tmp_path_factory, "finished", TINY)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, list[str]]:
    """A finished project with every kind of output and the jobs it took; tests work on copies."""
    return finished(tmp_path_factory, "outputs", OUTPUTS)


@pytest.fixture
def project(first_run: tuple[Project, list[str]], tmp_path: Path) -> Project:
    """A finished project of the test's own."""
    return first_run[0].copy(tmp_path / "my project")


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """A project in which nothing ran yet."""
    return new_project(tmp_path / "my project", TINY)
