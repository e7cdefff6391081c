"""torchvision, importable beside a CPU-only torch too.

Where only a CPU build of torch is installed, the wheel of torchvision from PyPI, built for CUDA,
cannot load its compiled library and fails at import with "operator torchvision::nms does not
exist", because it describes that operator's shapes. Declaring the operators' signatures first lets
data sets, transforms and utilities work; the detection operators themselves are not used here.

    from oebench.vision import torchvision
"""

import torch

SIGNATURES = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)

try:
    import torchvision
except RuntimeError:
    # The library object has to live as long as the declarations.
    LIBRARY = torch.library.Library("torchvision", "DEF")
    for signature in SIGNATURES:
        LIBRARY.define(signature)
    import torchvision

__all__ = ["torchvision"]
