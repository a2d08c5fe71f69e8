"""`adain batch`: folders of photos in, a folder of paintings out.

Threads read and write files while the device paints; photos of one working size are painted together. What is finished
already is skipped, so that an interrupted run goes on where it stopped.
"""

import json
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from adain.errors import AdainError, OptionError
from adain.picture import FORMATS, Picture, read_picture

from .image import scaled, write_result
from .plan import BatchOptions, Item, expanded, find_photos, is_video, plan, read_table, want_different_outputs
from .progress import note, progress_bar
from .recipe import parse_styles

if TYPE_CHECKING:
    from .painter import Painter

THREADS = 4  # that read, and as many that write
AHEAD = 2  # groups read while one is painted
GROUP = {"cpu": 1, "mps": 4}  # pictures painted together; a CPU gains nothing by it
GROUP_ON_GPU = 8

# Paints the video of an item and returns its report (`_report`); None: videos are left out, with a note.
paint_video: "Callable[[Item, Painter], dict] | None" = None


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
        recipes = parse_styles(expanded(styles), masks, levels, notify=note)
        items, reports = plan(find_photos(contents), recipes, output, options)
    want_different_outputs(items)
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
