"""The registry of models: what there is, where its weights lie, and loading them checked."""

import hashlib
import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .errors import WeightsError

if TYPE_CHECKING:
    from .fast import FastNet
    from .johnson import JohnsonNet
    from .vgg import VGGNet

    Network = FastNet | JohnsonNet | VGGNet

DEFAULT_MODEL = "fast"
BACKENDS = ("torch", "compile", "openvino")  # what can run a network: see `adain.backend`
DEFAULT_BACKEND = "torch"
FEATURES = ("vgg16", "vgg16-smooth", "vgg19", "resnet50")  # what can judge pictures: see `adain.perceptual`
LONGEST_HEAD = 1 << 24  # bytes; a longer one is no head of weights
JOHNSON = "johnson:"  # stands before the path of weights that `adain train --model johnson` made


@dataclass(frozen=True)
class ModelInfo:
    """A line of weights/models.json."""

    name: str
    architecture: str  # "fast", "vgg" or "johnson"
    file: str
    sha256: str
    parameters: int
    licence: str
    trained_on: str
    steps: int
    style: str = ""  # the only style it paints in, where it has one
    style_sha256: str = ""  # of that style's picture

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
    """A network with fresh weights; `architecture` is "fast", "vgg" or "johnson"."""
    from .fast import FastNet
    from .johnson import JohnsonNet
    from .vgg import VGGNet

    networks: dict[str, type[FastNet] | type[JohnsonNet] | type[VGGNet]] = {
        "fast": FastNet,
        "vgg": VGGNet,
        "johnson": JohnsonNet,
    }
    if architecture not in networks:
        raise WeightsError(f"unknown architecture {architecture!r}; there are {', '.join(networks)}")
    return networks[architecture]()


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fingerprint(name: str | Path) -> str:
    """Which weights a model has: the first digits of their file's sha256."""
    info = list_models().get(str(name))
    return (info.sha256 if info else sha256_of(_file_of(name)))[:12]


class OnlyStyle(NamedTuple):
    """The style of a model that has just one."""

    name: str
    sha256: str  # of its picture


def only_style(name: str | Path) -> OnlyStyle | None:
    """The one style of a per-style network; None where the model takes any style.

    Quick: the weights are not read, nor is torch imported.

    Raises:
        WeightsError: "johnson:" stands before a file that is no such network.
    """
    if info := list_models().get(str(name)):
        return OnlyStyle(info.style, info.style_sha256) if info.style else None
    about = _metadata(path := _file_of(name))
    if str(name).startswith(JOHNSON) and about.get("architecture") != "johnson":
        got = f"holds {about.get('architecture', 'something else')!r}" if path.exists() else "is missing"
        raise WeightsError(
            f"{path} {got}; want weights that 'adain train --model johnson' and 'adain export-weights' made"
        )
    return OnlyStyle(about["style"], about.get("style_sha256", "")) if about.get("style") else None


def weights_path(name: str | Path) -> Path:
    """The file of a model's weights, whether it is there or not."""
    info = list_models().get(str(name))
    return info.path if info else _file_of(name)


def _file_of(name: str | Path) -> Path:
    return Path(str(name).removeprefix(JOHNSON))


def _metadata(path: Path) -> dict[str, str]:
    """What the head of a .safetensors file says; empty where it is none."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > LONGEST_HEAD:
                return {}
            return json.loads(file.read(length)).get("__metadata__", {})
    except (OSError, ValueError, AttributeError):
        return {}


def load_model(name: str | Path = DEFAULT_MODEL) -> "Network":
    """Load a network with its weights, in float32 on the CPU, ready for inference.

    Args:
        name: a registered model, or the path of a .safetensors file that `adain export-weights` wrote; "johnson:" may
            stand before that of a per-style network.

    Raises:
        WeightsError: unknown name, missing file, wrong checksum, or weights that do not fit the network.
    """
    from safetensors import SafetensorError, safe_open

    only_style(name)  # refuses what "johnson:" does not fit
    registry = list_models()
    info = registry.get(str(name))
    path = weights_path(name)
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
