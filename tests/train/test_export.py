"""Exported weights: a registry entry, a section of the model card, and a model that loads."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from adain.train.config import TrainConfig
from adain.train.export import export_weights
from adain.train.train import train

from adain.errors import TrainingError
from adain.models import load_model, weights_folder
from adain.trunk import SHIPPED

Configure = Callable[..., TrainConfig]


def test_export_enters_the_registry_and_the_card_and_loads(configure: Configure, tmp_path: Path):
    judge = weights_folder() / SHIPPED
    settings = configure(style_weight=3.25, teacher=judge, second_features="vgg16", second_teacher=judge)
    checkpoint = train(settings)
    folder = tmp_path / "weights"
    path = export_weights(checkpoint, folder, name="mine", trained_on="two photos")
    entry = json.loads((folder / "models.json").read_text())["mine"]
    assert entry["steps"] == 6 and entry["architecture"] == "fast"
    assert sum(p.numel() for p in load_model(path).parameters()) == entry["parameters"]
    (plain := tmp_path / "plain").touch()
    assert path.stat().st_mode == plain.stat().st_mode  # others may read it, where they may read files
    with pytest.raises(TrainingError, match="--overwrite"):
        export_weights(checkpoint, folder, name="mine", trained_on="two photos")
    card = folder / "MODEL_CARD.md"
    assert "## mine" in card.read_text() and "style weight 3.25" in card.read_text()
    assert str(tmp_path) not in card.read_text() and str(judge) not in card.read_text()  # nothing of this machine
    card.write_text("My own words.\n\n" + card.read_text() + "\nMore words.\n")
    export_weights(checkpoint, folder, name="mine", trained_on="three photos", overwrite=True)
    export_weights(checkpoint, folder, name="other", trained_on="four photos")
    text = card.read_text()
    assert text.startswith("My own words.") and "More words." in text
    assert "two photos" not in text and "three photos" in text and "## other" in text and text.count("## mine") == 1
    (tmp_path / "bad.pt").write_bytes(b"no checkpoint")
    with pytest.raises(TrainingError, match="not a checkpoint"):
        export_weights(tmp_path / "bad.pt", tmp_path, name="x", trained_on="")
