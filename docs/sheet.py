"""Put pictures side by side, cropped to one size: python docs/sheet.py OUT IN [IN ...] [--columns N]."""

import argparse
from pathlib import Path

from adain.apps.sheet import Cell, grid
from PIL import Image

CELL = (480, 320)  # px


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("pictures", type=Path, nargs="+")
    parser.add_argument("--columns", type=int, default=3)
    arguments = parser.parse_args()
    cells = [Cell(Image.open(path)) for path in arguments.pictures]
    grid(cells, arguments.columns, CELL, caption=0).save(arguments.out, quality=92)
