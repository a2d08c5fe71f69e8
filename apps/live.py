"""The painter: takes the newest frame, paints it as asked, and puts the painting up, in two threads.

One runs the network, the other what comes after it on the CPU, so that a frame is finished while the next is painted.
"""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from adain.frames import FrameStylizer, Painted
from adain.regions import Regions
from adain.smoother import DEFAULT_SMOOTH
from adain.style import Style

from .camera import Frame
from .mailbox import Mailbox
from .place import everywhere
from .speed import SpeedController

FADE = 0.5  # s that one style takes to turn into the next
IDLE = 0.05  # s between looks at what is asked for while no frame comes or the picture stands still


@dataclass(frozen=True)
class Look:
    """How to paint; replaced as a whole when something changes."""

    style: Style
    strength: float = 1.0
    calm: float = 0.0
    color: str = "style"
    smooth: str = DEFAULT_SMOOTH
    mirror: bool = False
    paused: bool = False


@dataclass(frozen=True)
class Painting:
    """A painted frame and where its time went, in seconds of `time.monotonic`."""

    content: np.ndarray  # (H, W, 3) uint8 RGB, mirrored where asked
    painted: np.ndarray  # the same
    number: int  # of the frame
    size: int  # px, long side it was painted at
    captured: float
    started: float
    finished: float
    look: Look


class Fade:
    """Turns one style into the next over some time; interrupted, it goes on from where it is."""

    def __init__(self, style: Style, seconds: float = FADE) -> None:
        self.seconds = seconds
        self.target = self._from = style
        self._since = -1e9

    def turn_to(self, style: Style, now: float) -> None:
        if style is not self.target:
            self._from, self.target, self._since = self.at(now), style, now

    def running(self, now: float) -> bool:
        return now - self._since < self.seconds

    def at(self, now: float) -> Style:
        """The mix to paint in now."""
        if not self.running(now):
            return self.target
        share = (now - self._since) / self.seconds
        return Style.blend([self._from, self.target], [1 - share, share])


class Wet(NamedTuple):
    """A frame between the two threads."""

    painted: Painted
    frame: Frame
    look: Look
    size: int  # px
    started: float
    dried: float  # when the network was done with it


class LivePainter:
    """Paints in threads of its own. A context manager.

    Args:
        stylizer: what paints frames; its attributes are set from `look` before each.
        frames: where the camera leaves the newest frame.
        look: how to paint; assign to it to change it.
        controller: chooses the working size; None keeps `stylizer.size`.
        place: makes of the style and of whether the picture is mirrored what to paint in: `Place`, or the style itself.
        on_frame: called in a thread with each painting; for tests and statistics.

    Attributes:
        paintings: where the newest painting lies. Closed after the last.
        error: what ended the threads early.
    """

    def __init__(
        self,
        stylizer: FrameStylizer,
        frames: Mailbox[Frame],
        look: Look,
        *,
        controller: SpeedController | None = None,
        place: Callable[[Style, bool], Style | Regions] = everywhere,
        on_frame: Callable[[Painting], None] | None = None,
    ) -> None:
        self.look = look
        self.paintings: Mailbox[Painting] = Mailbox()
        self.error: Exception | None = None
        self._stylizer = stylizer
        self._frames = frames
        self._controller = controller
        self._place = place
        self._on_frame = on_frame
        self._fade = Fade(look.style)
        self._over = threading.Event()
        # One place: a slow second half holds up the first, so no frame waits long, and none is lost between them.
        self._between: queue.Queue[Wet | None] = queue.Queue(1)
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), name=name, daemon=True)
            for name, work in (("painter", self._paint_all), ("finisher", self._finish_all))
        ]

    @property
    def can_calm(self) -> bool:
        """Whether the model has learned to paint in calm strokes."""
        return self._stylizer.stylizer.moving_calm > 0

    def __enter__(self) -> "LivePainter":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.paintings.close()
        for thread in self._threads:
            thread.join()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # raised again in the main thread
            self.error = error
            self._over.set()
            self.paintings.close()

    def _paint_all(self) -> None:
        held: Frame | None = None  # the frame that a pause holds
        scene: tuple | None = None  # when this changes, a new shot begins
        last: Look | None = None
        while not self._over.is_set():
            frame = self._frames.take(IDLE)
            if frame is None and self._frames.finished:
                break
            look, now = self.look, time.monotonic()
            self._fade.turn_to(look.style, now)
            if look.paused and held is not None:
                if look == last and not self._fade.running(now):
                    self._over.wait(IDLE)
                    continue
                frame = Frame(held.rgb, held.number, held.shot, now)
            if frame is None:
                continue
            held = frame
            if scene != (scene := (frame.shot, frame.rgb.shape, look.mirror)):
                self._stylizer.reset()
            self._hand_on(self._paint(frame, look))
            last = look if not self._fade.running(now) else None
        self._hand_on(None)

    def _hand_on(self, wet: Wet | None) -> None:
        while not self._over.is_set():
            try:
                return self._between.put(wet, timeout=IDLE)
            except queue.Full:
                continue

    def _paint(self, frame: Frame, look: Look) -> Wet:
        started = time.monotonic()
        content = cv2.flip(frame.rgb, 1) if look.mirror else frame.rgb
        longest = max(content.shape[:2])
        stylizer, controller = self._stylizer, self._controller
        stylizer.style, stylizer.strength = self._place(self._fade.at(started), look.mirror), look.strength
        stylizer.calm, stylizer.color, stylizer.smooth = look.calm, look.color, look.smooth
        if controller:
            controller.largest = longest
            stylizer.size = controller.size
        size = min(stylizer.size or longest, longest)
        return Wet(stylizer.paint([content])[0], frame, look, size, started, time.monotonic())

    def _finish_all(self) -> None:
        while not self._over.is_set():
            try:
                wet = self._between.get(timeout=IDLE)
            except queue.Empty:
                continue
            if wet is None:
                return self.paintings.close()
            painting = self._finish(wet)
            self.paintings.put(painting)
            if self._on_frame:
                self._on_frame(painting)

    def _finish(self, wet: Wet) -> Painting:
        taken = time.monotonic()
        shown = self._stylizer.finish(wet.painted)
        finished = time.monotonic()
        if self._controller:  # the slower half sets the pace
            self._controller.update(max(wet.dried - wet.started, finished - taken), finished)
        return Painting(
            wet.painted.content, shown, wet.frame.number, wet.size, wet.frame.captured, wet.started, finished, wet.look
        )
