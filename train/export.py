"""From a checkpoint to the weights people use: half-precision safetensors and a line in the registry."""

import hashlib
import json
import os
import pickle
from pathlib import Path

import torch
from safetensors.torch import save_file

from adain.errors import TrainingError


def export_weights(
    checkpoint: Path, folder: Path, *, name: str, trained_on: str, licence: str = "MIT", overwrite: bool = False
) -> Path:
    """Write `folder/name.safetensors` (the averaged weights, float16) and enter it in `folder/models.json`.

    Raises:
        TrainingError: the checkpoint cannot be read, or the file exists and `overwrite` is off.
    """
    path = folder / f"{name}.safetensors"
    if path.exists() and not overwrite:
        raise TrainingError(f"{path}: exists already; choose another --name, or add --overwrite")
    try:
        state = torch.load(checkpoint, map_location="cpu", weights_only=True)
        average, architecture, steps = state["average"], state["config"]["model"], state["step"]
    except (OSError, RuntimeError, EOFError, KeyError, pickle.UnpicklingError) as error:
        raise TrainingError(f"{checkpoint}: not a checkpoint of 'adain train' ({type(error).__name__})") from error
    tensors = {key: value.half().contiguous() for key, value in average.items()}
    folder.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    save_file(tensors, part, metadata={"architecture": architecture, "steps": str(steps)})
    os.replace(part, path)
    entry = {
        "architecture": architecture,
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "parameters": sum(value.numel() for value in tensors.values()),
        "licence": licence,
        "trained_on": trained_on,
        "steps": steps,
    }
    registry = folder / "models.json"
    entries = json.loads(registry.read_text()) if registry.exists() else {}
    registry.write_text(json.dumps({**entries, name: entry}, indent=2) + "\n")
    return path
