"""`adain webcam`: camera, painter, window and outputs, joined."""

import json
import signal
import statistics
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from .sources import Wanted, list_cameras, open_source  # isort: skip  (sets up OpenCV before it is loaded)

import cv2
import numpy as np

from adain.color import COLOR_MODES
from adain.errors import AdainError, CameraError
from adain.frames import FrameStylizer
from adain.models import DEFAULT_MODEL
from adain.picture import Picture, check_absent, write_picture
from adain.smoother import SMOOTH_MODES
from adain.style import Style
from adain.stylizer import Stylizer

from .camera import Camera
from .gallery import Entry, Gallery
from .overlay import ACCENT, GREY, Text, Thumb
from .painter import Look, Painter, Painting
from .rate import Rate
from .recorder import Recorder, StatsFile, VirtualCamera, check_recording
from .speed import SpeedController

START_SIZE = 448  # px at which a CPU begins; the controller goes on from there
STRENGTH_STEP = 0.1
NOTICE = 2.5  # s for which a notice is shown
REDRAW = 0.1  # s after which the window is drawn again though no frame has come
WAIT = 0.01  # s to wait for a painting before looking at the keys
KEPT = 10_000  # latencies kept for the summary


@dataclass(frozen=True)
class WebcamOptions:
    """What `adain webcam` was asked for."""

    camera: str = "0"
    wanted: Wanted = Wanted()
    styles: tuple[str, ...] = ()
    styles_folder: Path | None = None
    shuffle: float | None = None  # s
    strength: float = 1.0
    color: str = "style"
    smooth: str = "flow"
    fps: float = 30.0
    size: int | None = None  # px; None: chosen to hold `fps`
    mirror: bool | None = None  # None: as a mirror, where it is a camera and only its user looks
    loop: bool = False
    max_frames: int | None = None
    record: Path | None = None
    virtual_camera: bool = False
    headless: bool = False
    fullscreen: bool = False
    stats: Path | None = None
    snapshots: Path = Path()
    model: str = DEFAULT_MODEL
    device: str = "auto"
    overwrite: bool = False


def run_webcam(options: WebcamOptions, *, as_json: bool) -> None:
    """Run until the user ends it or the source does, then print a summary.

    Raises:
        AdainError: something the user asked for cannot be had.
    """
    app = Webcam(options)
    try:
        with stopped_by_term():
            app.run()
    finally:
        if app.shown:
            print(json.dumps(app.summary(), indent=1) if as_json else summary_line(app.summary()))
            for path in app.saved if not as_json else ():
                print(path)


@contextmanager
def stopped_by_term() -> Iterator[None]:
    """Let `kill` end the program as Ctrl-C does, so that recordings are finished."""

    def stop(*_: object) -> None:
        raise SystemExit(128 + signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class Webcam:
    """The app: a loop in the main thread, between the painter's thread and the outputs.

    Attributes:
        shown: how many paintings were shown.
        saved: files written by the user's keys and options.
    """

    def __init__(self, options: WebcamOptions) -> None:
        self.options = options
        self.shown = 0
        self.saved: list[Path] = []
        self.latencies: deque[float] = deque(maxlen=KEPT)  # s
        self.sizes: deque[int] = deque(maxlen=KEPT)  # px
        self.began = self.ended = 0.0
        self.done = False
        self.split: float | None = None  # share of the width that shows the camera's own picture
        self.overlay = True
        self.help = False
        self.blend = False
        self._notice: tuple[str, float] = ("", 0.0)
        self._told = ""  # the trouble last told on stderr
        self._rate = Rate()
        self._painting: Painting | None = None
        self._picture: np.ndarray | None = None  # the painting as shown and recorded
        self._drawn = 0.0
        self._changed = True  # something to draw besides a new painting
        self._recorder: Recorder | None = None
        self._recording_since = 0.0
        self._shuffled = 0.0
        self._mix: tuple[Style, Style, Style] | None = None  # two styles and their blend

    # ---------------------------------------------------------------- setting up

    def run(self) -> None:
        """Open everything, show paintings until the end, close everything."""
        options = self.options
        if options.record:
            check_recording(options.record, overwrite=options.overwrite)
        if not options.headless:
            from .window import Window, check_screen

            check_screen()
        with ExitStack() as stack:
            self.stats = stack.enter_context(StatsFile(options.stats, overwrite=options.overwrite)) if options.stats else None
            self.camera = stack.enter_context(
                Camera(lambda: open_source(options.camera, options.wanted), loop=options.loop)
            )
            print(self.camera.title, file=sys.stderr)
            self.stylizer = Stylizer(options.model, device=options.device)
            self.gallery = stack.enter_context(
                Gallery(self.stylizer, list(options.styles), folder=options.styles_folder)
            )
            first = self._first_frame()
            size = first.shape[1], first.shape[0]
            self.virtual = stack.enter_context(VirtualCamera(size, fps=options.fps)) if options.virtual_camera else None
            if self.virtual:
                print(f"virtual camera: {self.virtual.title}", file=sys.stderr)
            stack.callback(self._stop_recording)
            if options.record:
                self._start_recording(options.record, size)
            self.window = None if options.headless else stack.enter_context(Window(size, fullscreen=options.fullscreen))
            self.painter = stack.enter_context(self._make_painter(max(size)))
            self.began = self._shuffled = time.monotonic()
            stack.callback(self._end_clock)
            self._loop()
        if self.painter.error:
            raise self.painter.error

    def _first_frame(self) -> np.ndarray:
        """Wait for a frame, so that outputs know its size."""
        while (frame := self.camera.frames.take(0.1)) is None:
            if self.camera.frames.finished:
                raise self.camera.error or CameraError(f"{self.camera.title}: ended before its first frame")
            self._tell(self.camera.trouble())
        self.camera.frames.put(frame)
        return frame.rgb

    def _make_painter(self, longest: int) -> Painter:
        options = self.options
        style = self.gallery.current.style
        assert style is not None  # the gallery has encoded the first
        mirror = options.mirror
        if mirror is None:
            mirror = (options.camera.isdecimal() or options.camera.startswith("/dev/")) and not options.virtual_camera
        look = Look(style, options.strength, options.color, options.smooth, mirror)
        frames = FrameStylizer(self.stylizer, style, strength=options.strength, size=options.size)
        controller = None
        if options.size is None:
            start = START_SIZE if self.stylizer.device.type == "cpu" else longest
            controller = SpeedController(options.fps, largest=longest, start=start)
        return Painter(frames, self.camera.frames, look, controller=controller)

    def _end_clock(self) -> None:
        self.ended = time.monotonic()

    # ---------------------------------------------------------------- the loop

    def _loop(self) -> None:
        while not self.done:
            painting = self.painter.paintings.take(WAIT)
            if painting:
                self._show(painting)
            self._tell(self.camera.trouble())
            if self.window:
                if painting or self._changed or time.monotonic() - self._drawn > REDRAW:
                    self._draw()
                for action in self.window.actions():
                    self._act(action)
                self._changed = self._changed or bool(self._notice[0])
            if painting:
                self._note(painting)
            self._update_look()
            if self.painter.paintings.finished:
                self.done = True
        if self.camera.error:
            raise self.camera.error

    def _show(self, painting: Painting) -> None:
        first, self._painting = self._painting is None, painting
        if first:
            self._take_palette()
        self._picture = compose(painting.content, painting.painted, self.split)
        self.shown += 1
        self._rate.tick()
        now = time.monotonic()
        if self._recorder:
            try:
                self._recorder.write(self._picture, now)
            except AdainError as error:
                self._recorder = None
                if not self.window:
                    raise
                self._notify(str(error))
        if self.virtual:
            self.virtual.write(self._picture, now)

    def _note(self, painting: Painting) -> None:
        """Keep the books, once the painting is on the screen."""
        now = time.monotonic()
        latency = now - painting.captured
        self.latencies.append(latency)
        self.sizes.append(painting.size)
        if self.stats:
            self.stats.row(
                painting.number, f"{now - self.began:.4f}", f"{1000 * latency:.1f}",
                f"{1000 * (painting.started - painting.captured):.1f}",
                f"{1000 * (painting.finished - painting.started):.1f}", painting.size, self.gallery.current.name,
                painting.look.strength, f"{self._rate.per_second():.1f}", f"{self.camera.rate():.1f}",
                self.camera.frames.dropped,
            )  # fmt: skip
        if self.options.max_frames and self.shown >= self.options.max_frames:
            self.done = True

    def _update_look(self) -> None:
        """Let the painter know of a style that was chosen, or that has become ready."""
        if self.options.shuffle and time.monotonic() - self._shuffled > self.options.shuffle:
            self._shuffled = time.monotonic()
            self.gallery.shuffle()
            self._take_palette()
        style, look = self._wanted_style(), self.painter.look
        if style and style is not look.style:
            self.painter.look = replace(look, style=style)

    def _wanted_style(self) -> Style | None:
        current, after = self.gallery.current, self.gallery.after()
        if self.painter.look.color == "coral":
            style, other = current.recolored, after.recolored
        else:
            style, other = current.style, after.style
        if not self.blend:
            return style
        if style is None or other is None:
            return style
        if self._mix is None or self._mix[:2] != (style, other):
            self._mix = style, other, Style.blend([style, other])
        return self._mix[2]

    # ---------------------------------------------------------------- what the user does

    def _act(self, action: str) -> None:
        name, _, value = action.partition(" ")
        look = self.painter.look
        self._changed = True
        if name == "quit":
            self.done = True
        elif name in ("next", "previous"):
            self.gallery.step(1 if name == "next" else -1)
            self._style_chosen()
        elif name == "style":
            if int(value) <= len(self.gallery.entries):
                self.gallery.choose(int(value) - 1)
                self._style_chosen()
        elif name in ("stronger", "weaker"):
            step = STRENGTH_STEP if name == "stronger" else -STRENGTH_STEP
            self.painter.look = replace(look, strength=round(min(max(look.strength + step, 0.0), 1.0), 2))
            self._notify(f"Strength {self.painter.look.strength:.0%}")
        elif name == "color":
            self.painter.look = replace(look, color=following(COLOR_MODES, look.color))
            self._take_palette()
            self._notify(f"Colours: {COLOR_NAMES[self.painter.look.color]}")
        elif name == "smooth":
            self.painter.look = replace(look, smooth=following(SMOOTH_MODES, look.smooth))
            self._notify(f"Smoothing: {self.painter.look.smooth}")
        elif name == "mirror":
            self.painter.look = replace(look, mirror=not look.mirror)
            self._notify("Mirrored" if self.painter.look.mirror else "As the camera sees it")
        elif name == "pause":
            self.painter.look = replace(look, paused=not look.paused)
            self.camera.paused = not look.paused
        elif name == "blend":
            self.blend = not self.blend
            self._notify(f"Blended with {self.gallery.after().name}" if self.blend else "One style")
        elif name == "split":
            self._act_split(value)
        elif name == "snapshot":
            self._snapshot()
        elif name == "record":
            self._toggle_recording()
        elif name == "overlay":
            self.overlay = not self.overlay
        elif name == "help":
            self.help = not self.help
        elif name == "fullscreen" and self.window:
            self.window.toggle_fullscreen()

    def _take_palette(self) -> None:
        """The mode "coral" is a matter of the style: it is encoded with the colours of the scene as it is now."""
        coral = self.painter.look.color == "coral" and self._painting
        self.gallery.recolor(self._painting.content if coral and self._painting else None)

    def _style_chosen(self) -> None:
        entry = self.gallery.current
        self._take_palette()
        self._shuffled = time.monotonic()
        if entry.error or not self.overlay:  # which shows the name
            self._notify(entry.error or entry.name)

    def _act_split(self, value: str) -> None:
        if value:
            self.split = float(value)
        else:
            self.split = 0.5 if self.split is None else None
        if self._painting:
            self._picture = compose(self._painting.content, self._painting.painted, self.split)

    def _snapshot(self) -> None:
        if self._picture is None:
            return
        path = fresh_name(self.options.snapshots, self.gallery.current.name, ".png")
        try:
            write_picture(Picture(self._picture), path)
        except AdainError as error:
            self._notify(str(error))
            return
        self.saved.append(path)
        self._notify(f"Saved {path}")

    def _toggle_recording(self) -> None:
        try:
            if self._recorder:
                self._stop_recording()
            elif self._picture is not None:
                height, width = self._picture.shape[:2]
                path = fresh_name(self.options.snapshots, self.gallery.current.name, ".mp4")
                self._start_recording(path, (width, height))
                self._notify(f"Recording {path}")
        except AdainError as error:
            self._notify(str(error))

    def _start_recording(self, path: Path, size: tuple[int, int]) -> None:
        self._recorder = Recorder(path, size, fps=self.options.fps, overwrite=self.options.overwrite)
        self._recording_since = time.monotonic()

    def _stop_recording(self) -> None:
        recorder, self._recorder = self._recorder, None
        if recorder:
            recorder.close()
            if recorder.written:
                self.saved.append(recorder.path)
                left_out = f" ({recorder.left_out} frames left out: the encoder was too slow)" if recorder.left_out else ""
                self._notify(f"Saved {recorder.path}{left_out}")

    # ---------------------------------------------------------------- what the user sees

    def _notify(self, text: str) -> None:
        self._notice = text, time.monotonic()
        self._changed = True

    def _tell(self, trouble: str) -> None:
        """Trouble with the camera, once, on stderr too: there may be no window, or nobody looking at it."""
        gist = trouble.partition(". Trying")[0].partition(" for ")[0]
        if gist and gist != self._told:
            print(trouble, file=sys.stderr)
        self._told = gist
        self._trouble = trouble

    def _draw(self) -> None:
        from .window import View

        assert self.window
        now = time.monotonic()
        if now - self._notice[1] > NOTICE:
            self._notice = "", 0.0
        look, entries = self.painter.look, self.gallery.entries
        seconds = int(now - self._recording_since)
        index = min(self.gallery.index, len(entries) - 1)
        self.window.show(
            View(
                self._picture, self._info(look) if self.overlay else (), self._notice[0], self._trouble,
                f"{seconds // 60}:{seconds % 60:02d}" if self._recorder else "", look.paused, self.help, self.overlay,
                self.split is not None, [thumb(i, e) for i, e in enumerate(entries)], index,
                (index + 1) % len(entries) if self.blend else None,
            )  # fmt: skip
        )
        self._drawn, self._changed = now, False

    def _info(self, look: Look) -> tuple[tuple[Text, ...], ...]:
        name = self.gallery.current.name + (f" + {self.gallery.after().name}" if self.blend else "")
        recent = list(self.latencies)[-15:] if self.shown else []
        latency = f"{1000 * statistics.median(recent):.0f} ms" if recent else "…"
        size = f"{self._painting.size} px" if self._painting else "…"
        return (
            (Text(name, 20),),
            (Text(f"{self._rate.per_second():.0f} fps", 15, ACCENT), Text(f"   {latency}   {size}", 15)),
            (Text(f"strength {look.strength:.0%}   colours {COLOR_NAMES[look.color]}   smoothing {look.smooth}", 13, GREY),),
            (Text(f"{self.stylizer.model} on {self.stylizer.device}, {self.stylizer.dtype_name}", 13, GREY),),
            (Text(self.camera.title + ("" if look.paused else f"   really {self.camera.rate():.0f}"), 13, GREY),),
        )

    def summary(self) -> dict[str, Any]:
        """Figures of the run; times from a frame's capture until it was on the screen or written."""
        ordered = sorted(self.latencies)
        seconds = max((self.ended or time.monotonic()) - self.began, 1e-9)
        return {
            "frames": self.shown, "seconds": round(seconds, 2), "fps": round(self.shown / seconds, 1),
            "latency_ms_median": round(1000 * statistics.median(ordered), 1),
            "latency_ms_p95": round(1000 * ordered[int(0.95 * (len(ordered) - 1))], 1),
            "size_median": int(statistics.median(self.sizes)), "dropped": self.camera.frames.dropped,
            "camera": self.camera.title, "files": [str(p) for p in self.saved],
        }  # fmt: skip


COLOR_NAMES = {
    "style": "of the style", "content": "of the picture", "lab": "of the picture (Lab)",
    "histogram": "of the picture (histogram)", "coral": "of the picture (covariance)",
}  # fmt: skip


def summary_line(summary: dict[str, Any]) -> str:
    return (
        f"{summary['frames']} frames in {summary['seconds']:.1f} s: {summary['fps']} fps, latency "
        f"{summary['latency_ms_median']:.0f} ms (95th percentile {summary['latency_ms_p95']:.0f} ms) "
        f"at {summary['size_median']} px"
    )


def thumb(number: int, entry: Entry) -> Thumb:
    return Thumb(entry.name, entry.thumbnail, number, bool(entry.error))


def following(modes: tuple[str, ...], mode: str) -> str:
    return modes[(modes.index(mode) + 1) % len(modes)]


def compose(content: np.ndarray, painted: np.ndarray, split: float | None) -> np.ndarray:
    """The painting; with `split`, the camera's picture to the left of that share of the width, and a line between."""
    if split is None:
        return painted
    width = painted.shape[1]
    x = round(split * width)
    out = painted.copy()
    out[:, :x] = content[:, :x]
    thick = max(1, width // 640)
    cv2.line(out, (x, 0), (x, len(out)), (0, 0, 0), 3 * thick)
    cv2.line(out, (x, 0), (x, len(out)), (255, 255, 255), thick)
    return out


def fresh_name(folder: Path, style: str, suffix: str) -> Path:
    """A name that is not taken: webcam_DATE_TIME_STYLE, with a number where that is not enough."""
    stem = f"webcam_{datetime.now():%Y-%m-%d_%H-%M-%S}_{style}"
    path, number = folder / f"{stem}{suffix}", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}_{number}{suffix}"
    check_absent(path, overwrite=False)
    return path


def print_cameras(*, as_json: bool) -> None:
    """`adain webcam --list`."""
    cameras = list_cameras()
    if as_json:
        print(json.dumps([{"camera": c.name, "device": c.device, "title": c.title} for c in cameras], indent=1))
    elif not cameras:
        print("no camera was found: plug one in, or try a clip: adain webcam --camera clip.mp4", file=sys.stderr)
    for camera in cameras if not as_json else ():
        print(f"{camera.name:4} {camera.device:14} {camera.title}")
