"""The default study shows what the paper found, in every run, with scores that spread."""

import csv
from pathlib import Path

import h5py

from oebench.evaluation.metrics import spread
from oebench.registry import is_trained

RUNS = 446

with Path("results/runs.csv").open(encoding="utf-8") as file:
    runs = list(csv.DictReader(file))
assert len(runs) == RUNS, f"{len(runs)} runs, expected {RUNS}"
assert {run["status"] for run in runs} == {"ok"}, "a run collapsed or diverged"

with Path("results/figures/digits-oe-size.csv").open(encoding="utf-8") as file:
    auroc = {(row["line"], row["oe_size"]): float(row["auroc"]) for row in csv.DictReader(file)}
few, many = (auroc["hsc", size] - auroc["bce", size] for size in ("1", "2600"))
assert few > 5, f"with one OE image hsc is {few:.1f} points better than bce, expected more than 5"
assert abs(many) < 1, f"with all OE images hsc and bce differ by {many:.1f} points, expected < 1"

# Outliers on one side leave bce a region open, hsc one only with a sigmoid behind it.
missed: dict[tuple[str, str], list[float]] = {}
for run in runs:
    if run["oe"] == "toy-blobs":
        missed.setdefault((run["recipe"], run["objective"]), []).append(float(run["miss95"]))
for (recipe, objective), shares in missed.items():
    closed = (recipe, objective) == ("toy", "hsc")
    expected = "less than 0.01" if closed else "more than 0.1"
    assert max(shares) < 0.01 if closed else min(shares) > 0.1, (
        f"{objective}, recipe {recipe}: {shares} of the far points, expected {expected} of them"
    )
assert len(missed) == 4, f"{len(missed)} kinds of toy runs, expected 4"

with Path("results/claims.csv").open(encoding="utf-8") as file:
    verdicts = {row["claim"]: row["verdict"] for row in csv.DictReader(file)}
assert len(verdicts) == 18, f"{len(verdicts)} claims, expected 18"
assert verdicts["C15"] == "holds", f"claim C15, on the toy outliers: {verdicts['C15']}"
assert verdicts["C8"] != "contradicted", "claim C8, on few and many OE images, is contradicted"
assert verdicts["C1"] == "cannot be judged", "there are no ImageNet runs to judge C1 by"

# README's numbers are those of docs/default-study; arithmetic differs from machine to machine.
with Path("docs/default-study/curve.csv").open(encoding="utf-8") as file:
    for row in csv.DictReader(file):
        found = auroc[row["line"], row["oe_size"]]
        assert abs(found - float(row["auroc"])) < 2.5, (
            f"{row['line']} with {row['oe_size']} OE images: {found:.1f} %, but {row['auroc']} in "
            "docs/default-study/curve.csv, by which README was written; copy the figure, the "
            "comparison and the tables there, and mend README"
        )

spreads = []
for run in runs:
    with h5py.File(run["path"]) as file:
        scores = file[run["group"]]
        assert len(scores["train_score"]), f"{run['path']} has no scores of training images"
        if is_trained(run["objective"]):
            spreads.append(spread(scores["score"][:]))
assert min(spreads) > 0.1, f"the smallest spread is {min(spreads):.3f}, near that of a collapse"
print(
    f"{RUNS} runs; hsc - bce: {few:+.1f} with one OE image, {many:+.1f} with all; "
    f"smallest spread {min(spreads):.2f}; claims: {verdicts}"
)
