"""Contact sheets: pictures side by side with captions, and `adain sheet`, which paints them."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from adain.builtin import list_styles
from adain.picture import Picture, check_absent, format_of, read_picture, write_picture

from .options import PaintOptions
from .progress import note, progress_bar
from .recipe import Blend, Recipe

CAPTION = 28  # px
GAP = 6  # px
INK, PAPER = (40, 40, 40), (255, 255, 255)
WORK_SIZE = 640  # px, long side at which the pictures of a sheet are painted


class Cell(NamedTuple):
    image: Image.Image | None  # None leaves the place empty
    caption: str = ""


def grid(
    cells: Sequence[Cell], columns: int, size: tuple[int, int], *, caption: int = CAPTION, crop: bool = True
) -> Image.Image:
    """Lay pictures out in rows.

    Args:
        size: width and height of a cell in px.
        caption: height of the caption below each in px; 0: none.
        crop: fill the cells, cutting the pictures' long sides; else they are shown whole.
    """
    width, height = size
    columns = min(columns, len(cells))
    rows = -(-len(cells) // columns)
    step_x, step_y = width + GAP, height + caption + GAP
    sheet = Image.new("RGB", (columns * step_x - GAP, rows * step_y - GAP), PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    for i, cell in enumerate(cells):
        x, y = i % columns * step_x, i // columns * step_y
        if cell.image is not None:
            image = cell.image.convert("RGB")
            if crop:
                image = ImageOps.fit(image, size, Image.Resampling.LANCZOS, centering=(0.5, 0.35))
            else:
                image = ImageOps.pad(image, size, Image.Resampling.LANCZOS, color=PAPER)
            sheet.paste(image, (x, y))
        if caption:
            text = _shortened(cell.caption, width, font)
            draw.text((x + width // 2, y + height + caption // 2), text, INK, font, anchor="mm")
    return sheet


def _shortened(text: str, width: int, font: ImageFont.ImageFont | ImageFont.FreeTypeFont) -> str:
    short = text
    while short and font.getlength(short) > width:
        short = f"{short.rstrip('…')[:-1]}…"
    return short


def save_sheet(sheet: Image.Image, path: Path, *, overwrite: bool) -> None:
    write_picture(Picture(np.array(sheet)), path, overwrite=overwrite)


def write_contact_sheet(
    photos: list[str],
    recipes: list[Recipe],
    output: str | None,
    options: PaintOptions,
    *,
    cell: int,
    columns: int | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """One photo in all styles, all photos in one style, or a table of both.

    Args:
        recipes: none: every built-in style.
        cell: long side of a cell in px.
        columns: how many side by side; None: what suits. A table has one for each style.
    """
    path = Path(output) if output else Path(photos[0]).with_name(f"{Path(photos[0]).stem}_sheet.jpg")
    format_of(path)
    check_absent(path, overwrite=overwrite)
    recipes = recipes or [Recipe(Blend((name,), (1.0,))) for name in list_styles()]
    for recipe in recipes:
        recipe.check()
    pictures = [(Path(photo).stem, read_picture(photo)) for photo in photos]

    from .painter import Painter

    painter = Painter(replace(options, size=WORK_SIZE) if options.size is None else options)
    cells: list[Cell] = []
    table = len(photos) > 1 and len(recipes) > 1
    with progress_bar("painting", len(photos) * len(recipes)) as advance:
        for name, picture in pictures:
            if table or len(photos) == 1:
                cells.append(Cell(Image.fromarray(picture.rgb), name))
            for recipe in recipes:
                painted = painter.paint(picture, recipe, notify=note)
                caption = recipe.name if len(photos) == 1 else f"{name}, {recipe.name}"
                cells.append(Cell(Image.fromarray(painted.rgb), caption))
                advance()
    height, width = pictures[0][1].rgb.shape[:2]
    size = (max(1, round(cell * width / max(width, height))), max(1, round(cell * height / max(width, height))))
    across = len(recipes) + 1 if table else columns or suiting(len(cells))
    sheet = grid(cells, across, size, crop=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_sheet(sheet, path, overwrite=overwrite)
    print(json.dumps({"sheet": str(path), "width": sheet.width, "height": sheet.height}) if as_json else path)


def suiting(count: int) -> int:
    """Columns for a sheet a little wider than high."""
    return max(1, round((count * 1.4) ** 0.5))
