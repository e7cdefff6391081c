"""How many epochs of CIFAR-10 runs two full cores train in an hour: this project, and the original.

Aim: this project at least 3.5 times as many as the original's loop (`original_loop.py`), float32 on
both sides, and at least 7 times with `precision: fast` where the CPU has bfloat16.
Found on two cores of an AMD EPYC (Zen 3) with AVX2 and neither AVX-512 nor bfloat16, torch 2.13.0,
random images, 5 turns of 8 steps: 322 epochs an hour, median ratio 2.7 to the original as one
process of two threads and 2.2 to two of one. With AVX-512 or bfloat16 it has not been measured.

An epoch is 39 steps of 128 normal (CIFAR-10) and 128 outlier exposure (CIFAR-100) images. Of this
project two runs train at once with one thread each, as `snakemake --cores 2` does. The original's
loop runs as one process of two threads, as it was written, and as two processes of one thread,
which is faster. They take turns, so that a ratio within a turn holds on a machine whose speed
drifts. Real images are used
where there is `resources/data` (see real-data.yaml), random ones of the same shapes elsewhere: the
time of a step does not depend on them.

    make bench
"""

import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

ROOT = Path(__file__).parents[1]
EPOCH, EPOCHS = 39, 200  # steps of an epoch, epochs of a run
STEPS = 8  # a turn of one side, a fifth of an epoch: every step costs the same
TURNS = 5
NORMALS, OUTLIERS = 5000, 50_000
INSTRUCTIONS = {"avx2": "avx2", "avx512": "avx512_f", "bfloat16": "avx512_bf16", "amx": "amx_bf16"}
CPU = torch.cpu.get_capabilities()
PRECISIONS = ("exact", "fast") if CPU.get("avx512_bf16") else ("exact",)


def real_images() -> Path | None:
    """The folder of real images, if there is one."""
    folder = ROOT / "resources/data"
    there = all((folder / f"{name}.npz").exists() for name in ("cifar10", "cifar100"))
    return folder if there else None


def load_images() -> tuple[np.ndarray, np.ndarray]:
    """Normal images and OE images, uint8 (N, 32, 32, 3)."""
    folder = real_images()
    if folder is None:
        pixels = np.random.default_rng(0)
        normal = pixels.integers(0, 256, (NORMALS, 32, 32, 3), np.uint8)
        return normal, pixels.integers(0, 256, (OUTLIERS, 32, 32, 3), np.uint8)
    cifar10 = np.load(folder / "cifar10.npz")
    airplanes = cifar10["train_x"][cifar10["train_y"] == 0]
    return airplanes, np.load(folder / "cifar100.npz")["train_x"]


class Ours:
    """This project's training with the settings that a job of the pipeline makes."""

    def __init__(self, normal: np.ndarray, outliers: np.ndarray) -> None:
        from oebench.config.catalog import CATALOG
        from oebench.strict_yaml import read_yaml

        self.recipe = read_yaml(CATALOG)["recipes"]["cifar10"]
        self.images = [
            torch.from_numpy(each).permute(0, 3, 1, 2).contiguous() for each in (normal, outliers)
        ]

    def train(self, steps: int, precision: str) -> None:
        """A run of one epoch of so many steps."""
        from oebench.recipe import Recipe
        from oebench.run import Run
        from oebench.training import loop as training
        from oebench.training.job import set_up

        run = Run(
            dataset="cifar10",
            oe="cifar100",
            oe_size=None,
            oe_classes=100,
            blur=0,
            objective="hsc",
            norm="pseudo_huber",
            gamma=None,
            recipe="cifar10",
            augment=True,
            normal_class=0,
            seed=1,
        )
        changes: dict[str, Any] = {"epochs": 1, "milestones": (), "precision": precision}
        recipe = Recipe(**(self.recipe | changes))
        set_up(recipe)
        normal, outliers = self.images
        images = training.Images(normal[: steps * recipe.batch], outliers)
        training.train(run, recipe, images, torch.device("cpu"))


class Original:
    """The original's loop, in the environment of a plain `python`."""

    def __init__(self, normal: np.ndarray, outliers: np.ndarray) -> None:
        from original_loop import Loop

        self.loop = Loop(normal, outliers)

    def train(self, steps: int, precision: str) -> None:
        """So many steps; always float32."""
        self.loop.train(steps)


SIDES = {"ours": Ours, "original": Original}


def serve(side: str, threads: int) -> None:
    """In a process of its own: train what each line of the input asks for, and answer."""
    torch.set_num_threads(threads)
    trained = SIDES[side](*load_images())
    for line in sys.stdin:
        steps, precision = line.split()
        trained.train(int(steps), precision)
        print("done", flush=True)


class Processes:
    """One side of the comparison: processes that train at the same time and wait otherwise."""

    def __init__(self, side: str, processes: int, threads: int) -> None:
        self.description = f"{side} {processes} x {threads}"
        command = [sys.executable, __file__, side, str(threads)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.running = [subprocess.Popen(command, **pipes) for _ in range(processes)]

    def epochs_an_hour(self, steps: int, precision: str = "exact") -> float:
        """Epochs of runs an hour, of all processes together, from one turn of `steps` steps."""
        started = time.perf_counter()
        for each in self.running:
            each.stdin.write(f"{steps} {precision}\n")
            each.stdin.flush()
        for each in self.running:
            if each.stdout.readline() != "done\n":
                raise SystemExit(f"{' '.join(each.args)} failed")
        hours = (time.perf_counter() - started) / 3600
        return len(self.running) * steps / EPOCH / hours

    def end(self) -> None:
        for each in self.running:
            each.stdin.close()
            each.wait()


def print_run(name: str, epochs_an_hour: float) -> None:
    """What a speed means for a run of the paper's recipe."""
    both = 2 * EPOCHS / epochs_an_hour
    print(f"{name:16} {both:5.1f} h for two runs at once, {both / 2:5.2f} h a run")


def main() -> None:
    has = " ".join(
        f"{name} {'yes' if CPU.get(key) else 'no'}" for name, key in INSTRUCTIONS.items()
    )
    print(f"{CPU.get('cpu_name')}, {CPU.get('num_physical_cores')} cores, {has}")
    print(f"Python {platform.python_version()}, torch {torch.__version__}")
    print("images: real" if real_images() else "images: random, there is no resources/data")
    print(f"\nepochs of runs an hour with two cores full, an epoch of {EPOCH} steps")
    original = {way: Processes("original", *way) for way in ((1, 2), (2, 1))}
    ours = Processes("ours", 2, 1)
    for each in original.values():
        each.epochs_an_hour(2)  # warm up
    for precision in PRECISIONS:
        ours.epochs_an_hour(3, precision)
    columns = [*(each.description for each in original.values()), *PRECISIONS]
    speeds: dict[str, list[float]] = {name: [] for name in columns}
    print("turn" + "".join(f"{name:>16}" for name in columns))
    for turn in range(1, TURNS + 1):
        for each in original.values():
            speeds[each.description].append(each.epochs_an_hour(STEPS))
        for precision in PRECISIONS:
            speeds[precision].append(ours.epochs_an_hour(STEPS, precision))
        print(
            f"{turn:4}" + "".join(f"{values[-1]:16.1f}" for values in speeds.values()), flush=True
        )
    for side in (*original.values(), ours):
        side.end()
    medians = {name: statistics.median(values) for name, values in speeds.items()}
    print("\nmedian ratio of ours to the original in the same turn")
    for precision in PRECISIONS:
        for way in (each.description for each in original.values()):
            turns = zip(speeds[precision], speeds[way], strict=True)
            ratio = statistics.median(mine / theirs for mine, theirs in turns)
            print(f"  {precision} to {way}: {ratio:.2f}")
    print(f"\na run of {EPOCHS} epochs on two cores")
    for name, speed in medians.items():
        print_run(name, speed)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2])) if len(sys.argv) > 1 else main()
