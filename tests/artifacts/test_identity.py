"""What a scores file was made of stands at its beginning."""

from pathlib import Path

import h5py
import pytest

from oebench.artifacts import identity

FACTS = {"runs": ["normal_class=3/seed=1"], "recipe": {"epochs": 2, "batch": 8}, "code": "c0de"}


@pytest.mark.parametrize("length", [0, 400, 500, 512, 5000])
def test_facts_of_any_length_are_read_back_and_the_file_is_whole(
    tmp_path: Path, length: int
) -> None:
    facts = {**FACTS, "code": "x" * length}
    path = tmp_path / "a.h5"
    with h5py.File(path, "w", userblock_size=identity.size_of(facts)) as file:
        file["score"] = [1.5]
    identity.write(path, facts)
    assert identity.read(path) == facts
    with h5py.File(path) as file:
        assert file["score"][:].tolist() == [1.5]


@pytest.mark.parametrize("content", [b"", b"\x89HDF", b"no JSON\n", b"[1]\n", b"\xff\xfe\n"])
def test_a_file_that_does_not_say_it_was_made_of_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.h5").write_bytes(content)
    assert identity.read(tmp_path / "a.h5") == {}
    assert identity.read(tmp_path / "missing.h5") == {}


def test_what_differs_is_named() -> None:
    assert identity.differences(FACTS, FACTS) == []
    other = {"recipe": {"epochs": 3, "batch": 8, "padding": 4}, "code": "c0ded"}
    assert identity.differences(FACTS, other) == [
        "trained with epochs 2, the configuration says 3",
        "trained with padding none, the configuration says 4",
        "made by code c0de, today's is c0ded",
    ]
    assert identity.differences({}, {"code": "c0de"}) == ["made by code unknown, today's is c0de"]
