"""What runs the network: torch as it is, torch compiled for the machine, or OpenVINO. All paint the same picture.

Pictures in tiles or with regions need to be stopped between layers; those are always painted by torch as it is.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor

from .device import import_openvino
from .errors import DeviceError
from .graph import Graph, to_openvino, together
from .impose import Mix
from .layers import MULTIPLE, StyleLevels, sent
from .models import BACKENDS, load_model
from .style import Style

if TYPE_CHECKING:
    from .models import Network

SHAPES_KEPT = 4  # sizes of pictures for which OpenVINO stays prepared: each takes memory, and 0.2 s to prepare

# Without these limits of fusion the compiler of torch 2.13 stops at our upsampling ("vr must not be None").
CPU_COMPILER = {"realize_reads_threshold": 1, "realize_opcount_threshold": 1}


class Backend(Protocol):
    def __call__(self, content: Tensor, style: Style, mix: Mix | None) -> tuple[Tensor, StyleLevels]:
        """(B, H, W, 3) uint8 on the device -> the paintings, the same, and what `mix` came to in each layer."""


def load_backend(name: str, network: "Network", model: str | Path) -> Backend | None:
    """A backend by name; None for "torch", which needs none.

    Args:
        network: `model`, on the device and in the number format to compute with.
        model: as `load_model` takes it.

    Raises:
        DeviceError: there is no such backend, its package is missing, or it cannot use the network's device.
    """
    if name == "torch":
        return None
    if name == "compile":
        return CompiledTorch(network)
    if name == "openvino":
        return OpenVINO(network, model)
    raise DeviceError(f"got backend {name!r}; want {', '.join(BACKENDS)}")


class GraphBackend:
    """Feeds a `Graph`, whose arguments it makes on the device. Subclasses say how it is run."""

    graph: Graph
    device: torch.device

    def __call__(self, content: Tensor, style: Style, mix: Mix | None) -> tuple[Tensor, StyleLevels]:
        count, height, width = content.shape[:3]
        wanted = [sent(part, self.device).expand(count, -1) for part in together(style.levels)]
        palette = []
        if colours := self.graph.colours:
            known = colours.known(style.palette)
            palette = [sent(known, self.device).expand(count, *known.shape[1:])]
        # Always as many given statistics as pictures, so that the shapes stay the same from frame to frame.
        shares, given = torch.eye(count, 2 * count), [torch.ones_like(part) for part in wanted]
        if mix:
            shares[:, : mix.shares.shape[1]] = mix.shares
        if mix and mix.given:
            for room, part in zip(given, together(mix.given)):
                room[: len(part)] = sent(part, self.device)
        painted, *used = self.run(whole_multiples(content), *wanted, *palette, sent(shares, self.device), *given)
        return painted[:, :height, :width], self.graph.apart(*used) if mix else {}

    def run(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Arguments and results of `Graph`, on the device."""
        raise NotImplementedError


def whole_multiples(content: Tensor) -> Tensor:
    """(B, H, W, 3) with the last row and column repeated until both sides are multiples of MULTIPLE."""
    for axis in (1, 2):
        side = content.shape[axis]
        if side % MULTIPLE:
            places = torch.arange(side + -side % MULTIPLE, device=content.device).clamp_(max=side - 1)
            content = content.index_select(axis, places)
    return content


class CompiledTorch(GraphBackend):
    """torch.compile: takes seconds for each new size of picture; on GPUs it replays CUDA graphs."""

    def __init__(self, network: "Network") -> None:
        self.device = next(network.parameters()).device
        self.graph = Graph(network).eval()
        how: dict[str, Any] = {"options": CPU_COMPILER}
        if self.device.type == "cuda":
            how = {"mode": "reduce-overhead"}
        self.compiled = torch.compile(self.graph, dynamic=False, **how)

    def run(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        try:
            with torch.no_grad():
                torch.compiler.cudagraph_mark_step_begin()
                found = self.compiled(*tensors)
        except torch._dynamo.exc.TorchDynamoException as error:
            reason = str(error).strip().splitlines()[0]
            raise DeviceError(f"torch cannot compile here: {reason}; choose the backend 'torch'") from error
        return tuple(part.clone() for part in found)  # the next replay of a CUDA graph writes to the same memory


class OpenVINO(GraphBackend):
    """OpenVINO on the CPU, in the number format of the network."""

    def __init__(self, network: "Network", model: str | Path) -> None:
        weight = next(network.parameters())
        if weight.device.type != "cpu":
            raise DeviceError(f"backend 'openvino' runs on the CPU, not on {weight.device}; choose the device 'cpu'")
        self.device = weight.device
        self.graph = Graph(load_model(model)).eval()
        self.precision = {torch.float32: "f32", torch.bfloat16: "bf16"}[weight.dtype]
        size, channels = 2 * MULTIPLE, sum(self.graph.widths.values())
        mean, std, given_mean, given_std = torch.ones(4, 1, channels)
        picture = torch.zeros(1, size, size, 3, dtype=torch.uint8)
        palette = [self.graph.colours.unknown] if self.graph.colours else []
        example = (picture, mean, std, *palette, torch.ones(1, 2), given_mean, given_std)
        self.model = to_openvino(self.graph, example)
        self.prepared: dict[tuple[int, ...], Any] = {}

    def run(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        key = (*tensors[0].shape, torch.get_num_threads())
        if key not in self.prepared:
            if len(self.prepared) == SHAPES_KEPT:
                del self.prepared[next(iter(self.prepared))]
            self.prepared[key] = self._prepare(tensors)
        found = self.prepared[key].infer([tensor.numpy() for tensor in tensors], share_inputs=True)
        return tuple(torch.from_numpy(found[i]) for i in range(3))

    def _prepare(self, tensors: Sequence[Tensor]) -> Any:
        """Free sizes would cost twice the time, so it is prepared for one."""
        model = self.model.clone()
        model.reshape({i: list(tensor.shape) for i, tensor in enumerate(tensors)})
        settings = {
            "INFERENCE_PRECISION_HINT": self.precision,
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
            "PERFORMANCE_HINT": "LATENCY",
        }
        return import_openvino().compile_model(model, "CPU", settings).create_infer_request()
