"""How tests type a command, and a configuration for it."""

from pathlib import Path

import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from oebench.cli import app


def oebench(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration whose three data sets are not there; one more is never read."""
    monkeypatch.chdir(tmp_path)
    own = {"image": [1, 28, 28], "train": 200}
    datasets = {
        name: {**own, "source": {"kind": "arrays", "path": f"data/{name}.npz"}}
        for name in ("things", "noise", "unused")
    }
    datasets["pets"] = {
        **own,
        "source": {"kind": "arrays", "path": "data/pets.npz"},
        "classes": ["cat", "dog"],
        "test": 10,
    }
    study = {
        "title": "Pets",
        "dataset": "pets",
        "objectives": ["hsc"],
        "sweep": {"oe": ["things", "noise"], "oe_size": [1, 2]},
        "recipe": "mnist",
        "seeds": 3,
        "draw": {"curve": "oe_size"},
    }
    file = tmp_path / "small.yaml"
    file.write_text(yaml.safe_dump({"datasets": datasets, "studies": {"pets-size": study}}))
    return file
