"""The networks as graphs that run without torch: ONNX, and through it OpenVINO.

Two files make a model. `NAME.onnx` paints; the statistics of the style are among its inputs, so that one file serves
every style. `NAME_style.onnx` turns a style picture into those statistics. Pictures go in and come out as uint8, as
cameras and files have them; nothing but numpy is needed around the runtime.
"""

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor, nn

from .errors import AdainError
from .layers import CONTRAST_FLOOR, MULTIPLE, Statistics, StyleLevels
from .models import load_model

OPSET = 18
TRACED_HEIGHT, TRACED_WIDTH = 9 * MULTIPLE, 10 * MULTIPLE  # px; any size will do, but not a square


class ExportError(AdainError):
    """A model cannot be turned into the format asked for."""


class PortableStylizer(nn.Module):
    """content (1, H, W, 3) uint8 RGB, mean and std (1, N) float32 -> painted (1, H, W, 3) uint8 RGB.

    H and W are multiples of 16; N counts the channels of all AdaIN layers.
    """

    def __init__(self, network: nn.Module, widths: dict[str, int]) -> None:
        super().__init__()
        self.network, self.widths = network, widths

    def forward(self, content: Tensor, mean: Tensor, std: Tensor) -> Tensor:
        means, stds = (part.split(list(self.widths.values()), 1) for part in (mean, std))
        style = {name: Statistics(means[i], stds[i]) for i, name in enumerate(self.widths)}

        def impose(layer: str, features: Tensor) -> Tensor:
            centred = features - features.mean((2, 3), keepdim=True)
            own = (centred.square().mean((2, 3), keepdim=True) + CONTRAST_FLOOR).sqrt()
            return centred * (style[layer].std[:, :, None, None] / own) + style[layer].mean[:, :, None, None]

        painted = self.network(_from_uint8(content), impose)
        return (painted.clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1)


class PortableStyleEncoder(nn.Module):
    """style (1, H, W, 3) uint8 RGB -> mean and std, each (1, N) float32."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, style: Tensor) -> tuple[Tensor, Tensor]:
        levels = self.network.encode_style(_from_uint8(style))  # type: ignore[operator]
        return tuple(torch.cat([s[part].flatten(1) for s in levels.values()], 1) for part in (0, 1))  # type: ignore[return-value]


def _from_uint8(picture: Tensor) -> Tensor:
    """(B, H, W, 3) uint8 -> (B, 3, H, W) float32 0..1."""
    return picture.permute(0, 3, 1, 2).float() / 255


def export_onnx(model: str | Path, path: Path) -> tuple[Path, Path]:
    """Write `path` and, beside it, the style encoder as `<stem>_style.onnx`; returns both.

    Args:
        model: as `load_model` takes it.
        path: where to write, ending in .onnx.

    Raises:
        WeightsError: there is no such model.
        ExportError: the packages for export are missing, or the path does not end in .onnx.
    """
    if path.suffix != ".onnx":
        raise ExportError(f"got {path}; want a name that ends in .onnx")
    try:
        import onnxscript  # noqa: F401  torch.onnx needs it
    except ImportError as error:
        raise ExportError("export needs onnx and onnxscript: pip install 'adain-style[export]'") from error
    network = load_model(model)
    with torch.no_grad():
        levels: StyleLevels = network.encode_style(torch.rand(1, 3, TRACED_HEIGHT, TRACED_WIDTH))
    widths = {name: s.mean.shape[1] for name, s in levels.items()}
    picture = torch.zeros(1, TRACED_HEIGHT, TRACED_WIDTH, 3, dtype=torch.uint8)
    numbers = [torch.cat([s[part].flatten(1) for s in levels.values()], 1) for part in (0, 1)]
    sides = {1: torch.export.Dim("h", min=2) * MULTIPLE, 2: torch.export.Dim("w", min=2) * MULTIPLE}
    style_path = path.with_name(f"{path.stem}_style.onnx")
    path.parent.mkdir(parents=True, exist_ok=True)
    inputs = {"content": picture, "mean": numbers[0], "std": numbers[1]}
    free = {"content": sides, "mean": None, "std": None}
    _export(path, PortableStylizer(network, widths), inputs, ["painted"], free)
    _export(style_path, PortableStyleEncoder(network), {"style": picture}, ["mean", "std"], {"style": sides})
    return path, style_path


def export_openvino(model: str | Path, path: Path) -> tuple[Path, Path]:
    """The same for OpenVINO: two .xml files, each with its .bin beside it.

    Raises:
        WeightsError: there is no such model.
        ExportError: the packages for export are missing, or the path does not end in .xml.
    """
    if path.suffix != ".xml":
        raise ExportError(f"got {path}; want a name that ends in .xml")
    try:
        import openvino
    except ImportError as error:
        raise ExportError("this export needs openvino: pip install 'adain-style[openvino]'") from error
    with TemporaryDirectory() as folder:
        graphs = export_onnx(model, Path(folder) / path.with_suffix(".onnx").name)
        paths = path, path.with_name(f"{path.stem}_style.xml")
        for graph, target in zip(graphs, paths, strict=True):
            target.parent.mkdir(parents=True, exist_ok=True)
            openvino.save_model(openvino.convert_model(graph), target, compress_to_fp16=False)
    return paths


def _export(path: Path, module: nn.Module, inputs: dict[str, Tensor], outputs: list[str], free: dict) -> None:
    """Trace a module; `free` says which sides of its inputs may change."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own deprecations
        torch.onnx.export(
            module.eval(), tuple(inputs.values()), str(path), input_names=list(inputs), output_names=outputs,
            dynamic_shapes=free, opset_version=OPSET, dynamo=True, external_data=False, verbose=False,
        )  # fmt: skip
