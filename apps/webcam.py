"""`adain webcam`: camera, painter, window and outputs, joined."""

import json
import signal
import statistics
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from adain.builtin import list_styles
from adain.color import check_color
from adain.errors import CameraError, VideoError
from adain.frames import FrameStylizer
from adain.models import DEFAULT_BACKEND, DEFAULT_MODEL
from adain.picture import check_absent
from adain.regions import Regions
from adain.smoother import DEFAULT_SMOOTH, check_smooth
from adain.style import Style

from .camera import Camera
from .controls import Controls
from .gallery import Gallery
from .live import LivePainter, Look, Painting
from .machine import share_cores
from .options import PaintOptions
from .outputs import Outputs, StatsFile, VirtualCamera
from .overlay import ACCENT, Text
from .painter import Painter
from .place import Place, everywhere, parse_regions
from .rate import Rate
from .recorder import check_recording
from .sources import Wanted, list_cameras, open_source
from .speed import SpeedController
from .window import Window, check_screen

START_SIZE = 448  # px at which a CPU begins; the controller goes on from there
REDRAW = 0.1  # s after which the window is drawn again though no frame has come
WAIT = 0.01  # s to wait for a painting before looking at the keys
KEPT = 10_000  # latencies kept for the summary
SHOWN = 15  # latencies behind the overlay's figure


@dataclass(frozen=True)
class WebcamOptions:
    """What `adain webcam` was asked for."""

    camera: str = "0"
    wanted: Wanted = field(default_factory=Wanted)
    styles: tuple[str, ...] = ()
    styles_folder: Path | None = None
    shuffle: float | None = None  # s
    style_scale: float = 1.0
    calm: float | None = None
    strength: float = 1.0
    color: str = "style"
    color_strength: float = 1.0
    masks: tuple[str, ...] = ()
    feather: float | None = None  # % of the long side
    smooth: str = DEFAULT_SMOOTH
    fps: float = 30.0
    size: int | None = None  # px; None: chosen to hold `fps`
    detail: float = 1.0
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
    backend: str = DEFAULT_BACKEND
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
            for path in app.outputs.saved if not as_json else ():
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
    """The app: a loop in the main thread, between the painter's thread, the window and the outputs.

    Attributes:
        shown: how many paintings were shown.
        latencies: seconds from a frame's capture until it was on the screen, of the last paintings.
    """

    def __init__(self, options: WebcamOptions) -> None:
        check(options)
        self.options = options
        self.outputs = Outputs(options.snapshots, fps=options.fps, overwrite=options.overwrite)
        self.shown = 0
        self.latencies: deque[float] = deque(maxlen=KEPT)
        self.sizes: deque[int] = deque(maxlen=KEPT)  # px
        self.began = self.ended = 0.0
        self.stats: StatsFile | None = None
        self.window: Window | None = None
        self._rate = Rate()
        self._trouble = self._told = ""

    def run(self) -> None:
        """Open everything, show paintings until the end, close everything."""
        options = self.options
        with ExitStack() as stack:
            if options.stats:
                self.stats = stack.enter_context(StatsFile(options.stats, overwrite=options.overwrite))
            self.camera = Camera(lambda: open_source(options.camera, options.wanted), loop=options.loop)
            self.camera.paused = True  # until the show begins: a clip might be over by then
            stack.enter_context(self.camera)
            print(self.camera.title, file=sys.stderr)
            painter = Painter(
                PaintOptions(
                    model=options.model,
                    device=options.device,
                    backend=options.backend,
                    feather=options.feather,
                    style_scale=options.style_scale,
                )
            )
            self.stylizer = painter.stylizer
            self.place, names = placed(options, painter)
            share_cores()
            self.gallery = stack.enter_context(
                Gallery(self.stylizer, names, folder=options.styles_folder, scale=options.style_scale)
            )
            height, width = self._first_frame().shape[:2]
            stack.enter_context(self.outputs)
            if options.virtual_camera:
                self.outputs.virtual_camera = stack.enter_context(VirtualCamera((width, height), fps=options.fps))
                print(f"virtual camera: {self.outputs.virtual_camera.title}", file=sys.stderr)
            if options.record:
                self.outputs.start_recording(options.record, (width, height))
            if not options.headless:
                self.window = stack.enter_context(Window((width, height)))
            self.painter = stack.enter_context(self._make_painter(max(width, height)))
            self.controls = Controls(self.painter, self.gallery, self.camera, self.outputs, shuffle=options.shuffle)
            self.controls.fullscreen = options.fullscreen
            self.camera.paused = False
            self.began = time.monotonic()
            try:
                self._loop()
            finally:
                self.ended = time.monotonic()
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

    def _make_painter(self, longest: int) -> LivePainter:
        options, style = self.options, self.gallery.first()
        calm = self.stylizer.moving_calm if options.calm is None else options.calm
        self.stylizer.calmed(style, calm)  # a model that has not learned it says so before the show
        look = Look(style, options.strength, calm, options.color, options.smooth, mirrored(options))
        frames = FrameStylizer(
            self.stylizer, style, size=options.size, color_strength=options.color_strength, detail=options.detail
        )
        controller = None
        if options.size is None:
            start = START_SIZE if self.stylizer.device.type == "cpu" else longest
            controller = SpeedController(options.fps, largest=longest, start=start)
        return LivePainter(frames, self.camera.frames, look, controller=controller, place=self.place)

    def _loop(self) -> None:
        drawn = 0.0
        while not self.controls.done and not self.painter.paintings.finished:
            painting = self.painter.paintings.take(WAIT)
            self._tell(self.camera.trouble())
            if painting:
                self._show(painting)
            if self.window:
                if painting or self.controls.changed or time.monotonic() - drawn > REDRAW:
                    self._draw(self.window)
                    drawn = time.monotonic()
                for action in self.window.actions():
                    self.controls.act(action)
            if painting:
                self._note(painting)
            self.controls.update_style()
        if self.camera.error:
            raise self.camera.error

    def _show(self, painting: Painting) -> None:
        self.shown += 1
        self._rate.tick()
        self.controls.take(painting)
        assert self.controls.picture is not None
        try:
            self.outputs.write(self.controls.picture, time.monotonic())
        except VideoError as error:
            if not self.window:
                raise
            self.controls.notify(str(error))

    def _draw(self, window: Window) -> None:
        recent = list(self.latencies)[-SHOWN:]
        latency = f"{1000 * statistics.median(recent):.0f} ms" if recent else "…"
        figures = (
            Text(f"{self._rate.per_second():.0f} fps", 15, ACCENT),
            Text(f"   {latency}   {self.sizes[-1] if self.sizes else '…'} px", 15),
        )
        machine = self.stylizer.title
        self.controls.changed = False
        window.fullscreen = self.controls.fullscreen
        window.show(self.controls.view(self._trouble, figures, machine))

    def _note(self, painting: Painting) -> None:
        """Keep the books, once the painting is on the screen."""
        now = time.monotonic()
        latency = now - painting.captured
        self.latencies.append(latency)
        self.sizes.append(painting.size)
        if self.stats:
            look = painting.look
            self.stats.row(
                painting.number, f"{now - self.began:.4f}", f"{1000 * latency:.1f}",
                f"{1000 * (painting.started - painting.captured):.1f}",
                f"{1000 * (painting.finished - painting.started):.1f}", painting.size, self.gallery.current.name,
                look.strength, look.calm, look.color, look.smooth, int(look.mirror), f"{self._rate.per_second():.1f}",
                f"{self.camera.rate():.1f}", self.camera.frames.dropped,
            )  # fmt: skip
        if self.options.max_frames and self.shown >= self.options.max_frames:
            self.controls.done = True

    def _tell(self, trouble: str) -> None:
        """Trouble with the camera: for the window, and once on stderr, for there may be none."""
        gist = trouble.partition(". Trying")[0].partition(" for ")[0]
        if gist and gist != self._told:
            print(trouble, file=sys.stderr)
        self._told, self._trouble = gist, trouble

    def summary(self) -> dict[str, Any]:
        """Figures of the run; latency is from a frame's capture until it was on the screen."""
        median, most = 1000 * np.percentile(self.latencies, (50, 95))
        seconds = max((self.ended or time.monotonic()) - self.began, 1e-9)
        return {
            "frames": self.shown, "seconds": round(seconds, 2), "fps": round(self.shown / seconds, 1),
            "latency_ms_median": round(float(median), 1), "latency_ms_p95": round(float(most), 1),
            "size_median": int(statistics.median(self.sizes)), "dropped": self.camera.frames.dropped,
            "camera": self.camera.title, "files": [str(p) for p in self.outputs.saved],
        }  # fmt: skip


def placed(options: WebcamOptions, painter: Painter) -> tuple[Callable[[Style, bool], Style | Regions], list[str]]:
    """Where the chosen style goes, and the names of those to choose from besides the folder's."""
    if not options.masks:
        return everywhere, list(options.styles)
    recipe, first = parse_regions(list(options.styles), list(options.masks))
    regions = painter.style_for(recipe, None)
    assert isinstance(regions, Regions)  # there are masks
    others = [] if options.styles_folder else [name for name in list_styles() if name != first]
    return Place(regions), [first, *others]


def check(options: WebcamOptions) -> None:
    """Raise for what can be seen to be wrong before anything is loaded."""
    check_color(options.color, options.color_strength)
    if options.masks:
        parse_regions(list(options.styles), list(options.masks))[0].check()
    check_smooth(options.smooth)
    if options.record:
        check_recording(options.record, overwrite=options.overwrite)
    if options.stats:
        check_absent(options.stats, overwrite=options.overwrite)
    if not options.headless:
        check_screen()


def mirrored(options: WebcamOptions) -> bool:
    """Whether to begin with a mirror picture: as asked, else where a camera's user looks at a window alone."""
    if options.mirror is not None:
        return options.mirror
    camera = options.camera.isdecimal() or options.camera.startswith("/dev/")
    return camera and not options.headless and not options.virtual_camera


def summary_line(summary: dict[str, Any]) -> str:
    return (
        f"{summary['frames']} frames in {summary['seconds']:.1f} s: {summary['fps']} fps, latency "
        f"{summary['latency_ms_median']:.0f} ms (95th percentile {summary['latency_ms_p95']:.0f} ms) "
        f"at {summary['size_median']} px"
    )


def print_cameras(*, as_json: bool) -> None:
    """`adain webcam --list`."""
    cameras = list_cameras()
    if as_json:
        print(json.dumps([{"camera": c.name, "device": c.device, "title": c.title} for c in cameras], indent=1))
    elif not cameras:
        print("no camera was found: plug one in, or try a clip: adain webcam --camera clip.mp4", file=sys.stderr)
    for camera in cameras if not as_json else ():
        print(f"{camera.name:4} {camera.device:14} {camera.title}")
