"""How much faster the digits recipe trains with `precision: fast` than with `exact`.

Found: median ratio 1.32 over 6 pairs when the digits had 28 x 28 pixels (torch 2.13.0, one thread
of an AMD EPYC with avx512_bf16); the AUROC differs less between the two than between seeds. Pairs
of runs, one after the other on one thread, so that the ratio holds on a noisy machine. Prints a row
per pair and the median ratio; without bfloat16 there is nothing to measure.

    make bench
"""

import statistics
import time

import torch

from oebench.config.catalog import CATALOG
from oebench.data.sources.embedded import Digits, Letters
from oebench.evaluation.metrics import evaluate
from oebench.recipe import Recipe
from oebench.run import Run
from oebench.strict_yaml import read_yaml
from oebench.training import loop
from oebench.training.job import set_up

PAIRS = 6
RECIPE = read_yaml(CATALOG)["recipes"]["digits"]


def measure(precision: str, seed: int, normal_class: int = 3) -> tuple[float, float]:
    """Seconds and AUROC of one hsc run with all letters."""
    digits, letters = Digits(kind="digits").load(), Letters(kind="letters").load()["train"]
    train, test = digits["train"], digits["test"]
    run = Run(
        dataset="digits",
        oe="letters",
        oe_size=len(letters.images),
        oe_classes=None,
        blur=0,
        objective="hsc",
        norm="pseudo_huber",
        gamma=None,
        recipe="digits",
        augment=False,
        normal_class=normal_class,
        seed=seed,
    )
    recipe = Recipe(**(RECIPE | {"precision": precision}))
    normal = torch.from_numpy(train.images[train.labels == normal_class])
    images = loop.Images(normal, torch.from_numpy(letters.images))
    started = time.perf_counter()
    network = loop.train(run, recipe, images, torch.device("cpu"))
    seconds = time.perf_counter() - started
    score = loop.score(network, run, recipe, torch.from_numpy(test.images))
    return seconds, evaluate(score, test.labels != normal_class)["auroc"]


def main() -> None:
    if not torch.cpu.get_capabilities().get("avx512_bf16"):
        print("exact and fast: this CPU has no bfloat16, so `fast` computes as `exact` does")
        return
    set_up(Recipe(**RECIPE))
    measure("fast", seed=1)  # warm up
    ratios = []
    print("the digits recipe with exact and with fast, one thread")
    print("seed  exact [s]  fast [s]  ratio  AUROC exact  AUROC fast")
    for seed in range(1, PAIRS + 1):
        exact, fast = measure("exact", seed), measure("fast", seed)
        ratios.append(exact[0] / fast[0])
        print(
            f"{seed:4}  {exact[0]:9.2f}  {fast[0]:8.2f}  {ratios[-1]:5.2f}"
            f"  {exact[1]:11.4f}  {fast[1]:10.4f}"
        )
    print(f"median ratio {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
