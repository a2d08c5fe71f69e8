"""The networks as files that run without torch: for ONNX runtimes, and for OpenVINO.

Two files make a model. `NAME.onnx` paints; the statistics of the style are among its inputs, so that one file serves
every style. `NAME_style.onnx` turns a style picture into those statistics. Pictures go in and come out as uint8, as
cameras and files have them; nothing but numpy is needed around the runtime.
"""

import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from .convert import from_uint8
from .device import import_openvino
from .errors import AdainError
from .graph import Graph, to_openvino, together
from .layers import MULTIPLE
from .models import load_model

OPSET = 18
TRACED_HEIGHT, TRACED_WIDTH = 9 * MULTIPLE, 10 * MULTIPLE  # px; any size will do, but not a square


class ExportError(AdainError):
    """A model cannot be turned into the format asked for."""


class PortableStyleEncoder(nn.Module):
    """style (1, H, W, 3) uint8 RGB -> mean and std, each (1, N) float32."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, style: Tensor) -> tuple[Tensor, Tensor]:
        return together(self.network.encode_style(from_uint8(style)))  # type: ignore[operator]


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
    painter, encoder, picture, mean, std = _graphs(model)
    sides = {1: torch.export.Dim("h", min=2) * MULTIPLE, 2: torch.export.Dim("w", min=2) * MULTIPLE}
    style_path = path.with_name(f"{path.stem}_style.onnx")
    path.parent.mkdir(parents=True, exist_ok=True)
    inputs = {"content": picture, "mean": mean, "std": std}
    free = {"content": sides, "mean": None, "std": None}
    _export(path, painter, inputs, ["painted"], free)
    _export(style_path, encoder, {"style": picture}, ["mean", "std"], {"style": sides})
    return path, style_path


def export_openvino(model: str | Path, path: Path) -> tuple[Path, Path]:
    """The same for OpenVINO: two .xml files, each with its .bin beside it.

    Raises:
        WeightsError: there is no such model.
        ExportError: the packages for export are missing, or the path does not end in .xml.
    """
    if path.suffix != ".xml":
        raise ExportError(f"got {path}; want a name that ends in .xml")
    openvino = import_openvino()
    painter, encoder, picture, mean, std = _graphs(model)
    paths = path, path.with_name(f"{path.stem}_style.xml")
    path.parent.mkdir(parents=True, exist_ok=True)
    for graph, inputs, target in ((painter, (picture, mean, std), paths[0]), (encoder, (picture,), paths[1])):
        openvino.save_model(to_openvino(graph, inputs), target, compress_to_fp16=False)
    return paths


def _graphs(model: str | Path) -> tuple[Graph, PortableStyleEncoder, Tensor, Tensor, Tensor]:
    """What paints and what encodes styles, with an example of their pictures and two of the statistics."""
    network = load_model(model)
    painter = Graph(network).eval()
    picture = torch.zeros(1, TRACED_HEIGHT, TRACED_WIDTH, 3, dtype=torch.uint8)
    channels = sum(painter.widths.values())  # two tensors: exporters take one that is given twice for one input
    return painter, PortableStyleEncoder(network).eval(), picture, torch.zeros(1, channels), torch.ones(1, channels)


def _export(path: Path, module: nn.Module, inputs: dict[str, Tensor], outputs: list[str], free: dict) -> None:
    """Trace a module; `free` says which sides of its inputs may change."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own deprecations
        torch.onnx.export(
            module.eval(), tuple(inputs.values()), str(path), input_names=list(inputs), output_names=outputs,
            dynamic_shapes=free, opset_version=OPSET, dynamo=True, external_data=False, verbose=False,
        )  # fmt: skip
