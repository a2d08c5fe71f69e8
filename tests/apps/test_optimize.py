"""`adain optimize` through the real command."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

SMALL = ("--size", 64, "--steps", 4)


def test_a_picture_with_snapshots_and_a_report(adain, photo_file: Path, tmp_path: Path):
    done = adain("optimize", photo_file, "-s", "ink-wash", *SMALL, "--snapshot-every", 2, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["steps"] == 4 and report["losses"]["style"] > 0
    result = tmp_path / "photo_optimized_ink-wash.png"
    with Image.open(result) as picture:
        assert report["output"] == str(result) and picture.size == (64, 64)
    assert (tmp_path / "photo_optimized_ink-wash_00002.png").exists()
    again = adain("optimize", photo_file, "-s", "ink-wash", *SMALL)
    assert again.returncode == 1 and b"--overwrite" in again.stderr


def test_ctrl_c_keeps_the_best_so_far(photo_file: Path, tmp_path: Path):
    command = [sys.executable, "-c", "from adain.apps.cli import main; main()", "optimize", photo_file, "-s", "neon"]
    command += ["-o", tmp_path / "o.png", "--size", "64", "--steps", "100000", "--snapshot-every", "1"]
    with subprocess.Popen([*map(str, command)], stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("o_*.png")) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and b"kept" in errors and b"Traceback" not in errors
    assert np.asarray(Image.open(tmp_path / "o.png")).std() > 5


def test_mistakes_are_one_line(adain_here, photo_file: Path):
    for arguments, code, words in [
        (["--style-layer", "relu1_1=x"], 2, "LAYER=SHARE"),
        (["--features", "alexnet"], 2, "want one of"),
        (["--mask", "none.png"], 1, "none.png"),
        (["--optimizer", "sgd"], 2, "want one of lbfgs, adam"),
    ]:
        got, errors = adain_here("optimize", photo_file, "-s", "ink-wash", *arguments)
        assert got == code and words in errors and errors.count("error") <= 1, errors
