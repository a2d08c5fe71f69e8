"""Put pictures side by side, cropped to one size: python docs/sheet.py OUT IN [IN ...] [--columns N]."""

import argparse
from pathlib import Path

from PIL import Image, ImageOps

CELL = (480, 320)  # px
GAP = 6  # px


def sheet(pictures: list[Path], columns: int) -> Image.Image:
    rows = -(-len(pictures) // columns)
    width, height = (CELL[0] + GAP) * columns - GAP, (CELL[1] + GAP) * rows - GAP
    out = Image.new("RGB", (width, height), "white")
    for i, path in enumerate(pictures):
        with Image.open(path) as picture:
            cell = ImageOps.fit(picture.convert("RGB"), CELL, Image.Resampling.LANCZOS, centering=(0.5, 0.35))
        out.paste(cell, (i % columns * (CELL[0] + GAP), i // columns * (CELL[1] + GAP)))
    return out


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("pictures", type=Path, nargs="+")
    parser.add_argument("--columns", type=int, default=3)
    arguments = parser.parse_args()
    sheet(arguments.pictures, arguments.columns).save(arguments.out, quality=92)
