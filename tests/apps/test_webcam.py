"""`adain webcam` from end to end, without a window."""

import csv
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from adain.apps import webcam as webcam_module
from adain.apps.bench_webcam import Bar, run_webcam_bench
from adain.apps.keys import ACTIONS, KEYS, action_of
from adain.apps.sources import Wanted
from adain.apps.webcam import Webcam, WebcamOptions, mirrored
from PIL import Image

from adain.errors import AdainError, CameraError

MAIN = "from adain.apps.cli import main; main()"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A square that wanders over a gradient: 96x64, 30 fps."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 30.0, (96, 64))
    for i in range(20):
        frame = np.dstack([np.tile(np.linspace(40, 220, 96), (64, 1))] * 3).astype(np.uint8)
        frame[20:40, 10 + 2 * i : 30 + 2 * i] = (30, 60, 220)
        writer.write(frame)
    writer.release()
    return path


def test_figures_of_few_frames(adain, tmp_path: Path, photo: np.ndarray):
    (tmp_path / "two").mkdir()
    for number in range(2):
        cv2.imwrite(str(tmp_path / "two" / f"{number}.png"), photo)
    result = adain("webcam", "-c", "two", "-s", "mosaic", "--headless", "--stats", "stats.csv", "--json")
    report = json.loads(result.stdout)
    with open(tmp_path / "stats.csv") as file:
        latencies = [float(row["latency_ms"]) for row in csv.DictReader(file)]
    for name, share in (("latency_ms_median", 50), ("latency_ms_p95", 95)):
        assert report[name] == pytest.approx(np.percentile(latencies, share), abs=0.2)


def test_clip_is_painted_recorded_and_measured(adain, tmp_path: Path, clip: Path):
    arguments = ("-c", clip, "--loop", "--max-frames", 25, "-s", "mosaic", "--headless", "--device", "cpu")
    result = adain("webcam", *arguments, "--record", "out.mp4", "--stats", "stats.csv", "--json")
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert report["frames"] == 25 and report["files"] == ["out.mp4"] and report["fps"] > 1
    assert 0 < report["latency_ms_median"] <= report["latency_ms_p95"]
    assert b"clip.mp4: 96x64 at 30 fps" in result.stderr
    with open(tmp_path / "stats.csv") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 25 and {r["style"] for r in rows} == {"mosaic"} and {r["smooth"] for r in rows} == {"flow"}
    shown = [float(r["shown_s"]) for r in rows]
    assert shown == sorted(shown) and all(float(r["latency_ms"]) >= float(r["paint_ms"]) > 0 for r in rows)
    capture = cv2.VideoCapture(str(tmp_path / "out.mp4"))
    frames = [frame for ok, frame in iter(capture.read, (False, None)) if ok]
    assert 10 <= len(frames) <= 25 and frames[-1].shape == (64, 96, 3)
    own = cv2.VideoCapture(str(clip)).read()[1]
    assert np.abs(frames[-1].astype(int) - own).mean() > 10  # painted, not passed through
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.mp4", "stats.csv"]


def test_end_of_a_clip_is_the_end(adain, clip: Path):
    result = adain("webcam", "-c", clip, "-s", "mosaic", "--headless", "--size", 32, "--smooth", "off")
    assert result.returncode == 0 and b"frames in" in result.stdout


def test_a_clip_begins_with_the_show(adain, tmp_path: Path, clip: Path):
    """Loading a model takes longer than this clip; it is shown from its first frame on nevertheless."""
    result = adain("webcam", "-c", clip, "-s", "mosaic", "--headless", "--device", "cpu", "--stats", "stats.csv")
    assert result.returncode == 0, result.stderr
    with open(tmp_path / "stats.csv") as file:
        numbers = [int(row["frame"]) for row in csv.DictReader(file)]
    assert numbers[0] == 1 and numbers[-1] > 15 and len(numbers) > 3


def test_av_stays_out_of_this_process(clip: Path, tmp_path: Path):
    """Its libavdevice and that of OpenCV's window must not meet."""
    code = f"""
import sys
from pathlib import Path
from adain.apps.webcam import WebcamOptions, run_webcam
import adain.apps.window
options = WebcamOptions(camera={str(clip)!r}, styles=("mosaic",), headless=True, max_frames=3, record=Path("a.mp4"))
run_webcam(options, as_json=False)
sys.exit("av" in sys.modules)
"""
    result = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "a.mp4").stat().st_size > 500


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_and_kill_finish_the_recording(clip: Path, tmp_path: Path, number: int, code: int):
    arguments = ["-c", str(clip), "--loop", "--headless", "-s", "mosaic", "--size", "32", "--record", "out.mp4"]
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, "webcam", *arguments, "--stats", "stats.csv"], cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        stats = tmp_path / "stats.csv"
        if stats.exists() and stats.read_text().count("\n") > 5:
            break
        time.sleep(0.05)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code and b"Traceback" not in err, err
    assert b"frames in" in out and cv2.VideoCapture(str(tmp_path / "out.mp4")).read()[0]
    assert not list(tmp_path.glob("*.part*"))


def test_only_the_window_of_a_camera_is_a_mirror():
    assert mirrored(WebcamOptions()) and mirrored(WebcamOptions(camera="/dev/video2"))
    assert not mirrored(WebcamOptions(camera="clip.mp4")) and not mirrored(WebcamOptions(headless=True))
    assert not mirrored(WebcamOptions(mirror=False)) and mirrored(WebcamOptions(camera="clip.mp4", mirror=True))


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (["-c", "missing.mp4", "--headless"], 1, "no such file or folder"),
        (["-c", "97", "--headless"], 1, "camera 97 cannot be opened (V4L2: /dev/video97 does not exist; any: "),
        (["--headless", "--color", "blue"], 2, "want one of style, content"),
        (["--headless", "--smooth", "very"], 2, "want one of off, light, flow, strong"),
        (["--headless", "--record", "out.avi"], 2, ".mp4"),
        (["--headless", "--resolution", "large"], 2, "640x360"),
        (["--headless", "-c", "{clip}", "-s", "starry-nite"], 1, "did you mean starry-night"),
        (["--headless", "-c", "{clip}", "--virtual-camera"], 1, "virtual camera"),
        (["--headless", "-c", "{clip}", "--model", "vgg", "--calm", "0.5"], 2, "has not learned it"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(adain, clip: Path, arguments: list[str], code: int, expected: str):
    result = adain("webcam", *[a.format(clip=clip) for a in arguments])
    assert result.returncode == code and expected in result.stderr.decode()
    assert b"Traceback" not in result.stderr and result.stdout == b""


def test_window_without_a_screen_is_refused_and_headless_offered(clip: Path, tmp_path: Path):
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    command = [sys.executable, "-c", MAIN, "webcam", "-c", str(clip)]
    result = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert result.returncode == 2 and b"--headless" in result.stderr


def test_cameras_are_listed(adain):
    result = adain("webcam", "--list", "--json")
    assert result.returncode == 0 and isinstance(json.loads(result.stdout), list)


class Unreliable:
    """A camera that is pulled out after some frames and comes back with another size."""

    rate = None

    def __init__(self, size: tuple[int, int], frames: int) -> None:
        self.title = f"camera {size[0]}x{size[1]}"
        self._frame = np.random.default_rng(0).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
        self._left = frames

    def read(self) -> np.ndarray | None:
        time.sleep(0.01)
        self._left -= 1
        if self._left < 0:
            raise cv2.error("pulled out")
        return self._frame

    def rewind(self) -> None:
        raise CameraError("cannot")

    def close(self) -> None:
        pass


def test_run_goes_on_when_the_camera_comes_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys):
    plugged = [Unreliable((64, 48), 30), None, Unreliable((96, 48), 10_000)]

    def open_source(name: str, wanted: Wanted) -> Unreliable:
        source = plugged.pop(0)
        if source is None:
            time.sleep(2)  # as drivers do; until it answers, a busy machine too has time to tell of the trouble before
            raise CameraError("camera 0: not there")
        return source

    monkeypatch.setattr(webcam_module, "open_source", open_source)
    options = WebcamOptions(
        styles=("mosaic",), headless=True, size=32, smooth="off", max_frames=60, device="cpu",
        record=tmp_path / "out.mp4", mirror=False,
    )  # fmt: skip
    app = Webcam(options)
    app.run()
    assert app.shown == 60 and "96x48" in app.camera.title
    assert "pulled out" in capsys.readouterr().err
    assert cv2.VideoCapture(str(tmp_path / "out.mp4")).read()[1].shape == (48, 64, 3)  # as it began
    assert not [t for t in threading.enumerate() if t.name in ("camera", "painter", "finisher", "gallery", "recorder")]


def test_everything_is_closed_when_a_part_fails(monkeypatch: pytest.MonkeyPatch, clip: Path, tmp_path: Path):
    monkeypatch.setitem(sys.modules, "pyvirtualcam", SimpleNamespace(Camera=lambda *a, **k: 1 / 0))
    options = WebcamOptions(camera=str(clip), styles=("mosaic",), headless=True, virtual_camera=True, device="cpu")
    with pytest.raises(ZeroDivisionError):
        Webcam(options).run()
    bad = WebcamOptions(camera=str(clip), styles_folder=tmp_path, headless=True, device="cpu")
    with pytest.raises(AdainError, match="no picture to take a style from"):
        Webcam(bad).run()
    assert not [t for t in threading.enumerate() if t.name in ("camera", "painter", "finisher", "gallery", "recorder")]


def test_keys_are_in_the_help_and_the_readme(adain):
    help_text = adain("webcam", "--help").stdout.decode()
    readme = (Path(__file__).parent.parent.parent / "README.md").read_text()
    for line in KEYS:
        assert f"{line.keys}: {line.meaning}" in help_text
        assert f"| `{line.keys}` | {line.meaning} |" in readme
    assert action_of("N") == "next" and action_of("F") == "fullscreen" and action_of("f") == "smooth"
    assert action_of("z") is None and len(set(ACTIONS)) == sum(len(line.actions) for line in KEYS)


def test_styles_folder_is_used(adain, clip: Path, tmp_path: Path):
    Image.new("RGB", (64, 64), "red").save(tmp_path / "red.png")
    arguments = ("-c", clip, "--headless", "--max-frames", 2, "--styles", tmp_path, "--stats", "s.csv", "--size", 32)
    assert adain("webcam", *arguments).returncode == 0
    assert "red" in (tmp_path / "s.csv").read_text()


def test_bench_says_which_bars_are_met(clip: Path, capsys):
    run_webcam_bench(device="cpu", as_json=True, seconds=2.0, settling=0.5)
    bars = {bar["name"]: bar["value"] for bar in json.loads(capsys.readouterr().out)}
    assert bars["frames a second at 640 px"] > 0 and bars["frames a second with --fps 30"] > 0
    assert 0 < bars["latency, median"] <= bars["latency, 95th percentile"]
    assert bars["working size it chose"] >= 96
    assert not Bar("", 19.9, "fps", least=20).met and Bar("", 20, "fps", least=20).met
    assert not Bar("", 121, "ms", most=120).met and Bar("", 120, "ms", most=120).met
