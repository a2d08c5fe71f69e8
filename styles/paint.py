"""Paint the built-in styles: `python -m adain.styles.paint [--out DIR] [NAME ...]`.

Every picture is computed from nothing but its own seed, so a second run writes the same pictures. starry-night.jpg is
the one built-in style that is not painted here; styles.json says where each comes from.
"""

import argparse
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from PIL import Image

from . import crafted, painted, printed

FILE_SIDE = 512  # px, height and width of the files
SOFTEN = 1.1  # px, blur before shrinking: the finest grain would cost bytes and show nowhere
JPEG_QUALITY = 88

STYLES: dict[str, Callable[[Generator], np.ndarray]] = {
    "flow-brush": painted.flow_brush,
    "impasto": painted.impasto,
    "pointillism": painted.pointillism,
    "ink-wash": painted.ink_wash,
    "watercolour": painted.watercolour,
    "pastel": painted.pastel,
    "colour-fields": painted.colour_fields,
    "cubist": painted.cubist,
    "woodcut": printed.woodcut,
    "halftone": printed.halftone,
    "ukiyo-e": printed.ukiyo_e,
    "crosshatch": printed.crosshatch,
    "neon": printed.neon,
    "stained-glass": crafted.stained_glass,
    "mosaic": crafted.mosaic,
    "low-poly": crafted.low_poly,
    "marbling": crafted.marbling,
    "tapestry": crafted.tapestry,
}


def paint(name: str) -> np.ndarray:
    """The style's picture, (SIDE, SIDE, 3) uint8 RGB; always the same for the same name."""
    return STYLES[name](np.random.default_rng(zlib.crc32(name.encode())))


def save(picture: np.ndarray, path: Path) -> None:
    """Shrink the picture, so that its lines come out smooth, and write it as JPEG."""
    small = cv2.resize(cv2.GaussianBlur(picture, (0, 0), SOFTEN), (FILE_SIDE, FILE_SIDE), interpolation=cv2.INTER_AREA)
    Image.fromarray(small).save(path, quality=JPEG_QUALITY, optimize=True, progressive=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Paint the built-in style pictures.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(STYLES)} (default: all of them)")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent, help="folder to write to (default: this one)"
    )
    args = parser.parse_args()
    if unknown := sorted(set(args.names) - set(STYLES)):
        parser.error(f"no such style: {', '.join(unknown)}; there are {', '.join(STYLES)}")
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.names or STYLES:
        save(paint(name), args.out / f"{name}.jpg")
        print(args.out / f"{name}.jpg")


if __name__ == "__main__":
    main()
