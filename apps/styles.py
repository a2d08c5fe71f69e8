"""`adain styles`: what styles there are, and saving, removing and mixing them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from rich.console import Console
from rich.table import Table

from adain.builtin import find_style, list_styles
from adain.errors import OptionError
from adain.picture import check_absent, format_of, read_picture
from adain.saved import SAVED_SUFFIX, place_for, remove_saved, saved_styles

from .options import PaintOptions
from .progress import INTERRUPTED, note, progress_bar
from .recipe import Blend, Recipe, parse_styles
from .sheet import WORK_SIZE, Cell, grid, save_sheet

if TYPE_CHECKING:
    from adain.style import Style

THUMBNAIL = 236  # px
COLUMNS = 5
MIX_CELL = 240  # px, long side


def print_styles(*, as_json: bool) -> None:
    builtin, saved = list_styles().values(), _saved_with_models()
    if as_json:
        entries = [
            {"name": s.name, "title": s.title, "credit": s.credit, "licence": s.licence, "path": str(s.path)}
            for s in builtin
        ]
        entries += [
            {"name": name, "title": f"saved, for {model}", "credit": "", "licence": "", "path": str(path)}
            for name, path, model in saved
        ]
        print(json.dumps(entries, indent=1))
        return
    table = Table("name", "what it is", "by", box=None)
    for style in builtin:
        table.add_row(f"[bold]{style.name}", style.title, style.credit)
    for name, path, model in saved:
        table.add_row(f"[bold]{name}", f"saved, for {model}", str(path))
    Console().print(table)


def _saved_with_models() -> list[tuple[str, Path, str]]:
    from safetensors import SafetensorError, safe_open

    entries = []
    for name, path in saved_styles().items():
        try:
            with safe_open(str(path), framework="numpy") as file:
                model = (file.metadata() or {}).get("model", "an unknown model")
        except (OSError, SafetensorError):
            model = "nothing: the file is damaged"
        entries.append((name, path, model))
    return entries


def write_sheet(path: Path, *, overwrite: bool = False) -> None:
    """Write a picture of all built-in styles with their names."""
    cells = []
    for style in list_styles().values():
        with Image.open(style.path) as picture:
            cells.append(Cell(picture.convert("RGB"), style.name))
    save_sheet(grid(cells, COLUMNS, (THUMBNAIL, THUMBNAIL)), path, overwrite=overwrite)


def save_style(name: str, sources: list[str], options: PaintOptions, *, overwrite: bool) -> Path:
    """Encode pictures, blend them where there are several, and keep the result under a name."""
    path = place_for(name, taken=list_styles(), overwrite=overwrite)
    weighted = sources if len(sources) == 1 or any(":" in source for source in sources) else _alike(sources)
    recipes = parse_styles(weighted, notify=note)
    if len(recipes) > 1:
        raise OptionError(f"got {len(sources)} pictures for one style, some with weights; give all a weight, or none")
    recipes[0].check()

    from adain.style import Style

    from .painter import Painter

    style = Painter(options).style_for(recipes[0], None)
    assert isinstance(style, Style)  # without masks there are no regions
    replace(style, name=name).save(path)
    return path


def practise_style(
    name: str, source: str, photos: Path, options: PaintOptions, *, steps: int, teacher: Path | None, overwrite: bool
) -> int:
    """Learn a picture's style on photos, keep it under a name, and return the exit code.

    Ctrl-C keeps what has been learned so far (130).
    """
    path = place_for(name, taken=list_styles(), overwrite=overwrite)
    file = find_style(source)
    if file.suffix == SAVED_SUFFIX:
        raise OptionError(f"got the saved style {source!r} to practise; want its picture, which it was made of")
    picture = read_picture(file)

    from adain.train.practice import PracticeStep, practise

    from adain.stylizer import STYLE_SIZE, Stylizer

    stylizer = Stylizer(options.model, device=options.device, dtype="float32")
    looked_at = {"size": options.style_size or STYLE_SIZE, "scale": options.style_scale}
    done: PracticeStep | None = None
    code = 0
    with progress_bar("practising", steps) as advance:
        try:
            for done in practise(stylizer, picture, photos, name=name, steps=steps, teacher=teacher, **looked_at):
                advance(description=f"style {done.terms['style']:.2f}  content {done.terms['content']:.2f}")
        except KeyboardInterrupt:
            if done is None:
                raise
            code = INTERRUPTED
            note(f"stopped after {done.step} of {steps} steps; what was learned so far is kept")
    assert done is not None  # there is a step, or practise raises
    done.style.save(path)
    print(path)
    return code


def _alike(sources: list[str]) -> list[str]:
    return [f"{source}:{1 / len(sources)!r}" for source in sources]


def remove_styles(names: list[str]) -> None:
    for name in names:
        print(remove_saved(name))


def write_mixes(
    corners: tuple[str, str, str, str], photo: str, path: Path, options: PaintOptions, *, steps: int, overwrite: bool
) -> None:
    """Write a sheet of one photo in all mixtures of four styles, which stand in its corners.

    Bilinear weights, as in the paper's figure 8: across from the first to the second style, down to the third and
    fourth.
    """
    format_of(path)
    check_absent(path, overwrite=overwrite)
    for corner in corners:
        find_style(corner)
    picture = read_picture(photo)

    from adain.style import Style

    from .painter import Painter

    painter = Painter(options)
    stylizer = painter.stylizer
    encoded = (painter.style_for(Recipe(Blend((corner,), (1.0,))), picture) for corner in corners)
    styles = [style for style in encoded if isinstance(style, Style)]  # without masks all are
    with progress_bar("painting", steps * steps) as advance:
        cells = []
        for mix in mixtures(styles, steps):
            painted = stylizer.stylize(picture, mix, size=options.size or WORK_SIZE, **options.finish)
            cells.append(Cell(Image.fromarray(painted.rgb), mix.name if any(mix is style for style in styles) else ""))
            advance()
    height, width = picture.rgb.shape[:2]
    cell = (round(MIX_CELL * width / max(width, height)), round(MIX_CELL * height / max(width, height)))
    save_sheet(grid(cells, steps, cell), path, overwrite=overwrite)


def mixtures(corners: "list[Style]", steps: int) -> "list[Style]":
    """Four styles and what lies between them, row by row, `steps` on a side; the corners are the styles themselves."""
    from adain.style import Style

    mixed = []
    for row in range(steps):
        for column in range(steps):
            down, across = row / (steps - 1), column / (steps - 1)
            weights = [(1 - down) * (1 - across), (1 - down) * across, down * (1 - across), down * across]
            mixed.append(corners[weights.index(1)] if 1 in weights else Style.blend(corners, weights))
    return mixed
