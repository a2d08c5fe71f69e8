"""`adain image`: every photo in every style, one file each."""

import io
import json
import sys
import time
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from adain.errors import AdainError, OptionError, PictureError
from adain.picture import Picture, check_absent, encode_picture, format_of, read_picture, scale_to, write_picture

from .options import ResultOptions
from .plan import STDIO, Job, is_video, plan
from .progress import note, progress_bar, tile_bar
from .recipe import Recipe
from .stills import moves


def stylize_all(
    contents: list[str], recipes: list[Recipe], output: str | None, options: ResultOptions, *, as_json: bool
) -> int:
    """Run all jobs, print what became of them, and return how many failed."""
    jobs = plan(contents, recipes, output)
    reports = []
    with progress_bar("painting", len(jobs), disable=len(jobs) == 1) as advance:
        for report in run(jobs, options):
            reports.append(report)
            if "error" in report:
                print(f"error: {report['error']}", file=sys.stderr)
            elif not as_json and report["output"] != STDIO:
                print(report["output"], flush=True)
            advance()
    if as_json:
        print(json.dumps(reports, indent=1))
    return sum("error" in report for report in reports)


def run(jobs: list[Job], options: ResultOptions) -> Iterator[dict]:
    """Do the jobs one after the other; a bad one becomes a report with an error, and the next goes on.

    What can be checked without the model (names, files, places) is checked before torch is loaded.
    """
    problems = {}
    for job in jobs:
        try:
            job.recipe.check()
            if is_video(job.content):
                raise PictureError(f"{job.content}: is a video; adain video paints those")
            if job.output != STDIO:
                format_of(Path(job.output))
                check_absent(Path(job.output), overwrite=options.overwrite)
        except AdainError as error:
            problems[job] = error
    if len(problems) == len(jobs):
        yield from (_failure(job, error) for job, error in problems.items())
        return

    from .painter import Painter

    painter = Painter(options)
    stylizer = painter.stylizer
    if sys.stderr.isatty():
        print(stylizer.title, file=sys.stderr)
    picture: tuple[str, Picture] | None = None  # the photo read last: jobs of one photo stand together
    for job, following in zip_longest(jobs, jobs[1:]):
        started = time.perf_counter()
        try:
            if job in problems:
                raise problems[job]
            if picture is None or picture[0] != job.content:
                picture = None  # two huge photos at once would take twice the memory
                picture = job.content, read_content(job.content)
            with tile_bar() as progress:
                result = painter.paint(picture[1], job.recipe, notify=note, progress=progress)
            if following is None or following.content != job.content:
                picture = None  # encoding takes memory too
            result = scaled(result, options.output_size)
            write_result(result, job.output, overwrite=options.overwrite)
        except OptionError:
            raise  # of the options, so of every job
        except AdainError as error:
            yield _failure(job, error)
            continue
        height, width = result.rgb.shape[:2]
        yield {
            "content": job.content, "style": job.recipe.name, "output": job.output, "width": width, "height": height,
            "model": stylizer.model, "device": str(stylizer.device), "dtype": stylizer.dtype_name,
            "backend": stylizer.backend, "seconds": round(time.perf_counter() - started, 3),
        }  # fmt: skip


def _failure(job: Job, error: AdainError) -> dict:
    return {"content": job.content, "style": job.recipe.name, "output": job.output, "error": str(error)}


def read_content(content: str) -> Picture:
    if moves(content):
        note(f"{content}: only the first of its pictures is painted; adain video paints them all")
    return read_picture(sys.stdin.buffer.read() if content == STDIO else content)


def scaled(picture: Picture, long_side: int | None) -> Picture:
    """The picture with the given long side, up or down."""
    height, width = picture.rgb.shape[:2]
    size = scale_to(width, height, long_side)
    return picture if size == (width, height) else picture.resized(*size)


def write_result(picture: Picture, output: str, *, overwrite: bool) -> None:
    if output == STDIO:
        buffer = io.BytesIO()
        encode_picture(picture, buffer)
        sys.stdout.buffer.write(buffer.getvalue())
        sys.stdout.buffer.flush()
        return
    make_folder(output)
    write_picture(picture, Path(output), overwrite=overwrite)


def make_folder(output: str) -> None:
    """Make the folder that a result goes to."""
    try:
        Path(output).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PictureError(f"{output}: its folder cannot be made ({error.strerror}); choose another place") from error
