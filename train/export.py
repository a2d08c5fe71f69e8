"""From a checkpoint to the weights people use: half-precision safetensors, registered, with a section of the card."""

import hashlib
import json
import pickle
import re
from dataclasses import fields
from pathlib import Path

import torch

from adain.errors import TrainingError
from adain.tensors import write_tensors

from .config import TrainConfig

CARD_HEAD = "# Model card\n"
PLACES = {"content", "style", "run", "teacher", "second_teacher", "start_from", "cache", "device"}  # of one machine


def export_weights(
    checkpoint: Path, folder: Path, *, name: str, trained_on: str, licence: str = "MIT", overwrite: bool = False
) -> Path:
    """Write `folder/name.safetensors` (the averaged weights, float16); enter it in `models.json` and `MODEL_CARD.md`.

    The card keeps what people wrote in it: only the section between the model's two markers is written anew.

    Raises:
        TrainingError: the checkpoint cannot be read, or the file exists and `overwrite` is off.
    """
    path = folder / f"{name}.safetensors"
    if path.exists() and not overwrite:
        raise TrainingError(f"{path}: exists already; choose another --name, or add --overwrite")
    try:
        state = torch.load(checkpoint, map_location="cpu", weights_only=True)
        average, settings, steps = state["average"], state["config"], state["step"]
        architecture = settings["model"]
        only = {"style": Path(settings["style"]).stem, "style_sha256": state["artwork"]} if state.get("artwork") else {}
    except (OSError, RuntimeError, EOFError, KeyError, pickle.UnpicklingError) as error:
        raise TrainingError(f"{checkpoint}: not a checkpoint of 'adain train' ({type(error).__name__})") from error
    tensors = {key: value.half().contiguous() for key, value in average.items()}
    folder.mkdir(parents=True, exist_ok=True)
    write_tensors(tensors, path, {"architecture": architecture, "steps": str(steps), **only})
    entry = {
        "architecture": architecture,
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "parameters": sum(value.numel() for value in tensors.values()),
        "licence": licence,
        "trained_on": trained_on,
        "steps": steps,
        **only,
    }
    registry = folder / "models.json"
    entries = json.loads(registry.read_text()) if registry.exists() else {}
    registry.write_text(json.dumps({**entries, name: entry}, indent=2) + "\n")
    card = folder / "MODEL_CARD.md"
    text = card.read_text() if card.exists() else CARD_HEAD
    card.write_text(with_section(text, name, card_section(name, entry, settings)))
    return path


def card_section(name: str, entry: dict, settings: dict) -> str:
    """What the checkpoint knows of a model, as a section of the card."""
    known = [f.name for f in fields(TrainConfig) if f.name not in PLACES]
    told = ", ".join(f"{k.replace('_', ' ')} {_short(settings[k])}" for k in known if k in settings)
    return "\n".join(
        [
            f"## {name}",
            "",
            f"- architecture `{entry['architecture']}`, {entry['parameters']:,} parameters, float16, "
            f"sha256 `{entry['sha256'][:12]}…`, licence {entry['licence']}",
            f"- trained on {entry['trained_on']}: {entry['steps']:,} steps",
            *([f"- paints in one style: {entry['style']}"] if entry.get("style") else []),
            f"- settings of the last stage: {told}",
        ]
    )


def _short(value: object) -> str:
    return " to ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def with_section(card: str, name: str, section: str) -> str:
    """The card with the section of this model put in the place of its old one, or at the end."""
    begin, end = f"<!-- {name}: written by adain export-weights -->", f"<!-- end of {name} -->"
    block = f"{begin}\n{section}\n{end}"
    old = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if old.search(card):
        return old.sub(lambda _: block, card)
    return f"{card.rstrip()}\n\n{block}\n"
