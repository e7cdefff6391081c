"""What is said of a cache, of files that are damaged or of another version, and of what is unknown.

All files of a study are traced in `tests/workflow/test_trace.py`.
"""

from pathlib import Path

import numpy as np
import pytest
from cache_cases import write_cache
from run_cases import written

from oebench import origin
from oebench.artifacts import identity
from oebench.evaluation.current import Project, Today
from oebench.reporting.trace import traced
from oebench.validation import ConfigError, UserError

MD5 = "d41d8cd98f00b204e9800998ecf8427e"


def nothing(_: Path) -> Today:
    raise ConfigError("config/config.yaml: there is no such file\nand more")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project without a configuration."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(origin.WORKFLOW, origin.workflow(Path("config/pets.yaml")))
    return Project(Path("results"), Path("caches"), nothing)


def cache(path: Path, **known: object) -> Path:
    images = {"train": (np.zeros((2, 1, 4, 5), np.uint8), np.array([0, 1]))}
    source = {"resources/downloads/pets/train.gz": MD5}
    about = {"dataset": "pets", "checksums": source, **known}
    return write_cache(path, images, ["cat", "dog"], **about).path


def test_of_a_cache_the_downloads_are_told_with_their_md5(project: Project) -> None:
    lines = traced(cache(Path("caches/pets.h5")), project)
    assert lines[0] == "caches/pets.h5: the images of pets"
    assert f"  MD5 {MD5} of resources/downloads/pets/train.gz" in lines
    assert f"commit: {origin.told(origin.commit())}" in lines
    assert lines[-2:] == [
        "current: not known; config/config.yaml: there is no such file and more",
        "snakemake --cores 1 --configfile config/pets.yaml --force caches/pets.h5",
    ]


def test_the_sources_of_runs_are_those_of_the_caches_that_hold_their_images(
    project: Project,
) -> None:
    scores, _, _ = written(Path("results"), images_made_of={"pets": "12", "things": "34"})
    cache(Path("caches/pets.h5"))
    lines = traced(scores, project)
    for name, known in (("pets", "12"), ("things", "34")):
        place = lines.index(f"images of {name}: SHA-256 {known}")
        unknown = f"  where they come from is not known: caches/{name}.h5 does not hold them"
        assert lines[place + 1] == unknown


def test_a_file_of_an_older_version_is_told_as_far_as_it_goes(project: Project) -> None:
    """Scores without call, commit and time."""
    scores, member, _ = written(Path("results"), finished="", commit="", dirty="")
    facts = identity.read(scores)
    identity.write(scores, {**facts, "runs": [member]})
    lines = traced(scores, project)
    assert "commit of the runs: unknown" in lines
    assert "command: unknown" in lines
    assert "trained: unknown" in lines
    assert lines[-1] == f"snakemake --cores 1 --force '{scores}'"


def test_a_damaged_cache_is_answered_with_a_sentence(project: Project) -> None:
    path = cache(Path("caches/pets.h5"))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UserError, match=r"caches/pets\.h5 is damaged, or of another version"):
        traced(path, project)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"sha256": 1}', b"\xff\x00", b"a,b\n1,2\n"]
)
@pytest.mark.parametrize("name", ["a.h5", "a.json", "a.csv", "a.md", "a.provenance.json"])
def test_a_file_of_nobody_is_answered_with_a_sentence(
    project: Project, name: str, content: bytes
) -> None:
    Path(name).write_bytes(content)
    with pytest.raises(UserError, match=r"says nothing of how it was made|is damaged"):
        traced(Path(name), project)
