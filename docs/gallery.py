"""Make the pictures of the controls in docs/gallery/: python docs/gallery.py [NAME ...], all of them without a name."""

import argparse
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from adain.apps.sheet import Cell, grid
from adain.apps.styles import mixtures
from PIL import Image

from adain import Style, Stylizer
from adain.builtin import find_style
from adain.color import COLOR_MODES
from adain.masks import Masks
from adain.regions import Regions
from adain.tiles import SMALLEST_TILE

HERE = Path(__file__).parent
WIDTH = 600  # px of each picture, at most
WORK = 640  # px, long side at which the photos are painted
CAPTION = 24  # px

stylizer = Stylizer()


def photo(name: str) -> Image.Image:
    image = Image.open(HERE / "samples" / f"{name}.jpg").convert("RGB")
    image.thumbnail((WORK, WORK), Image.Resampling.LANCZOS)
    return image


def style_picture(name: str) -> Image.Image:
    return Image.open(find_style(name)).convert("RGB")


def sheet(cells: list[Cell], columns: int) -> Image.Image:
    width = (WIDTH - 6 * (columns - 1)) // columns
    return grid(cells, columns, (width, width * 2 // 3), caption=CAPTION)


def color() -> Image.Image:
    """One painting in every colour mode."""
    cat = photo("cat")
    styles = dict.fromkeys(COLOR_MODES, stylizer.encode_style("starry-night"))
    styles["coral"] = stylizer.encode_style("starry-night", color_of=cat)
    painted = [Cell(stylizer.stylize(cat, styles[mode], color=mode), f"--color {mode}") for mode in COLOR_MODES]
    return sheet([Cell(cat, "photo"), *painted], 3)


def strength() -> Image.Image:
    coffee, style = photo("coffee"), stylizer.encode_style("ukiyo-e")
    steps = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    return sheet([Cell(stylizer.stylize(coffee, style, strength=s), f"--strength {s:g}") for s in steps], 3)


def blend() -> Image.Image:
    """Four styles and what lies between them."""
    palace = photo("palace")
    corners = [stylizer.encode_style(name) for name in ("starry-night", "mosaic", "ink-wash", "neon")]
    mixed = mixtures(corners, 4)
    return sheet(
        [
            Cell(stylizer.stylize(palace, mix), mix.name if any(mix is corner for corner in corners) else "")
            for mix in mixed
        ],
        4,
    )


def levels() -> Image.Image:
    """Texture of one, colour of the other, and the other way round."""
    cat = photo("cat")
    one, other = "mosaic", "starry-night"
    a, b = stylizer.encode_style(one), stylizer.encode_style(other)
    cells = [
        Cell(style_picture(one), one),
        Cell(stylizer.stylize(cat, a), one),
        Cell(stylizer.stylize(cat, Style.layered(fine=a, coarse=b)), f"fine={one}"),
        Cell(style_picture(other), other),
        Cell(stylizer.stylize(cat, b), other),
        Cell(stylizer.stylize(cat, Style.layered(fine=b, coarse=a)), f"coarse={one}"),
    ]
    return sheet(cells, 3)


def flower_mask(dahlia: Image.Image) -> np.ndarray:
    """White where the flowers are: warm colours, their specks removed."""
    hsv = cv2.cvtColor(np.array(dahlia), cv2.COLOR_RGB2HSV)
    warm = ((hsv[..., 0] < 22) | (hsv[..., 0] > 165)) & (hsv[..., 1] > 60) & (hsv[..., 2] > 90)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (15, 15))
    mask = cv2.morphologyEx(warm.astype(np.uint8) * 255, cv2.MORPH_CLOSE, kernel)
    return cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel)


def practice() -> Image.Image:
    """Styles as the encoder guesses them from their pictures, and as they come, practised."""
    palace, cells = photo("palace"), []
    for name in ("impasto", "ukiyo-e"):
        picture = style_picture(name)
        cells += [
            Cell(picture, name),
            Cell(stylizer.stylize(palace, stylizer.encode_style(picture)), "at first sight"),
            Cell(stylizer.stylize(palace, stylizer.encode_style(name)), "practised"),
        ]
    return sheet(cells, 3)


def calm() -> Image.Image:
    """Strokes as lively as the style's, and calmer ones."""
    palace, cells = photo("palace"), []
    for name in ("starry-night", "mosaic"):
        style = stylizer.encode_style(name)
        cells += [Cell(stylizer.stylize(palace, stylizer.calmed(style, c)), f"--calm {c:g}") for c in (0.0, 0.5, 1.0)]
    return sheet(cells, 3)


def regions() -> Image.Image:
    """A mask, a style for each region, and a region that stays the photo."""
    dahlia = photo("dahlia")
    mask = flower_mask(dahlia)
    masks: Masks = {"flower": mask, "rest": 255 - mask}
    stained, starry = stylizer.encode_style("stained-glass"), stylizer.encode_style("starry-night")

    def painted(flower: Style | None, rest: Style | None, caption: str) -> Cell:
        return Cell(stylizer.stylize(dahlia, Regions.compose({"flower": flower, "rest": rest}, masks)), caption)

    cells = [
        Cell(dahlia, "photo"),
        Cell(Image.fromarray(mask), "mask.png"),
        painted(stained, starry, "flower=stained-glass"),
        painted(starry, stained, "flower=starry-night"),
        painted(None, starry, "flower=keep"),
        painted(stained, None, "rest=keep"),
    ]
    return sheet(cells, 3)


def detail() -> Image.Image:
    """A part of a picture painted at a third of the photo's size: without what that leaves out, and with it."""
    palace, style = photo("palace"), stylizer.encode_style("ukiyo-e")
    small = {share: stylizer.stylize(palace, style, size=WORK // 3, detail=share) for share in (0.0, 1.0)}
    caption = f"--size {WORK // 3} --detail"
    return sheet([Cell(p.crop((60, 40, 357, 238)), f"{caption} {share:g}") for share, p in small.items()], 2)


def scale() -> Image.Image:
    palace = photo("palace")
    cells = [
        Cell(stylizer.stylize(palace, stylizer.encode_style("mosaic", scale=s)), f"--style-scale {s:g}")
        for s in (0.5, 2.0, 4.0)
    ]
    return sheet(cells, 3)


def tile() -> Image.Image:
    """Tiles with the statistics of the whole, and tiles that know only themselves."""
    palace, style = np.array(photo("palace")), stylizer.encode_style("starry-night")
    alone = [[stylizer.stylize(part, style) for part in parts(row, 1)] for row in parts(palace, 0)]
    cells = [
        Cell(Image.fromarray(stylizer.stylize(palace, style)), "whole"),
        Cell(Image.fromarray(stylizer.stylize(palace, style, tile=SMALLEST_TILE)), f"--tile {SMALLEST_TILE}"),
        Cell(Image.fromarray(np.vstack([np.hstack(row) for row in alone])), "(each tile by itself)"),
    ]
    return sheet(cells, 3)


def parts(picture: np.ndarray, axis: int) -> list[np.ndarray]:
    cuts = range(SMALLEST_TILE, picture.shape[axis], SMALLEST_TILE)
    return [np.ascontiguousarray(part) for part in np.split(picture, cuts, axis)]


def contact() -> Image.Image:
    """What `adain sheet` makes."""
    coffee = photo("coffee")
    names = ("impasto", "ukiyo-e", "stained-glass", "watercolour", "woodcut", "neon", "cubist")
    return sheet(
        [Cell(coffee, "photo"), *(Cell(stylizer.stylize(coffee, stylizer.encode_style(n)), n) for n in names)], 4
    )


PICTURES: dict[str, Callable[[], Image.Image]] = {
    f.__name__: f for f in (color, strength, blend, levels, practice, calm, regions, detail, scale, tile, contact)
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(PICTURES)}")
    for name in parser.parse_args().names or PICTURES:
        (HERE / "gallery").mkdir(exist_ok=True)
        PICTURES[name]().save(HERE / "gallery" / f"{name}.jpg", quality=85)
