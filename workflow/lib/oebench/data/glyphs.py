"""The embedded images: scikit-learn's handwritten digits, and letters drawn in the same way.

Digits are 8x8 images that count the black pixels in squares of a bitmap; letters are drawn from the
fonts that matplotlib ships and counted likewise. Both become small grey images framed as MNIST's.
"""

import string
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from sklearn.datasets import load_digits

from oebench.data.sources.base import Labelled

LEVELS = 16  # a pixel of an 8x8 image counts 0 to 16 black pixels of a 4x4 square
SIZE, BORDER = 16, 2  # 12x12 pixels in a black border; MNIST's frame, 20 of 28 pixels, at this size
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


def digits() -> dict[str, Labelled]:
    """Scikit-learn's 1,797 handwritten digits (8x8, shipped in its wheel), as 16x16 images."""
    given = load_digits()
    images = framed(given.images)
    labels = given.target.astype(np.int64)
    train = np.zeros(len(labels), dtype=bool)
    for digit in range(10):
        rows = np.flatnonzero(labels == digit)
        train[np.random.default_rng(digit).permutation(rows)[: round(len(rows) * 2 / 3)]] = True
    return {
        "train": Labelled(images[train], labels[train]),
        "test": Labelled(images[~train], labels[~train]),
    }


def letters(per_class: int, seed: int) -> dict[str, Labelled]:
    """`per_class` images of each letter A to Z; seed: of fonts, sizes, angles and places."""
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(26), per_class)
    small = np.stack([draw(string.ascii_uppercase[label], random) for label in labels])
    return {"train": Labelled(framed(small), labels)}


def draw(letter: str, random: np.random.Generator) -> np.ndarray:
    """One letter as the digits were made: a 32x32 bitmap, the black pixels of 4x4 squares counted.

    Returns (8, 8) with values 0 to 16. The letter's longer side is 26 to 32 pixels; it is turned by
    up to 15 degrees and moved by up to 2 pixels.
    """
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


def framed(small: np.ndarray) -> np.ndarray:
    """8x8 images (N, 8, 8) with values 0 to 16 -> uint8 (N, 1, 16, 16), enlarged bilinearly."""
    inside = slice(BORDER, SIZE - BORDER)
    images = np.zeros((len(small), 1, SIZE, SIZE), dtype=np.uint8)
    for target, image in zip(images, small, strict=True):
        levels = np.round(image * (255 / LEVELS)).astype(np.uint8)
        large = Image.fromarray(levels).resize(
            target[0, inside, inside].shape, Image.Resampling.BILINEAR
        )
        target[0, inside, inside] = np.asarray(large)
    return images
