"""Which caches a plan needs: one for each data set, or for each seed that draws from a pool."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from pydantic import ValidationError

from oebench.artifacts import checksums, identity
from oebench.data.dataset import SPLITS, Dataset
from oebench.data.sources.frozen import Frozen
from oebench.features import facts
from oebench.plan.plan import Plan
from oebench.provenance import command_hash
from oebench.run import Run
from oebench.sampling import drawn_from_pool
from oebench.wording import listed

LIBRARIES = ("torchvision", "timm")  # of pretrained networks


class Caches:
    """The caches by name: that of a data set, or POOL/seed=1 for what seed 1 draws from a pool."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.pools = pools(plan)
        self.stamps: dict[str, str] = {}  # a folder may have many files
        self.names = [name for each in plan.read for name in self.of_dataset(each)]

    def of_dataset(self, name: str, seeds: Iterable[int] | None = None) -> list[str]:
        """The caches of a data set, for some seeds only where that makes a difference."""
        if name not in self.pools:
            return [name]
        return [f"{name}/seed={seed}" for seed in sorted(set(seeds or self.pools[name]))]

    def of_job(self, run: Run, seeds: Iterable[int]) -> list[str]:
        """What a job reads that trains a run's condition with these seeds, normal images first."""
        return [run.dataset, *(self.of_dataset(run.oe, seeds) if run.oe else [])]

    def of_runs(self, runs: Iterable[Run]) -> list[str]:
        """What all jobs of some runs read, normal images first."""
        names = [name for run in runs for name in self.of_job(run, [run.seed])]
        return list(dict.fromkeys(names))

    def dataset(self, cache: str) -> Dataset:
        return self.plan.config.datasets[cache.split("/")[0]]

    def options(self, cache: str, sums: Path | None) -> str:
        """What `oebench prepare` has to know to draw a seed's images from a pool.

        sums: the cache's file of checksums, if it is there. A cache that holds more images than
        are needed is left as it is: another configuration may need them.
        """
        name, _, seed = cache.partition("/seed=")
        if not seed:
            return ""
        held = checksums.current(sums) if sums else {}
        return f"--seed {seed} --count {max([self.pools[name][int(seed)], *held])}"

    def stamp(self, cache: str) -> str:
        """Tells when one of the user's own files is replaced that a cache is made of."""
        name = cache.split("/")[0]
        if name not in self.stamps:
            self.stamps[name] = self.dataset(cache).stamp()
        return self.stamps[name]

    @property
    def embedded(self) -> list[str]:
        """Those of vectors that a pretrained network makes."""
        return [name for name in self.names if isinstance(self.dataset(name).source, Frozen)]

    def source(self, cache: str) -> Frozen:
        """How the vectors of one of `embedded` are made, and of what."""
        source = self.dataset(cache).source
        assert isinstance(source, Frozen)
        return source

    def is_planned(self, cache: str, found: identity.Facts, images: str) -> bool:
        """Whether one of `embedded` is made as the plan says. images: the checksum of its images.

        The library is one of those that are installed now: which one has a model by its name is
        known to the job alone.
        """
        source, made = self.source(cache), found.get("features", {})
        weights, digits = made.get("weights", ""), str(source.digits)
        installed = {f"{name} {version(name)}" for name in LIBRARIES if find_spec(name)}
        library = made.get("library", "")
        code = command_hash("embed")
        asked = facts(source.features, source.blur, images, weights, library, code)
        return weights.startswith(digits) and library in installed and found == asked

    def told(self, folder: Path, cache: str, found: identity.Facts) -> str | None:
        """Why a cache in a folder, made of what was found, is not as asked for; None if it is."""
        if cache not in self.names:
            return f"no study of the configuration asks for {cache}"
        if cache in self.embedded:
            images = [*checksums.current(folder / f"{self.source(cache).of}.sha256").values()]
            same = len(images) == 1 and self.is_planned(cache, found, images[0])
        else:
            same = found == self.planned(cache)
        return None if same else "the configuration, the code or the source is another by now"

    def changed(self, folder: Path) -> Iterator[str]:
        """A sentence for each cache in a folder of whose folders the numbers of images changed."""
        for cache in self.names:
            file, now = folder / f"{cache}.h5", self.dataset(cache)
            entry = identity.read(file).get("dataset") if file.exists() else None
            if entry is None or entry.get("source") != now.source.model_dump(mode="json"):
                continue
            try:
                before = Dataset.model_validate(entry)
            except ValidationError:  # of another version
                continue
            for split in SPLITS:
                names, counts = now.classes or ("images",), now.counts(split)
                pairs = zip(names, before.counts(split), counts, strict=False)
                if told := [f"{each} {was}, now {is_}" for each, was, is_ in pairs if was != is_]:
                    yield (
                        f"data set {cache}, {split}: the numbers of images are others than when "
                        f"its cache was made: {listed(told)}. It is made again, with the runs that "
                        "read it"
                    )

    def planned(self, cache: str) -> identity.Facts:
        """What a cache has to be made of (`artifacts.identity`), but for one of `embedded`."""
        _, _, seed = cache.partition("/seed=")
        drawn = int(seed) if seed else None
        return self.dataset(cache).facts(self.stamp(cache), command_hash("prepare"), drawn)


def pools(plan: Plan) -> dict[str, dict[int, int]]:
    """For every pool that is drawn from: how many of its images each seed needs.

    Rounded up to a power of two, so that a few more epochs do not remake the cache.
    """
    needed: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    datasets = plan.config.datasets
    for run in plan.runs:
        if run.oe is None or not datasets[run.oe].source.is_drawn:
            continue
        recipe, pool = plan.resolver.recipes[run.recipe], datasets[run.oe].pool
        normals = recipe.trained_of(datasets[run.dataset].counts("train")[run.normal_class])
        assert run.oe_size is not None
        count = drawn_from_pool(run.oe_size, pool, recipe.images_shown(normals))
        rounded = min(pool, 1 << (count - 1).bit_length())
        needed[run.oe][run.seed] = max(needed[run.oe][run.seed], rounded)
    return needed
