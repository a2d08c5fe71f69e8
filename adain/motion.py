"""Optical flow between frames, and where it can be believed."""

from functools import lru_cache
from typing import Any

import cv2
import numpy as np

SMALLEST = 32  # px, the shortest side on which the flow's patches find room
SHARPER = 0.07  # of the second difference: what `doubled` adds between pixels, since a linear look-up there dulls

Flow = np.ndarray  # (H, W, 2) float32, px: where the content of each pixel lies in the other frame, relative to here


def make_flow(preset: int = cv2.DISOPTICAL_FLOW_PRESET_FAST) -> Any:
    """Dense inverse search (Kroeger et al., ECCV 2016): `calc(here, there, None)` on grey uint8 frames gives a Flow."""
    return cv2.DISOpticalFlow.create(preset)


@lru_cache(maxsize=4)
def grid(height: int, width: int, step: int = 1) -> np.ndarray:
    """(H, W, 2) float32: the x and y of every pixel, `step` apart; shared, not to be written to."""
    x, y = (step * np.arange(side, dtype=np.float32) for side in (width, height))
    places = np.dstack(np.meshgrid(x, y))
    places.flags.writeable = False
    return places


def warp(image: np.ndarray, places: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """`image` looked up at `places` (H, W, 2), absolute x and y in px; beyond its border the edge repeats.

    Linearly, at places rounded to 1/32 px, as OpenCV does whatever it is given; to do so first takes half the time.
    """
    at, between = cv2.convertMaps(places, None, cv2.CV_16SC2)
    return cv2.remap(image, at, between, cv2.INTER_LINEAR, out, cv2.BORDER_REPLICATE)


def doubled(picture: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """(H, W, 3) uint8 -> (2 H, 2 W, 3): pixel (x, y) at (2 x, 2 y), and what lies half a pixel to its right and below.

    A linear look-up there is as good as one by windowed sinc in the picture, at the price of a linear one. `out` is
    filled and given back, where there is one.
    """
    height, width = picture.shape[:2]
    taps, border = halfway(), cv2.BORDER_REPLICATE
    fine = np.empty((2 * height, 2 * width, 3), np.uint8) if out is None else out
    own, below = fine[::2], fine[1::2]  # filled in place: stacking two arrays would take thrice the time
    right = cv2.filter2D(picture, -1, taps[None], anchor=(3, 0), borderType=border)
    own[:] = cv2.merge([*cv2.split(picture), *cv2.split(right)]).reshape(own.shape)
    cv2.filter2D(own, -1, taps[:, None], below, (0, 3), borderType=border)
    return fine


@lru_cache(maxsize=1)
def halfway() -> np.ndarray:
    """(8,) float32: the weights of the pixels around a place between two of them, a sinc in a Lanczos window."""
    at = np.arange(-3.5, 4)
    taps = np.convolve(np.sinc(at) * np.sinc(at / 4), [-SHARPER, 1 + 2 * SHARPER, -SHARPER], "same")
    return (taps / taps.sum()).astype(np.float32)


def disagreement(flow: Flow, back: Flow, places: np.ndarray) -> np.ndarray:
    """Forward-backward check, (H, W): squared px by which going along `flow` and `back` again misses the start.

    In units of what is tolerable (Sundaram et al., ECCV 2010, equation 5): above 1 the pixel is occluded or lost.
    """
    returned = warp(back, places)
    miss = squared(flow + returned)
    return miss / (0.01 * (squared(flow) + squared(returned)) + 0.5)


def boundary(flow: Flow) -> np.ndarray:
    """Motion boundaries, (H, W): the flow's squared gradient, in units of what is tolerable (same source, equation 6).

    Above 1 the pixel lies where two motions meet, and its flow may be either.
    """
    return squared(gradient(flow)) / (0.01 * squared(flow) + 0.002)


def gradient(flow: Flow) -> np.ndarray:
    """How the flow changes along x and along y, (H, W, 4), px per px."""
    along = (cv2.Sobel(flow, cv2.CV_32F, *axis, ksize=1, scale=0.5) for axis in ((1, 0), (0, 1)))
    return cv2.merge([*along])


def beyond(places: np.ndarray) -> np.ndarray:
    """(H, W) bool: which places lie outside the frame."""
    height, width = places.shape[:2]
    x, y = places[..., 0], places[..., 1]
    return (x < 0) | (y < 0) | (x > width - 1) | (y > height - 1)


def scaled(vectors: np.ndarray, by: np.ndarray) -> np.ndarray:
    """(H, W, 2) times (H, W); numpy, told to broadcast, takes thrice the time."""
    return cv2.multiply(vectors, cv2.merge([by, by]))


def squared(vectors: np.ndarray) -> np.ndarray:
    """(H, W, C) -> their squared lengths, (H, W)."""
    return cv2.transform(cv2.multiply(vectors, vectors), np.ones((1, vectors.shape[2]), np.float32))
