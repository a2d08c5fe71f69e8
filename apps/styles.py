"""`adain styles`: what styles there are."""

import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps
from rich.console import Console
from rich.table import Table

from adain.builtin import list_styles
from adain.picture import Picture, write_picture

THUMBNAIL = 240  # px
CAPTION = 28  # px
COLUMNS = 5
INK, PAPER = (40, 40, 40), (255, 255, 255)


def print_styles(*, as_json: bool) -> None:
    styles = list_styles().values()
    if as_json:
        entries = [
            {"name": s.name, "title": s.title, "credit": s.credit, "licence": s.licence, "path": str(s.path)}
            for s in styles
        ]
        print(json.dumps(entries, indent=1))
        return
    table = Table("name", "what it is", "by", box=None)
    for style in styles:
        table.add_row(f"[bold]{style.name}", style.title, style.credit)
    Console().print(table)


def write_sheet(path: Path, *, overwrite: bool = False) -> None:
    """Write a picture of all built-in styles with their names."""
    styles = list(list_styles().values())
    rows = -(-len(styles) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * THUMBNAIL, rows * (THUMBNAIL + CAPTION)), PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    for i, style in enumerate(styles):
        x, y = i % COLUMNS * THUMBNAIL, i // COLUMNS * (THUMBNAIL + CAPTION)
        with Image.open(style.path) as picture:
            sheet.paste(ImageOps.fit(picture.convert("RGB"), (THUMBNAIL - 4, THUMBNAIL - 4)), (x + 2, y + 2))
        draw.text((x + THUMBNAIL // 2, y + THUMBNAIL + CAPTION // 2 - 2), style.name, INK, font, anchor="mm")
    write_picture(Picture(np.array(sheet)), path, overwrite=overwrite)
