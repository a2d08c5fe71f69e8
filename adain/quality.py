"""How good a stylized picture is: likeness to its style and its photo, and the artefacts users complain of first.

Pictures are (H, W, 3) uint8 RGB of one size; every measure is one number.
"""

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .convert import to_tensor
from .layers import LUMA, statistics
from .losses import gram, halo_loss, normalised, patch_colours, style_loss
from .perceptual import Perceptual

BORDER, INSIDE = 4, 16  # px: the frame that padding spoils, and what it is compared with
GRID_PERIODS = (2, 4, 8)  # px: what upsampling by two leaves, once, twice and thrice
SPECTRUM_NEIGHBOURS = 6  # bins on either side of a peak
DARKEST = 1e-12  # power, so that a flat picture has a spectrum
CARD_STEPS = 8  # greys on the card, from black to white

Paint = Callable[[np.ndarray, np.ndarray], np.ndarray]  # content, style -> painted; all (H, W, 3) uint8 RGB


class Likeness(NamedTuple):
    """Style and content are always to be read together: either alone is easy to win."""

    ssim: float  # of the luma, output to photo; higher is better
    content: float  # squared distance of channel-normalised deep features to the photo's; lower is better
    style: float  # distance of channel means and stds to the style's, in units of its variance; lower is better
    gram: float  # mean relative distance of Gram matrices to the style's (GMD); lower is better
    chroma: float  # mean distance in a and b of CIELAB to the photo: how far colours moved
    stray: float  # root mean square distance of colours to the nearest that the style has, 0..255; lower is better


class Artefacts(NamedTuple):
    """All are about 0 on a clean picture, and rise with the damage."""

    halo: float  # difference in colour, 0..255, that flats of the photo got towards its edges
    grid: float  # largest spectral peak at a period of 2, 4 or 8 px over its neighbourhood, in decades
    border: float  # step in luma, 0..255, between the outer pixels and those inside, beyond what the photo has


class Honesty(NamedTuple):
    """What a model adds of its own, whatever it is asked for. Both are about 0 for a faithful one."""

    cast: float  # length of the mean a and b of CIELAB of a grey card painted in a style without colour
    identity: float  # mean absolute difference, 0..255, of a photo painted in its own style to the photo


class Original:
    """A photo and a style as the judge sees them, which any number of paintings can be measured against.

    Args:
        content, style: of any two sizes.
        judge: the network whose features are compared.
    """

    def __init__(self, content: np.ndarray, style: np.ndarray, judge: Perceptual) -> None:
        from scipy.spatial import KDTree

        self.content, self.judge = content, judge
        with torch.inference_mode():
            painting = _features(judge, style)
            self._deep = normalised(_features(judge, content)[judge.content_shallow])
            self._statistics = {name: statistics(painting[name]) for name in judge.style_layers}
            self._colours = KDTree(_patches(style))
            self._grams = {name: gram(painting[name]) for name in judge.style_layers}

    def likeness(self, output: np.ndarray) -> Likeness:
        """Measure one painting, of the photo's size."""
        from skimage.metrics import structural_similarity

        with torch.inference_mode():
            out = _features(self.judge, output)
            content_distance = F.mse_loss(normalised(out[self.judge.content_shallow]), self._deep).item()
            style_distance = style_loss(out, self._statistics).item()
            distances = [
                ((gram(out[name]) - wanted).norm() / wanted.norm()).item() for name, wanted in self._grams.items()
            ]
        return Likeness(
            ssim=float(structural_similarity(_luma(output), _luma(self.content), data_range=255)),
            content=content_distance,
            style=style_distance,
            gram=sum(distances) / len(distances),
            chroma=chroma_shift(output, self.content),
            stray=float(255 * np.sqrt(np.square(self._colours.query(_patches(output))[0]).mean())),
        )


def likeness(output: np.ndarray, content: np.ndarray, style: np.ndarray, judge: Perceptual) -> Likeness:
    """Measure one result against its photo and its style; the style may have another size."""
    return Original(content, style, judge).likeness(output)


def _features(judge: Perceptual, picture: np.ndarray) -> dict[str, Tensor]:
    parameter = next(judge.parameters())
    features = judge(to_tensor(picture, parameter.device), (*judge.style_layers, judge.content_shallow))
    return {name: f.float() for name, f in features.items()}


def chroma_shift(output: np.ndarray, content: np.ndarray) -> float:
    """Mean distance of two pictures in a and b of CIELAB."""
    a, b = (cv2.cvtColor(p.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[..., 1:] for p in (output, content))
    return float(np.linalg.norm(a - b, axis=2).mean())


def _patches(picture: np.ndarray) -> np.ndarray:
    """Those of training's `palette_loss`, (N, 3)."""
    return patch_colours(to_tensor(picture, torch.device("cpu")))[0].numpy()


def artefacts(output: np.ndarray, content: np.ndarray) -> Artefacts:
    return Artefacts(halo(output, content), grid(output), border(output, content))


def colour_cast(paint: Paint, style: np.ndarray) -> float:
    """How much colour a model gives a grey card (steps from black to white) in a style whose own colour is removed."""
    height, width = style.shape[:2]
    steps = np.linspace(0, 255, CARD_STEPS).round()[np.arange(width) * CARD_STEPS // width]
    card = np.broadcast_to(steps.astype(np.uint8)[None, :, None], (height, width, 3)).copy()
    grey = np.repeat(_luma(style).round().astype(np.uint8)[..., None], 3, 2)
    lab = cv2.cvtColor(paint(card, grey).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return float(np.linalg.norm(lab[..., 1:].mean((0, 1))))


def identity_error(paint: Paint, content: np.ndarray) -> float:
    """How much a photo changes when it is painted in its own style, which should give it back."""
    return float(np.abs(paint(content, content).astype(np.float64) - content).mean())


def halo(output: np.ndarray, content: np.ndarray) -> float:
    """How far flats of the photo, such as skies, glow towards its edges: the root of training's `halo_loss`, 0..255."""
    with torch.inference_mode():
        painting, photo = (to_tensor(picture, torch.device("cpu")) for picture in (output, content))
        return 255 * halo_loss(painting, photo).sqrt().item()


def grid(output: np.ndarray) -> float:
    """The largest peak of the luma's spectrum at the periods of upsampling, over its neighbours, in decades."""
    luma = _luma(output)
    peaks = []
    for axis in (0, 1):
        length = luma.shape[axis] // 16 * 16  # so that each period falls on a bin
        if length < 4 * 16:
            continue
        lines = np.moveaxis(luma, axis, 1)[:, :length]
        lines = lines - lines.mean(1, keepdims=True)
        power = (np.abs(np.fft.rfft(lines * np.hanning(length), axis=1)) ** 2).mean(0) + DARKEST
        for period in GRID_PERIODS:
            at = length // period
            around = np.r_[at - 2 - SPECTRUM_NEIGHBOURS : at - 2, at + 3 : at + 3 + SPECTRUM_NEIGHBOURS]
            around = around[around < len(power)]
            peaks.append(np.log10(power[at] / np.median(power[around])))
    return float(max(0.0, *peaks)) if peaks else 0.0


def border(output: np.ndarray, content: np.ndarray) -> float:
    """How much more the outer pixels differ from those inside, in luma, than they do in the photo."""
    steps = []
    for picture in (output, content):
        luma = _luma(picture)
        sides = [luma, luma[::-1], luma.T, luma.T[::-1]]
        steps.append(np.array([side[:BORDER].mean() - side[BORDER:INSIDE].mean() for side in sides]))
    return float(np.abs(steps[0] - steps[1]).mean())


def _luma(picture: np.ndarray) -> np.ndarray:
    """(H, W) float64, 0..255."""
    return picture @ np.array(LUMA)
