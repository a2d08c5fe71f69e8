"""Make docs/grid.jpg, the README's grid of results: python docs/grid.py OUT."""

import sys
from pathlib import Path

from adain.apps.sheet import Cell, grid
from PIL import Image

from adain import Stylizer, list_styles

PHOTOS = ("palace", "cat", "coffee", "astronaut")
STYLES = ("starry-night", "impasto", "ink-wash", "stained-glass", "ukiyo-e", "cubist")
CELL = (300, 225)  # px
WORK = 640  # px


def results() -> Image.Image:
    """Styles along the top, photos down the left, and every photo in every style."""
    stylizer = Stylizer()
    cells = [Cell(None), *(Cell(Image.open(list_styles()[name].path)) for name in STYLES)]
    for photo in PHOTOS:
        content = Image.open(Path(__file__).parent / "samples" / f"{photo}.jpg").convert("RGB")
        cells.append(Cell(content))
        cells += [Cell(stylizer.stylize(content, stylizer.encode_style(name), size=WORK)) for name in STYLES]
    return grid(cells, len(STYLES) + 1, CELL, caption=0)


if __name__ == "__main__":
    results().save(sys.argv[1], quality=90)
