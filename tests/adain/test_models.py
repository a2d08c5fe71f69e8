"""The registry and the checks before weights are used."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from adain import models
from adain.errors import WeightsError
from adain.vgg import VGGEncoder


def test_every_registered_model_loads_and_matches_its_entry():
    for name, info in models.list_models().items():
        network = models.load_model(name)
        assert sum(p.numel() for p in network.parameters()) == info.parameters
        assert not network.training
        assert (
            load_file(info.path)["decoder.convs.conv1_1.weight" if name == "vgg" else "out.weight"].dtype
            == torch.float16
        )


def test_fast_is_small():
    assert models.list_models()["fast"].parameters <= 1_200_000


def test_tampered_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    info = models.list_models()["fast"]
    data = bytearray(info.path.read_bytes())
    data[-1] ^= 1
    (tmp_path / info.file).write_bytes(data)
    monkeypatch.setattr(models, "weights_folder", lambda: tmp_path)
    monkeypatch.setattr(models, "list_models", lambda: {"fast": info})
    with pytest.raises(WeightsError, match="tampered"):
        models.load_model("fast")
    (tmp_path / info.file).unlink()
    with pytest.raises(WeightsError, match="missing"):
        models.load_model("fast")


def test_weights_by_path(tmp_path: Path):
    info = models.list_models()["fast"]
    assert models.load_model(info.path) is not None
    save_file({"a": torch.zeros(1)}, tmp_path / "other.safetensors", metadata={"architecture": "fast"})
    with pytest.raises(WeightsError, match="cannot be loaded"):
        models.load_model(tmp_path / "other.safetensors")
    (tmp_path / "short.safetensors").write_bytes(info.path.read_bytes()[:1000])
    with pytest.raises(WeightsError):
        models.load_model(tmp_path / "short.safetensors")
    save_file({"a": torch.zeros(1)}, tmp_path / "none.safetensors")
    with pytest.raises(WeightsError, match="unknown architecture"):
        models.load_model(tmp_path / "none.safetensors")


def test_unknown_model_names_the_known_ones():
    with pytest.raises(WeightsError, match="fast, vgg"):
        models.load_model("faster")


def test_entries_are_complete():
    for info in models.list_models().values():
        entry = dataclasses.asdict(info)
        assert not (entry.pop("style") or entry.pop("style_sha256"))  # models of any style
        assert all(entry.values())


def test_vgg_layers_have_their_names_and_sizes():
    features = VGGEncoder()(torch.rand(1, 3, 32, 48), ("relu1_1", "relu2_1", "relu3_1", "relu4_1"))
    shapes = {name: tuple(f.shape[1:]) for name, f in features.items()}
    assert shapes == {
        "relu1_1": (64, 32, 48),
        "relu2_1": (128, 16, 24),
        "relu3_1": (256, 8, 12),
        "relu4_1": (512, 4, 6),
    }
    with pytest.raises(KeyError, match="relu5_1"):
        VGGEncoder()(torch.rand(1, 3, 32, 32), ("relu5_1",))


def test_nothing_imports_torchvision_or_torch_early():
    """torchvision may fail to import beside a CPU-only torch, and `adain --help` must not wait for torch."""
    code = (
        "import sys; sys.modules['torchvision'] = None; import adain, adain.apps.cli; "
        "assert 'torch' not in sys.modules, 'torch'; from adain import Stylizer; Stylizer('fast', device='cpu')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
