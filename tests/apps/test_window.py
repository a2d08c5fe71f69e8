"""The real window on a virtual screen: each key and the mouse do what they say."""

import contextlib
import csv
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageGrab

from adain.stylizer import MOVING_CALM

SOON = 60.0  # s that anything may take on a busy machine
STARTS = 4  # of the app, until its window is painted
TITLE = "adain webcam"
STRIP = 576 + 35  # px, a height within the strip of styles of a window for 16:9
FIRST_STYLE, STEP = 380, 90  # px, middle of the first of three styles, and from one to the next


def missing() -> str:
    """Why no window can be tested here; empty where it can."""
    absent = [tool for tool in ("Xvfb", "xdotool", "openbox") if not shutil.which(tool)]
    if absent:
        return f"{' and '.join(absent)} not installed ('make test' does it where it may)"
    return "" if cv2.currentUIFramework() else "this OpenCV has no windows"


class Screen:
    """Xvfb on a display number that is free, with a window manager. A context manager."""

    def __enter__(self) -> "Screen":
        if reason := missing():
            pytest.skip(reason)
        read, write = os.pipe()
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-noreset", "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
            pass_fds=[write],
            stderr=subprocess.DEVNULL,
        )
        os.close(write)
        with os.fdopen(read) as pipe:
            self.display = f":{pipe.readline().strip()}"
        self.environment = {**os.environ, "DISPLAY": self.display}
        self.environment.pop("WAYLAND_DISPLAY", None)
        # Without -noreset the screen starts anew whenever its last client leaves: a question of ours, asked before the
        # window manager was there, could lock it out.
        manager = subprocess.Popen(["openbox"], env=self.environment, stderr=subprocess.DEVNULL)
        self._processes = [manager, server]
        wait_for(lambda: self.do("get_num_desktops").strip() not in ("", "0"))  # the manager is at work
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.terminate()
            process.wait()

    def do(self, *arguments: object) -> str:
        """Call xdotool."""
        command = ["xdotool", *map(str, arguments)]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False).stdout

    def shot(self) -> np.ndarray:
        """What is on the screen, (H, W, 3) uint8."""
        return np.array(ImageGrab.grab(xdisplay=self.display).convert("RGB"))


class App:
    """`adain webcam` with a window on a screen. A context manager; its end closes it as a user would, with q."""

    def __init__(self, screen: Screen, folder: Path, *arguments: object) -> None:
        self.screen, self.folder = screen, folder
        self.arguments = list(map(str, arguments))
        self.output = ("", "")

    def __enter__(self) -> "App":
        # On a starved machine one window of OpenCV's (Qt's) in ten never paints, nor takes its size: a program of ten
        # lines shows the same. It takes keys, so nothing inside can tell; a person would start it again, too.
        for _ in range(STARTS - 1):
            with contextlib.suppress(AssertionError):
                return self._start(SOON / 3)
        return self._start(SOON)

    def _start(self, patience: float) -> "App":
        code = "from adain.apps.cli import main; main()"
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, "webcam", *self.arguments], cwd=self.folder, env=self.screen.environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            wait_for(lambda: self.process.poll() is not None or self._windows(), patience)
            self.window = self._windows()[-1]
            wait_for(self._painted, patience)
        except BaseException:
            self.process.kill()
            self.process.communicate()
            for left in self.folder.iterdir():
                left.unlink()
            raise
        return self

    def _painted(self) -> bool:
        """Whether the first painting is there, and the strip below: what Qt has not painted yet is white or black."""
        shot = self.shot()
        return len(shot) > STRIP and shot.std() > 20 and 5 < shot[STRIP].mean() < 245

    def __exit__(self, kind: object, *_: object) -> None:
        if self.process.poll() is None:
            self.key("q")
        try:
            self.output = self.process.communicate(timeout=SOON)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.output = self.process.communicate()
            if kind is None:
                raise

    def _windows(self) -> list[str]:
        return self.screen.do("search", "--onlyvisible", "--name", f"^{TITLE}$").split()

    def key(self, *keys: str) -> None:
        for key in keys:
            self.screen.do("key", key)
            time.sleep(0.15)  # OpenCV keeps one key between two looks

    def shot(self) -> np.ndarray:
        """What the window shows, (H, W, 3) uint8."""
        geometry = dict(
            line.split("=") for line in self.screen.do("getwindowgeometry", "--shell", self.window).splitlines()
        )
        x, y, width, height = (int(geometry[k]) for k in ("X", "Y", "WIDTH", "HEIGHT"))
        return self.screen.shot()[y : y + height, x : x + width]

    def picture(self) -> np.ndarray:
        """The part of it that shows the painting."""
        return self.shot()[:576]

    def mouse(self, x: int, y: int, *then: object) -> None:
        """Move to a place in the window, and go on with xdotool's words."""
        self.screen.do("mousemove", "--window", self.window, x, y, *then)


def wait_for(condition: Callable[[], object], seconds: float = SOON) -> object:
    end = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
    return result


@pytest.fixture(scope="module")
def screen() -> Iterator[Screen]:
    with Screen() as screen:
        yield screen


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A camera that always sees the same: bright sky left, dark right, so that sides can be told apart."""
    folder = tmp_path_factory.mktemp("scene")
    picture = np.zeros((90, 160, 3), np.uint8)
    picture[:, :80] = (230, 240, 250)
    picture[:, 80:] = (20, 30, 90)
    picture[20:70, 60:100] = (200, 60, 40)
    Image.fromarray(picture).save(folder / "scene.png")
    return folder


@pytest.fixture(scope="module")
def app(screen: Screen, scene: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One run for all the tests of this file; each leaves it as it was."""
    folder = tmp_path_factory.mktemp("app")
    arguments = ("-c", scene, "--loop", "--size", 96, "--smooth", "off", "--stats", "stats.csv", "--device", "cpu")
    with App(screen, folder, *arguments, "-s", "ink-wash", "-s", "mosaic", "-s", "neon") as app:
        yield app
    assert app.process.returncode == 0 and "Traceback" not in app.output[1]


def now(app: App, column: str) -> str:
    """The newest complete line of the statistics."""
    lines = (app.folder / "stats.csv").read_text().split("\n")
    rows = list(csv.DictReader(lines[:-1]))
    return rows[-1][column] if rows else ""


def shows(app: App, column: str, value: str) -> bool:
    return bool(wait_for(lambda: now(app, column) == value))


# First those that open a window of their own: two apps at once are much for a small machine.


def test_full_screen(scene: Path, tmp_path: Path):
    arguments = ("-c", scene, "--loop", "--size", 96, "-s", "ink-wash", "--smooth", "off", "--stats", "stats.csv")
    with Screen() as screen, App(screen, tmp_path, *arguments, "--device", "cpu") as app:

        def filled() -> bool:  # the window manager draws a frame around every other window
            return "1280x800" in screen.do("getwindowgeometry", app.window)

        assert not filled()
        app.key("F11")
        wait_for(filled)
        screen.do("keydown", "shift", "key", "f", "sleep", "0.6", "keyup", "shift")
        wait_for(lambda: not filled())
        assert now(app, "smooth") == "off"  # F is not f


@pytest.mark.parametrize("way", ["Escape", "alt+F4"])
def test_closed_window_finishes_what_runs(scene: Path, tmp_path: Path, way: str):
    arguments = ("-c", scene, "--loop", "--size", 96, "-s", "ink-wash", "--record", "out.mp4", "--device", "cpu")
    with Screen() as screen, App(screen, tmp_path, *arguments) as app:
        app.key(way)
        app.process.wait(SOON)
    assert app.process.returncode == 0 and "Traceback" not in app.output[1]
    assert "out.mp4" in app.output[0] and cv2.VideoCapture(str(tmp_path / "out.mp4")).read()[0]
    assert not list(tmp_path.glob("*.part*"))


def test_styles_by_key_and_by_click(app: App):
    for keys, name in (("n", "mosaic"), ("Right", "neon"), ("n", "ink-wash"), ("p", "neon"), ("Left", "mosaic"),
                       ("1", "ink-wash"), ("3", "neon"), ("7", "neon")):  # fmt: skip
        app.key(keys)
        assert shows(app, "style", name)
    before = app.picture()
    app.mouse(FIRST_STYLE + STEP, STRIP, "click", 1)
    assert shows(app, "style", "mosaic")
    wait_for(lambda: np.abs(app.picture().astype(int) - before).mean() > 10)
    app.mouse(FIRST_STYLE, STRIP, "click", 1)
    assert shows(app, "style", "ink-wash")


def test_strength_colour_smoothing_and_mirror(app: App):
    for key, strength in (("minus", "0.9"), ("minus", "0.8"), ("plus", "0.9"), ("equal", "1.0")):
        app.key(key)
        assert shows(app, "strength", strength)
    assert shows(app, "calm", str(MOVING_CALM))
    for key, calm in (("comma", "0.8"), ("comma", "0.7"), ("period", "0.8"), ("period", "0.9")):
        app.key(key)
        assert shows(app, "calm", calm)
    for mode in ("content", "lab", "histogram", "coral", "style"):
        app.key("c")
        assert shows(app, "color", mode)
    for mode in ("light", "flow", "strong", "off"):
        app.key("f")
        assert shows(app, "smooth", mode)
    app.key("c")  # colours of the picture: bright to the left
    assert shows(app, "color", "content")
    wait_for(lambda: app.picture()[200:400, 50:200].mean() > app.picture()[200:400, -200:-50].mean() + 40)
    app.key("m")
    assert shows(app, "mirror", "1")
    wait_for(lambda: app.picture()[200:400, 50:200].mean() + 40 < app.picture()[200:400, -200:-50].mean())
    app.key("m")
    assert shows(app, "mirror", "0")
    for mode in ("lab", "histogram", "coral", "style"):
        app.key("c")
        assert shows(app, "color", mode)


def test_split_view_follows_the_mouse(app: App):
    own = np.array([230, 240, 250])  # of the scene, to the left

    def untouched(x: int) -> bool:
        return bool(np.abs(app.picture()[300:500, x].astype(int) - own).mean() < 3)

    app.key("v")
    wait_for(lambda: untouched(350))
    app.mouse(512, 400, "mousedown", 1)
    app.mouse(300, 400)
    app.mouse(200, 400, "mouseup", 1)
    wait_for(lambda: untouched(150) and not untouched(350))
    app.mouse(600, 400)  # not dragged any more
    wait_for(lambda: untouched(150) and not untouched(350))
    app.key("v")
    wait_for(lambda: not untouched(150))


def test_blend_changes_the_painting(app: App):
    before = app.picture()[250:]
    app.key("b")
    wait_for(lambda: np.abs(app.picture()[250:].astype(int) - before).mean() > 5)
    app.key("b")
    wait_for(lambda: np.abs(app.picture()[250:].astype(int) - before).mean() < 2)


def test_pause_stops_the_frames_but_not_the_styles(app: App):
    app.key("space")
    number = wait_for(lambda: stands_still(app))
    app.key("2")
    assert shows(app, "style", "mosaic")
    assert now(app, "frame") == number
    app.key("1", "space")
    assert shows(app, "style", "ink-wash")
    wait_for(lambda: now(app, "frame") != number)


def stands_still(app: App) -> str:
    """The number of the frame on the screen, if half a second does not change it."""
    before = now(app, "frame")
    time.sleep(0.5)
    return before if now(app, "frame") == before else ""


def test_overlay_and_help_come_and_go(app: App):
    time.sleep(1)  # until the style of the test before has faded
    plain = app.shot().astype(int)

    def changed(part: tuple[slice, slice]) -> float:
        return float(np.abs(app.shot()[part] - plain[part]).mean())

    middle, strip, corner = np.s_[100:500, 350:650], np.s_[600:640, 350:650], np.s_[20:120, 20:200]
    app.key("h")
    wait_for(lambda: changed(middle) > 20)
    app.key("h")
    wait_for(lambda: changed(middle) < 3)
    app.key("o")  # overlay and strip give way to the picture
    wait_for(lambda: changed(strip) > 20 and changed(corner) > 20)
    app.key("o")
    wait_for(lambda: changed(strip) < 3)


def test_snapshot_and_recording_leave_files(app: App):
    app.key("s")
    [snapshot] = wait_for(lambda: list(app.folder.glob("webcam_*_ink-wash.png")))  # type: ignore[misc]
    wait_for(lambda: cv2.imread(str(snapshot)) is not None)
    assert cv2.imread(str(snapshot)).shape == (90, 160, 3)
    app.key("r")
    wait_for(lambda: list(app.folder.glob("webcam_*.part.mp4")))
    number = int(now(app, "frame"))
    wait_for(lambda: int(now(app, "frame")) > number + 10)
    app.key("r")
    [clip] = wait_for(lambda: [p for p in app.folder.glob("webcam_*.mp4") if ".part" not in p.name])  # type: ignore[misc]
    capture = cv2.VideoCapture(str(clip))
    ok, frame = capture.read()
    assert ok and frame.shape == (90, 160, 3)
