"""`adain export`: the models for other runtimes."""

import logging
from collections.abc import Sequence
from pathlib import Path

from adain import Stylizer, list_styles
from adain.convert import STYLE_SIZE
from adain.portable import export_onnx, export_openvino, export_styles


def run_export_onnx(model: str, output: Path | None) -> None:
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it warns of packages that no model here needs
    print(*export_onnx(model, output or Path(f"{Path(model).stem}.onnx")), sep="\n")


def run_export_openvino(model: str, output: Path | None) -> None:
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    print(*export_openvino(model, output or Path(f"{Path(model).stem}.xml")), sep="\n")


def run_export_styles(
    styles: Sequence[str],
    model: str,
    output: Path | None,
    *,
    style_size: int | None,
    style_scale: float,
    calm: float | None,
) -> None:
    stylizer = Stylizer(model, device="cpu", dtype="float32")
    encoded = [
        stylizer.calmed(stylizer.encode_style(style, size=style_size or STYLE_SIZE, scale=style_scale), calm or 0.0)
        for style in styles or list_styles()
    ]
    print(export_styles(encoded, output or Path(f"{Path(model).stem}_styles.npz")))
