"""Recordings: paintings become an mp4, in a process of its own."""

import os
import queue
import subprocess
import sys
import threading
from pathlib import Path

import cv2
import numpy as np

from adain.errors import OptionError, VideoError
from adain.picture import check_absent

WAITING = 16  # frames that may wait for the encoder
FINISHING = 60.0  # s that it may take to write what it has


class Recorder:
    """Writes frames to an mp4 (H.264), in a process of its own. A context manager.

    The frame size is fixed at the start; other sizes are fitted into it with bars. If the encoder falls behind, frames
    are left out, so that the window goes on.

    Args:
        path: .mp4; appears when the recording is finished, and is NAME.part.mp4 until then.
        size: width and height in px; made even, as H.264 wants.
        fps: the rate to expect.

    Raises:
        VideoError: the file exists, cannot be written, or the encoder does not start.
        OptionError: not an .mp4.
    """

    def __init__(self, path: Path, size: tuple[int, int], *, fps: float = 30.0, overwrite: bool = False) -> None:
        check_recording(path, overwrite=overwrite)
        self.path = path
        self.size = (size[0] // 2 * 2 or 2, size[1] // 2 * 2 or 2)
        self.written = self.left_out = 0
        self._started: float | None = None
        self._part = path.with_name(path.stem + ".part.mp4")
        command = [sys.executable, "-m", "adain.apps.encoder", str(self._part), *map(str, self.size), str(round(fps))]
        # In a session of its own: Ctrl-C must reach us only, so that the file is finished.
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
        )
        self._queue: queue.Queue[bytes | None] = queue.Queue(WAITING)
        self._broken = False
        self._thread = threading.Thread(target=self._feed, name="recorder", daemon=True)
        self._thread.start()

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self.close()
        except VideoError:
            if kind is None:  # never hide the error that brought us here
                raise

    def write(self, rgb: np.ndarray, now: float) -> None:
        """Add a frame, (H, W, 3) uint8 RGB, shown at `now` in seconds.

        Raises:
            VideoError: the encoder has ended.
        """
        if self._broken or self._process.poll() is not None:
            self._fail()
        self._started = now if self._started is None else self._started
        stamp = round((now - self._started) * 1_000_000).to_bytes(8, "little")
        try:
            self._queue.put_nowait(stamp + letterbox(rgb, self.size).tobytes())
            self.written += 1
        except queue.Full:
            self.left_out += 1

    def close(self) -> None:
        """Finish the file and give it its name.

        Raises:
            VideoError: it could not be written to its end.
        """
        if self._process.stdin is None or self._process.stdin.closed:
            return
        self._queue.put(None)
        self._thread.join()
        try:
            self._process.wait(FINISHING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._check_process()
        if self.written:
            os.replace(self._part, self.path)
        else:
            self._part.unlink(missing_ok=True)

    def _feed(self) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        try:
            while (data := self._queue.get()) is not None:
                if not self._broken:
                    try:
                        pipe.write(data)
                        pipe.flush()
                    except OSError:
                        self._broken = True  # the encoder has ended; why is told by `_check_process`
        finally:
            try:
                pipe.close()
            except OSError:
                self._broken = True

    def _fail(self) -> None:
        self._queue.put(None)
        self._thread.join()
        self._process.wait()
        self._check_process()
        raise VideoError(f"{self.path}: the encoder ended by itself; what it had written is in {self._part}")

    def _check_process(self) -> None:
        stderr = self._process.stderr
        assert stderr is not None
        with stderr:
            said = "" if stderr.closed else stderr.read().decode(errors="replace").strip()
        if self._process.returncode:
            raise VideoError(f"{self.path}: cannot be recorded ({said.splitlines()[-1] if said else 'encoder died'})")


def check_recording(path: Path, *, overwrite: bool) -> None:
    """Raise where `path` cannot become a recording: OptionError for its name, VideoError for its place."""
    if path.suffix.lower() != ".mp4":
        raise OptionError(f"got {str(path)!r} to record to; want a name that ends in .mp4")
    check_absent(path, overwrite=overwrite)
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise VideoError(f"{path}: its folder is missing or cannot be written; choose another place")


def letterbox(rgb: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Scale a picture to fit into (width, height), centred on black."""
    height, width = rgb.shape[:2]
    if (width, height) == size:
        return rgb
    scale = min(size[0] / width, size[1] / height)
    w, h = max(1, min(size[0], round(width * scale))), max(1, min(size[1], round(height * scale)))
    fitted = cv2.resize(rgb, (w, h), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    if (w, h) == size:
        return fitted
    out = np.zeros((size[1], size[0], 3), np.uint8)
    x, y = (size[0] - w) // 2, (size[1] - h) // 2
    out[y : y + h, x : x + w] = fitted
    return out
