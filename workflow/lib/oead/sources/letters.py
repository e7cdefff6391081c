"""The letters A-Z drawn from the fonts that matplotlib ships, brought to the digits' look."""

import string
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from oead.sources.base import Labelled, Source

# Text fonts only: the others hold symbols. Named one by one, so that a font which a new matplotlib
# adds does not change the images.
FONTS = tuple(
    f"DejaVu{family}.ttf"
    for family in (
        *("Sans", "Sans-Bold", "Sans-Oblique", "Sans-BoldOblique"),
        *("SansMono", "SansMono-Bold", "SansMono-Oblique", "SansMono-BoldOblique"),
        *("Serif", "Serif-Bold", "Serif-Italic", "Serif-BoldItalic"),
    )
) + tuple(
    f"{name}.ttf"
    for name in (
        *("STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "STIXGeneralBolIta"),
        *("cmr10", "cmb10", "cmss10", "cmtt10", "cmti10"),
    )
)


class Letters(Source):
    """`per_class` images of each letter, with small random rotation, shift and size."""

    kind: Literal["letters"] = Field(description="Letters drawn from fonts.")
    per_class: int = Field(100, gt=0, description="Images of each letter.")
    seed: int = Field(0, ge=0, description="Of the random fonts, sizes, angles and places.")

    def load(self, downloads: Path | None = None) -> dict[str, Labelled]:
        from oead.sources.grey import framed

        random = np.random.default_rng(self.seed)
        labels = np.repeat(np.arange(26), self.per_class)
        small = np.stack([draw(string.ascii_uppercase[label], random) for label in labels])
        return {"train": Labelled(framed(small), labels)}


def draw(letter: str, random: np.random.Generator) -> np.ndarray:
    """One letter as the digits were made: a 32x32 bitmap, the black pixels of 4x4 squares counted.

    Returns (8, 8) with values 0 to 16. The letter's longer side is 26 to 32 pixels; it is turned by
    up to 15 degrees and moved by up to 2 pixels.
    """
    import matplotlib
    from PIL import Image, ImageDraw, ImageFont

    font = FONTS[random.integers(len(FONTS))]
    size = random.uniform(26, 32)
    angle = random.uniform(-15, 15)
    shift = random.uniform(-2, 2, size=2)

    canvas = Image.new("L", (192, 192))
    path = Path(matplotlib.get_data_path()) / "fonts/ttf" / font
    # Three times the size, then reduced: the letter's outline stays smooth while it is turned.
    ImageDraw.Draw(canvas).text(
        (96, 96), letter, fill=255, font=ImageFont.truetype(path, 96), anchor="mm"
    )
    box = canvas.getbbox()
    assert box is not None, f"{font} has no glyph for {letter}"
    scale = max(box[3] - box[1], box[2] - box[0]) / size  # canvas pixels per bitmap pixel
    cosine, sine = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    centre_x, centre_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    # From bitmap to canvas: move the bitmap's centre to 0, turn, enlarge, move to the glyph.
    x0, y0 = 16 + shift[0], 16 + shift[1]
    matrix = (
        *(scale * cosine, scale * sine, centre_x - scale * (cosine * x0 + sine * y0)),
        *(-scale * sine, scale * cosine, centre_y - scale * (-sine * x0 + cosine * y0)),
    )
    bitmap = canvas.transform((32, 32), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    black = np.asarray(bitmap) > 127
    return black.reshape(8, 4, 8, 4).sum(axis=(1, 3))
