"""`adain export`: the models for other runtimes."""

import logging
from pathlib import Path

from adain.portable import export_onnx, export_openvino


def run_export_onnx(model: str, output: Path | None) -> None:
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it warns of packages that no model here needs
    print(*export_onnx(model, output or Path(f"{Path(model).stem}.onnx")), sep="\n")


def run_export_openvino(model: str, output: Path | None) -> None:
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    print(*export_openvino(model, output or Path(f"{Path(model).stem}.xml")), sep="\n")
