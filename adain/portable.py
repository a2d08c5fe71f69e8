"""The networks as files that run without torch: for ONNX runtimes, and for OpenVINO.

Two files make a model. `NAME.onnx` paints; the statistics of the style are among its inputs, so that one file serves
every style. `NAME_style.onnx` turns a style picture into those statistics and a palette; `NAME_styles.npz` has those of
some styles ready. Pictures go in and come out as uint8, as cameras and files have them; nothing but numpy is needed
around the runtime.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from .convert import from_uint8
from .device import import_openvino
from .errors import AdainError
from .graph import Graph, to_openvino, together
from .layers import MULTIPLE
from .models import load_model
from .style import Style

if TYPE_CHECKING:
    from .models import Network

OPSET = 18
TRACED_HEIGHT, TRACED_WIDTH = 9 * MULTIPLE, 10 * MULTIPLE  # px; any size will do, but not a square


class ExportError(AdainError):
    """A model cannot be turned into the format asked for."""


class PortableStyleEncoder(nn.Module):
    """style (1, H, W, 3) uint8 RGB -> mean and std, each (1, N) float32, and, of most models, a palette."""

    def __init__(self, network: "Network") -> None:
        super().__init__()
        self.network = network

    def forward(self, style: Tensor) -> tuple[Tensor, ...]:
        picture = from_uint8(style)
        levels = together(self.network.encode_style(picture))
        colours = self.network.colours
        return (*levels, colours.of(picture)) if colours else levels


class PortablePainter(Graph):
    """content (1, H, W, 3) uint8 RGB and what the style encoder gave -> the painting, like the content."""

    def forward(  # type: ignore[override]
        self, content: Tensor, mean: Tensor, std: Tensor, palette: Tensor | None = None
    ) -> Tensor:
        return super().forward(content, mean, std, *() if palette is None else (palette,))  # type: ignore[return-value]


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
    painter, encoder, picture, style = _graphs(model)
    sides = {1: torch.export.Dim("h", min=2) * MULTIPLE, 2: torch.export.Dim("w", min=2) * MULTIPLE}
    style_path = path.with_name(f"{path.stem}_style.onnx")
    path.parent.mkdir(parents=True, exist_ok=True)
    _export(path, painter, {"content": picture, **style}, ["painted"], {"content": sides, **dict.fromkeys(style)})
    _export(style_path, encoder, {"style": picture}, list(style), {"style": sides})
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
    painter, encoder, picture, style = _graphs(model)
    paths = path, path.with_name(f"{path.stem}_style.xml")
    path.parent.mkdir(parents=True, exist_ok=True)
    for graph, inputs, target in ((painter, (picture, *style.values()), paths[0]), (encoder, (picture,), paths[1])):
        openvino.save_model(to_openvino(graph, inputs), target, compress_to_fp16=False)
    return paths


def export_styles(styles: Sequence[Style], path: Path) -> Path:
    """Write what the style encoder would give, for S styles of one model: a file for `numpy.load`.

    It holds "name" (S,), text, and what the painter takes: "mean" and "std" (S, N), "palette" (S, ...) float32, if it
    takes one. Built-in styles are as they were practised, which the exported encoder knows nothing of.

    Raises:
        StyleError: the styles were made by different models.
        ExportError: two styles of one name, or the path does not end in .npz.
    """
    if path.suffix != ".npz":
        raise ExportError(f"got {path}; want a name that ends in .npz")
    names = [style.name for style in styles]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ExportError(f"got two styles named {twice[0]!r}; want a name for each: rename a picture")
    stack = Style.stack(styles)
    given = dict(zip(("mean", "std"), together(stack.levels)))
    if stack.palette is not None:
        given["palette"] = stack.palette
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, name=np.array(names), **{part: numbers.numpy() for part, numbers in given.items()})  # type: ignore[arg-type]
    return path


def _graphs(model: str | Path) -> tuple[PortablePainter, PortableStyleEncoder, Tensor, dict[str, Tensor]]:
    """What paints and what encodes styles, with an example of their pictures and one of a style."""
    network = load_model(model)
    picture = torch.zeros(1, TRACED_HEIGHT, TRACED_WIDTH, 3, dtype=torch.uint8)
    channels = sum(network.widths.values())  # two tensors: exporters take one that is given twice for one input
    style = {"mean": torch.zeros(1, channels), "std": torch.ones(1, channels)}
    if network.colours:
        style["palette"] = network.colours.unknown
    return PortablePainter(network).eval(), PortableStyleEncoder(network).eval(), picture, style


def _export(path: Path, module: nn.Module, inputs: dict[str, Tensor], outputs: list[str], free: dict) -> None:
    """Trace a module; `free` says which sides of its inputs may change."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own deprecations
        torch.onnx.export(
            module.eval(), tuple(inputs.values()), str(path), input_names=list(inputs), output_names=outputs,
            dynamic_shapes=free, opset_version=OPSET, dynamo=True, external_data=False, verbose=False,
        )  # fmt: skip
