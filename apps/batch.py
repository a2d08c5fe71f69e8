"""`adain batch`: folders of photos in, a folder of paintings out.

Threads read and write files while the device paints; photos of one working size are painted together. What is finished
already is skipped, so that an interrupted run goes on where it stopped.
"""

import csv
import json
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from adain.errors import AdainError, OptionError, StyleError
from adain.picture import FORMATS, Picture, read_picture

from .image import scaled, write_result
from .options import PaintOptions
from .progress import note, progress_bar
from .recipe import Recipe, parse_styles

if TYPE_CHECKING:
    from .painter import Painter

PICTURES = {*FORMATS, ".gif"}
VIDEOS = {".mp4", ".mov", ".mkv", ".avi", ".webm", ".m4v"}
THREADS = 4  # that read, and as many that write
AHEAD = 2  # groups read while one is painted
GROUP = {"cpu": 1, "mps": 4}  # pictures painted together; a CPU gains nothing by it
GROUP_ON_GPU = 8

# Paints the video of an item and returns its report (`_report`); None: videos are left out, with a note.
paint_video: "Callable[[Item, Painter], dict] | None" = None


@dataclass(frozen=True, kw_only=True)
class BatchOptions(PaintOptions):
    """How to paint, and what to do with the results."""

    output_size: int | None = None  # px, long side; None: the photo's
    format: str = "png"
    pair: bool = False  # each photo with the style of its name, not with every style
    group: int | None = None  # pictures painted together; None: what suits the device
    overwrite: bool = False


@dataclass(frozen=True)
class Item:
    content: Path
    recipe: Recipe
    output: Path


def run_batch(
    contents: list[str],
    styles: list[str],
    output: Path,
    options: BatchOptions,
    *,
    masks: list[str],
    levels: str | None,
    table: Path | None,
    as_json: bool,
) -> int:
    """Paint everything, print one summary line (or a report), and return how many failed."""
    started = time.perf_counter()
    if f".{options.format}" not in FORMATS:
        raise OptionError(f"got --format {options.format!r}; want {', '.join(s[1:] for s in FORMATS)}")
    reports: list[dict] = []
    if table:
        if contents or styles or masks or levels:
            raise OptionError("--csv names photos and styles itself; leave out the others")
        items = list(read_table(table, output, options))
    else:
        recipes = parse_styles(_expanded(styles), masks, levels, notify=note)
        items, reports = plan(find_photos(contents), recipes, output, options)
    _want_different_outputs(items)
    for report in reports:
        print(f"error: {report['error']}", file=sys.stderr)
    with progress_bar("painting", len(items)) as advance:
        for report in run(items, options):
            reports.append(report)
            if "error" in report:
                print(f"error: {report['error']}", file=sys.stderr)
            advance()
    counts = {status: sum(r["status"] == status for r in reports) for status in ("painted", "skipped", "failed")}
    seconds = time.perf_counter() - started
    if as_json:
        print(json.dumps({**counts, "seconds": round(seconds, 3), "items": reports}, indent=1))
    else:
        rate = f", {counts['painted'] / seconds:.2f} pictures/s" if counts["painted"] else ""
        told = ", ".join(f"{count} {status}" for status, count in counts.items())
        print(f"{told} in {seconds:.1f} s{rate}: {output}{os.sep}")
    return counts["failed"]


def find_photos(contents: list[str]) -> list[tuple[Path, Path]]:
    """The photos in folders (and below) and among files, each with the folder its result goes to, below the output's.

    Raises:
        OptionError: there is none at all.
    """
    found: list[tuple[Path, Path]] = []
    wanted = PICTURES | VIDEOS
    for content in map(Path, contents):
        if content.is_dir():
            paths = sorted(p for p in content.rglob("*") if p.suffix.lower() in wanted and not p.name.startswith("."))
            found += [(path, path.relative_to(content).parent) for path in paths]
        else:
            found.append((content, Path()))
    if not found:
        raise OptionError(f"no picture in {', '.join(contents) or 'nothing'}; want {', '.join(sorted(PICTURES))} files")
    return found


def _expanded(styles: list[str]) -> list[str]:
    """A folder among the styles stands for the pictures in it."""
    out: list[str] = []
    for style in styles:
        if not Path(style).is_dir():
            out.append(style)
            continue
        pictures = sorted(str(p) for p in Path(style).iterdir() if p.suffix.lower() in PICTURES)
        if not pictures:
            raise OptionError(f"no picture in the folder of styles {style}; want {', '.join(sorted(PICTURES))} files")
        out += pictures
    return out


def plan(
    photos: list[tuple[Path, Path]], recipes: list[Recipe], output: Path, options: BatchOptions
) -> tuple[list[Item], list[dict]]:
    """Every photo with every recipe, or with the one of its name; reports of the photos that have none."""
    items, failures = [], []
    for photo, folder in photos:
        mine = [recipe for recipe in recipes if recipe.name == photo.stem] if options.pair else recipes
        if not mine:
            error = StyleError(f"{photo}: no style is called {photo.stem!r}; --pair wants photo and style of one name")
            failures.append({"content": str(photo), "style": "", "output": "", **_failed(error)})
        for recipe in mine:
            suffix = photo.suffix if is_video(photo) else f".{options.format}"
            name = f"{photo.stem}_stylized_{recipe.name}{suffix}"
            items.append(Item(photo, _with_own_masks(recipe, photo), output / folder / name))
    return items, failures


def _with_own_masks(recipe: Recipe, photo: Path) -> Recipe:
    """A folder among the masks stands for the mask in it that has the photo's name."""
    masks = []
    for label, path in recipe.masks:
        own = sorted(p for p in Path(path).glob(f"{photo.stem}.*") if p.suffix.lower() in PICTURES)
        masks.append((label, str(own[0]) if own else path))
    return replace(recipe, masks=tuple(masks))


def read_table(path: Path, output: Path, options: BatchOptions) -> Iterator[Item]:
    """Items of a CSV file: content, style and, if wanted, output; relative to the file's own folder.

    A style is a name or picture, or a blend: "a.jpg:0.7;b.jpg:0.3". A first line "content,style" is a heading.

    Raises:
        OptionError: a line is broken; its number is told.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise OptionError(f"{path}: cannot be read as a CSV file ({error}); want lines of content,style") from error
    rows = csv.reader(lines)
    count = 0
    for row in rows:
        cells = [cell.strip() for cell in row]
        if not any(cells) or (rows.line_num == 1 and cells[:2] == ["content", "style"]):
            continue
        where = f"{path}, line {rows.line_num}"
        if len(cells) not in (2, 3) or not all(cells[:2]):
            raise OptionError(f"{where}: got {','.join(row)!r}; want content,style or content,style,output")
        content, *rest = cells
        try:
            recipes = parse_styles([_beside(path, style.strip()) for style in rest[0].split(";")])
        except OptionError as error:
            raise OptionError(f"{where}: {error}") from error
        if len(recipes) != 1:
            raise OptionError(f"{where}: got {len(recipes)} styles; want one, or weights to blend: a.jpg:0.7;b.jpg:0.3")
        name = rest[1] if rest[1:] and rest[1] else f"{Path(content).stem}_stylized_{recipes[0].name}.{options.format}"
        if Path(name).suffix.lower() not in FORMATS:
            raise OptionError(f"{where}: cannot write {name!r}; want {', '.join(FORMATS)}")
        count += 1
        yield Item(path.parent / content, recipes[0], output / name)
    if not count:
        raise OptionError(f"{path}: no line of content,style in it")


def _beside(table: Path, style: str) -> str:
    """A style picture that lies beside the table, else the style as it is."""
    source, colon, weight = style.rpartition(":")
    for name, rest in ((style, ""), (source, colon + weight)):
        if name and (table.parent / name).is_file():
            return str(table.parent / name) + rest
    return style


def _want_different_outputs(items: list[Item]) -> None:
    seen: dict[Path, Item] = {}
    for item in items:
        other = seen.setdefault(item.output, item)
        if other is not item:
            raise OptionError(f"{other.content} and {item.content} would both become {item.output}; rename one")


def run(items: list[Item], options: BatchOptions) -> Iterator[dict]:
    """Paint the items and yield a report of each, not in their order; a bad one does not stop the others."""
    left = []
    for item in items:
        if os.path.exists(item.output) and not options.overwrite:
            yield _report(item, status="skipped")
        elif is_video(item.content) and paint_video is None:
            note(f"{item.content} is a video: left out; paint it with 'adain video'")
            yield _report(item, status="skipped")
        else:
            try:
                item.recipe.check()
            except AdainError as error:
                yield _report(item, **_failed(error))
            else:
                left.append(item)
    if left:
        from .painter import Painter

        painter = Painter(options)
        yield from _paint_all([item for item in left if not is_video(item.content)], painter, options)
        for item in left:
            if paint_video and is_video(item.content):
                yield paint_video(item, painter)


def is_video(path: Path) -> bool:
    return path.suffix.lower() in VIDEOS


def _paint_all(items: list[Item], painter: "Painter", options: BatchOptions) -> Iterator[dict]:
    size = options.group or GROUP.get(painter.stylizer.device.type, GROUP_ON_GPU)
    with ThreadPoolExecutor(THREADS) as readers, ThreadPoolExecutor(THREADS) as writers:
        try:
            writing: deque[Future[dict]] = deque()
            for group in _grouped(_read_ahead(items, readers, AHEAD * size + THREADS), size, painter):
                for item, result in _paint_group(group, painter):
                    if isinstance(result, Picture):
                        writing.append(writers.submit(_write, item, result, options))
                    else:
                        yield _report(item, **result)
                while writing and (writing[0].done() or len(writing) > THREADS + size):
                    yield writing.popleft().result()
            for future in writing:
                yield future.result()
        finally:  # Ctrl-C, or the one who asked has gone: start nothing more
            readers.shutdown(cancel_futures=True, wait=False)
            writers.shutdown(cancel_futures=True, wait=False)


Read = tuple[Item, Picture | AdainError]


def _read_ahead(items: list[Item], readers: ThreadPoolExecutor, ahead: int) -> Iterator[Read]:
    """The items with their photos, in order; a photo in several styles, which stand together, is read once."""
    waiting: deque[tuple[Item, Future[Picture]]] = deque()
    for item in items:
        if waiting and waiting[-1][0].content == item.content:
            future = waiting[-1][1]
        else:
            future = readers.submit(read_picture, item.content)
        waiting.append((item, future))
        if len(waiting) > ahead:
            yield _result(*waiting.popleft())
    while waiting:
        yield _result(*waiting.popleft())


def _result(item: Item, future: Future[Picture]) -> Read:
    try:
        return item, future.result()
    except AdainError as error:
        return item, error


def _grouped(reads: Iterable[Read], size: int, painter: "Painter") -> Iterator[list[Read]]:
    """Neighbours of one working size, as long as they can be painted together."""
    group: list[Read] = []
    size_of_group = None
    for item, photo in reads:
        if isinstance(photo, AdainError) or not painter.can_group(photo, item.recipe, size):
            working_size = None
        else:
            working_size = painter.work_size(photo)
        if group and (working_size is None or working_size != size_of_group or len(group) == size):
            yield group
            group = []
        group.append((item, photo))
        size_of_group = working_size
    if group:
        yield group


def _paint_group(group: list[Read], painter: "Painter") -> Iterator[tuple[Item, Picture | dict]]:
    """The paintings, or what there is to report; where a group fails, its pictures are tried one by one."""
    if len(group) > 1:
        try:
            photos = [photo for _, photo in group if isinstance(photo, Picture)]
            paintings = painter.paint_together(photos, [item.recipe for item, _ in group])
            yield from zip([item for item, _ in group], paintings)
            return
        except (AdainError, RuntimeError, MemoryError):
            pass  # one by one each has its own error, and tiles to fall back to
    for item, photo in group:
        try:
            if isinstance(photo, AdainError):
                raise photo
            yield item, painter.paint(photo, item.recipe, notify=note)
        except AdainError as error:
            yield item, _failed(error)


def _write(item: Item, picture: Picture, options: BatchOptions) -> dict:
    try:
        picture = scaled(picture, options.output_size)
        write_result(picture, str(item.output), overwrite=options.overwrite)
    except AdainError as error:
        return _report(item, **_failed(error))
    height, width = picture.rgb.shape[:2]
    return _report(item, status="painted", width=width, height=height)


def _report(item: Item, **about: object) -> dict:
    return {"content": str(item.content), "style": item.recipe.name, "output": str(item.output), **about}


def _failed(error: AdainError) -> dict:
    return {"status": "failed", "error": str(error)}
