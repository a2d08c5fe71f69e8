"""Recordings, and the virtual camera."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from adain.apps.outputs import StatsFile, VirtualCamera
from adain.apps.recorder import Recorder, letterbox

from adain.errors import AdainError, CameraError, OptionError, VideoError


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    yield
    assert not [t for t in threading.enumerate() if t.name == "recorder"]


def read_clip(path: Path) -> list[np.ndarray]:
    capture, frames = cv2.VideoCapture(str(path)), []
    while (answer := capture.read())[0]:
        frames.append(answer[1][..., ::-1])
    return frames


def test_recording_holds_the_frames_at_their_times(tmp_path: Path, photo: np.ndarray):
    path = tmp_path / "out.mp4"
    with Recorder(path, (241, 160)) as recorder:  # H.264 wants even sides
        for i in range(12):
            recorder.write(photo, 100 + i * 0.1)
            assert not path.exists()
    frames = read_clip(path)
    assert len(frames) == 12 and frames[0].shape == (160, 240, 3)
    assert np.abs(frames[5].astype(int) - photo).mean() < 6  # the colours too: in BGR it is over 40
    assert cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FPS) == pytest.approx(10, abs=1.5)
    assert list(tmp_path.iterdir()) == [path]


def test_frames_of_another_size_are_fitted_in(tmp_path: Path):
    path = tmp_path / "out.mp4"
    with Recorder(path, (64, 48)) as recorder:
        recorder.write(np.full((48, 64, 3), 200, np.uint8), 0.0)
        recorder.write(np.full((100, 50, 3), 200, np.uint8), 0.1)
    frames = read_clip(path)
    assert [f.shape for f in frames] == [(48, 64, 3)] * 2
    assert frames[1][24, 32].mean() > 180 and frames[1][24, 4].mean() < 30  # bars to the left and right


def test_letterbox_keeps_the_proportions():
    assert letterbox(np.zeros((10, 10, 3), np.uint8), (10, 10)).shape == (10, 10, 3)
    boxed = letterbox(np.full((90, 160, 3), 255, np.uint8), (64, 64))
    assert boxed.shape == (64, 64, 3) and (boxed[14:50] == 255).all() and not boxed[:14].any()
    assert letterbox(np.full((1, 900, 3), 255, np.uint8), (8, 8)).any()


def test_recording_of_a_killed_program_can_be_played(tmp_path: Path):
    """The encoder outlives it and finishes what it has got."""
    code = f"""
import os, signal, time, numpy as np
from pathlib import Path
from adain.apps.recorder import Recorder
recorder = Recorder(Path({str(tmp_path / "out.mp4")!r}), (64, 48))
for i in range(40):
    recorder.write(np.full((48, 64, 3), 5 * i, np.uint8), i / 30)
    time.sleep(0.002)
while not recorder._queue.empty():
    time.sleep(0.01)
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], timeout=60, check=False)
    part = tmp_path / "out.part.mp4"
    for _ in range(100):
        if len(read_clip(part)) >= 20:
            break
        threading.Event().wait(0.05)
    assert len(read_clip(part)) >= 20 and not (tmp_path / "out.mp4").exists()


def test_encoder_that_dies_is_told(tmp_path: Path):
    recorder = Recorder(tmp_path / "out.mp4", (64, 48))
    recorder._process.kill()
    recorder._process.wait()
    with pytest.raises(VideoError, match="cannot be recorded"):
        recorder.write(np.zeros((48, 64, 3), np.uint8), 0.0)
    recorder.close()  # nothing left to do
    assert not (tmp_path / "out.mp4").exists()


def test_slow_encoder_costs_frames_never_time(tmp_path: Path):
    recorder = Recorder(tmp_path / "out.mp4", (1280, 720))
    for i in range(60):  # far faster than they can be encoded
        recorder.write(np.full((720, 1280, 3), i, np.uint8), i / 30)
    recorder.close()
    assert recorder.left_out > 0 and recorder.left_out + recorder.written == 60
    assert len(read_clip(tmp_path / "out.mp4")) == recorder.written


def test_places_that_cannot_be_written_are_told_at_once(tmp_path: Path):
    (tmp_path / "there.mp4").write_bytes(b"kept")
    with pytest.raises(AdainError, match="exists already"):
        Recorder(tmp_path / "there.mp4", (64, 48))
    with pytest.raises(OptionError, match=r"\.mp4"):
        Recorder(tmp_path / "out.avi", (64, 48))
    with pytest.raises(VideoError, match="folder"):
        Recorder(tmp_path / "missing" / "out.mp4", (64, 48))
    with pytest.raises(VideoError, match="written"):
        StatsFile(tmp_path / "missing" / "stats.csv")


def test_recording_without_a_frame_leaves_no_file(tmp_path: Path):
    with Recorder(tmp_path / "out.mp4", (64, 48)):
        pass
    assert list(tmp_path.iterdir()) == []


def test_virtual_camera_gets_fitted_frames(monkeypatch: pytest.MonkeyPatch):
    sent = []
    device = SimpleNamespace(
        device="/dev/video9", backend="v4l2loopback", send=sent.append, close=lambda: sent.append(None)
    )
    module = SimpleNamespace(Camera=lambda width, height, fps: device)
    monkeypatch.setitem(sys.modules, "pyvirtualcam", module)
    with VirtualCamera((65, 48), fps=30) as camera:
        camera.write(np.full((24, 32, 3), 9, np.uint8), 0.0)
        assert camera.title == "/dev/video9 (v4l2loopback)"
    assert sent[0].shape == (48, 64, 3) and sent[0].flags.c_contiguous and sent[1] is None


def test_virtual_camera_that_is_not_there_comes_with_its_set_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    with pytest.raises(CameraError, match=r"pip install 'adain-style\[virtual-camera\]'"):
        VirtualCamera((64, 48))

    def refuse(width: int, height: int, fps: float) -> None:
        raise RuntimeError("'v4l2loopback' backend: no device found\n'obs' backend: not installed")

    monkeypatch.setitem(sys.modules, "pyvirtualcam", SimpleNamespace(Camera=refuse))
    with pytest.raises(CameraError, match=r"no device found; 'obs' backend.*Set one up"):
        VirtualCamera((64, 48))
