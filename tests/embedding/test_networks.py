"""Networks by name, without their classification layer."""

import pytest
import torch
from embedding_cases import network
from torch import Tensor, nn

from oebench.embedding import networks
from oebench.features import TORCHVISION, USUAL
from oebench.validation import UserError
from oebench.vision import torchvision


@pytest.mark.parametrize(
    ("name", "layer", "dimensions"),
    [
        ("shufflenet_v2_x0_5", "fc", 1024),
        ("mobilenet_v2", "classifier.1", 1280),
        ("mnasnet0_5", "classifier.1", 1280),
    ],
)
def test_a_vector_is_what_the_classification_layer_would_get(
    name: str, layer: str, dimensions: int
) -> None:
    whole, found = network(name), networks.build(name)
    found.module.load_state_dict(whole.state_dict(), strict=False)
    seen: list[Tensor] = []
    linear = whole.get_submodule(layer)
    linear.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    image = torch.rand(2, 3, 32, 32)
    with torch.inference_mode():
        whole(image)
        vectors = found.module(image)
    assert found.head == (layer,)
    assert vectors.shape == (2, dimensions)
    assert found.dimensions(32) == dimensions
    assert torch.equal(vectors, seen[0])


def test_pixels_are_normalised_as_the_librarys_weights_want_them() -> None:
    found = networks.build("mobilenet_v2")
    assert (found.mean, found.std) == ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    assert found.library == f"torchvision {torchvision.__version__.partition('+')[0]}"
    assert found.source.startswith("https://download.pytorch.org/models/mobilenet_v2-")


def test_a_network_that_changes_its_normalisation_with_its_weights_does_so_with_a_file() -> None:
    assert networks.build("googlenet").module.transform_input is True


def test_an_unknown_name_is_refused_with_near_ones() -> None:
    with pytest.raises(UserError, match="'mobilnet_v2' is not a known model; did you mean 'mobile"):
        networks.build("mobilnet_v2")
    with pytest.raises(UserError, match="'tim' is not a known library; did you mean 'timm'"):
        networks.build("tim:resnet18")


def test_without_timm_its_networks_are_refused_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(networks, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"timm, which has many more, is not installed$"):
        networks.build("tf_efficientnet_lite0")
    with pytest.raises(UserError, match=r"timm, which has many more, is not installed$"):
        networks.build("timm:resnet18")


def test_a_name_of_both_libraries_is_torchvisions_unless_timm_is_asked_for() -> None:
    pytest.importorskip("timm", reason="needs the extra `features`")
    both = networks.build("resnet18"), networks.build("timm:resnet18.a1_in1k")
    assert [each.library.split()[0] for each in both] == ["torchvision", "timm"]
    assert [each.head for each in both] == [("fc",), ("fc",)]
    image = torch.rand(2, 3, 64, 64)
    state = network("resnet18").state_dict()
    for each in both:  # the names of their tensors are the same
        each.module.load_state_dict({name: state[name] for name in each.module.state_dict()})
    with torch.inference_mode():
        one, other = (each.module(image) for each in both)
    assert one.shape == (2, 512)
    torch.testing.assert_close(one, other)


def test_a_network_without_a_vector_is_refused() -> None:
    with pytest.raises(UserError, match="squeezenet1_0 classifies by a convolution"):
        networks.build("squeezenet1_0")


def test_a_size_that_the_network_does_not_take_is_refused() -> None:
    with pytest.raises(UserError, match=r"vit_b_32 takes no images of 64 x 64 pixels: .*224"):
        networks.build("vit_b_32").dimensions(64)


def test_what_gives_no_vector_is_refused() -> None:
    whole = networks.build("mobilenet_v2")
    without_pooling = networks.Network(
        "mine", nn.Conv2d(3, 4, 1), whole.head, whole.mean, whole.std, whole.library, ""
    )
    with pytest.raises(UserError, match="mine gives no vector for an image"):
        without_pooling.dimensions(8)


@pytest.mark.parametrize("model", [name for name, each in USUAL.items() if each.published])
def test_what_is_known_of_usual_networks_is_what_torchvision_says(model: str) -> None:
    found = networks.build(model)
    assert found.source == TORCHVISION + USUAL[model].published
    assert found.dimensions(224) == USUAL[model].dimensions


@pytest.mark.parametrize(
    ("model", "size"),
    [("vit_small_patch14_dinov2", 126), ("vit_base_patch32_clip_224", 128), ("convnext_tiny", 128)],
)
def test_networks_of_timm_take_other_sizes_than_their_own(model: str, size: int) -> None:
    pytest.importorskip("timm", reason="needs the extra `features`")
    found = networks.build(f"timm:{model}")
    known = USUAL.get(model)
    assert found.dimensions(size) == (known.dimensions if known else 768)
    assert found.dimensions(224) == found.dimensions(size)


def test_a_size_that_does_not_go_into_patches_is_refused() -> None:
    pytest.importorskip("timm", reason="needs the extra `features`")
    found = networks.build("vit_small_patch14_dinov2")
    with pytest.raises(UserError, match=r"no images of 128 x 128 pixels: .*by patch size \(14\)"):
        found.dimensions(128)
