"""`adain info`: versions, models, and what this machine computes with."""

import json
import platform
from dataclasses import asdict
from importlib.util import find_spec

from rich.console import Console
from rich.table import Table

from adain import __version__
from adain.models import BACKENDS, DEFAULT_MODEL, list_models


def print_info(*, as_json: bool) -> None:
    import torch

    from adain.device import choose_device, choose_dtype

    device = choose_device()
    machine = {
        "adain": __version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "device": str(device),
        "dtype": str(choose_dtype("auto", device)).removeprefix("torch."),
        "threads": torch.get_num_threads(),
        "backends": ", ".join(b for b in BACKENDS if b != "openvino" or find_spec("openvino")),
    }
    models = list_models()
    if as_json:
        print(
            json.dumps(
                {**machine, "models": {n: {**asdict(m), "path": str(m.path)} for n, m in models.items()}}, indent=1
            )
        )
        return
    console = Console()
    for key, value in machine.items():
        console.print(f"{key:8} {value}", highlight=False)
    table = Table("model", "parameters", "licence", "trained on", "weights", box=None)
    for model in models.values():
        name = model.name + (" (default)" if model.name == DEFAULT_MODEL else "")
        table.add_row(name, f"{model.parameters:,}", model.licence, model.trained_on, model.file)
    console.print()
    console.print(table)
