"""A trained network as an ONNX file, for programs without PyTorch: `oebench export`."""

from importlib.util import find_spec
from pathlib import Path
from typing import Literal
from warnings import catch_warnings, simplefilter

import torch

from oebench.artifacts import model
from oebench.files import atomic
from oebench.training.trained import Scorer, restored
from oebench.validation import UserError

NEEDED = ("onnx", "onnxscript")  # by PyTorch's exporter
INPUT, OUTPUT = "images", "score"
EXAMPLES = 2  # images that the exporter sees; it takes a batch of one for a constant
Numbers = Literal["uint8", "float"]


def export(path: Path, output: Path, numbers: Numbers = "uint8") -> tuple[str, ...]:
    """Write the network of a model with normalisation and score: images in, scores (N,) out.

    numbers: images are uint8 (N, C, H, W) in 0 to 255, or float32 in [0, 1]. A network of vectors
    takes float32 (N, D) as its data set has them. Returns the sizes of the input, in words. Raises
    UserError where what the exporter needs is not installed.
    """
    lacking = [name for name in NEEDED if find_spec(name) is None]
    if lacking:
        raise UserError(
            f"the extra `export` is needed, {' and '.join(lacking)} is not installed: "
            f"`pip install {' '.join(NEEDED)}`"
        )
    trained = restored(model.read(path), torch.device("cpu"))
    vectors = len(trained.shape) == 1
    kind = torch.uint8 if numbers == "uint8" and not vectors else torch.float32
    example = torch.ones((EXAMPLES, *trained.shape), dtype=kind)
    with atomic(output) as temporary, catch_warnings():
        simplefilter("ignore", FutureWarning)  # of PyTorch's exporter about PyTorch
        torch.onnx.export(
            Scorer(trained).eval(),
            (example,),
            temporary,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    return (str(kind).removeprefix("torch."), "N", *map(str, trained.shape))
