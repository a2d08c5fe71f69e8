"""Photograph the webcam window for the README: python docs/window.py docs/webcam.jpg

Needs Xvfb, openbox and xdotool; the camera is a slow pan over a sample photo.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from PIL import ImageGrab

DISPLAY = ":97"
KEYS = ("4", "v")  # a style, the split view
WIDTH, HEIGHT, FRAMES = 640, 360, 300


def main(target: str) -> None:
    environment = {**os.environ, "DISPLAY": DISPLAY}
    with tempfile.TemporaryDirectory() as folder:
        write_clip(Path(folder) / "astronaut.mp4")
        server = subprocess.Popen(
            ["Xvfb", DISPLAY, "-noreset", "-screen", "0", "1280x800x24"], stderr=subprocess.DEVNULL
        )
        time.sleep(1)
        manager = subprocess.Popen(["openbox"], env=environment)
        app = subprocess.Popen(
            [sys.executable, "-c", "from adain.apps.cli import main; main()", "webcam"]
            + ["-c", "astronaut.mp4", "--loop", *sys.argv[2:]],
            cwd=folder,
            env=environment,
        )

        def do(*words: str) -> str:
            return subprocess.run(
                ["xdotool", *words], check=False, env=environment, capture_output=True, text=True
            ).stdout

        try:
            while not do("search", "--onlyvisible", "--name", "^adain webcam$"):
                time.sleep(0.2)
            for key in KEYS:
                time.sleep(1)
                do("key", key)
            time.sleep(12)  # until the size has settled and every thumbnail is there
            screen = ImageGrab.grab(xdisplay=DISPLAY).convert("RGB")
            screen.crop(screen.getbbox()).save(target, quality=85)
            do("key", "q")
            app.wait(20)
        finally:
            for process in (app, manager, server):
                process.terminate()
                process.wait()


def write_clip(path: Path) -> None:
    photo = cv2.imread(str(Path(__file__).parent / "samples" / "astronaut.jpg"))
    photo = cv2.resize(photo, (760, 760), interpolation=cv2.INTER_CUBIC)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 30.0, (WIDTH, HEIGHT))
    for i in range(FRAMES):
        angle = 2 * np.pi * i / FRAMES
        shift = np.array([[1, 0, 18 * np.cos(angle) - 20], [0, 1, 8 * np.sin(angle) - 10]], np.float32)
        writer.write(cv2.warpAffine(photo, shift, (WIDTH, HEIGHT)))
    writer.release()


if __name__ == "__main__":
    main(sys.argv[1])
