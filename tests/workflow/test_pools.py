"""A pool too large to be copied: each seed has a cache of what it draws."""

import numpy as np
import yaml
from PIL import Image
from project import RUNS, Project

POOL = 40
IMAGES = "resources/pool"


def draw_from_a_folder(project: Project) -> None:
    """Let the tiny study draw from a folder of 40 images, two of them in a folder left out."""
    for index in range(POOL + 2):
        folder = project.folder / IMAGES / ("left" if index >= POOL else f"n{index % 3}")
        folder.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(index).integers(0, 256, (30, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
    path = project.folder / "config/config.yaml"
    content = yaml.safe_load(path.read_text())
    source = {"kind": "folder", "train": IMAGES, "pool": True, "drawn": True}
    content["datasets"] = {
        "photos": {
            "source": {**source, "leave_out": ["left"]},
            "image": [1, 16, 16],
            "fit": "crop",
            "train": POOL,
        }
    }
    content["studies"]["tiny"] |= {"oe": "photos", "sweep": {"oe_size": [4, "all"]}}
    path.write_text(yaml.safe_dump(content))


def training(jobs: list[str]) -> list[str]:
    return [job for job in jobs if job.startswith("train")]


def preparing(jobs: list[str]) -> list[str]:
    return [job for job in jobs if job.startswith("prepare")]


def test_each_seed_draws_its_own_images_and_one_more_seed_only_adds(fresh: Project) -> None:
    draw_from_a_folder(fresh)
    jobs = fresh.run(RUNS)
    assert preparing(jobs) == ["prepare digits", "prepare photos/seed=1", "prepare photos/seed=2"]
    assert len(training(jobs)) == 2  # a job for each size
    assert fresh.run(RUNS) == []

    fresh.configure(seeds=3)
    jobs = fresh.run(RUNS)
    assert preparing(jobs) == ["prepare photos/seed=3"]
    assert fresh.logs().count("adopted, trained before") == 2 * 2 * 2
    assert fresh.logs().count("finished in") == 2 * 2  # seed 3: two classes, two sizes

    fresh.configure(seeds=1)
    assert preparing(fresh.run(RUNS)) == []


def test_a_larger_size_draws_more_and_trains_only_what_is_new(fresh: Project) -> None:
    draw_from_a_folder(fresh)
    fresh.configure(sweep={"oe_size": [4]}, seeds=1)
    fresh.run(RUNS)
    fresh.configure(sweep={"oe_size": [4, 20]})
    jobs = fresh.run(RUNS)
    assert preparing(jobs) == ["prepare photos/seed=1"]
    assert fresh.logs().count("adopted, trained before") == 2  # two classes
    assert fresh.logs().count("size=20") == fresh.logs().count("finished in") == 2
