"""Make docs/grid.jpg, the README's grid of results: python docs/grid.py OUT."""

import sys
from pathlib import Path

from PIL import Image, ImageOps

from adain import Stylizer, list_styles

PHOTOS = ("palace", "cat", "coffee", "astronaut")
STYLES = ("starry-night", "impasto", "ink-wash", "stained-glass", "ukiyo-e", "cubist")
CELL = (300, 225)  # px
GAP = 6  # px
WORK = 640  # px


def cell(image: Image.Image) -> Image.Image:
    return ImageOps.fit(image.convert("RGB"), CELL, Image.Resampling.LANCZOS, centering=(0.5, 0.3))


def grid() -> Image.Image:
    """Styles along the top, photos down the left, and every photo in every style."""
    stylizer = Stylizer()
    samples = Path(__file__).parent / "samples"
    rows: list[list[Image.Image]] = [[Image.new("RGB", CELL, "white")]]
    for name in STYLES:
        with Image.open(list_styles()[name].path) as picture:
            rows[0].append(cell(picture))
    for photo in PHOTOS:
        with Image.open(samples / f"{photo}.jpg") as picture:
            content = picture.convert("RGB")
        results = (stylizer.stylize(content, stylizer.encode_style(name), size=WORK) for name in STYLES)
        rows.append([cell(content), *(cell(result) for result in results)])
    step_x, step_y = CELL[0] + GAP, CELL[1] + GAP
    out = Image.new("RGB", (step_x * len(rows[0]) - GAP, step_y * len(rows) - GAP), "white")
    for y, row in enumerate(rows):
        for x, image in enumerate(row):
            out.paste(image, (x * step_x, y * step_y))
    return out


if __name__ == "__main__":
    grid().save(sys.argv[1], quality=90)
