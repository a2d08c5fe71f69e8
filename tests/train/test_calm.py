"""Learning to be calm."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from adain.train.calm import learn_calm

from adain import Stylizer
from adain.calm import Calmer, calm_path, flattened
from adain.errors import OptionError, TrainingError
from adain.models import weights_path

SMALL = {"crop": 64, "picture_side": 80, "batch": 2}


def test_it_learns_what_makes_any_style_flicker_less(fast: Stylizer, folders: tuple[Path, Path], photo: np.ndarray):
    style = fast.encode_style("neon")
    before = fast.stylize(photo, style)
    first, *_, last = learn_calm(fast, *folders, steps=12, **SMALL)
    assert (first.step, last.step, last.steps) == (1, 12, 12)
    assert all(np.isfinite(value) for value in last.terms.values()) and "temporal" in last.terms
    assert np.array_equal(fast.stylize(photo, style), before)  # the network is as it was
    levels = fast.encode_style("mosaic").levels  # of which it has seen nothing, or little
    moved = flattened(last.calmer.calmed(levels)) - flattened(levels)
    assert 1e-4 < moved.abs().mean() < 1 and moved.isfinite().all()

    noise = np.random.default_rng(0).normal(0, 2, (2, *photo.shape))
    a, b = (torch.from_numpy((photo + n) / 255).permute(2, 0, 1)[None].float() for n in noise)

    def flicker(calmer: Calmer | None) -> float:
        shown = fast.encode_style("mosaic")
        shown = type(shown)(shown.name, shown.model, calmer.calmed(levels)) if calmer else shown
        return float((fast.stylize_tensor(a, shown) - fast.stylize_tensor(b, shown)).square().mean().sqrt())

    assert flicker(last.calmer) < flicker(None)


def test_the_same_seed_learns_the_same(fast: Stylizer, folders: tuple[Path, Path]):
    def learned(seed: int) -> torch.Tensor:
        *_, last = learn_calm(fast, *folders, steps=2, seed=seed, **SMALL)
        return last.calmer.change

    assert torch.allclose(learned(1), learned(1), atol=1e-6) and not torch.allclose(learned(1), learned(2), atol=1e-4)


def test_what_cannot_be_learned_is_told(fast: Stylizer, folders: tuple[Path, Path], tmp_path: Path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(TrainingError, match="no readable picture"):
        next(learn_calm(fast, folders[0], tmp_path / "empty", **SMALL))
    with pytest.raises(OptionError, match="in float32"):
        next(learn_calm(Stylizer("fast", device="cpu", dtype="bfloat16"), *folders, **SMALL))
    with pytest.raises(TrainingError, match="diverged at step"):
        list(learn_calm(fast, *folders, steps=3, learning_rate=float("inf"), **SMALL))


def test_it_is_called_from_the_shell_and_found_beside_the_weights(folders: tuple[Path, Path], tmp_path: Path):
    weights = tmp_path / "mine.safetensors"
    shutil.copy(weights_path("fast"), weights)
    call = [sys.executable, "-m", "adain.train.calm", *folders, "--model", weights, "--steps", "1"]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.startswith("1/1 style"), done.stderr
    assert calm_path(weights).is_file() and Stylizer(weights, device="cpu").moving_calm > 0
    done = subprocess.run([*call[:3], folders[0], tmp_path / "none"], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stderr.startswith("error: no readable picture")
