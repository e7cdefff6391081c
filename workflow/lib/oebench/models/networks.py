"""Networks: they map images (N, C, H, W) or vectors to a representation, or to a logit (N, 1)."""

from torch import Tensor, nn
from torch.nn import functional

from oebench.models.winograd import Convolution
from oebench.registry import Architecture, architecture, code
from oebench.validation import UserError

SLOPE = 0.01  # of the leaky ReLU
BATCH_NORM_EPSILON = 1e-4


class LeNet(nn.Module):
    """Blocks of conv 5x5, BatchNorm, leaky ReLU and max-pool, then two fully connected layers.

    Weights are Xavier normal with the gain of the leaky ReLU, 1 for the last layer; biases keep
    PyTorch's default. Without `biases` no layer has one and BatchNorm is not affine, as Deep SVDD
    needs (Ruff et al. 2018, proposition 2).
    """

    def __init__(self, architecture: Architecture, biases: bool) -> None:
        super().__init__()
        channels, height, width = architecture.image
        blocks: list[nn.Module] = []
        for wider in architecture.channels:
            blocks += [
                Convolution(channels, wider, bias=biases),
                nn.BatchNorm2d(wider, eps=BATCH_NORM_EPSILON, affine=biases),
                # Max-pooling first gives the same values and gradients with a quarter of the work.
                nn.MaxPool2d(2),
                nn.LeakyReLU(SLOPE, inplace=True),
            ]
            channels, height, width = wider, height // 2, width // 2
        self.features = nn.Sequential(*blocks)
        self.hidden = nn.Linear(channels * height * width, architecture.hidden, bias=biases)
        self.hidden_norm = nn.BatchNorm1d(
            architecture.hidden, eps=BATCH_NORM_EPSILON, affine=biases
        )
        self.representation = nn.Linear(
            architecture.hidden, architecture.representation, bias=biases
        )
        gain = nn.init.calculate_gain("leaky_relu", SLOPE)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                last = layer is self.representation
                nn.init.xavier_normal_(layer.weight, gain=1.0 if last else gain)

    def forward(self, images: Tensor) -> Tensor:
        flat = self.features(images).flatten(1)
        hidden = functional.leaky_relu(self.hidden_norm(self.hidden(flat)), SLOPE)
        return self.representation(hidden)


class Toy(nn.Module):
    """Linear, BatchNorm, ELU, linear: for points instead of images, (N, 2, 1, 1).

    Then a sigmoid where the record says so, as in the authors' network: it keeps representations
    in a cube with the centre of hsc as a corner, where points may stay however far they are. Of a
    linear representation the distance to the centre grows with that of the point. Weights are
    Xavier normal with the gain of the leaky ReLU, 1 for the last layer.
    """

    def __init__(self, architecture: Architecture, biases: bool) -> None:
        super().__init__()
        inputs, wide = architecture.image[0], architecture.hidden
        self.hidden = nn.Linear(inputs, wide, bias=biases)
        self.hidden_norm = nn.BatchNorm1d(wide, affine=biases)
        self.representation = nn.Linear(wide, architecture.representation, bias=biases)
        self.last = nn.Sigmoid() if architecture.sigmoid else nn.Identity()
        nn.init.xavier_normal_(self.hidden.weight, nn.init.calculate_gain("leaky_relu", SLOPE))
        nn.init.xavier_normal_(self.representation.weight)

    def forward(self, points: Tensor) -> Tensor:
        hidden = functional.elu(self.hidden_norm(self.hidden(points.flatten(1))))
        z: Tensor = self.last(self.representation(hidden))
        return z


class Perceptron(nn.Sequential):
    """Linear and ReLU, where the record has a hidden width, then linear: for vectors (N, D).

    Weights and biases keep PyTorch's default.
    """

    def __init__(self, architecture: Architecture, biases: bool) -> None:
        (inputs,), wide = architecture.image, architecture.hidden
        hidden = [nn.Linear(inputs, wide, bias=biases), nn.ReLU()] if wide else []
        last = nn.Linear(wide or inputs, architecture.representation, bias=biases)
        super().__init__(*hidden, last)


def build(name: str, shape: tuple[int, ...], *, head: bool, biases: bool) -> nn.Module:
    """The network of that name; with `head`, one Linear(representation, 1) behind it.

    shape: (channels, height, width) of an image of its input, or (D,) of a vector. Raises UserError
    where the network takes none of this shape.

    Its random numbers come from torch's global generator: seed it to get the same weights again.
    The trunk's weights do not depend on `head`.
    """
    record = architecture(name, shape)
    if record is None:
        raise UserError(f"the network {name} takes no input of the shape {shape}")
    trunk = code(record.code)(record, biases)
    return nn.Sequential(trunk, nn.Linear(record.representation, 1, bias=biases)) if head else trunk
