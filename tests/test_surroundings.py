"""Locale, backend and styles around a process do not reach what it reads, writes and draws."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DEFAULT = ROOT / "config/config.yaml"


def test_texts_are_utf8_whatever_the_locale(tmp_path: Path) -> None:
    """A configuration is read, and pages are written, as UTF-8."""
    title = "Größe − ein Maß, 評価"
    content = yaml.safe_load(DEFAULT.read_text(encoding="utf-8")) | {"title": title}
    text = yaml.safe_dump(content, allow_unicode=True)
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    code = (
        "from pathlib import Path\n"
        "from oebench.plan.manifests import read_manifests\n"
        "from oebench.reporting.html import write_texts\n"
        "title = read_manifests(Path('mine.yaml')).whole_plan().title\n"
        "write_texts(Path('page'), {'.rst': title}, None)\n"
    )
    latin = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    library = {"PYTHONPATH": str(ROOT / "workflow/lib")}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=latin | library, check=True)
    assert (tmp_path / "page.rst").read_text(encoding="utf-8") == title


@pytest.mark.parametrize(
    "locale",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"},
        {"LC_ALL": "tr_TR.UTF-8"},
    ],
    ids=["ASCII", "Latin-1", "Turkish"],
)
def test_what_a_terminal_cannot_show_ends_no_command(
    tmp_path: Path, locale: dict[str, str]
) -> None:
    """Letters that it lacks are spelled out, in what is found and in what is refused."""
    title = "Größe, σ − ein Maß"
    content = yaml.safe_load(DEFAULT.read_text(encoding="utf-8"))
    study = {**content["studies"]["digits-objectives"], "title": title}
    photos = {"source": {"kind": "folder", "train": "data/Größe σ"}, "image": [1, 16, 16]}
    for name, changes in {
        "good": {"title": title, "studies": {"digits-objectives": study}},
        "missing": {
            "datasets": {"mine": {**photos, "train": 9}},
            "studies": {"digits-objectives": {**study, "oe": "mine"}},
        },
        "wrong": {"studies": {"digits-objectives": {**study, "recipe": title}}},
    }.items():
        text = yaml.safe_dump({**content, **changes}, allow_unicode=True)
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    surroundings = {**os.environ, **locale, "PYTHONPATH": str(ROOT / "workflow/lib")}
    printed = {}
    for name, command in (
        ("good", "check"),
        ("good", "runs"),
        ("missing", "check"),
        ("wrong", "check"),
    ):
        call = [sys.executable, "-m", "oebench", command, "--configfile", f"{name}.yaml"]
        done = subprocess.run(call, cwd=tmp_path, env=surroundings, capture_output=True)
        printed[name] = (done.stdout + done.stderr).decode("latin-1")
        assert done.returncode == (name != "good"), printed[name]
        assert "Traceback" not in printed[name]
    assert "data/Gr" in printed["missing"]


def test_a_notebooks_backend_does_not_reach_a_command(tmp_path: Path) -> None:
    inline = {**os.environ, "MPLBACKEND": "module://not_installed_inline.backend"}
    code = "import oebench.cli, oebench.reporting.style, oebench.data.glyphs"
    library = {"PYTHONPATH": str(ROOT / "workflow/lib")}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=inline | library, check=True)


def test_a_users_matplotlib_settings_do_not_reach_a_figure(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\naxes.titlesize: 99\n")
    code = (
        "import matplotlib, matplotlib.pyplot as plt\n"
        "from oebench.reporting.style import in_print\n"
        "assert matplotlib.rcParams['text.usetex']\n"
        "with in_print():\n"
        "    assert not plt.rcParams['text.usetex']\n"
        "    assert plt.rcParams['axes.titlesize'] == 'large'\n"
        "    assert plt.rcParams['font.family'] == ['serif']\n"
    )
    own = {**os.environ, "PYTHONPATH": str(ROOT / "workflow/lib"), "MPLBACKEND": "agg"}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=own, check=True)
