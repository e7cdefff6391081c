"""A kind of source of one's own is a class and an entry in the table of kinds."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from dataset_cases import made, refusal, stored
from pydantic import Field, ValidationError

from oebench.data.dataset import Dataset
from oebench.data.sources.base import Labelled, Source
from oebench.data.sources.kinds import SOURCES


class Grey(Source):
    """Images of one grey each: class 0 is dark, class 1 is bright."""

    kind: Literal["grey"] = Field(description="Plain grey images.")
    count: int = Field(gt=0, description="Images of each class.")

    def load(self, downloads: Path | None = None) -> dict[str, Labelled]:
        labels = np.repeat([0, 1], self.count)
        images = np.repeat(np.array([7, 207], np.uint8), self.count)[:, None, None, None]
        images = np.broadcast_to(images, (len(labels), 1, 2, 3))
        return {"train": Labelled(images, labels), "test": Labelled(images[::-1], labels[::-1])}


def entry(**source: Any) -> dict[str, Any]:
    return {
        "source": {"kind": "grey", **source},
        "image": [1, 2, 3],
        "classes": ["dark", "bright"],
        "train": 4,
        "test": 4,
    }


@pytest.fixture
def grey() -> Iterator[None]:
    """The kind `grey`, for the time of a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SOURCES, "grey", Grey)
        Dataset.model_rebuild(force=True)
        yield
    Dataset.model_rebuild(force=True)


def test_every_kind_is_entered_by_its_name() -> None:
    for name, kind in SOURCES.items():
        assert kind.model_fields["kind"].annotation == Literal[name]


def test_a_kind_that_is_not_entered_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"'grey' .*does not match any of the expected tags"):
        Dataset.model_validate(entry(count=4))


@pytest.mark.usefixtures("grey")
def test_a_cache_is_prepared_from_a_kind_that_is_entered(tmp_path: Path) -> None:
    cache = made(entry(count=4), tmp_path)
    assert (cache.image, cache.classes) == ((1, 2, 3), ["dark", "bright"])
    for split, values in (("train", [7] * 4 + [207] * 4), ("test", [207] * 4 + [7] * 4)):
        images = stored(cache, split)
        assert images[:, 0, 0, 0].tolist() == values
        assert (images == images[:, :, :1, :1]).all()


@pytest.mark.usefixtures("grey")
def test_its_keys_and_its_images_are_checked_like_those_of_the_others(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"source\.grey\.count\n"):
        Dataset.model_validate(entry(count=0))
    with pytest.raises(ValidationError, match="'counts' is not a known key; did you mean 'count'"):
        Dataset.model_validate(entry(count=4, counts=4))
    assert refusal(entry(count=5), tmp_path) == (
        "data set own, test: dark: found 5, declared 4; bright: found 5, declared 4"
    )
