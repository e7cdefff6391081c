"""From the cache of images to a cache of vectors, by a network that is not trained any more.

The vectors float16 (N, D) take the place of the images; labels, classes, order, and what equal
images are told by stay, so that whatever chooses rows of the images chooses the same ones here.

On a CPU each thread takes small batches of its own, which fit into the processor's cache: faster
than one batch on all threads, and the same to the last bit on any number of them.
"""

import json
import os
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from oebench.accelerator import choose_device, move
from oebench.artifacts import cache_writer, content
from oebench.artifacts.cache import Cache
from oebench.artifacts.ragged import Ragged
from oebench.artifacts.verification import verified
from oebench.devices import reserved
from oebench.embedding import networks, weights
from oebench.embedding.folding import fold
from oebench.embedding.partial import beside
from oebench.embedding.preprocess import Preprocessing
from oebench.features import Features, facts
from oebench.validation import UserError
from oebench.wording import lasting

# Pixels that a network sees at once: 16 images of 128 x 128 on a CPU, whose caches larger batches
# exceed (64 images took 1.6 times as long an image on an EPYC); a GPU is idle with so few.
AT_ONCE = {"cpu": 1 << 18, "cuda": 1 << 22}
READERS = 2  # threads that feed a GPU
TELL = 10.0  # seconds between two lines of progress
MOVED = {"checksum", "classes", "listed", "image", "versions", "commit", "dirty", "code"}


@dataclass(frozen=True)
class Batch:
    """Rows of a split that pass through the network together."""

    split: str
    first: int
    count: int

    @property
    def rows(self) -> np.ndarray:
        return np.arange(self.first, self.first + self.count)


@dataclass(frozen=True)
class Embedder:
    """A network with all that makes vectors of images."""

    network: nn.Module
    preprocessing: Preprocessing
    device: torch.device
    precision: str

    def __call__(self, images: np.ndarray | Ragged) -> np.ndarray:
        """uint8 (N, C, H, W), or images of different sizes in a file -> float16 (N, D)."""
        half = torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.precision == "bfloat16"
        )
        with torch.inference_mode(), half:
            return self.network(self.preprocessing(self.sent(images))).half().cpu().numpy()

    def sent(self, images: np.ndarray | Ragged) -> torch.Tensor | list[torch.Tensor]:
        if isinstance(images, Ragged):
            each = (images.image(row) for row in range(len(images)))
            return [torch.from_numpy(image).to(self.device) for image in each]
        return torch.from_numpy(images).to(self.device)


def embed(
    path: Path,
    output: Path,
    features: Features,
    code: str,
    blur: float = 0.0,
    device: str = "auto",
    per_gpu: int = 1,
    threads: int = 0,
) -> None:
    """Write the cache of vectors of a cache of images.

    blur: of the images as they are in the cache, a standard deviation in pixels. device, per_gpu:
    as `devices.reserved` takes them. threads: of the CPU, by default all that the process may use;
    they change nothing but the time. Broken off, it goes on with what is finished. Raises UserError
    where model, weights and images do not go together.
    """
    images = verified(path)
    if images.image[1:] in ((), (1, 1)):
        raise UserError(f"{path} holds vectors or points, and no images that a network could see")
    network, found = pretrained(features)
    made_of = facts(features, blur, images.checksum, found.sha256, network.library, code)
    with reserved(device, per_gpu):
        target = choose_device(device)
        set_up()
        dimensions = network.dimensions(features.size)
        vectors, folded = embedder(network, features, blur, target)
        print(
            f"{features.model}: {dimensions} dimensions, {found.path.name}, "
            f"{folded} batch norms folded, on {target.type}"
        )
        counts = {
            split: len(images.labels(split)) for split in ("train", "test") if images.has(split)
        }
        batches = [*batches_of(counts, max(1, AT_ONCE[target.type] // features.size**2))]
        arithmetic = {"device": target.type, "torch": torch.__version__}
        stated = {**made_of, **arithmetic, "dimensions": dimensions}
        with beside(output, stated, [each.count for each in batches]) as partial:
            workers = READERS if target.type == "cuda" else threads or usable_cores()
            fill = computed(vectors, images, batches[partial.done :], workers)
            done = [each.count for each in batches[: partial.done]]
            with closing(fill):
                for block in told(fill, sum(done), sum(counts.values()), output):
                    partial.append(block)
            provenance = {
                **moved(images),
                **made_of,
                "image": [dimensions],
                "of_image": images.image,
                "weights_file": str(found.path),
                "device": target.type,
            }
            with cache_writer.create(output, images.classes, provenance, made_of) as writer:
                blocks = zip(batches, partial.all(), strict=True)
                write(writer, images, counts, blocks)
    print(f"{sum(counts.values()):,} vectors of {path} in {output}", flush=True)


def pretrained(features: Features) -> tuple[networks.Network, weights.Weights]:
    """The network with its weights in it, and their file. Raises UserError where it is another."""
    network = networks.build(features.model)
    found = weights.find(features, network)
    weights.load(found, network)
    return network, found


def embedder(
    network: networks.Network, features: Features, blur: float, device: torch.device
) -> tuple[Embedder, int]:
    """What makes vectors of images on a device, and how many batch norms were folded for it."""
    folded = fold(network.module, features.size)
    move(network.module, device)
    preprocessing = Preprocessing(
        features.size,
        features.filter,
        features.crop,
        features.mean or network.mean,
        features.std or network.std,
        blur,
    )
    return Embedder(network.module, preprocessing, device, features.precision), folded


def set_up() -> None:
    """PyTorch in this process: a batch on one thread, float32 as it is."""
    torch.set_num_threads(1)
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False


def usable_cores() -> int:
    return len(os.sched_getaffinity(0))


def batches_of(counts: dict[str, int], size: int) -> Iterator[Batch]:
    """All rows of each split in batches of `size`."""
    for split, count in counts.items():
        for first in range(0, count, size):
            yield Batch(split, first, min(size, count - first))


def computed(
    vectors: Embedder, images: Cache, batches: Sequence[Batch], workers: int
) -> Generator[np.ndarray]:
    """The vectors of each batch, float16 (rows, D), in their order.

    Raises UserError for those that float16 does not hold.
    """

    def compute(batch: Batch) -> np.ndarray:
        found = vectors(images.images(batch.split, batch.rows))
        if not np.isfinite(found).all():
            raise UserError(
                f"the vectors of images {batch.first} to {batch.first + batch.count - 1} of "
                f"{images.path}, {batch.split}, are not finite, or beyond float16's 65,504: do the "
                "weights belong to the model, and `mean` and `std` to the weights?"
            )
        return found

    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(compute, batches)


def told(blocks: Iterable[np.ndarray], done: int, total: int, output: Path) -> Iterator[np.ndarray]:
    """The same blocks, with a line every few seconds on how far it is.

    done: vectors that are finished before the first block.
    """
    if done:
        print(f"goes on with {done:,} of {total:,} vectors, from beside {output}", flush=True)
    began = said = time.monotonic()
    finished = done
    for block in blocks:
        yield block
        finished += len(block)
        now = time.monotonic()
        if now - said > TELL or finished == total:
            speed = (finished - done) / max(now - began, 1e-9)
            left = lasting((total - finished) / speed)
            print(
                f"{output.name}: {finished:,} of {total:,} images, {speed:.0f} images/s, "
                f"{left} left",
                flush=True,
            )
            said = now


def moved(images: Cache) -> dict[str, Any]:
    """What the cache of the images says of where they come from."""
    return {key: json.loads(value) for key, value in images.attributes.items() if key not in MOVED}


def write(
    writer: cache_writer.Writer,
    images: Cache,
    counts: dict[str, int],
    blocks: Iterable[tuple[Batch, np.ndarray]],
) -> None:
    """Write the vectors of all batches in the place of the images."""
    digests = {split: content.SplitDigest() for split in counts}
    for batch, vectors in blocks:
        for vector in vectors:
            digests[batch.split].add(vector, 1)
        writer.append(batch.split, [vectors])
    for split, digest in digests.items():
        hashes = [int(each) for each in images.hashes(split)]
        shape = np.array(writer.image)
        writer.finish(split, digest, shape, images.labels(split), hashes)
