"""A person's own images scored by trained networks: `oebench score`."""

import csv
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import torch
from scipy.stats import rankdata

from oebench.accelerator import choose_device
from oebench.artifacts import model
from oebench.data.dataset import Fit
from oebench.data.sources.base import Unreadable
from oebench.embedding import embed
from oebench.features import EMBEDDED, PACKAGED, Features
from oebench.files import atomic
from oebench.scoring import conformal
from oebench.scoring.pictures import Eye, eye_of
from oebench.training.trained import Trained, restored
from oebench.validation import UserError
from oebench.wording import amount, lasting, printed

AT_ONCE = 128  # files that are read before they are scored
READERS = 4  # threads
TELL = 10.0  # seconds between two lines of progress, where no terminal shows one in place
HEADER = ("file", "score", "p_value", "verdict")
ANOMALOUS, NORMAL = "anomalous", "normal"
STDOUT = Path("-")


@dataclass(frozen=True)
class View:
    """How files become what a network takes: read, fitted, and embedded where it takes vectors."""

    eye: Eye
    embedded: embed.Embedder | None

    def inputs(self, images: Sequence[np.ndarray], pool: ThreadPoolExecutor) -> np.ndarray:
        """uint8 (N, C, H, W), or vectors float16 (N, D)."""
        if self.embedded is None:
            return np.stack([self.eye.cut(image) for image in images])
        # One by one, as they may have several sizes; PyTorch wants what can be written.
        return np.concatenate([*pool.map(self.embedded, (image[None].copy() for image in images))])


@dataclass(frozen=True)
class Member:
    """One model of those that score together."""

    trained: Trained
    held_out: np.ndarray  # scores, float32 (M,)
    view: str  # which of the views it has


@dataclass(frozen=True)
class Scored:
    """Images that were scored, the most anomalous first."""

    files: list[str]
    score: np.ndarray  # float (N,)
    p_value: np.ndarray | None  # float (N,); None without held-out images
    anomalous: np.ndarray | None  # bool (N,)

    def rows(self) -> Iterable[tuple[str, str, str, str]]:
        """A row of the table for each."""
        for place, (file, score) in enumerate(zip(self.files, self.score, strict=True)):
            told = ("", "")
            if self.p_value is not None and self.anomalous is not None:
                verdict = ANOMALOUS if self.anomalous[place] else NORMAL
                told = (f"{self.p_value[place]:.6g}", verdict)
            yield (file, f"{score:.9g}", *told)


class Judges:
    """The models that score together, and the ways in which they see images.

    fit, weights: in the place of the models' own. Raises UserError where the models are of
    different normal classes, or one takes no images.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        device: str,
        fit: Fit | None = None,
        weights: Path | None = None,
    ) -> None:
        target = choose_device(device)
        self.views: dict[str, View] = {}
        self.members: list[Member] = []
        about: dict[tuple[Any, ...], Path] = {}
        for path in paths:
            found = model.read(path)
            seen = found.facts["seen"]
            about.setdefault((tuple(seen["classes"]), found.facts["normal_class"]), path)
            if len(about) > 1:
                one, other = about.values()
                raise UserError(
                    f"{one} and {other} are of different normal classes; score by models of one"
                )
            view = json.dumps(seen, sort_keys=True)
            if view not in self.views:
                eye = eye_of(seen, fit)
                self.views[view] = View(eye, embedder_of(seen, target, weights))
            self.members.append(Member(restored(found, target), found.held_out, view))

    @property
    def held_out(self) -> list[int]:
        """How many held-out images each model has."""
        return [len(member.held_out) for member in self.members]

    def scores(
        self, files: Sequence[str], told: Callable[[int], None]
    ) -> tuple[list[str], np.ndarray, list[tuple[str, str]]]:
        """The files that could be read, their scores by each model (models, N), and the others.

        Those are named with the reason. told: is given the number of files that are done.
        """
        kept: list[str] = []
        parts: list[np.ndarray] = []
        unreadable: list[tuple[str, str]] = []
        with ThreadPoolExecutor(READERS) as pool:
            for first in range(0, len(files), AT_ONCE):
                block = files[first : first + AT_ONCE]
                read = {}
                for file, images in zip(block, pool.map(self.read, block), strict=True):
                    if isinstance(images, str):
                        unreadable.append((file, images))
                    else:
                        read[file] = images
                if read:
                    kept += read
                    parts.append(self.score_block([*read.values()], pool))
                told(first + len(block))
        found = np.concatenate(parts, axis=1) if parts else np.empty((len(self.members), 0))
        return kept, found, unreadable

    def read(self, file: str) -> dict[str, np.ndarray] | str:
        """The image of a file by each view, or why it cannot be read."""
        try:
            return {name: view.eye.read(file) for name, view in self.views.items()}
        except Unreadable as error:
            return str(error)

    def score_block(
        self, images: Sequence[dict[str, np.ndarray]], pool: ThreadPoolExecutor
    ) -> np.ndarray:
        inputs = {
            name: view.inputs([image[name] for image in images], pool)
            for name, view in self.views.items()
        }
        return np.stack([each.trained.score(inputs[each.view]) for each in self.members])

    def judged(self, files: list[str], scores: np.ndarray, rate: float) -> Scored:
        """The images by what all models say of them.

        scores: (models, N). Of one model its own; of several the mean of their ranks among these
        images, in (0, 1]. Without held-out images of each model there is no p value.
        """
        whole = scores[0] if len(scores) == 1 else mean_rank(scores)
        order = np.argsort(-whole, kind="stable")
        p_value = anomalous = None
        if all(self.held_out):
            each = [
                conformal.p_values(member.held_out, of)
                for member, of in zip(self.members, scores, strict=True)
            ]
            p_value = conformal.together(each)[order]
            anomalous = conformal.is_anomalous(p_value, rate)
        return Scored([files[place] for place in order], whole[order], p_value, anomalous)


def mean_rank(scores: np.ndarray) -> np.ndarray:
    """The mean rank of images by several models (models, N), in (0, 1]; 1 is the most anomalous."""
    return rankdata(scores, axis=1).mean(axis=0) / scores.shape[1]


def embedder_of(
    seen: dict[str, Any], device: torch.device, weights: Path | None
) -> embed.Embedder | None:
    """The pretrained network whose vectors a model takes; None for a model of images.

    weights: where its file is, in the place of that with which the vectors were made. Raises
    UserError where it is missing or another.
    """
    if "features" not in seen:
        return None
    made_of = seen["features"]
    how = {key: made_of[key] for key in Features.model_fields if key in made_of}
    packaged = PACKAGED.get(how["model"])
    file = {"weights": EMBEDDED}
    if weights is not None or packaged is None or packaged.sha256 != made_of["weights"]:
        place = weights or Path(seen["weights_file"])
        if not place.is_file():
            raise UserError(
                f"there is no file {place} with the weights of {how['model']}, whose vectors the "
                "model takes; say where it is by --weights"
            )
        file = {"weights": str(place), "sha256": made_of["weights"]}
    features = Features.model_validate(how | file)
    embed.set_up()
    network, _ = embed.pretrained(features)
    if network.library != made_of["library"]:
        print(
            f"the vectors were made with {made_of['library']}, here is {network.library}",
            file=sys.stderr,
        )
    return embed.embedder(network, features, made_of["blur"], device)[0]


def score_files(
    models: Sequence[Path],
    files: Sequence[str],
    output: Path,
    rate: float,
    *,
    device: str = "auto",
    fit: Fit | None = None,
    weights: Path | None = None,
) -> Scored:
    """Write the table of these files, scored by models together; `-` is standard output.

    rate: of false alarms. fit, weights: as `Judges` takes them. Progress, and what cannot be read,
    goes to standard error. Raises UserError where no file can be read, or too few images were held
    out for the rate.
    """
    judges = Judges(models, device, fit, weights)
    if all(judges.held_out):
        conformal.check_enough(judges.held_out, rate)
    else:
        say(
            "no p values: no normal images were held out of the training; `held_out: 0.1` in the "
            "recipe holds a tenth of them out"
        )
    with closing(Progress(len(files))) as progress:
        read, scores, unreadable = judges.scores(files, progress.told)
    for file, reason in unreadable:
        say(f"left out, cannot be read: {printed(file, None)} ({printed(reason, None)})")
    if not read:
        raise UserError(f"none of the files could be read as an image, of {len(files)}")
    scored = judges.judged(read, scores, rate)
    write(scored, output)
    say(summary(scored, rate, len(unreadable)))
    return scored


def summary(scored: Scored, rate: float, unreadable: int) -> str:
    """What was found, in a line."""
    told = amount(len(scored.files), "image")
    if scored.anomalous is not None:
        told += f", {scored.anomalous.sum()} anomalous at a false-alarm rate of {rate:g}"
    return told + (f", {amount(unreadable, 'file')} left out" if unreadable else "")


def write(scored: Scored, output: Path) -> None:
    """Write the table, whole or not at all."""
    with nullcontext() if output == STDOUT else atomic(output) as temporary:
        if temporary is None:
            table(scored, sys.stdout)
            return
        # The bytes of a name need not be UTF-8.
        with temporary.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            table(scored, file)


def table(scored: Scored, file: TextIO) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(scored.rows())


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Progress:
    """How far it is, on standard error: a line in place on a terminal, else one now and then."""

    def __init__(self, total: int) -> None:
        self.total, self.in_place = total, sys.stderr.isatty()
        self.began = self.said = time.monotonic()

    def told(self, done: int) -> None:
        now = time.monotonic()
        if self.in_place or now - self.said > TELL:
            self.said = now
            left = lasting((now - self.began) * (self.total - done) / done)
            text = f"{done:,} of {self.total:,} files, {left} left"
            print(f"\r{text:60}" if self.in_place else text, end=self.end, file=sys.stderr)
            sys.stderr.flush()

    @property
    def end(self) -> str:
        return "" if self.in_place else "\n"

    def close(self) -> None:
        if self.in_place:
            print(f"\r{'':60}\r", end="", file=sys.stderr, flush=True)
