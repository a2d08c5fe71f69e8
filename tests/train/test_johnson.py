"""A network for one style: trained, exported, and used without naming a style."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from adain.train.config import TrainConfig
from adain.train.export import export_weights
from adain.train.train import train
from PIL import Image

from adain.builtin import find_style
from adain.errors import StyleError, TrainingError, WeightsError
from adain.johnson import JohnsonNet
from adain.models import list_models, load_model, only_style
from adain.strength import faded
from adain.stylizer import Stylizer

STYLE = "ink-wash"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory, photo: np.ndarray) -> Path:
    """Of a short run on one photo."""
    folder = tmp_path_factory.mktemp("johnson")
    Image.fromarray(photo).save(folder / "a.png")
    config = TrainConfig(
        content=folder, style=Path(STYLE), run=folder / "run", model="johnson", style_loss="gram", steps=12, batch=1,
        crop=64, warmup=1, log_every=3, device="cpu", temporal_weight=0,
    )  # fmt: skip
    seen: list[dict[str, float]] = []
    checkpoint = train(config, progress=lambda _, _total, terms: seen.append(terms))
    assert seen[-1]["style"] < 0.3 * seen[0]["style"] and "identity" not in seen[0]
    return export_weights(checkpoint, folder / "w", name="mine", trained_on="a photo")


@pytest.fixture(scope="module")
def johnson(weights: Path) -> Stylizer:
    return Stylizer(f"johnson:{weights}", device="cpu", dtype="float32")


def test_the_file_says_what_it_is(weights: Path):
    only = only_style(f"johnson:{weights}")
    assert only == (STYLE, hashlib.sha256(find_style(STYLE).read_bytes()).hexdigest()) and only_style("fast") is None
    entry = json.loads((weights.parent / "models.json").read_text())["mine"]
    assert entry["architecture"] == "johnson" and entry["style"] == STYLE
    assert f"one style: {STYLE}" in (weights.parent / "MODEL_CARD.md").read_text()
    assert sum(p.numel() for p in load_model(weights).parameters()) == entry["parameters"]


def test_strength_mixes_painting_and_photo(johnson: Stylizer, photo: np.ndarray):
    style = johnson.only_style
    assert style
    full, half = (johnson.stylize(photo, style, strength=s) for s in (1.0, 0.5))
    assert np.abs(full.astype(int) - photo).mean() > 5
    np.testing.assert_array_equal(half, faded(full, photo, 0.5))
    assert np.array_equal(johnson.stylize(photo, style, strength=0.0), photo)


@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_tiles_show_no_seam(johnson: Stylizer, photo: np.ndarray, strength: float):
    style = johnson.only_style
    assert style
    whole, tiled = (johnson.stylize(photo, style, strength=strength, tile=t).astype(int) for t in (None, 128))
    assert np.abs(whole - tiled).max() <= 2


def test_it_knows_its_own_style_and_no_other(johnson: Stylizer, photo: np.ndarray):
    assert johnson.encode_style(STYLE).name == STYLE
    for other in ("mosaic", photo):
        with pytest.raises(StyleError, match="knows one style, 'ink-wash'"):
            johnson.encode_style(other)


def test_fresh_network_normalises_plainly():
    levels = JohnsonNet().encode_style(torch.rand(2, 3, 32, 32))
    assert all(torch.all(s.mean == 0) and torch.all(s.std == 1) and len(s.mean) == 2 for s in levels.values())


def test_one_picture_is_wanted(tmp_path: Path, photo: np.ndarray):
    Image.fromarray(photo).save(tmp_path / "a.png")
    config = TrainConfig(content=tmp_path, style=tmp_path, run=tmp_path / "run", model="johnson", device="cpu")
    assert config.recolour == config.photos_as_styles == config.identity_weight == 0
    with pytest.raises(TrainingError, match="want one picture"):
        train(config)


def test_wrong_files_are_told(tmp_path: Path):
    with pytest.raises(WeightsError, match="is missing"):
        Stylizer(f"johnson:{tmp_path / 'none.safetensors'}")
    fast = list_models()["fast"].path
    with pytest.raises(WeightsError, match="want weights that 'adain train --model johnson'"):
        load_model(f"johnson:{fast}")


def test_command_line(adain_here, weights: Path, photo_file: Path, tmp_path: Path):
    model = ("--model", f"johnson:{weights}", "--device", "cpu")
    code, errors = adain_here("image", photo_file, *model)
    assert code == 0, errors
    with Image.open(tmp_path / f"photo_stylized_{STYLE}.png") as picture:
        assert picture.size == (240, 160)
    for arguments, wanted, words in [
        ((*model, "-s", "mosaic"), 1, "knows one style"),
        ((*model, "--color", "coral", "-o", "c.png"), 2, "--color coral"),
        (("--model", "johnson:none.safetensors"), 1, "is missing"),
        (("--model", "fast"), 2, "no style"),
    ]:
        code, errors = adain_here("image", photo_file, *arguments)
        assert code == wanted and words in errors and errors.count("error") == 1, errors
