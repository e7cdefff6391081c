"""The contact sheet of images that were scored, the most anomalous first."""

from collections import Counter
from math import ceil
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from oebench.data.pictures import read
from oebench.files import atomic
from oebench.scoring.score import Scored

COLUMNS, MOST = 10, 120  # images on a sheet
SIDE, GAP, LINE = 96, 8, 14  # pixels: of an image, between two, of a line of text
ANOMALOUS, PAPER, INK = (
    (200, 30, 30),
    "white",
    "black",
)  # as words, the caption says it without colour


def write_sheet(scored: Scored, path: Path) -> None:
    """Draw the most anomalous images, at most `MOST`, with scores and p values, as PNG.

    A red frame is about those whose verdict is anomalous.
    """
    shown = scored.files[:MOST]
    columns, cell = min(COLUMNS, len(shown)), (SIDE + GAP, SIDE + 2 * LINE + GAP)
    rows = ceil(len(shown) / columns)
    width = max(columns * cell[0] + GAP, 5 * SIDE)
    sheet = Image.new("RGB", (width, rows * cell[1] + LINE + 2 * GAP), PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(LINE - 3)
    what = f"{len(shown)} of {len(scored.files)} images, the most anomalous first"
    draw.text((GAP, GAP // 2), what, INK, font)
    for place, file in enumerate(shown):
        left = GAP + place % columns * cell[0]
        top = LINE + GAP + place // columns * cell[1]
        picture = thumbnail(file)
        sheet.paste(
            picture, (left + (SIDE - picture.width) // 2, top + (SIDE - picture.height) // 2)
        )
        if scored.anomalous is not None and scored.anomalous[place]:
            draw.rectangle((left - 2, top - 2, left + SIDE + 1, top + SIDE + 1), None, ANOMALOUS, 2)
        for line, text in enumerate(captions(scored, place)):
            draw.text((left, top + SIDE + 1 + line * LINE), text, INK, font)
    with atomic(path) as temporary:
        sheet.save(temporary, format="PNG")


def captions(scored: Scored, place: int) -> list[str]:
    """What stands below an image."""
    told = [f"{scored.score[place]:.4g}"]
    if scored.p_value is not None and scored.anomalous is not None:
        told.append(f"p {scored.p_value[place]:.3g}" + " !" * bool(scored.anomalous[place]))
    return told


def thumbnail(file: str) -> Image.Image:
    """The image of a file, as large as fits; small ones are enlarged pixel by pixel."""
    pixels = read(file, False, Counter())
    picture = Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0)))
    scale = SIDE / max(picture.size)
    size = [max(1, round(each * scale)) for each in picture.size]
    filters = Image.Resampling
    return picture.resize((size[0], size[1]), filters.NEAREST if scale > 1 else filters.BILINEAR)
