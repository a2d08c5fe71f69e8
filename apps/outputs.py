"""Where paintings go besides the window: recording, snapshots, virtual camera, table of times."""

import csv
import sys
import time
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from adain.errors import CameraError, VideoError
from adain.picture import Picture, check_absent, write_picture

from .recorder import Recorder, letterbox

VIRTUAL_CAMERA_HELP = {
    "linux": "sudo apt install v4l2loopback-dkms && sudo modprobe v4l2loopback exclusive_caps=1 card_label=adain",
    "darwin": "install OBS (30 or newer), start its virtual camera once, and close it",
    "win32": "install OBS (26 or newer), or Unity Capture",
}


class VirtualCamera:
    """A camera that other programs (video calls, OBS) can choose. A context manager.

    Raises:
        CameraError: pyvirtualcam is not installed, or there is no device; what every backend said is in the message.
    """

    def __init__(self, size: tuple[int, int], *, fps: float = 30.0) -> None:
        try:
            import pyvirtualcam
        except ImportError as error:
            raise CameraError(
                "a virtual camera needs pyvirtualcam: pip install 'adain-style[virtual-camera]'"
            ) from error
        self.size = (size[0] // 2 * 2 or 2, size[1] // 2 * 2 or 2)
        try:
            self._camera: Any = pyvirtualcam.Camera(*self.size, fps=fps)
        except (RuntimeError, OSError, ValueError) as error:
            said = "; ".join(line.strip() for line in str(error).splitlines() if line.strip())
            setup = VIRTUAL_CAMERA_HELP.get(sys.platform, "see the pages of pyvirtualcam")
            raise CameraError(f"no virtual camera here ({said}). Set one up: {setup}") from error
        self.title = f"{self._camera.device} ({self._camera.backend})"

    def __enter__(self) -> "VirtualCamera":
        return self

    def __exit__(self, *_: object) -> None:
        self._camera.close()

    def write(self, rgb: np.ndarray, now: float) -> None:
        """Show a frame, (H, W, 3) uint8 RGB."""
        self._camera.send(np.ascontiguousarray(letterbox(rgb, self.size)))


class StatsFile:
    """A CSV with a line for every frame shown. A context manager.

    Raises:
        VideoError: the file exists or cannot be written.
    """

    COLUMNS = (
        "frame", "shown_s", "latency_ms", "waited_ms", "paint_ms", "size", "style", "strength", "calm", "color",
        "smooth", "mirror", "fps", "camera_fps", "dropped",
    )  # fmt: skip

    def __init__(self, path: Path, *, overwrite: bool = False) -> None:
        check_absent(path, overwrite=overwrite)
        try:
            self._file = open(path, "w", newline="", encoding="utf-8", buffering=1)  # noqa: SIM115
        except OSError as error:
            raise VideoError(f"{path}: cannot be written ({error.strerror}); choose another place") from error
        self._writer = csv.writer(self._file)
        self._writer.writerow(self.COLUMNS)

    def __enter__(self) -> "StatsFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def row(self, *values: object) -> None:
        self._writer.writerow(values)  # each line at once, so that the file can be followed


class Outputs:
    """All of them together. A context manager: at its end the recording is finished.

    Attributes:
        saved: the files that are complete.
    """

    def __init__(self, folder: Path, *, fps: float, overwrite: bool = False) -> None:
        self.folder, self.fps, self.overwrite = folder, fps, overwrite
        self.recorder: Recorder | None = None
        self.virtual_camera: VirtualCamera | None = None
        self.saved: list[Path] = []
        self._since = 0.0

    def __enter__(self) -> "Outputs":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self.stop_recording()
        except VideoError:
            if kind is None:  # never hide the error that brought us here
                raise

    def write(self, rgb: np.ndarray, now: float) -> None:
        """Take a painting, (H, W, 3) uint8 RGB, that is shown at `now` in seconds.

        Raises:
            VideoError: the recording has come to an end by itself; the next call goes on without it.
        """
        if self.virtual_camera:
            self.virtual_camera.write(rgb, now)
        if self.recorder:
            try:
                self.recorder.write(rgb, now)
            except VideoError:
                self.recorder = None
                raise

    def start_recording(self, path: Path, size: tuple[int, int]) -> None:
        self.recorder = Recorder(path, size, fps=self.fps, overwrite=self.overwrite)
        self._since = time.monotonic()

    def stop_recording(self) -> str:
        """Finish the recording; returns what to tell the user of it."""
        recorder, self.recorder = self.recorder, None
        if recorder is None:
            return ""
        recorder.close()
        if not recorder.written:
            return "Nothing was recorded"
        self.saved.append(recorder.path)
        left_out = f" ({recorder.left_out} frames left out: the encoder was too slow)" if recorder.left_out else ""
        return f"Saved {recorder.path}{left_out}"

    def recording_time(self) -> str:
        """Such as "1:05"; empty while nothing is recorded."""
        seconds = int(time.monotonic() - self._since)
        return f"{seconds // 60}:{seconds % 60:02d}" if self.recorder else ""

    def toggle_recording(self, style: str, size: tuple[int, int]) -> str:
        """Start a recording of a fresh name, or stop the one that runs; returns what to tell the user."""
        if self.recorder:
            return self.stop_recording()
        path = fresh_name(self.folder, style, ".mp4")
        self.start_recording(path, size)
        return f"Recording {path}"

    def snapshot(self, rgb: np.ndarray, style: str) -> str:
        """Write a picture; returns what to tell the user."""
        path = fresh_name(self.folder, style, ".png")
        write_picture(Picture(rgb), path)
        self.saved.append(path)
        return f"Saved {path}"


def fresh_name(folder: Path, style: str, suffix: str) -> Path:
    """A name that is not taken: webcam_DATE_TIME_STYLE, with a number where that is not enough."""
    stem = f"webcam_{datetime.now():%Y-%m-%d_%H-%M-%S}_{style}"
    path, number = folder / f"{stem}{suffix}", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}_{number}{suffix}"
    return path
