"""The camera thread, with cameras that misbehave."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from adain.apps.camera import Camera, is_black
from adain.apps.mailbox import Mailbox
from adain.apps.rate import Rate
from adain.apps.sources import Source, Wanted, fourcc_name, list_v4l, open_source, to_rgb
from PIL import Image

from adain.errors import CameraError

GREY = np.full((36, 64, 3), 128, np.uint8)
WIDE = np.full((48, 96, 3), 128, np.uint8)
BLACK = np.random.default_rng(0).integers(0, 6, (36, 64, 3), dtype=np.uint8)
SOON = 5.0  # s, the longest any of these may take


class FakeSource:
    """Plays a script: frames, None for an empty answer, exceptions to raise, and functions to call first."""

    rate: float | None = None

    def __init__(self, script: list, *, rate: float | None = None) -> None:
        self.title, self.rate, self.closed = "fake", rate, False
        self._script = script
        self.rewind()

    def rewind(self) -> None:
        self._steps = iter(self._script)

    def read(self) -> np.ndarray | None:
        time.sleep(0.002)
        step = next(self._steps, None)
        if callable(step):
            step = step()
        if isinstance(step, Exception):
            raise step
        return step

    def close(self) -> None:
        self.closed = True


def endless(frame: np.ndarray) -> list:
    return [frame] * 100_000


def quick(*sources: FakeSource | CameraError, **options) -> Camera:
    """A camera with short patience that opens these one after the other; the last again and again."""
    waiting = list(sources)

    def open_next() -> FakeSource:
        source = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(source, CameraError):
            raise source
        return source

    return Camera(open_next, **{"stall": 0.1, "patience": 0.05, "pauses": (0.01, 0.02), **options})


def wait_for(condition: Callable[[], object]) -> object:
    end = time.monotonic() + SOON
    while not (result := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)
    return result


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    yield
    wait_for(lambda: not [t for t in threading.enumerate() if t.name == "camera"])


def test_newest_frame_wins_and_nothing_queues():
    count = iter(range(1000))
    with quick(FakeSource([lambda: np.full((8, 8, 3), next(count) % 256, np.uint8)] * 200, rate=1000)) as camera:
        wait_for(lambda: camera.frames.dropped > 20)
        frame = camera.frames.take(SOON)
        assert frame is not None and frame.rgb[0, 0, 0] == frame.number - 1 > 15
        wait_for(lambda: camera.frames.take(0.1) is None and camera.frames.finished)
    assert camera.trouble() == "" and camera.error is None


def test_camera_that_cannot_be_opened_is_the_users_to_mend():
    with pytest.raises(CameraError, match="no such"), quick(CameraError("no such camera")):
        pass


def test_camera_that_gives_nothing_is_said_and_tried_again():
    with quick(FakeSource([]), CameraError("still unplugged"), FakeSource(endless(GREY))) as camera:
        assert "gives no picture" in str(wait_for(camera.trouble))
        assert camera.frames.take(SOON) is not None  # back, through an attempt that failed
        assert wait_for(camera.trouble) == "The camera is back"


def test_camera_that_raises_is_lost_and_comes_back():
    broken = FakeSource([GREY] * 5 + [cv2.error("device gone")])
    with quick(broken, CameraError("camera 0: busy"), FakeSource(endless(GREY)), pauses=(0.05, 0.2)) as camera:
        shots = {camera.frames.take(SOON).shot}
        assert "device gone" in str(wait_for(lambda: "lost" in camera.trouble() and camera.trouble()))
        assert broken.closed
        assert "camera 0: busy. Trying again" in str(wait_for(lambda: "busy" in camera.trouble() and camera.trouble()))
        wait_for(lambda: (frame := camera.frames.take(0.1)) and (shots.add(frame.shot) or len(shots) == 2))


def test_camera_that_stalls_is_given_up_and_opened_anew():
    let_go = threading.Event()
    stuck = FakeSource([GREY, lambda: let_go.wait(SOON) and None])
    try:
        with quick(stuck, FakeSource(endless(GREY))) as camera:
            assert camera.frames.take(SOON) is not None
            assert "stalled" in str(wait_for(camera.trouble))
            wait_for(lambda: camera.trouble() is not None and camera.frames.take(0.01) is not None)
            assert camera.rate() >= 0
    finally:
        let_go.set()
    wait_for(lambda: stuck.closed)  # by its own thread, once the driver answers


def test_stuck_driver_does_not_hold_up_the_end():
    let_go = threading.Event()
    started = time.monotonic()
    with quick(FakeSource([GREY, lambda: let_go.wait(SOON) and None])) as camera:
        camera.frames.take(SOON)
    assert time.monotonic() - started < 2
    let_go.set()


def test_changed_size_is_said_and_passed_on():
    with quick(FakeSource([GREY] * 3 + endless(WIDE))) as camera:
        wait_for(lambda: (frame := camera.frames.take(SOON)) and frame.rgb.shape == WIDE.shape)
        assert camera.trouble() == "The camera now gives 96x48"


def test_black_picture_is_said(monkeypatch):
    monkeypatch.setattr("adain.apps.camera.BLACK_AFTER", 0.05)
    with quick(FakeSource([BLACK] * 60 + endless(GREY))) as camera:
        assert "black" in str(wait_for(camera.trouble))
        wait_for(lambda: camera.trouble() == "")
    assert is_black(BLACK) and not is_black(GREY)
    assert not is_black(np.where(np.arange(64)[None, :, None] < 8, 255, 0).repeat(36, 0).repeat(3, 2).astype(np.uint8))


def test_pauses_between_attempts_grow():
    attempts = []

    def open_source() -> FakeSource:
        attempts.append(time.monotonic())
        if len(attempts) > 1:
            raise CameraError("gone")
        return FakeSource([GREY, OSError("unplugged")])

    with Camera(open_source, pauses=(0.02, 0.06, 0.18)):
        wait_for(lambda: len(attempts) == 4)
    gaps = np.diff(attempts[1:])
    assert gaps[0] >= 0.06 and gaps[1] >= 0.18


def test_file_plays_at_its_own_rate_loops_and_pauses():
    with quick(FakeSource([GREY] * 8, rate=100), loop=True) as camera:
        shots = set()
        wait_for(lambda: (frame := camera.frames.take(SOON)) and (shots.add(frame.shot) or len(shots) >= 3))
        assert 20 < camera.rate() < 101
        camera.paused = True
        time.sleep(0.1)
        camera.frames.take(0)
        assert camera.frames.take(0.1) is None and camera.trouble() == ""
        camera.paused = False
        assert camera.frames.take(SOON) is not None


def test_empty_file_in_a_loop_ends_with_an_error():
    with quick(FakeSource([], rate=30), loop=True) as camera:
        wait_for(lambda: camera.frames.finished)
    assert isinstance(camera.error, CameraError) and "no frame" in str(camera.error)


# -------------------------------------------------------------------- sources


@pytest.fixture
def clip(tmp_path: Path, photo: np.ndarray) -> Path:
    path = tmp_path / "clip.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 25.0, (96, 64))
    for i in range(10):
        writer.write(np.ascontiguousarray(photo[:64, i : i + 96, ::-1]))
    writer.release()
    return path


def rest_of(source: Source) -> list[np.ndarray]:
    frames = []
    while (frame := source.read()) is not None:
        frames.append(frame)
    return frames


def test_clip_gives_all_its_frames_in_rgb(clip: Path, photo: np.ndarray):
    source = open_source(str(clip), Wanted())
    frames = rest_of(source)
    assert len(frames) == 10 and source.rate == 25 and "96x64 at 25 fps" in source.title
    assert np.abs(frames[0].astype(int) - photo[:64, :96]).mean() < 12  # in BGR: over 40
    source.rewind()
    assert source.read() is not None
    source.close()


def test_folder_gives_pictures_in_order_of_name(tmp_path: Path):
    for name, value in (("b.png", 200), ("a.jpg", 100)):
        Image.new("RGB", (20, 10), (value,) * 3).save(tmp_path / name)
    (tmp_path / "note.txt").write_text("no picture")
    source = open_source(str(tmp_path), Wanted(fps=30))
    assert [int(frame.mean()) for frame in rest_of(source)] == [100, 200] and source.rate == 30
    slow = open_source(str(tmp_path), Wanted(fps=2))
    assert slow.rate == 10 and len(rest_of(slow)) == 10  # 5 each: the window stays alive


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("97", "camera 97 cannot be opened.*V4L2"),
        ("/dev/video98", "camera /dev/video98 cannot be opened"),
        ("missing.mp4", "no such file.*--list"),
        ("{tmp}/text.mp4", "not a clip"),
        ("{tmp}", "no picture in this folder"),
        ("rtsp://127.0.0.1:9/live", "no stream within"),
    ],
)
def test_source_that_is_not_there_is_told_with_what_to_do(tmp_path: Path, name: str, expected: str):
    (tmp_path / "text.mp4").write_text("no clip")
    with pytest.raises(CameraError, match=expected):
        open_source(name.format(tmp=tmp_path), Wanted())


def test_damaged_picture_in_a_folder_ends_the_run_with_its_name(tmp_path: Path):
    Image.new("RGB", (20, 10)).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"no picture")
    with Camera(lambda: open_source(str(tmp_path), Wanted(fps=100))) as camera:
        wait_for(lambda: camera.frames.take(0.01) is None and camera.frames.finished)
    assert "b.png" in str(camera.error)


def test_frames_of_every_kind_become_rgb():
    assert to_rgb(np.zeros((4, 6), np.uint8)).shape == (4, 6, 3)
    assert to_rgb(np.zeros((4, 6, 1), np.uint8)).shape == (4, 6, 3)
    assert to_rgb(np.full((4, 6, 4), (1, 2, 3, 4), np.uint8))[0, 0].tolist() == [3, 2, 1]


def test_cameras_of_linux_are_listed_without_metadata_nodes(tmp_path: Path):
    for name, index, title in (("video10", "0", "Capture Card"), ("video2", "0", "Webcam"), ("video3", "1", "Webcam")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index").write_text(f"{index}\n")
        (tmp_path / name / "name").write_text(f"{title}\n")
    assert [(c.name, c.device, c.title) for c in list_v4l(tmp_path)] == [
        ("2", "/dev/video2", "Webcam"),
        ("10", "/dev/video10", "Capture Card"),
    ]
    assert list_v4l(tmp_path / "missing") == []


def test_fourcc_is_read_back():
    assert fourcc_name(cv2.VideoWriter.fourcc(*"MJPG")) == "MJPG" and fourcc_name(-1) == "" and fourcc_name(0) == ""


def test_mailbox_wakes_whoever_waits_when_closed():
    mailbox: Mailbox[int] = Mailbox()
    mailbox.put(1)
    mailbox.put(2)
    assert mailbox.dropped == 1 and mailbox.take() == 2
    threading.Timer(0.05, mailbox.close).start()
    assert mailbox.take() is None and mailbox.finished
    mailbox.put(3)
    assert mailbox.take(0) is None


def test_rate_counts_what_comes_and_falls_when_nothing_does():
    rate = Rate()
    for i in range(50):
        rate.tick(10 + i / 25)
    assert rate.per_second(10 + 49 / 25) == pytest.approx(25, rel=0.01)
    assert rate.per_second(13) < 15
    assert rate.per_second(20) == 0
