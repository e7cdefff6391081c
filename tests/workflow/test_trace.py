"""`oebench explain FILE` traces every file of a study: of what it was made, by what, how again."""

import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import pytest
from cli_cases import oebench
from project import Project

from oebench import origin
from oebench.artifacts import marks, record

AGAIN = "snakemake --cores 1 --force "
SCORES = "results/runs/dataset=digits/oe=letters*/objective=hsc*/*/*.h5"
# A file of each kind, and what it is said to be.
KINDS = {
    "results/studies/toy.csv": "the table of runs of toy",
    "results/runs.csv": "the table of all runs",
    "results/tables/tiny-objectives.tex": "the table of tiny-objectives",
    "results/figures/toy.svg": "the toy figure of toy",
    "results/comparisons/tiny-baselines.md": "the comparison of the methods of tiny-baselines",
    "results/looks/tiny-objectives.png": "the plot of the run dataset=digits/oe=letters~size=2600",
    "results/claims.html": "the paper's claims, judged by the runs",
    "results/overview.rst": "the overview of all studies",
    "results/report.html": "the report of all studies",
    "results/plan/toy.json": "what the study toy asks for",
    "results/plan/plan.json": "what the whole configuration asks for (Outlier exposure)",
    "resources/caches/letters.h5": "the images of letters",
    SCORES: "the scores of 4 runs of dataset=digits/oe=letters~size=2600/objective=hsc",
}
Traced = Callable[..., list[str]]


@pytest.fixture
def folder(made: tuple[Project, list[str]], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the finished project, which nobody changes."""
    monkeypatch.chdir(made[0].folder)
    return made[0].folder


def traced(file: str | Path, *options: str) -> list[str]:
    """What is said of a file."""
    result = oebench("explain", file, *options)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def values(lines: list[str], key: str) -> list[str]:
    """What stands behind a key."""
    return [line.removeprefix(f"{key}: ") for line in lines if line.startswith(f"{key}: ")]


def current(file: str | Path) -> list[str]:
    """Whether a file is current, and the reasons."""
    lines = traced(file)
    (answer,) = values(lines, "current")
    reasons = lines[lines.index(f"current: {answer}") + 1 : -1]
    return [answer, *(line.strip() for line in reasons)]


@pytest.mark.parametrize("pattern", KINDS)
def test_a_file_of_each_kind_is_traced(folder: Path, pattern: str) -> None:
    (file,) = folder.glob(pattern)
    name = str(file.relative_to(folder))
    lines = traced(name)
    assert lines[0].startswith(f"{name}: {KINDS[pattern]}")
    assert lines[-2:] == ["current: yes", AGAIN + shlex.quote(name)]
    assert values(lines, "configuration") == ["config/config.yaml"]
    if not name.startswith("results/plan"):
        assert re.match("(oebench|snakemake) ", *values(lines, "command"))
        assert values(lines, "commit") + values(lines, "commit of the runs")
        assert [line for line in lines if re.match(r"images of \S+: SHA-256 [0-9a-f]{64}$", line)]
    if "caches" not in name and "plan.json" not in name:
        assert [line for line in lines if re.match(r"(recipe \S+: |code of the runs: )", line)]


def test_what_is_said_of_a_table_is_what_the_runs_and_the_caches_hold(folder: Path) -> None:
    lines = traced("results/tables/toy.md")
    (scores,) = folder.glob("results/runs/dataset=toy/oe=toy-blobs*/objective=hsc*/*/*.h5")
    with h5py.File(scores) as file:
        run = dict(file["normal_class=0/seed=1"].attrs)
    for key in ("code", "device", "arithmetic", "versions"):
        assert run[key] in values(lines, f"{key} of the runs")[0]
    assert {"commit", "dirty", "finished"} <= run.keys()
    (recipe,) = (line.partition(": {")[2] for line in lines if line.startswith("recipe "))
    assert json.loads("{" + recipe) == json.loads(run["recipe_resolved"])
    for name, checksum in json.loads(run["images"]).items():
        assert values(lines, f"images of {name}") == [f"SHA-256 {checksum}"]
    entry = '  data set: {"fit": "exact", "image": [2, 1, 1], "source": {"kind": "toy", "points": '
    assert sum(line.startswith(entry) for line in lines) == 3
    table = Path("results/studies/toy.csv")
    assert f"  {table} {record.checksum(table)}" in lines
    assert values(lines, "study toy")[0].startswith("Toy. Normal and test images: toy;")


def test_every_drawn_file_is_in_a_record_and_has_its_mark(folder: Path) -> None:
    folders = ("studies", "tables", "figures", "comparisons", "looks")
    made = {file for name in folders for file in Path("results", name).iterdir()}
    made |= {file for file in Path("results").iterdir() if file.is_file()}
    recorded = {Path(name) for each in record.every(Path("results")) for name in each.record.files}
    assert recorded == {file for file in made if not file.name.endswith(record.SUFFIX)}
    marked = {file: marks.read(file) for file in recorded if file.suffix in marks.MARKED}
    assert {file for file, mark in marked.items() if mark is None} == set()
    assert {str(mark) for mark in marked.values()} <= {
        each.record.mark for each in record.every(Path("results"))
    }


def test_the_overview_is_made_of_all_that_it_shows(folder: Path) -> None:
    found = record.read(folder / f"results/overview{record.SUFFIX}")
    assert found
    shown = ("tables/toy.csv", "figures/toy.svg", "comparisons/toy.csv", "claims.csv", "runs.csv")
    more = ("looks/tiny-objectives.png", "plan/plan.json", "plan/toy.json")
    assert {f"results/{name}" for name in (*shown, *more)} <= found.inputs.keys()


def test_a_copy_is_known_again_in_the_folder_of_the_project(folder: Path, tmp_path: Path) -> None:
    for name in ("results/figures/toy.csv", "results/report.html"):
        lines = traced(shutil.copy(name, tmp_path / f"copy{Path(name).suffix}"))
        assert lines[0].endswith(f"; a copy of {name}")
        assert lines[-1] == AGAIN + name
    page = tmp_path / "page.html"
    page.write_bytes(Path("results/tables/toy.html").read_bytes() + b"<!-- mine -->")
    said = "; made of the same runs by the same code as results/tables/toy.html"
    assert traced(page)[0].endswith(said)


@pytest.mark.parametrize(
    ("name", "what", "again"),
    [
        ("figures/toy.pdf", "the toy figure of toy", "figures/toy.pdf"),
        ("tables/toy.md", "the table of toy", "tables/toy.md"),
        ("claims.html", "the paper's claims, judged by the runs", "claims.html"),
        ("report.html", "the report of all studies", "report.html"),
        ("overview.html", "the overview of all studies", "overview.html"),
    ],
)
def test_elsewhere_a_copy_says_what_its_mark_says_and_what_cannot_be_known(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, what: str, again: str
) -> None:
    copy = Path(shutil.copy(folder / "results" / name, tmp_path))
    monkeypatch.chdir(tmp_path)
    lines, mark = traced(copy.name), marks.read(copy)
    assert mark
    assert lines[0] == f"{copy.name}: {what}"
    assert values(lines, "code")[0].startswith(mark.code)
    assert values(lines, "runs")[0].startswith(f"SHA-256 {mark.runs}")
    assert values(lines, "unknown")[0].startswith("commit, versions, device, arithmetic, images")
    assert lines[-1] == f"{AGAIN}results/{again}"


def test_elsewhere_scores_and_tables_of_runs_say_what_they_hold(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file,) = folder.glob(SCORES)
    name = str(file.relative_to(folder))
    shutil.copy(file, tmp_path / "copy.h5")
    shutil.copy(folder / "results/runs.csv", tmp_path)
    monkeypatch.chdir(tmp_path)
    lines = traced("copy.h5")
    assert values(lines, "runs") == [
        ", ".join(f"normal_class={number}/seed={seed}" for number in (3, 4) for seed in (1, 2))
    ]
    assert values(lines, "status") == ["4 ok"]
    told = "  where they come from is not known: resources/caches/digits.h5 does not hold them"
    assert told in lines
    assert lines[-2:] == [
        "current: not known; it does not lie where it was made",
        AGAIN + shlex.quote(name),
    ]
    lines = traced("runs.csv")
    assert lines[0] == "runs.csv: a table of 16 runs"
    assert values(lines, "device of the runs") == ["cpu"]
    assert values(lines, "unknown")[0].startswith("commit, images, configuration and command")


def test_from_another_folder_the_command_says_where_it_has_to_be_called(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = traced(folder / "results/tables/toy.md")
    quoted = shlex.quote(str(folder))
    assert lines[-2] == f"current: not known here; call `oebench explain` in {folder}"
    assert lines[-1] == f"cd {quoted} && {AGAIN}results/tables/toy.md"
    assert [line for line in lines if line.startswith("  data set: ")]  # the caches are there


def test_a_file_of_nobody_and_one_that_is_not_there_are_answered_with_a_sentence(
    folder: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.md"
    mine.write_text("# Mine\n")
    with h5py.File(tmp_path / "mine.h5", "w") as file:
        file["x"] = [1]
    for name, said in {
        mine: "says nothing of how it was made, and no file of results is equal to it",
        tmp_path / "mine.h5": "says nothing of how it was made",
        folder / "results/logs/claims.log": "says nothing of how it was made",
        folder / "results/tables": "is a folder; name a file in it",
        "results/tables/none.md": "there is no file results/tables/none.md, and the configuration",
    }.items():
        result = oebench("explain", name)
        assert (result.exit_code, result.stdout) == (1, "")
        assert said in result.stderr
        assert result.stderr.count("\n") == 1


def test_a_damaged_scores_file_is_not_traced(folder: Path, tmp_path: Path) -> None:
    (file,) = folder.glob(SCORES)
    (tmp_path / "cut.h5").write_bytes(file.read_bytes()[:-50])
    result = oebench("explain", tmp_path / "cut.h5")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "is damaged, or of another version" in result.stderr


def test_a_run_of_the_store_is_made_with_the_scores_file_that_it_is_in(folder: Path) -> None:
    files = sorted(Path("results/store").rglob("*.h5"))
    again = {traced(file)[-1] for file in files}
    scores = {str(file.relative_to(folder)) for file in folder.glob("results/runs/**/*.h5")}
    assert again == {AGAIN + shlex.quote(name) for name in scores}


def test_what_is_not_as_it_would_be_made_now_is_said(
    made: tuple[Project, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = made[0].copy(tmp_path / "mine")
    monkeypatch.chdir(project.folder)
    table, runs = Path("results/tables/toy.md"), Path("results/studies/toy.csv")
    table.write_bytes(table.read_bytes() + b"by hand\n")
    project.edit_all(str(runs), ",ok,", ",collapsed,")
    assert current(table) == [
        "no",
        f"{table} is not as it was written",
        f"{runs}, of which it was made, has changed",
    ]
    runs.unlink()
    assert current("results/tables/toy.tex") == ["no", f"{runs}, of which it was made, is gone"]
    project.edit("config/config.yaml", "title: Baselines", "title: Others")
    other = "the configuration asks for something else by now than results/plan/"
    assert current("results/comparisons/tiny-baselines.md") == ["no", f"{other}tiny-baselines.json"]
    assert current("results/plan/tiny-baselines.json") == ["no", f"{other}tiny-baselines.json"]
    assert current("results/comparisons/tiny-objectives.md") == ["yes"]
    project.edit_all("config/config.yaml", "epochs: 1", "epochs: 2")
    said = current("results/tables/tiny-objectives.md")
    assert f"{other}tiny-objectives.json" in said
    assert "tiny-objectives: 0 of 8 runs are as they are asked for" in said
    (scores,) = project.folder.glob(SCORES)
    assert current(scores)[:2] == ["no", "no study asks for normal_class=3/seed=1"]
    Path("config/config.yaml").write_bytes(b"studies: 3\n")
    (unknown,) = current("results/claims.md")
    assert unknown.startswith("not known; config/config.yaml: studies: expected a mapping")


def test_the_last_line_makes_the_file_again_and_commit_and_configuration_are_recorded(
    made: tuple[Project, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = made[0].copy(tmp_path / "mine")
    monkeypatch.chdir(project.folder)
    figure = Path("results/figures/toy.svg")
    before = figure.read_bytes()
    assert values(traced(figure), "commit") == ["unknown"]
    shutil.copy("config/config.yaml", "config/mine.yaml")
    project.git("init", "-q")
    project.git("add", "workflow", "config", "envs")
    project.git("commit", "-qm", "everything")
    commit = origin.commit_of(project.folder / "workflow/lib/oebench")["commit"]
    project.edit("workflow/Snakefile", "# Rethinking Assumptions", "# A change: Assumptions")
    _, *arguments = shlex.split(traced(figure)[-1])
    jobs = project.run("--configfile", "config/mine.yaml", *arguments, cores=1)
    assert jobs == ["draw the toy figure of toy"]
    assert figure.read_bytes() == before
    lines = traced(figure)
    assert values(lines, "commit") == [f"{commit} with changes"]
    assert values(lines, "commit of the runs") == ["unknown"]
    assert values(lines, "configuration") == ["config/mine.yaml"]
    assert lines[-2:] == [
        "current: yes",
        f"snakemake --cores 1 --configfile config/mine.yaml --force {figure}",
    ]
