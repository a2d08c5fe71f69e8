"""A network as a function of tensors alone: what compilers and other runtimes take."""

import warnings
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from .convert import from_uint8, to_uint8
from .device import import_openvino
from .layers import VARIANCE_FLOOR, Statistics, StyleLevels, contrast

if TYPE_CHECKING:
    from .models import Network


class Graph(nn.Module):
    """Pictures and statistics -> paintings. The statistics of all AdaIN layers stand side by side, N channels in all.

    Args:
        network: any of ours, ready for inference, in the number format and on the device to compute with.
    """

    def __init__(self, network: "Network") -> None:
        super().__init__()
        self.network = network
        self.dtype = next(network.parameters()).dtype
        self.widths = network.widths
        self.colours = network.colours

    def forward(self, content: Tensor, mean: Tensor, std: Tensor, *more: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Paint.

        Args:
            content: (B, H, W, 3) uint8 RGB, H and W multiples of 16.
            mean, std: of the style, (B, N) or (1, N) float32.
            more: where the network has `Colours`, the style's palette, (B, ...) or (1, ...) float32. Then, perhaps, a
                mix: the shares of an `adain.impose.Mix`, (B, B + G) float32, and its given means and deviations, (G, N)
                float32 each; without, each picture is normalised by its own statistics.

        Returns:
            (B, H, W, 3) uint8 RGB; where there is a mix, also the mean and std normalised by, (B, N) float32 each.
        """
        mix = more[1:] if self.colours else more
        picture = from_uint8(content)
        painted, used = self.painted(picture, mean, std, mix)
        if self.colours:
            painted = self.colours.kept(more[0], painted.float(), picture, None)
        return (to_uint8(painted), *together(used)) if mix else to_uint8(painted)

    def painted(
        self, picture: Tensor, mean: Tensor, std: Tensor, mix: tuple[Tensor, ...] = ()
    ) -> tuple[Tensor, StyleLevels]:
        """(B, 3, H, W) RGB 0..1 -> the painting, about 0..1, and the statistics normalised by. See `forward`."""
        style = self.apart(mean, std)
        given = self.apart(*mix[1:]) if mix else {}
        used: StyleLevels = {}

        def impose(layer: str, features: Tensor) -> Tensor:
            wide = features.float()
            own_mean = wide.mean((2, 3), keepdim=True)
            variance = (wide - own_mean).square().mean((2, 3), keepdim=True)
            own = Statistics(own_mean, (variance + VARIANCE_FLOOR).sqrt())
            if mix:
                sources = Statistics.join([own, given[layer]])
                own = Statistics(*((mix[0] @ part.flatten(1))[:, :, None, None] for part in sources))
            used[layer] = own
            return ((wide - own.mean) * (style[layer].std / contrast(own)) + style[layer].mean).to(features.dtype)

        return self.network(picture.to(self.dtype), impose), used

    def apart(self, mean: Tensor, std: Tensor) -> StyleLevels:
        """(B, N) each -> the layers'."""
        means, stds = (part[:, :, None, None].split(list(self.widths.values()), 1) for part in (mean, std))
        return {layer: Statistics(means[i], stds[i]) for i, layer in enumerate(self.widths)}


def to_openvino(graph: nn.Module, example: tuple[Tensor, ...]) -> Any:
    """The graph as OpenVINO's model, its sizes free; raises DeviceError where the package is missing."""
    openvino = import_openvino()
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch, that what OpenVINO calls there is deprecated
        return openvino.convert_model(graph, example_input=example)


def together(levels: StyleLevels) -> tuple[Tensor, Tensor]:
    """The layers' mean and std, (B, N) each."""
    mean, std = (torch.cat([level[part].flatten(1) for level in levels.values()], 1) for part in (0, 1))
    return mean, std
