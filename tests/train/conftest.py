"""Training sets and settings small enough for a test."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from adain.train.config import TrainConfig
from PIL import Image


@pytest.fixture
def folders(tmp_path: Path, photo: np.ndarray) -> tuple[Path, Path]:
    """Photos and styles, nested and in mixed formats, one of them broken."""
    content, style = tmp_path / "content", tmp_path / "style" / "deep" / "er"
    content.mkdir()
    style.mkdir(parents=True)
    Image.fromarray(photo).save(content / "a.jpg")
    Image.fromarray(photo[:, ::-1]).save(content / "b.PNG")
    (content / "broken.jpg").write_bytes(b"no picture")
    Image.fromarray(photo[..., ::-1]).save(style / "c.webp")
    return content, tmp_path / "style"


@pytest.fixture
def configure(folders: tuple[Path, Path], tmp_path: Path) -> Callable[..., TrainConfig]:
    """Make the settings of a short run."""

    def make(run: str = "run", **changes: object) -> TrainConfig:
        settings = {"steps": 6, "batch": 2, "crop": 64, "warmup": 1, "save_every": 3, "log_every": 2, "device": "cpu"}
        return TrainConfig(content=folders[0], style=folders[1], run=tmp_path / run, **{**settings, **changes})

    return make
