"""The camera: a thread that always has the newest frame, says what is wrong, and comes back after trouble."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from adain.errors import AdainError, CameraError

from .mailbox import Mailbox
from .rate import Rate
from .sources import Source

STALL = 3.0  # s without a frame before a camera counts as stalled, and again before it is opened anew
PATIENCE = 1.0  # s of empty answers before a camera counts as lost
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)  # s between attempts to open it again; the last repeats
BLACK_AFTER = 1.0  # s of black frames before anything is said
NEWS = 4.0  # s for which good news is shown
HELD = 0.05  # s between looks at whether a held file may go on


@dataclass(frozen=True)
class Frame:
    """A frame as the camera gave it.

    Attributes:
        rgb: (H, W, 3) uint8.
        number: counts the frames of this run from 1.
        shot: changes where the frame does not follow the one before: after trouble, or from the start of a loop.
        captured: when it came, in seconds of `time.monotonic`.
    """

    rgb: np.ndarray
    number: int
    shot: int
    captured: float


class Camera:
    """Reads a source in a thread of its own. A context manager.

    Args:
        open_source: opens the source; called again after trouble.
        loop: play a file again from its start.
        stall, patience, pauses: see the constants; tests make them short.

    Attributes:
        frames: where the newest frame lies. Closed at the end of a file.
        title: what the camera is and gives.
        paused: hold a file where it is, at its first frame at the earliest; a camera goes on.
    """

    def __init__(
        self,
        open_source: Callable[[], Source],
        *,
        loop: bool = False,
        stall: float = STALL,
        patience: float = PATIENCE,
        pauses: tuple[float, ...] = PAUSES,
    ) -> None:
        self.frames: Mailbox[Frame] = Mailbox()
        self.title = ""
        self.paused = False
        self.loop, self.stall, self.patience, self.pauses = loop, stall, patience, pauses
        self.error: CameraError | None = None  # of a file: there is no trying again
        self._open_source = open_source
        self._rate = Rate()
        self._count = 0
        self._shot = 0
        self._attempt = 0  # since the last good frame
        self._news: tuple[str, float] = ("", 0.0)  # what to tell, since when
        self._black_since: float | None = None
        self._shape: tuple[int, ...] = ()
        self._paced = False  # by us: a file, which cannot stall
        self._reader: _Reader | None = None

    def __enter__(self) -> "Camera":
        """Open the source and start reading.

        Raises:
            CameraError: it cannot be opened: at the start that is the user's to mend.
        """
        source = self._open_source()
        self.title, self._paced = source.title, bool(source.rate)
        self._start(source)
        return self

    def __exit__(self, *_: object) -> None:
        self.frames.close()
        if self._reader:
            self._reader.over.set()
            # A driver that does not answer cannot be interrupted: the thread is a daemon and ends when it does.
            self._reader.thread.join(self.stall)

    def rate(self) -> float:
        """Frames a second that really come, over the last two seconds."""
        return self._rate.per_second()

    def trouble(self) -> str:
        """What the user should know of the camera now, a line; empty while all is well.

        Call it often: a reader that hangs in the driver is given up here, and a new one started.
        """
        reader, now = self._reader, time.monotonic()
        if reader is None or self.frames.finished:
            return ""
        if reader.trouble:
            wait = max(0.0, reader.retry_at - now)
            return f"{reader.trouble}. Trying again" + (f" in {wait:.0f} s" if wait >= 1 else " …")
        silent = 0.0 if self._paced else now - reader.heard
        if silent > 2 * self.stall:
            reader.over.set()
            self._start(None, trouble=f"The camera has stalled: no frame for {silent:.0f} s")
        elif silent > self.stall:
            return f"The camera has stalled: no frame for {silent:.0f} s"
        if self._black_since is not None and now - self._black_since > BLACK_AFTER:
            return "The picture is black: is the lens covered, or another program using the camera?"
        text, since = self._news
        return text if now - since < NEWS else ""

    def _start(self, source: Source | None, trouble: str = "") -> None:
        self._reader = _Reader(self, source, trouble)
        self._reader.thread.start()

    def _pause(self) -> float:
        pause = self.pauses[min(self._attempt, len(self.pauses) - 1)]
        self._attempt += 1
        return pause

    def _accept(self, rgb: np.ndarray) -> None:
        now = time.monotonic()
        if self._attempt:
            self._attempt = 0
            self._news = "The camera is back", now
        if self._shape and rgb.shape != self._shape and not self._paced:
            height, width = rgb.shape[:2]
            self._news = f"The camera now gives {width}x{height}", now
        self._shape = rgb.shape
        if self._count % 5 == 0:
            self._black_since = (self._black_since or now) if is_black(rgb) else None
        self._count += 1
        self._rate.tick(now)
        self.frames.put(Frame(rgb, self._count, self._shot, now))


class _Reader:
    """One thread that reads, opens again after trouble, and ends when `over` is set or a file does."""

    def __init__(self, camera: Camera, source: Source | None, trouble: str) -> None:
        self.camera = camera
        self.source = source
        self.trouble = trouble  # why there is no source now
        self.retry_at = 0.0
        self.heard = time.monotonic()  # when the last frame or answer came
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._run, name="camera", daemon=True)

    def _run(self) -> None:
        try:
            while not self.over.is_set():
                if self.source is None and not self._open_again():
                    continue
                self._read_all()
        finally:
            if self.source:
                self.source.close()

    def _open_again(self) -> bool:
        pause = self.camera._pause()
        self.retry_at = time.monotonic() + pause
        if self.over.wait(pause):
            return False
        try:
            self.source = self.camera._open_source()
        except AdainError as error:
            self.trouble = str(error)
            return False
        self.trouble, self.heard = "", time.monotonic()
        self.camera.title = self.source.title
        return True

    def _read_all(self) -> None:
        """Read until something ends it: `over`, the end of a file, or trouble (then `source` is None)."""
        assert self.source is not None
        self.camera._shot += 1
        started, read, answered = time.monotonic(), 0, time.monotonic()
        while not self.over.is_set():
            if self.camera.paused and self.source.rate and self.camera._count:
                self.over.wait(HELD)
                started += HELD
                continue
            try:
                rgb = self.source.read()
            except Exception as error:  # drivers raise what they like; it is told to the user, not swallowed
                self._lose(f"The camera is lost ({error})")
                return
            now = self.heard = time.monotonic()
            if self.over.is_set():
                return
            if rgb is not None:
                self.camera._accept(rgb)
                read, answered = read + 1, now
                if self.source.rate:  # a file: wait until its next frame is due
                    self.over.wait(started + read / self.source.rate - now)
            elif self.source.rate:
                self._end(empty=read == 0)
                return
            elif now - answered > self.camera.patience:
                self._lose("The camera gives no picture: is it unplugged?")
                return
            else:
                self.over.wait(0.02)

    def _lose(self, trouble: str) -> None:
        assert self.source is not None
        if self.source.rate:  # a file does not come back
            self.camera.error = CameraError(f"{self.source.title}: {trouble}")
            self._stop()
            return
        self.source.close()
        self.source, self.trouble = None, trouble.rstrip(".?")

    def _end(self, *, empty: bool) -> None:
        assert self.source is not None
        if empty:
            self.camera.error = CameraError(f"{self.source.title}: there is no frame in it; choose another")
        elif self.camera.loop:
            try:
                self.source.rewind()
                return
            except CameraError as error:
                self.camera.error = error
        self._stop()

    def _stop(self) -> None:
        self.over.set()
        self.camera.frames.close()


def is_black(rgb: np.ndarray) -> bool:
    """Whether a frame shows nothing: dark all over, up to the noise of a sensor."""
    sample = rgb[::8, ::8]
    return bool(sample.mean() < 8 and sample.std() < 6)
