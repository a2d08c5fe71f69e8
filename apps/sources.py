"""What `--camera` can name: a camera, a network stream, a clip, a folder of pictures."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from adain.errors import AdainError, CameraError
from adain.folders import files_in
from adain.picture import READABLE, read_picture

STREAM_TIMEOUT = 5000  # ms for a network stream to open, and to give a frame
STREAMS = ("rtsp://", "rtsps://", "rtmp://", "http://", "https://", "udp://", "tcp://", "srt://")
PROBED = 6  # camera indices looked at where the system has no list
BACKENDS = {
    "linux": [cv2.CAP_V4L2, cv2.CAP_ANY],
    "darwin": [cv2.CAP_AVFOUNDATION, cv2.CAP_ANY],
    "win32": [cv2.CAP_MSMF, cv2.CAP_DSHOW, cv2.CAP_ANY],
}


@dataclass(frozen=True)
class Wanted:
    """What to ask a camera for; it may give something else."""

    width: int = 640
    height: int = 360
    fps: float = 30.0  # of a folder: pictures a second


class Source(Protocol):
    """Gives frames one after the other. Used by one thread.

    Attributes:
        title: what it is and what it gives, for people.
        rate: frames per second to play it at; None where it sets the pace itself, as cameras do.
    """

    title: str
    rate: float | None

    def read(self) -> np.ndarray | None:
        """The next frame, (H, W, 3) uint8 RGB; None where a camera gave nothing or a file is at its end."""

    def rewind(self) -> None:
        """Start again from the first frame."""

    def close(self) -> None:
        """Free the device."""


def open_source(name: str, wanted: Wanted) -> Source:
    """Open what `--camera` names.

    Args:
        name: a camera's index ("0") or device ("/dev/video2"), a stream's address, a clip or a folder of pictures.

    Raises:
        CameraError: it cannot be opened; what each backend said is in the message.
    """
    if name.isdecimal() or name.startswith("/dev/"):
        return DeviceSource(name, wanted)
    if name.lower().startswith(STREAMS):
        return StreamSource(name)
    if os.path.isdir(name):
        return FolderSource(name, wanted.fps)
    if os.path.isfile(name):
        return ClipSource(name)
    raise CameraError(
        f"camera {name!r}: no such file or folder; want an index such as 0, a device such as /dev/video0, "
        "an rtsp:// address, a clip or a folder of pictures (adain webcam --list shows the cameras)"
    )


class _Capture:
    """What the sources that OpenCV reads have in common."""

    title: str
    rate: float | None = None
    capture: cv2.VideoCapture

    def read(self) -> np.ndarray | None:
        ok, frame = self.capture.read()
        return to_rgb(frame) if ok else None

    def rewind(self) -> None:
        raise CameraError(f"{self.title}: cannot be played again; only clips and folders can")

    def close(self) -> None:
        self.capture.release()


class DeviceSource(_Capture):
    """A camera of this machine."""

    def __init__(self, name: str, wanted: Wanted) -> None:
        self.capture, backend = _open_device(name)
        for key, value in (
            (cv2.CAP_PROP_FRAME_WIDTH, wanted.width),
            (cv2.CAP_PROP_FRAME_HEIGHT, wanted.height),
            (cv2.CAP_PROP_FPS, wanted.fps),
            (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")),  # raw formats do not fit through USB 2 at full rate
            (cv2.CAP_PROP_BUFFERSIZE, 1),
        ):
            self.capture.set(key, value)  # what it says tells nothing: read back below
        width, height = (int(self.capture.get(k)) for k in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        fps, code = self.capture.get(cv2.CAP_PROP_FPS), fourcc_name(self.capture.get(cv2.CAP_PROP_FOURCC))
        self.title = (
            f"camera {name}: {width}x{height}" + (f" at {fps:.0f} fps" if fps > 0 else "") + f" {code} {backend}"
        )
        if (width, height) != (wanted.width, wanted.height) or (fps > 0 and abs(fps - wanted.fps) >= 1):
            self.title += f" (asked for {wanted.width}x{wanted.height} at {wanted.fps:g})"


def _open_device(name: str) -> tuple[cv2.VideoCapture, str]:
    device: int | str = int(name) if name.isdecimal() else name
    said = []
    for backend in BACKENDS.get(sys.platform, [cv2.CAP_ANY]):
        title = "any" if backend == cv2.CAP_ANY else cv2.videoio_registry.getBackendName(backend)
        capture = cv2.VideoCapture()
        capture.setExceptionMode(True)
        try:
            capture.open(device, backend)
            capture.setExceptionMode(False)
            return capture, "" if backend == cv2.CAP_ANY else title
        except cv2.error as error:
            capture.release()
            said.append(f"{title}: {_reason(name, error)}")
    raise CameraError(f"camera {name} cannot be opened ({'; '.join(said)}). {_remedy()}")


def _reason(name: str, error: cv2.error) -> str:
    path = Path(f"/dev/video{name}" if name.isdecimal() else name)
    if sys.platform == "linux" and not path.exists():
        return f"{path} does not exist"
    if sys.platform == "linux" and not os.access(path, os.R_OK | os.W_OK):
        return f"{path} may not be read by this user: add it to the group 'video'"
    return error.err or "could not open it; another program may be using it"


def _remedy() -> str:
    cameras = list_cameras()
    if not cameras:
        return "No camera was found: plug one in, or try a clip: --camera clip.mp4"
    return "There are: " + ", ".join(f"{c.name} ({c.title})" for c in cameras)


class StreamSource(_Capture):
    """A camera on the network."""

    def __init__(self, address: str) -> None:
        options = [
            *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, STREAM_TIMEOUT),
            *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, STREAM_TIMEOUT),
        ]
        self.capture = cv2.VideoCapture(address, cv2.CAP_FFMPEG, options)
        if not self.capture.isOpened():
            raise CameraError(
                f"camera {address}: no stream within {STREAM_TIMEOUT // 1000} s; check the address, user and password"
            )
        width, height = (int(self.capture.get(k)) for k in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        self.title = f"{address.rpartition('@')[2]}: {width}x{height}"  # without the password


class ClipSource(_Capture):
    """A video file, played at its own rate."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.capture = cv2.VideoCapture(path)
        width, height = (int(self.capture.get(k)) for k in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        if not self.capture.isOpened() or not width:
            raise CameraError(f"camera {path}: not a clip that OpenCV can read; convert it to mp4")
        fps = self.capture.get(cv2.CAP_PROP_FPS)
        self.rate = fps if 0 < fps <= 1000 else 30.0
        self.title = f"{Path(path).name}: {width}x{height} at {self.rate:g} fps"

    def rewind(self) -> None:
        # Opened anew: seeking is off by some frames in many files.
        self.capture.release()
        if not self.capture.open(self.path):
            raise CameraError(f"camera {self.path}: cannot be opened any more; is the file still there?")


class FolderSource:
    """The pictures of a folder in the order of their names, at a rate."""

    SLOWEST = 10.0  # frames a second: slower shows repeat each picture, so that the window stays alive

    def __init__(self, folder: str, fps: float) -> None:
        self.paths = files_in(Path(folder), READABLE)
        if not self.paths:
            raise CameraError(f"camera {folder}: no picture in this folder; want {', '.join(READABLE)}")
        self.repeats = max(1, round(self.SLOWEST / fps))
        self.rate: float | None = fps * self.repeats
        self.title = f"{Path(folder).name}: {len(self.paths)} pictures at {fps:g} a second"
        self.rewind()

    def rewind(self) -> None:
        self._count = 0
        self._shown: np.ndarray | None = None

    def read(self) -> np.ndarray | None:
        index, repeat = divmod(self._count, self.repeats)
        if index >= len(self.paths):
            return None
        self._count += 1
        if repeat == 0 or self._shown is None:
            try:
                self._shown = read_picture(self.paths[index]).rgb
            except AdainError as error:
                raise CameraError(str(error)) from error
        return self._shown

    def close(self) -> None:
        self._shown = None


def to_rgb(frame: np.ndarray) -> np.ndarray:
    """What OpenCV's captures give, (H, W), (H, W, 1), BGR or BGRA uint8 -> (H, W, 3) uint8 RGB."""
    channels = 1 if frame.ndim == 2 else frame.shape[2]
    return cv2.cvtColor(frame, {1: cv2.COLOR_GRAY2RGB, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGB}[channels])


def fourcc_name(code: float) -> str:
    """Such as "MJPG"; empty where the backend does not tell."""
    letters = bytes((int(code) >> shift) & 0xFF for shift in (0, 8, 16, 24)) if code > 0 else b""
    return letters.decode("ascii", "ignore").strip() if letters.isalnum() else ""


@dataclass(frozen=True)
class CameraEntry:
    """A camera of this machine: what `--camera` calls it, and what it calls itself."""

    name: str
    device: str
    title: str


def list_cameras() -> list[CameraEntry]:
    """The cameras of this machine: from the system's list on Linux, by trying the first indices elsewhere."""
    if sys.platform == "linux":
        return list_v4l(Path("/sys/class/video4linux"))
    entries = []
    for index in range(PROBED):
        try:
            capture, backend = _open_quietly(index)
        except cv2.error:
            continue
        width, height = (int(capture.get(k)) for k in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        entries.append(CameraEntry(str(index), str(index), f"{width}x{height} {backend}".strip()))
        capture.release()
    return entries


def _open_quietly(index: int) -> tuple[cv2.VideoCapture, str]:
    capture = cv2.VideoCapture()
    capture.setExceptionMode(True)
    capture.open(index, cv2.CAP_ANY)
    return capture, capture.getBackendName()


def list_v4l(folder: Path) -> list[CameraEntry]:
    """Cameras in Linux's folder of video devices. Those with an index above 0 carry metadata, not pictures."""
    entries = []
    for device in sorted(folder.glob("video*"), key=lambda p: int(p.name.removeprefix("video") or 0)):
        if _line(device / "index", "0") == "0":
            number = device.name.removeprefix("video")
            entries.append(CameraEntry(number, f"/dev/{device.name}", _line(device / "name", "camera")))
    return entries


def _line(path: Path, default: str) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return default
