"""The field's table: the child that paints, and what is made of its figures."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch):
    """docs/table.py as a module; it is a script."""
    monkeypatch.syspath_prepend(DOCS)
    import table

    return table


def test_better_means_every_column(table):
    ours = table.Measured(table.Row("`fast` at 1", 0.7, 0.4, 0.1, 1.0, 900), 600)
    slower = table.Measured(table.Row("Gatys", 0.6, 0.5, 9.0, 90.0, 1000), 900)
    finer = table.Measured(table.Row("Gatys, long", 0.6, 0.3, 9.0, 90.0, 1000), 900)
    lines = table.better([slower, finer, ours])
    assert lines[0].endswith("Gatys in every column: `fast` at 1.") and lines[1].endswith("column: none.")
    assert len(lines) == 2 + len(table.PUBLISHED)


def test_rows_are_painted_at_both_sizes(table):
    methods = table.methods_of(argparse.Namespace(steps=200, large_steps=20), Path("j.safetensors"))
    assert methods["Gatys, 200 steps"] == ("gatys@200/200", "gatys@20/200")
    assert methods["`johnson` at 0.9"] == ("johnson:j.safetensors@0.9",) * 2
    assert methods["`fast` at 0.6"] == ("fast@0.6",) * 2


def test_page_says_what_it_rests_on(table, tmp_path: Path):
    options = argparse.Namespace(
        sizes=(256, 1024), large_steps=20, steps=200, johnson=None, johnson_steps=9, content=tmp_path, clock="cpu",
        note="busy", resume=True,
    )  # fmt: skip
    ours = table.Measured(table.Row("`fast` at 1", 0.7, 0.4, 0.1, 12.0, 900), 600)
    text = table.markdown([ours], options, tmp_path, 577)
    assert "| `fast` at 1 | 0.700 | 0.400 | 0.100 | 12.0 | 600 | 900 |" in text and "another machine" in text
    assert "20 steps were run and their time scaled to 200" in text and "busy." in text and "of the processor" in text
    assert "an earlier run" in text and "this one run" not in text


@pytest.mark.parametrize("method", ["fast@0.5", "gatys@2/10"])
def test_a_row_is_painted_in_a_process_of_its_own(photo_file: Path, photo: np.ndarray, tmp_path: Path, method: str):
    command = [sys.executable, DOCS / "table_paint.py", "cpu", method, 64, tmp_path, photo_file]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=120, check=True)
    report = json.loads(done.stdout)
    assert report["milliseconds"]["photo"] > 0 and report["peak_mib"] >= report["imported_mib"] > 50
    with Image.open(tmp_path / "photo_starry-night.png") as picture:
        assert picture.size == (64, 64) and np.asarray(picture).std() > 10
