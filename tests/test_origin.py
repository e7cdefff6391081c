"""Where the code that runs comes from: its commit, and whether it is as in the commit."""

import subprocess
import sys
from pathlib import Path

import pytest

from oebench import origin

NOWHERE = {"commit": "unknown", "dirty": "unknown"}
IDENTITY = ("-c", "user.name=test", "-c", "user.email=test@localhost")


def git(folder: Path, *arguments: str) -> str:
    command = ["git", *IDENTITY, "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """The library of a checkout, of which everything is committed."""
    folder = tmp_path / "a checkout"
    for name in ("workflow/lib/oebench/__init__.py", "workflow/Snakefile", "config/config.yaml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("a\n")
    git(tmp_path, "init", "-q", str(folder))
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "all")
    return folder / "workflow/lib/oebench"


def head(library: Path) -> str:
    return git(library, "rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("changed", "dirty"),
    [
        ("", "no"),
        ("workflow/lib/oebench/__init__.py", "yes"),
        ("workflow/lib/oebench/new.py", "yes"),
        ("workflow/Snakefile", "yes"),
        ("config/config.yaml", "no"),  # what is asked for is recorded by value
        ("workflow/lib/oebench/__pycache__/new.pyc", "no"),
    ],
)
def test_a_checkout_is_at_a_commit_and_the_workflow_is_as_there_or_not(
    library: Path, changed: str, dirty: str
) -> None:
    if changed:
        file = library.parents[2] / changed
        file.parent.mkdir(exist_ok=True)
        file.write_text("b\n")
    assert origin.commit_of(library) == {"commit": head(library), "dirty": dirty}


def test_the_commit_of_another_owners_checkout_is_read(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    refused = subprocess.run(["git", "-C", str(library), "status"], capture_output=True, text=True)
    assert "dubious ownership" in refused.stderr
    assert origin.commit_of(library)["dirty"] == "no"


def test_a_hook_of_another_repository_leads_nobody_astray(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = head(library)
    git(tmp_path, "init", "-q", "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other/.git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "other/.git/index"))
    assert origin.commit_of(library) == {"commit": expected, "dirty": "no"}


def test_files_that_a_repository_does_not_know_have_no_commit(library: Path) -> None:
    """As an installed package in the environment of a project."""
    installed = library.parents[2] / ".venv/lib/site-packages/oebench"
    installed.mkdir(parents=True)
    (installed / "__init__.py").touch()
    assert origin.commit_of(installed) == NOWHERE


def test_without_a_repository_the_commit_is_unknown(library: Path) -> None:
    (library.parents[2] / ".git").rename(library.parents[2] / "gone")
    assert origin.commit_of(library) == NOWHERE


def test_a_repository_that_git_cannot_read_stops_nothing(library: Path) -> None:
    (library.parents[2] / ".git/HEAD").write_text("nonsense\n")
    assert origin.commit_of(library) == NOWHERE


def test_without_git_the_commit_is_unknown(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert origin.commit_of(library) == NOWHERE


def test_a_git_that_does_not_answer_stops_nothing(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "git"
    slow.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(60)\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(origin, "SECONDS", 0.2)
    assert origin.commit_of(library) == NOWHERE


def test_a_commit_that_a_hosting_site_gave_is_the_name_of_its_folder(tmp_path: Path) -> None:
    name = "0123456789abcdef0123456789abcdef01234567"
    found = origin.commit_of(tmp_path / f".snakemake/hosted/{name}/workflow/lib/oebench")
    assert found == {"commit": name, "dirty": "unknown"}
    assert origin.told(found) == f"{name}, with or without changes"


@pytest.mark.parametrize(
    ("program", "command"),
    [
        ("/venv/bin/oebench", "oebench table 'a b.csv'"),
        ("/lib/oebench/__main__.py", "oebench table 'a b.csv'"),
        ("mine/study.py", "study.py table 'a b.csv'"),
    ],
)
def test_a_call_is_the_command_that_was_typed(
    program: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [program, "table", "a b.csv"])
    monkeypatch.delenv(origin.WORKFLOW, raising=False)
    call = origin.call()
    assert call == {"command": command, "workflow": ""}
    assert origin.again(call, "a.md") == command
    assert origin.configfile(call) == origin.CONFIGFILE
    monkeypatch.setattr(sys, "argv", [program, "preview", "--configfile", "mine.yaml"])
    assert origin.configfile(origin.call()) == Path("mine.yaml")


@pytest.mark.parametrize("name", ["config/config.yaml", "config/paper.yaml", "a b/c.yaml"])
def test_what_a_workflow_made_it_makes_again_with_the_same_configuration(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(origin.WORKFLOW, origin.workflow(Path(name)))
    given = {"config/config.yaml": "", "a b/c.yaml": "--configfile 'a b/c.yaml' "}
    options = given.get(name, f"--configfile {name} ")
    call = origin.call()
    assert origin.again(call, "a b.md") == f"snakemake --cores 1 {options}--force 'a b.md'"
    assert origin.configfile(call) == Path(name)


def test_versions_are_those_of_loaded_packages_and_of_the_program_that_was_called() -> None:
    code = (
        "import sys, numpy; from oebench import origin; "
        "print(*origin.versions(), *origin.versions('pip'), *origin.versions('no such program'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [
        *("python", "numpy"),
        *("python", "numpy", "pip"),
        *("python", "numpy"),
    ]
