"""`adain batch`: folders of photos and videos in, a folder of paintings out.

Threads read and write files while the device paints; photos of one working size are painted together, videos one after
the other. What is finished already is skipped, so that an interrupted run goes on where it stopped.
"""

import json
import os
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import fields
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from adain.errors import AdainError, OptionError
from adain.picture import FORMATS, Picture, read_picture

from .image import make_folder, scaled, write_result
from .options import PaintOptions, VideoOptions
from .plan import BatchOptions, Job, expanded, find_photos, plan_folders, read_table, want_different_outputs
from .progress import note, progress_bar
from .recipe import parse_styles

if TYPE_CHECKING:
    from .painter import Painter

THREADS = 4  # that read, and as many that write
AHEAD = 2  # groups read while one is painted
GROUP = {"cpu": 1, "mps": 4}  # pictures painted together; a CPU gains nothing by it
GROUP_ON_GPU = 8


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
        jobs = list(read_table(table, output, options))
    else:
        recipes = parse_styles(expanded(styles), masks, levels, notify=note)
        jobs, reports = plan_folders(find_photos(contents), recipes, output, options)
    want_different_outputs(jobs)
    for report in reports:
        print(f"error: {report['error']}", file=sys.stderr)
    with progress_bar("painting", len(jobs)) as advance:
        for report in run(jobs, options):
            reports.append(report)
            if "error" in report:
                print(f"error: {report['error']}", file=sys.stderr)
            advance()
    counts = {status: sum(r["status"] == status for r in reports) for status in ("painted", "skipped", "failed")}
    seconds = time.perf_counter() - started
    if as_json:
        print(json.dumps({**counts, "seconds": round(seconds, 3), "items": reports}, indent=1))
    else:
        videos = sum(r["status"] == "painted" and "frames" in r for r in reports)
        rate = f", {counts['painted'] / seconds:.2f} pictures/s" if counts["painted"] and not videos else ""
        told = ", ".join(f"{count} {status}" for status, count in counts.items())
        told += f" ({videos} of the painted {'is a video' if videos == 1 else 'are videos'})" if videos else ""
        print(f"{told} in {seconds:.1f} s{rate}: {output}{os.sep}")
    return counts["failed"]


def run(jobs: list[Job], options: BatchOptions) -> Iterator[dict]:
    """Paint the jobs and yield a report of each, not in their order; a bad one does not stop the others."""
    left = []
    for job in jobs:
        if os.path.exists(job.output) and not options.overwrite:
            yield _report(job, status="skipped")
        else:
            try:
                job.recipe.check()
            except AdainError as error:
                yield _report(job, **_failed(error))
            else:
                left.append(job)
    if left:
        from .painter import Painter

        painter = Painter(options)
        yield from _paint_all([job for job in left if not job.moves], painter, options)
        for job in left:
            if job.moves:
                yield paint_video(job, painter, options)


def paint_video(job: Job, painter: "Painter", options: BatchOptions) -> dict:
    """One video, as `adain video` paints it, and its report; one that is damaged has failed, though its result is kept.

    Raises:
        KeyboardInterrupt: on Ctrl-C; a part stands beside the output then.
    """
    from .timeline import Keyframe
    from .video import Interrupted, stylize_video

    same = {field.name: getattr(options, field.name) for field in fields(PaintOptions)}
    try:
        make_folder(job.output)
        report = stylize_video(
            job.content,
            job.output,
            [Keyframe(Fraction(0), job.recipe)],
            VideoOptions(**same, output_size=options.output_size, overwrite=options.overwrite),
            painter=painter,
            bars=True,
            notify=lambda line: note(f"{job.content}: {line}"),
        )
    except AdainError as error:
        return _report(job, **_failed(error))
    except Interrupted:
        print(f"stopped in {job.content}; run it again to go on: what is finished will be skipped", file=sys.stderr)
        raise KeyboardInterrupt from None
    outcome = {"status": "failed", "error": report["error"]} if "error" in report else {"status": "painted"}
    return _report(job, **outcome, **{key: report[key] for key in ("width", "height", "frames")})


def _paint_all(jobs: list[Job], painter: "Painter", options: BatchOptions) -> Iterator[dict]:
    size = options.group or GROUP.get(painter.stylizer.device.type, GROUP_ON_GPU)
    with ThreadPoolExecutor(THREADS) as readers, ThreadPoolExecutor(THREADS) as writers:
        try:
            writing: deque[Future[dict]] = deque()
            for group in _grouped(_read_ahead(jobs, readers, AHEAD * size + THREADS), size, painter):
                for job, result in _paint_group(group, painter):
                    if isinstance(result, Picture):
                        writing.append(writers.submit(_write, job, result, options))
                    else:
                        yield _report(job, **result)
                while writing and (writing[0].done() or len(writing) > THREADS + size):
                    yield writing.popleft().result()
            for future in writing:
                yield future.result()
        finally:  # Ctrl-C, or the one who asked has gone: start nothing more
            readers.shutdown(cancel_futures=True, wait=False)
            writers.shutdown(cancel_futures=True, wait=False)


Read = tuple[Job, Picture | AdainError]


def _read_ahead(jobs: list[Job], readers: ThreadPoolExecutor, ahead: int) -> Iterator[Read]:
    """The jobs with their photos, in order; a photo in several styles, which stand together, is read once."""
    waiting: deque[tuple[Job, Future[Picture]]] = deque()
    for job in jobs:
        if waiting and waiting[-1][0].content == job.content:
            future = waiting[-1][1]
        else:
            future = readers.submit(read_picture, job.content)
        waiting.append((job, future))
        if len(waiting) > ahead:
            yield _result(*waiting.popleft())
    while waiting:
        yield _result(*waiting.popleft())


def _result(job: Job, future: Future[Picture]) -> Read:
    try:
        return job, future.result()
    except AdainError as error:
        return job, error


def _grouped(reads: Iterable[Read], size: int, painter: "Painter") -> Iterator[list[Read]]:
    """Neighbours of one working size, as long as they can be painted together."""
    group: list[Read] = []
    size_of_group = None
    for job, photo in reads:
        if isinstance(photo, AdainError) or not painter.can_group(photo, job.recipe, size):
            working_size = None
        else:
            working_size = painter.work_size(photo)
        if group and (working_size is None or working_size != size_of_group or len(group) == size):
            yield group
            group = []
        group.append((job, photo))
        size_of_group = working_size
    if group:
        yield group


def _paint_group(group: list[Read], painter: "Painter") -> Iterator[tuple[Job, Picture | dict]]:
    """The paintings, or what there is to report; where a group fails, its pictures are tried one by one."""
    if len(group) > 1:
        try:
            photos = [photo for _, photo in group if isinstance(photo, Picture)]
            paintings = painter.paint_together(photos, [job.recipe for job, _ in group])
            yield from zip([job for job, _ in group], paintings)
            return
        except (AdainError, RuntimeError, MemoryError):
            pass  # one by one each has its own error, and tiles to fall back to
    for job, photo in group:
        try:
            if isinstance(photo, AdainError):
                raise photo
            yield job, painter.paint(photo, job.recipe, notify=note)
        except AdainError as error:
            yield job, _failed(error)


def _write(job: Job, picture: Picture, options: BatchOptions) -> dict:
    try:
        picture = scaled(picture, options.output_size)
        write_result(picture, str(job.output), overwrite=options.overwrite)
    except AdainError as error:
        return _report(job, **_failed(error))
    height, width = picture.rgb.shape[:2]
    return _report(job, status="painted", width=width, height=height)


def _report(job: Job, **about: object) -> dict:
    return {"content": str(job.content), "style": job.recipe.name, "output": str(job.output), **about}


def _failed(error: AdainError) -> dict:
    return {"status": "failed", "error": str(error)}
