"""`adain video`: the same video, painted, with its sound and its times."""

import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adain.errors import OptionError, VideoError

from .options import VideoOptions
from .painter import Painter
from .pipeline import Interrupted, Pipeline
from .plan import BECOMES, result_name
from .progress import INTERRUPTED, note
from .stills import is_pattern, is_pictures
from .timeline import Keyframe
from .writer import check_output, exists


def run_video(
    source: str, output: str | None, keyframes: list[Keyframe], options: VideoOptions, *, as_json: bool
) -> int:
    """The command: paint one video, print what became of it, and return the exit code."""
    output = output or default_output(source, keyframes)
    check_place(source, output, options)
    for keyframe in keyframes:
        keyframe.recipe.check()
    painter = Painter(options)
    if sys.stderr.isatty():
        print(painter.stylizer.title, file=sys.stderr)
    try:
        report = stylize_video(source, output, keyframes, options, painter=painter, bars=True)
    except Interrupted as stopped:
        print(f"stopped: {stopped}", file=sys.stderr)
        return INTERRUPTED
    print(json.dumps(report, indent=1) if as_json else report["output"])
    if "error" in report:
        print(f"error: {report['error']}", file=sys.stderr)
    return int("error" in report)


def default_output(source: str, keyframes: list[Keyframe]) -> str:
    if source == "-" or "://" in source:
        raise OptionError("say with -o where the result shall go; there is no file to put it beside")
    path = Path(source)
    path = path.parent if is_pattern(source) else path
    path = path if path.name else path.resolve()  # as the current folder
    suffix = ".mp4" if is_pictures(source) else BECOMES.get(path.suffix.lower(), ".mp4")
    return str(path.with_name(result_name(path, "-".join(k.recipe.name for k in keyframes), suffix)))


def check_place(source: str, output: str, options: VideoOptions) -> None:
    """Raise VideoError or OptionError where the result cannot go there."""
    check_output(output)
    if source != "-" and Path(output).exists() and Path(source).exists() and Path(output).samefile(source):
        raise OptionError(f"{output}: is the video itself; choose another name with -o")
    if exists(output) and not options.overwrite:
        raise VideoError(f"{output}: exists already; choose another name with -o, or add --overwrite")


def stylize_video(
    source: str,
    output: str,
    keyframes: list[Keyframe],
    options: VideoOptions,
    *,
    painter: Painter | None = None,
    bars: bool = False,
    notify: Callable[[str], None] = note,
) -> dict[str, Any]:
    """Paint one video file.

    Args:
        source, output: as `open_reader` and `open_writer` take them.
        keyframes: styles over time, as `parse_timeline` makes them.
        painter: one that has the model loaded already, with the same options.
        bars: whether to show progress on a terminal.
        notify: is told, in a line each, what the result cannot hold as it is.

    Returns:
        A report: content, output, frames, width, height, seconds; and "error" where the source is damaged and only
        what could be read of it is in the result.

    Raises:
        VideoError, OptionError, StyleError: nothing was put under the final name; a part may stand beside it.
        Interrupted: on Ctrl-C, likewise.
    """
    check_place(source, output, options)
    started = time.perf_counter()
    pipeline = Pipeline(
        source, output, keyframes, options, painter=painter or Painter(options), notify=notify, bars=bars
    )
    with stop_on_interrupt(pipeline.stopped):
        report = pipeline.run()
    return {**report, "seconds": round(time.perf_counter() - started, 3)}


@contextmanager
def stop_on_interrupt(stopped: threading.Event) -> Iterator[None]:
    """Set an event on the first Ctrl-C, so that the file can be finished; a second one ends at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: object) -> None:
        stopped.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
