"""The paper's network: a VGG encoder, AdaIN at relu4_1, and a mirrored decoder.

Where we differ from Huang & Belongie (ICCV 2017): the encoder is VGG-16, not VGG-19, which has a fourth convolution in
block 3, and our weights have it trained together with the decoder. The one it begins from learned to find edges last
(the model card says where it comes from) and keeps too little of colours at relu4_1 for a decoder to paint with. The
means that are imposed are corrected for what the decoder makes of them: see calibration.py. And a fixed convolution
brings a share of the photo's finest detail to the output, of which nothing is left at relu4_1.
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .calibration import calibrated, references
from .layers import DetailConv, Impose, ReflectConv, Statistics, StyleLevels, adain, statistics, upsample
from .palette import TABLE

CAFFE_MEAN_BGR = (103.939, 116.779, 123.68)  # ImageNet channel means, 0..255, as the Oxford networks were trained
ALPHA = 1.12  # the paper's (section 5.2) at full strength: the decoder falls a little short of the style it is given
BOTTLENECK = "relu4_1"
DETAIL_SHARE = 0.49  # of the photo's finest detail; more keeps more of its structure, and style pays for it
FEATURE_SCALE = 1 / 16  # relu4_1 of photos has a root mean square of 14: brings it near 1
WIDTHS = {
    "1_1": (3, 64), "1_2": (64, 64),
    "2_1": (64, 128), "2_2": (128, 128),
    "3_1": (128, 256), "3_2": (256, 256), "3_3": (256, 256),
    "4_1": (256, 512),
}  # fmt: skip
ENCODER_POOLS_BEFORE = ("2_1", "3_1", "4_1")
DECODER_UPSAMPLES_BEFORE = ("3_3", "2_2", "1_2")


class VGGEncoder(nn.Module):
    """VGG-16 up to relu4_1, with reflection padding and every layer by its name."""

    caffe_mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleDict({f"conv{name}": ReflectConv(*widths) for name, widths in WIDTHS.items()})
        self.register_buffer("caffe_mean", torch.tensor(CAFFE_MEAN_BGR).view(1, 3, 1, 1), persistent=False)

    def forward(self, image: Tensor, layers: tuple[str, ...] = (BOTTLENECK,)) -> dict[str, Tensor]:
        """Features of a picture.

        Args:
            image: (B, 3, H, W), RGB, 0..1; H and W at least 16.
            layers: names such as "relu3_1"; nothing deeper than the deepest is computed.

        Returns:
            Layer name -> (B, C, H/k, W/k), k = 1, 2, 4, 8 for blocks 1 to 4.
        """
        wanted = set(layers)
        features: dict[str, Tensor] = {}
        x = image.flip(1) * 255 - self.caffe_mean.to(image.dtype)  # RGB 0..1 -> BGR 0..255, mean removed
        x = x.to(next(self.parameters()).dtype)
        for name in WIDTHS:
            if name in ENCODER_POOLS_BEFORE:
                x = F.max_pool2d(x, 2)
            x = F.relu_(self.convs[f"conv{name}"](x))
            if f"relu{name}" in wanted:
                features[f"relu{name}"] = x
            if len(features) == len(wanted):
                return features
        raise KeyError(f"unknown VGG layers {sorted(wanted - set(features))}; there are relu1_1 to {BOTTLENECK}")


class VGGDecoder(nn.Module):
    """The encoder in reverse: pooling becomes nearest upsampling, and there is no normalisation (paper, section 6)."""

    def __init__(self) -> None:
        super().__init__()
        convs = {f"conv{n}": ReflectConv(b, a) for n, (a, b) in reversed(WIDTHS.items())}
        for name, conv in convs.items():  # no normalisation keeps the scale of features: the first weights must
            nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")  # He et al., ICCV 2015
            nn.init.constant_(conv.bias, 0.5 if name == "conv1_1" else 0.0)  # type: ignore[arg-type]  # from grey
        convs["conv4_1"].weight.data.mul_(FEATURE_SCALE)
        self.convs = nn.ModuleDict(convs)

    def forward(self, features: Tensor) -> Tensor:
        """(B, 512, H/8, W/8) relu4_1 features -> (B, 3, H, W) RGB, about 0..1, not clamped."""
        x = features
        for name in reversed(WIDTHS):
            if name in DECODER_UPSAMPLES_BEFORE:
                x = upsample(x)
            x = self.convs[f"conv{name}"](x)
            if name != "1_1":
                x = F.relu_(x)
        return x


class VGGNet(nn.Module):
    """Encoder, AdaIN, decoder, and the photo's detail."""

    bytes_per_pixel = 780  # of the features alive at once, in float32; measured
    colours = TABLE
    widths: Mapping[str, int] = {BOTTLENECK: WIDTHS["4_1"][1]}  # of the AdaIN layer
    references: Tensor  # (N, 3, S, S), RGB 0..1

    def __init__(self) -> None:
        super().__init__()
        self.encoder = VGGEncoder()
        self.decoder = VGGDecoder()
        self.detail = DetailConv(DETAIL_SHARE)
        self.register_buffer("references", references(), persistent=False)

    def encode_style(self, style: Tensor) -> StyleLevels:
        """(B, 3, H, W) RGB 0..1 -> what to impose at relu4_1: the style's statistics there, in use calibrated."""
        own = statistics(self.encoder(style)[BOTTLENECK])
        if self.training:
            return {BOTTLENECK: own}
        features = self.encoder(self.references)[BOTTLENECK]
        return {BOTTLENECK: Statistics.join([self.tried_out(own.pick(i), features) for i in range(len(style))])}

    def tried_out(self, wanted: Statistics, features: Tensor) -> Statistics:
        """What to impose, (1, C, 1, 1), so that paintings of the photos with these features have the means wanted."""
        measured = statistics(features)

        def tried(mean: Tensor) -> Tensor:
            stylized = adain(features, Statistics(mean, wanted.std), measured)
            found = statistics(self.encoder(self.painted(self.references, features, stylized))[BOTTLENECK]).mean
            return found.sum(0, keepdim=True) / len(found)  # no `mean`: in ONNX that is the name of an output

        return Statistics(calibrated(wanted.mean, tried), wanted.std)

    def forward(self, content: Tensor, impose: Impose) -> Tensor:
        """Stylize (B, 3, H, W) RGB 0..1; `impose` does the work of the AdaIN layer."""
        features = self.encoder(content)[BOTTLENECK]  # (B, 512, H/8, W/8)
        return self.painted(content, features, impose(BOTTLENECK, features))

    def painted(self, content: Tensor, features: Tensor, stylized: Tensor) -> Tensor:
        """The picture (B, 3, H, W) of a photo, its features, and what AdaIN made of them."""
        return self.decoder(torch.lerp(features, stylized, ALPHA)) + self.detail(content)
