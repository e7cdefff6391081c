"""Which OE images are useful, and which are not: in lines, as numbers and as a picture."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from oebench.artifacts import checksums, marks, record
from oebench.artifacts.cache import Cache
from oebench.artifacts.manifest import StudyManifest
from oebench.artifacts.ragged import Ragged
from oebench.artifacts.verification import verified
from oebench.evaluation.collect import collect
from oebench.evaluation.outliers import CLASS, FEWEST, Effect, Pool, effects
from oebench.registry import METHODS, OK
from oebench.reporting.style import caption, in_print, plain, save, shortened
from oebench.validation import UserError
from oebench.wording import amount, plural, printed, probability, signed

SHOWN = 10  # images in each row of the picture
SAID = 3  # of the most and of the least useful, in lines
WARNING = (
    "This looks at test AUROC: it explains runs that there are, and must not be used to choose OE "
    "images. Images that are chosen by it need other test images to be judged on."
)
MEANING = (
    "A number is the mean AUROC of the seeds that saw the image, or one of the class, minus that "
    "of the others, in points within each normal class."
)
Effects = Mapping[str, list[Effect]]


def outliers(study: StudyManifest, results: Path, caches: Path) -> Iterator[str]:
    """What is found of a study, in lines, and the files RESULTS/outliers/STUDY.* that are written.

    caches: their folder. Raises UserError where nothing can be compared.
    """
    collected = collect(study, results / "runs", caches)
    runs = collected.runs
    names = sorted(runs.loc[runs["status"] == OK, "oe"].dropna().unique())
    if not names:
        uses = any(METHODS[name].uses_oe for name in study.objectives)
        raise UserError(
            f"{study.name}: no run with OE images is finished; `snakemake {study.name}` makes them"
            if uses
            else f"{study.name} has no objective that uses OE images; name a study that does"
        )
    pools = {name: opened(name, caches) for name in names}
    found = effects(runs, study, {name: pool_of(cache) for name, cache in pools.items()})
    yield from lines(study, runs, found)
    if not any(found.values()):
        return
    base = results / "outliers" / study.name
    base.parent.mkdir(parents=True, exist_ok=True)
    with in_print():
        figure = draw(study, runs, found, pools)
        mark = marks.of_runs("outliers", study.name, "", [study], runs)
        files = save(figure, table(found), base, mark)
    asked = dict.fromkeys(group.file for group in study.groups)
    scores = [file for each in asked if (file := results / "runs" / each).exists()]
    images = [checksums.path_of(cache.path) for cache in pools.values()]
    record.write(
        *("outliers", files, [*scores, *images], [study]),
        methods=study.objectives,
        runs=collected.recorded,
    )
    yield from map(str, files)


def opened(name: str, caches: Path) -> Cache:
    """The cache of an OE data set. Raises UserError where each seed has one of its own."""
    if (caches / name).is_dir():
        raise UserError(
            f"{name} is a pool that is too large to be copied: each seed draws images of its own "
            "from it, of which hardly one is seen by two seeds. Name a study with a smaller pool"
        )
    return verified(caches / f"{name}.h5")


def pool_of(cache: Cache) -> Pool:
    return Pool(cache.classes, cache.labels("train"))


def table(found: Effects) -> pd.DataFrame:
    """A row for each effect, in points."""
    return pd.DataFrame([asdict(each) for every in found.values() for each in every])


def lines(study: StudyManifest, runs: pd.DataFrame, found: Effects) -> Iterator[str]:
    """What is found, condition by condition."""
    yield f"{study.name}: {told_size(study, runs)}"
    for setting, what, every in parts(found):
        different = sum(each.found for each in every)
        yield (
            f"{setting}: {amount(len(every), what)} compared, {different} told from chance "
            "(Mann-Whitney, Holm, 5 %)"
        )
        count = min(SAID, len(every) // 2)
        for title, chosen in (("most", every[:count]), ("least", every[::-1][:count])):
            for each in chosen:
                yield f"  {title} useful: {told(each)}"
    for setting in (setting for setting, every in found.items() if not every):
        yield (
            f"{setting}: nothing to compare; no OE image or class was seen by {FEWEST} seeds and "
            f"left out by {FEWEST} others. More seeds, a smaller pool or less OE would do"
        )
    yield WARNING


def told_size(study: StudyManifest, runs: pd.DataFrame) -> str:
    """What it all rests on."""
    with_oe = runs[(runs["status"] == OK) & runs["oe"].notna()]
    seeds, classes = (with_oe[key].nunique() for key in ("seed", "normal_class"))
    left_out = int((runs["status"] != OK).sum())
    bad = f", {left_out} left out as they diverged or collapsed" if left_out else ""
    return (
        f"{len(runs)} of {study.expected} runs are finished{bad}; {amount(classes, 'normal class')}"
        f", {amount(seeds, 'seed')}; differences in points, 95 % intervals over seeds"
    )


def told(each: Effect) -> str:
    """An effect in words.

    >>> told(Effect("hsc", "letters", "image", 7, "H", 5, 75, 1.25, 0.5, 2.0, 0.001, 0.026))
    'H (row 7) +1.2 (+0.5 to +2.0), seen by 5 seeds, p 0.026'
    """
    row = "" if each.what == CLASS else f" (row {each.number})"
    p = probability(each.p_corrected)
    return (
        f"{printed(each.name)}{row} {signed(each.mean)} ({signed(each.low)} to "
        f"{signed(each.high)}), seen by {amount(each.seen, 'seed')}, p {p}"
    )


def parts(found: Effects) -> Iterator[tuple[str, str, list[Effect]]]:
    """The effects of images, then those of classes, of each condition that has any."""
    for setting, every in found.items():
        for what in dict.fromkeys(each.what for each in every):
            yield setting, what, [each for each in every if each.what == what]


def draw(
    study: StudyManifest, runs: pd.DataFrame, found: Effects, pools: Mapping[str, Cache]
) -> Figure:
    """Two rows for each condition: the most useful images or classes, and the least useful ones."""
    rows: list[tuple[str, list[Effect]]] = []
    for setting, what, every in parts(found):
        count = min(SHOWN, max(len(every) // 2, 1))
        rows += [
            (f"{setting}: most useful {plural(what)}", every[:count]),
            (f"{setting}: least useful {plural(what)}, the least first", every[::-1][:count]),
        ]
    figure = plt.figure(figsize=(7.5, 1.25 * len(rows) + 0.8), layout="constrained")
    figure.suptitle(plain(study.title), fontsize=10)
    bands: Any = figure.subfigures(len(rows), 1, squeeze=False)[:, 0]
    for band, (title, chosen) in zip(bands, rows, strict=True):
        band.suptitle(title, fontsize=8, x=0.01, ha="left")
        for axes, each in zip(band.subplots(1, SHOWN), chosen, strict=False):
            draw_one(axes, each, pools[each.oe])
        for axes in band.axes:
            axes.set_axis_off()
    star = "*: told from chance (Mann-Whitney, Holm over the study, 5 %)."
    about = f"{study.about} {told_size(study, runs)}. {MEANING} {star} {WARNING}"
    caption(figure, about.strip(), 165)
    return figure


def draw_one(axes: Axes, each: Effect, cache: Cache) -> None:
    """An image, or the first one of a class, and its difference; a name where there is no image."""
    if cache.has_vectors or cache.has_points:
        label = f"row {each.number}" if each.what != CLASS else shortened(each.name)
        axes.text(0.5, 0.5, label, ha="center", va="center", fontsize=6)
    else:
        shown = picture(cache, each)
        axes.imshow(shown, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    mark = "*" if each.found else ""
    axes.set_title(f"{signed(each.mean)}{mark}", fontsize=7, pad=2)


def picture(cache: Cache, each: Effect) -> np.ndarray:
    """The image, uint8 (H, W) or (H, W, 3)."""
    row = each.number
    if each.what == CLASS:
        row = int(np.flatnonzero(cache.labels("train") == each.number)[0])
    images = cache.images("train", np.array([row]))
    if isinstance(images, Ragged):
        images = images.crops(np.arange(1))
    (image,) = images
    return image[0] if len(image) == 1 else image.transpose(1, 2, 0)
