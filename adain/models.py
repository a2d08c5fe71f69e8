"""The registry of models: what there is, where its weights lie, and loading them checked."""

import hashlib
import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import WeightsError

if TYPE_CHECKING:
    from .fast import FastNet
    from .vgg import VGGNet

    Network = FastNet | VGGNet

DEFAULT_MODEL = "fast"


@dataclass(frozen=True)
class ModelInfo:
    """A line of weights/models.json."""

    name: str
    architecture: str  # "fast" or "vgg"
    file: str
    sha256: str
    parameters: int
    licence: str
    trained_on: str
    steps: int

    @property
    def path(self) -> Path:
        return weights_folder() / self.file


def weights_folder() -> Path:
    """The folder of the shipped weights."""
    return Path(str(files("adain.weights")))


def list_models() -> dict[str, ModelInfo]:
    """Every registered model by its name."""
    entries = json.loads((weights_folder() / "models.json").read_text())
    return {name: ModelInfo(name=name, **entry) for name, entry in entries.items()}


def build(architecture: str) -> "Network":
    """A network with fresh weights; `architecture` is "fast" or "vgg"."""
    from .fast import FastNet
    from .vgg import VGGNet

    networks: dict[str, type[FastNet] | type[VGGNet]] = {"fast": FastNet, "vgg": VGGNet}
    if architecture not in networks:
        raise WeightsError(f"unknown architecture {architecture!r}; there are {', '.join(networks)}")
    return networks[architecture]()


def fingerprint(name: str | Path) -> str:
    """Which weights a model has: the first digits of their file's sha256."""
    info = list_models().get(str(name))
    return (info.sha256 if info else hashlib.sha256(Path(name).read_bytes()).hexdigest())[:12]


def load_model(name: str | Path = DEFAULT_MODEL) -> "Network":
    """Load a network with its weights, in float32 on the CPU, ready for inference.

    Args:
        name: a registered model, or the path of a .safetensors file that `adain export-weights` wrote.

    Raises:
        WeightsError: unknown name, missing file, wrong checksum, or weights that do not fit the network.
    """
    from safetensors import SafetensorError, safe_open

    registry = list_models()
    info = registry.get(str(name))
    path = info.path if info else Path(name)
    if not info and path.suffix != ".safetensors":
        known = ", ".join(registry)
        raise WeightsError(f"unknown model {str(name)!r}; there are {known}, or give the path of a .safetensors file")
    if not path.is_file():
        raise WeightsError(f"weights {path} are missing; reinstall the package, or check the path")
    if info and (got := hashlib.sha256(path.read_bytes()).hexdigest()) != info.sha256:
        raise WeightsError(
            f"weights {path} are damaged or tampered with: sha256 {got[:12]}…, want {info.sha256[:12]}…; "
            "reinstall the package"
        )
    try:
        with safe_open(str(path), framework="pt") as file:
            architecture = info.architecture if info else (file.metadata() or {}).get("architecture", "")
            network = build(architecture)
            network.load_state_dict({key: file.get_tensor(key).float() for key in file.keys()})  # noqa: SIM118
    except (OSError, SafetensorError, RuntimeError) as error:
        raise WeightsError(f"weights {path} cannot be loaded ({error}); reinstall or export them anew") from error
    return network.eval().requires_grad_(False)
