"""A virtual screen, and the app on it driven by keys and mouse as a person would."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageGrab

SOON = 20.0  # s that anything may take on a busy machine
TITLE = "adain webcam"


def missing(*more: str) -> str:
    """Why no window can be tested here; empty where it can."""
    absent = [tool for tool in ("Xvfb", "xdotool", *more) if not shutil.which(tool)]
    if absent:
        return f"{' and '.join(absent)} not installed ('make test' does it where it may)"
    import cv2

    return "" if cv2.currentUIFramework() else "this OpenCV has no windows"


class Screen:
    """Xvfb on a display number that is free, with or without a window manager. A context manager."""

    def __init__(self, *, manager: bool = False) -> None:
        self._manager: subprocess.Popen[bytes] | None = None
        if reason := missing(*(["openbox"] if manager else [])):
            pytest.skip(reason)
        self._managed = manager

    def __enter__(self) -> "Screen":
        read, write = os.pipe()
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
            pass_fds=[write],
            stderr=subprocess.DEVNULL,
        )
        os.close(write)
        with os.fdopen(read) as pipe:
            self.display = f":{pipe.readline().strip()}"
        self.environment = {**os.environ, "DISPLAY": self.display}
        self.environment.pop("WAYLAND_DISPLAY", None)
        if self._managed:
            self._manager = subprocess.Popen(["openbox"], env=self.environment, stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, *_: object) -> None:
        if self._manager:
            self._manager.terminate()
            self._manager.wait()
        self._server.terminate()
        self._server.wait()

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
        code = "import faulthandler; faulthandler.dump_traceback_later(16); from adain.apps.cli import main; main()"
        command = [sys.executable, "-c", code, "webcam", *map(str, arguments)]
        self.process = subprocess.Popen(
            command, cwd=folder, env=screen.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.output = ("", "")

    def __enter__(self) -> "App":
        try:
            wait_for(lambda: self.process.poll() is not None or self._windows())
            self.window = self._windows()[-1]
            wait_for(lambda: self.screen.shot().std() > 20)  # the first painting
        except BaseException:
            self.process.kill()
            self.process.communicate()
            raise
        return self

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
        return self.screen.do("search", "--name", f"^{TITLE}$").split()

    def key(self, *keys: str) -> None:
        for key in keys:
            self.screen.do("key", key)
            time.sleep(0.15)  # OpenCV keeps one key between two looks

    def picture(self) -> np.ndarray:
        """The part of the screen that shows the painting."""
        return self.screen.shot()[:576, :1024]

    def save(self, path: Path) -> None:
        Image.fromarray(self.screen.shot()).save(path)


def wait_for(condition: Callable[[], object]) -> object:
    end = time.monotonic() + SOON
    while not (result := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
    return result
