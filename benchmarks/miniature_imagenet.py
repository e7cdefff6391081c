"""Makes a miniature ImageNet-30 and a pool of OE images, as links to the photos of one folder.

    python benchmarks/miniature_imagenet.py PHOTOS
    snakemake --cores 2 --configfile benchmarks/miniature-imagenet.yaml

PHOTOS/WNID/*.JPEG: at least 1,000 photos, of which the first 30 x 20, in the order of their names,
become 30 classes of 16 training and 4 test photos each (neighbouring WordNet numbers are related
things), the others the OE images. What it is for: to run the ImageNet code on real photos, with
crops of 224 and the ResNet. AUROCs mean nothing after so few steps.
"""

import shutil
import sys
from itertools import islice
from pathlib import Path

from oebench.config.load import load

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "benchmarks/miniature-imagenet.yaml"


def main() -> None:
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        raise SystemExit(__doc__)
    photos = sorted(Path(sys.argv[1]).resolve().rglob("*.JPEG"))
    datasets = load(CONFIG).datasets
    normal, pool = datasets["miniature-imagenet30"], datasets["other-photos"]
    wanted = sum(normal.counts("train")) + sum(normal.counts("test")) + pool.pool
    if len(photos) < wanted:
        raise SystemExit(f"{len(photos)} .JPEG files are in {sys.argv[1]}, needed are {wanted}")
    shutil.rmtree(ROOT / normal.source.train.parent, ignore_errors=True)
    used = iter(photos)
    for name in normal.classes:
        for split, folder in normal.source.folders().items():
            for photo in islice(used, normal.counts(split)[0]):
                link(photo, ROOT / folder / name)
    for photo in islice(used, pool.pool):
        link(photo, ROOT / pool.source.train / photo.parent.name)
    print(f"{wanted} photos: {len(normal.classes)} classes and {pool.pool} for OE")


def link(photo: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / photo.name).symlink_to(photo)


if __name__ == "__main__":
    main()
