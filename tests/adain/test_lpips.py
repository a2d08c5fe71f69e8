"""LPIPS where its package is installed; a clear word where it is not."""

import sys

import numpy as np
import pytest
import torch

from adain.errors import WeightsError
from adain.lpips import load_lpips


def test_it_grows_with_the_difference(photo: np.ndarray):
    pytest.importorskip("stlpips_pytorch.stlpips", exc_type=ImportError)
    distance = load_lpips(torch.device("cpu"))
    noise = np.random.default_rng(0).normal(0, 1, photo.shape)
    noisy = [(photo + sigma * noise).clip(0, 255).astype(np.uint8) for sigma in (8, 32)]
    assert distance(photo, photo) == pytest.approx(0, abs=1e-6)
    assert 0.01 < distance(noisy[0], photo) < distance(noisy[1], photo)


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "stlpips_pytorch", None)
    monkeypatch.setitem(sys.modules, "stlpips_pytorch.stlpips", None)
    with pytest.raises(WeightsError, match="pip install 'adain-style\\[eval\\]'"):
        load_lpips(torch.device("cpu"))
