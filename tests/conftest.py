"""Pictures and helpers the tests share. Everything is made here; nothing is downloaded."""

import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from adain.apps.frame import Frame
from adain.apps.options import Encoding
from adain.apps.pipeline import first_frame
from adain.apps.reader import open_reader
from adain.apps.writer import open_writer
from PIL import Image

from adain import Style, Stylizer

SAMPLES = Path(__file__).parent.parent / "docs" / "samples"


@pytest.fixture(scope="session")
def photo() -> np.ndarray:
    """A real photo, small: (160, 240, 3) uint8 RGB."""
    with Image.open(SAMPLES / "palace.jpg") as image:
        return np.array(image.convert("RGB").resize((240, 160), Image.Resampling.LANCZOS))


@pytest.fixture
def photo_file(photo: np.ndarray, tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(photo).save(path)
    return path


@pytest.fixture(scope="session", params=["fast", "vgg"])
def stylizer(request: pytest.FixtureRequest) -> Stylizer:
    return Stylizer(request.param, device="cpu", dtype="float32")


@pytest.fixture(scope="session")
def fast() -> Stylizer:
    return Stylizer("fast", device="cpu", dtype="float32")


@pytest.fixture(scope="session")
def starry(fast: Stylizer) -> Style:
    return fast.encode_style("starry-night", size=256)


@pytest.fixture
def rewrite() -> Callable[..., list[str]]:
    """What `adain video` does, without painting: rewrite(source, output, start=...) gives the notes."""

    def run(source: Path, output: Path, encoding: Encoding = Encoding(), **part: Fraction) -> list[str]:  # noqa: B008
        reader = open_reader(str(source), **part)
        items = iter(reader)
        first, early = first_frame(items)
        writer = open_writer(str(output), reader, first.rgb.shape[1::-1], encoding)
        for item in itertools.chain(early, items):
            (writer.write if isinstance(item, Frame) else writer.copy)(item)
        writer.close()
        reader.close()
        writer.part.replace(output)
        return list(writer.notes)

    return run


Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def adain(tmp_path: Path) -> Run:
    """Call the real command in a process of its own: adain("image", photo, ...) with cwd in tmp_path."""

    def run(*arguments: object, stdin: bytes | None = None) -> "subprocess.CompletedProcess[bytes]":
        command = [sys.executable, "-c", "from adain.apps.cli import main; main()", *map(str, arguments)]
        environment = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}
        return subprocess.run(
            command, input=stdin, capture_output=True, cwd=tmp_path, env=environment, timeout=300, check=False
        )

    return run


@pytest.fixture
def adain_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Call the command in this process, where torch is loaded already; gives the exit code and what stderr said."""
    from adain.apps.cli import main

    def run(*arguments: object) -> tuple[int, str]:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["adain", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "200")
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, capsys.readouterr().err

    return run
