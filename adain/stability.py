"""How steady a painted video is: what is left of it when the content's own motion is taken out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from .convert import to_tensor
from .layers import statistics
from .losses import style_loss
from .motion import beyond, boundary, disagreement, grid, make_flow, warp

if TYPE_CHECKING:
    from .perceptual import Perceptual

NEAR, FAR = 1, 10  # frames apart: flicker, and drift
LOOKED_AT = 12  # frames of a clip whose style is measured


@dataclass(frozen=True)
class Track:
    """Where the visible content of one frame lay in an earlier one."""

    later: int  # frame numbers
    earlier: int
    places: np.ndarray  # (H, W, 2) float32, absolute x and y in the earlier frame, px
    seen: np.ndarray  # (H, W) bool: in both frames and not at a motion boundary


def track(contents: Sequence[np.ndarray], interval: int, shots: Sequence[int] = (0,)) -> list[Track]:
    """Follow the content of a clip over `interval` frames, by optical flow at full size.

    Args:
        contents: frames, (H, W, 3) uint8 RGB.
        interval: frames between the two ends of a track.
        shots: number of the first frame of each shot; no track crosses a cut.
    """
    flow = make_flow(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)  # finer than the smoother's, so that it cannot mark itself
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in contents]
    tracks = []
    for later in range(interval, len(grey)):
        earlier = later - interval
        if any(earlier < first <= later for first in shots):
            continue
        there, back = flow.calc(grey[later], grey[earlier], None), flow.calc(grey[earlier], grey[later], None)
        places = grid(*grey[later].shape) + there
        doubt = np.maximum(disagreement(there, back, places), boundary(there))
        tracks.append(Track(later, earlier, places, (doubt <= 1) & ~beyond(places)))
    return tracks


def warping_error(frames: Sequence[np.ndarray], tracks: Sequence[Track]) -> float:
    """RMSE, 0..1, between frames and the earlier ones carried along the content's motion (Lai et al., ECCV 2018).

    Over all visible pixels of all tracks; NaN where there is none. The same for the raw content is the floor.
    """
    squares, count = 0.0, 0
    for t in tracks:
        carried = warp(frames[t.earlier], t.places)
        difference = cv2.absdiff(frames[t.later], carried)[t.seen].astype(np.float64) / 255
        squares += float((difference**2).sum())
        count += difference.size
    return (squares / count) ** 0.5 if count else float("nan")


def sharpness(frames: Sequence[np.ndarray]) -> float:
    """Mean variance of the Laplacian of the grey frames, 0..255."""
    return float(np.mean([cv2.Laplacian(cv2.cvtColor(f, cv2.COLOR_RGB2GRAY), cv2.CV_32F).var() for f in frames]))


def style_distance(frames: Sequence[np.ndarray], style: np.ndarray, judge: "Perceptual") -> float:
    """Mean over frames of `adain.losses.style_loss` to a style picture; all (H, W, 3) uint8 RGB, sides 16 px or more.

    Of many frames about `LOOKED_AT` are taken, evenly: neighbours look alike.
    """
    device = next(judge.parameters()).device
    with torch.inference_mode():
        painting = judge(to_tensor(style, device), judge.style_layers)
        wanted = {name: statistics(painting[name]) for name in judge.style_layers}
        chosen = frames[:: max(1, len(frames) // LOOKED_AT)]
        losses = [style_loss(judge(to_tensor(f, device), judge.style_layers), wanted).item() for f in chosen]
    return float(np.mean(losses))


def drift(shown: np.ndarray, paintings: Sequence[np.ndarray]) -> float:
    """How far a static scene wandered off, 0..1: mean difference of the last frame shown to the average painting."""
    average = np.mean([p.astype(np.float64) for p in paintings], 0)
    return float(np.abs(shown - average).mean() / 255)
