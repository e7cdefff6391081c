"""The default study shows what the paper found, in every run, with scores that spread."""

import csv
from pathlib import Path

import h5py

with Path("results/runs.csv").open() as file:
    runs = list(csv.DictReader(file))
assert len(runs) == 510, f"{len(runs)} runs, expected 510"
assert {run["status"] for run in runs} == {"ok"}, "a run collapsed or diverged"

with Path("results/figures/digits-oe-size.csv").open() as file:
    auroc = {(row["line"], row["oe_size"]): float(row["auroc"]) for row in csv.DictReader(file)}
few, many = (auroc["hsc", size] - auroc["bce", size] for size in ("1", "2600"))
assert few > 5, f"with one OE image hsc is {few:.1f} points better than bce, expected more than 5"
assert abs(many) < 1, f"with all OE images hsc and bce differ by {many:.1f} points, expected < 1"

spreads = []
for run in runs:
    with h5py.File(run["path"]) as scores:
        spreads.append(float(scores.attrs["spread"]))
assert min(spreads) > 0.1, f"the smallest spread is {min(spreads):.3f}, near that of a collapse"
print(
    f"510 runs; hsc - bce: {few:+.1f} with one OE image, {many:+.1f} with all; "
    f"smallest spread {min(spreads):.2f}"
)
